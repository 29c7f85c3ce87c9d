"""What `from kamstats import …` promises."""

from __future__ import annotations

import re
from pathlib import Path

import kamstats

STUB = Path(kamstats.__file__).with_suffix(".pyi")


def test_every_public_name_can_be_had():
    for name in kamstats.__all__:
        assert getattr(kamstats, name) is not None


def test_the_stub_lists_the_same_names():
    listed = re.findall(r"(\w+) as \1\b", STUB.read_text())

    assert sorted(listed) == kamstats.__all__


def test_every_public_name_says_what_it_is():
    undocumented = [name for name in kamstats.__all__ if not (getattr(kamstats, name).__doc__ or "").strip()]

    assert not undocumented


def test_a_name_that_does_not_exist_is_an_attribute_error():
    assert not hasattr(kamstats, "no_such_method")
