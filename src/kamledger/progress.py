"""How long jobs say how far they are."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """What a long job calls now and then: the stage, how much is done, of how much (None: unknown).

    Stages are codes; `done` never falls inside a stage. The unit (lines or bytes) is the stage's own.
    """

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """Take note; the call is cheap and does not raise."""
        ...


def silent(stage: str, done: int, total: int | None) -> None:
    """Say nothing: the default.

    >>> silent("read", 1, None)
    """
    del stage, done, total
