"""The error tree of the libraries.

    KamertonError
    ├── Declined    the data are sound, but too little for the method: no number is better than a wrong one
    └── Invalid     the input breaks what the method says it takes (also a ValueError)

Both carry a :class:`~kamstats.reasons.Reason`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kamstats.reasons import Reason


class KamertonError(Exception):
    """Something that people may meet, with its code and values."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return self.reason.english


class Declined(KamertonError):  # noqa: N818 - it is an answer, not a fault
    """The method has too little to go on and says why."""


class Invalid(KamertonError, ValueError):  # noqa: N818 - reads as the sentence it is
    """The input is not what the method takes; the message gives the values found."""
