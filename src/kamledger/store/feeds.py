"""What a feed may be called: its name stands before the keys of its accounts, parted by a slash."""

from __future__ import annotations

import re

from kamstats.errors import Invalid
from kamstats.reasons import sentence

BAD_FEED = sentence(
    "feed_name_bad",
    'The feed name "{feed}" cannot be used. Write 1 to 64 letters, digits, spaces, dots, hyphens or '
    "underscores, beginning with a letter or digit.",
)


def check_name(feed: str) -> None:
    """Refuse a name that could be taken for another one, or for a part of a key.

    >>> check_name("sales 2024")
    """
    if not re.fullmatch(r"[^\W_][\w .-]{0,63}", feed) or feed != feed.strip():
        raise Invalid(BAD_FEED(feed=feed))
