"""Guessing how a text file is written: encoding, delimiter and the row of column names."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from kamledger.reading.days import looks_like_day
from kamledger.reading.names import DICTIONARY, rank
from kamledger.reading.numerals import looks_numeric
from kamledger.reading.sources import HEADER_SEARCHED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kamledger.reading.sources import Cells

DELIMITERS = (",", ";", "\t", "|")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CYRILLIC_SHARE = 0.6


def guess_encoding(head: bytes) -> str:
    """Guess the encoding from the first bytes; "ascii" means: nothing seen yet that tells.

    >>> guess_encoding("Käyttäjä;Määrä".encode()), guess_encoding("Сумма;Дата".encode("cp1251"))
    ('utf-8', 'cp1251')
    """
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    if (wide := _utf_16_without_mark(head)) is not None:
        return wide
    return guess_narrow_encoding(head)


def _utf_16_without_mark(head: bytes) -> str | None:
    even, odd = head[0:4000:2].count(0), head[1:4000:2].count(0)
    half = max(len(head[:4000]) // 2, 1)
    if odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 * half and odd < 0.05 * half else None


def guess_narrow_encoding(chunk: bytes) -> str:
    """Tell UTF-8, Cyrillic and Western single-byte text apart; "ascii" if any of them would do.

    A few broken bytes among many sound UTF-8 characters are damage, not another encoding.
    """
    if chunk.isascii():
        return "ascii"
    text = chunk.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    sound = sum(character > "\x7f" for character in text) - broken
    if broken <= 1 + sound // 10 and sound > 0:
        return "utf-8"
    high = [byte for byte in chunk if byte >= 0x80]
    letters = sum(byte >= 0xC0 or byte in {0xA8, 0xB8} for byte in high)
    words = _runs_of_high_bytes(chunk)
    return (
        "cp1251"
        if letters > _CYRILLIC_SHARE * len(high) and words > _CYRILLIC_SHARE * len(high)
        else "cp1252"
    )


def _runs_of_high_bytes(chunk: bytes) -> int:
    """Count high bytes whose neighbour is high too: Cyrillic words are whole runs, umlauts stand alone."""
    return sum(a >= 0xC0 and b >= 0xC0 for a, b in pairwise(chunk))


def parse(text: str, delimiter: str) -> list[Cells]:
    """Split sample text into cells; empty cells are None."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return [tuple(cell.strip() or None for cell in row) for row in rows]


def guess_delimiter(text: str) -> str:
    """Take the delimiter that gives the most columns that most rows agree on.

    >>> guess_delimiter("a;b;c\\n1,5;2,5;3,5\\n")
    ';'
    """
    return max(DELIMITERS, key=lambda delimiter: _agreement(parse(text, delimiter)))


def _agreement(rows: list[Cells]) -> tuple[float, int]:
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths:
        return 0.0, 0
    width, often = max(widths.items(), key=lambda item: (item[1], item[0]))
    return often / len(rows) * min(width - 1, 3), width


def known_names(row: Sequence[str | None]) -> int:
    """Count the different fields whose name a row may hold."""
    return len({field for cell in row if cell for field in DICTIONARY if rank(field, cell) is not None})


def find_header(rows: Sequence[Cells]) -> int | None:
    """Find the row of column names: the one with most known names, else the last of words above data.

    Titles, filters and empty rows may stand above it.
    """
    searched = rows[:HEADER_SEARCHED]
    scores = [_header_score(row) for row in searched]
    best = max(range(len(searched)), key=lambda number: (scores[number], -number), default=None)
    if best is not None and scores[best] >= 2:
        return best
    return _above_data(searched)


def _header_score(row: Cells) -> int:
    filled = [cell for cell in row if cell]
    if len(filled) < 2 or any(looks_like_day(cell) or looks_numeric(cell) for cell in filled):
        return 0
    return known_names(filled)


def _above_data(rows: Sequence[Cells]) -> int | None:
    for number, row in enumerate(rows[1:]):
        filled = [cell for cell in row if cell]
        above = [cell for cell in rows[number] if cell]
        is_data = any(looks_like_day(cell) for cell in filled) and any(looks_numeric(cell) for cell in filled)
        if is_data and len(above) >= 2 and not any(looks_numeric(c) or looks_like_day(c) for c in above):
            return number
    return None
