"""How far a long job is: on stderr, after the first second, with lines per second and time left."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from shutil import get_terminal_size
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable

QUIET_SECONDS = 1.0
REFRESH_SECONDS = 0.1  # on a terminal
PLAIN_SECONDS = 10.0  # elsewhere: a line now and then
_WHOLE = 1.0

STAGES = {
    "read": "Reading",
    "check": "Checking lines",
    "derive": "Building the derived tables",
    "extract": "Counting orders and money",
    "classes": "Classes and shares",
    "rhythm": "Rhythm of each account",
    "repeat_buying": "Repeat buying",
    "demand": "Demand",
    "potential": "Potential",
    "comparison": "Comparing periods",
    "stability": "Stability of the selection",
    "write_files": "Writing files",
    "write_workbook": "Writing the workbook",
    "write_page": "Writing the page",
    "demo_company": "Inventing orders",
}


@dataclass(slots=True)
class Progress:
    """Called by long jobs with stage, done and total; prints at most ten times a second.

    >>> clock = iter([0.0, 0.5, 2.0, 3.0])
    >>> progress = Progress(stream=sys.stdout, now=lambda: next(clock), terminal=False, plain_seconds=0)
    >>> for done in (0, 100, 400, 600):
    ...     progress("read", done, 1000)
    Reading: 400 of 1,000, 40 %, 200 a second, 3 s left
    Reading: 600 of 1,000, 60 %, 200 a second, 2 s left
    """

    stream: TextIO = field(default_factory=lambda: sys.stderr)
    now: Callable[[], float] = time.monotonic
    terminal: bool | None = None
    plain_seconds: float = PLAIN_SECONDS
    _stage: str = ""
    _first: float | None = None
    _began: float = 0.0
    _base: int = 0
    _shown: float = 0.0
    _width: int = 0

    def __post_init__(self) -> None:
        if self.terminal is None:
            self.terminal = self.stream.isatty()

    def __call__(self, stage: str, done: int, total: int | None = None) -> None:
        """Take note, and print where it is time to."""
        now = self.now()
        if self._first is None:
            self._first = self._shown = now
        if stage != self._stage:
            self._stage, self._began, self._base = stage, now, done
        pause = REFRESH_SECONDS if self.terminal else self.plain_seconds
        if now - self._shown >= pause and now - self._first >= QUIET_SECONDS:
            self._print(self._words(done, total, now))
            self._shown = now

    def finish(self) -> None:
        """Clear the line of the running stage."""
        if self.terminal and self._width:
            self._write("\r" + " " * self._width + "\r")
            self._width = 0

    def _words(self, done: int, total: int | None, now: float) -> str:
        rate = (done - self._base) / max(now - self._began, 1e-9)
        parts = [f"{done:,} of {total:,}" if total else f"{done:,}"]
        if total:
            parts.append(f"{100 * min(done / total, _WHOLE):.0f} %")
        if rate >= 1:
            parts.append(f"{rate:,.0f} a second")
        if total and rate > 0 and done < total:
            parts.append(f"{_duration((total - done) / rate)} left")
        title = STAGES.get(self._stage, self._stage.replace("_", " ").capitalize())
        return f"{title}: {', '.join(parts)}"

    def _print(self, text: str) -> None:
        if not self.terminal:
            self._write(text + "\n")
            return
        text = text[: max(get_terminal_size().columns - 1, 20)]
        self._write("\r" + text.ljust(self._width))
        self._width = len(text)

    def _write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()


def _duration(seconds: float) -> str:
    """Write a time in words.

    >>> _duration(2.4), _duration(75), _duration(4000)
    ('2 s', '1 min 15 s', '1 h 6 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
