"""Text and JSON on stdout: tables in columns, colours only where somebody looks."""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

BOLD, DIM, RED, GREEN = "1", "2", "31", "32"


def say(text: str = "") -> None:
    """Print a line to stdout."""
    print(text, flush=True)  # noqa: T201 - this is what a command line is for


def note(text: str) -> None:
    """Print a line to stderr."""
    print(text, file=sys.stderr)  # noqa: T201


def coloured(text: str, colour: str) -> str:
    """Colour a text for a terminal; elsewhere, or where NO_COLOR is set, leave it plain."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\x1b[{colour}m{text}\x1b[0m"


def heading(text: str) -> None:
    """Print a heading with an empty line above."""
    say()
    say(coloured(text, BOLD))


def table(titles: Sequence[str], rows: Iterable[Sequence[str]], *, right: Iterable[int] = ()) -> None:
    """Print rows in columns; the columns in `right` are set to the right."""
    cells = [[clean(cell) for cell in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(titles, *cells, strict=True)]
    flush = set(right)
    for number, row in enumerate([list(titles), *cells]):
        line = "  ".join(
            _padded(cell, wide, at_right=place in flush)
            for place, (cell, wide) in enumerate(zip(row, widths, strict=True))
        )
        say(coloured("  " + line.rstrip(), DIM) if number == 0 else "  " + line.rstrip())


def clean(text: str) -> str:
    """Take out what a terminal would obey: names come from other people's files.

    >>> clean("Acme\\x1b[2J Ltd")
    'Acme[2J Ltd'
    >>> clean("1\\xa0234,50") == "1\\xa0234,50"  # the space inside a number stays
    True
    """
    return "".join(c for c in str(text) if _harmless(c))


def _harmless(character: str) -> bool:
    kind = unicodedata.category(character)
    return kind == "Zs" or (character.isprintable() and kind != "Cf")


def width(text: str) -> int:
    """Count the columns a text takes on a terminal.

    >>> width("ოქრო"), width("日本")
    (4, 4)
    """
    return sum(_columns(c) for c in clean(text))


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _padded(text: str, wide: int, *, at_right: bool) -> str:
    gap = " " * (wide - width(text))
    return gap + text if at_right else text + gap


def say_json(value: object) -> None:
    """Print one JSON document: money as text, dates as ISO, what is missing as null."""
    say(json.dumps(plain(value), ensure_ascii=False, indent=2, allow_nan=False))


def plain(value: Any) -> Any:  # noqa: ANN401 - anything in, JSON out
    """Turn a value of the libraries into what JSON takes.

    >>> plain({"share": float("nan"), "net": Decimal("1.50"), "on": date(2026, 2, 28)})
    {'share': None, 'net': '1.50', 'on': '2026-02-28'}
    """
    if isinstance(value, Enum):
        return plain(value.value)
    if value is None or isinstance(value, bool | int | str):
        return value
    for kind, written in _WRITTEN.items():
        if isinstance(value, kind):
            return written(value)
    return _plain_collection(value)


_WRITTEN: Mapping[type, Callable[[Any], object]] = {
    float: lambda number: number if isfinite(number) else None,
    Decimal: lambda number: f"{number:f}",
    date: lambda day: day.isoformat(),  # and datetime, which is one
    Path: str,
}


def _plain_collection(value: Any) -> Any:  # noqa: ANN401 - as above
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict) or hasattr(value, "items"):
        return {str(key): plain(item) for key, item in value.items()}
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    return [plain(item) for item in value]
