"""XLSX and its kin as a source of pieces: the sheet that looks like sales."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from kamledger.reading import refusals
from kamledger.reading.dialect import find_header, known_names
from kamledger.reading.parquet_source import text_of_float
from kamledger.reading.sources import HEADER_SEARCHED, SAMPLE_ROWS, Cells, Piece, unique_names
from kamstats.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from kamledger.reading.results import ReadOptions

PIECE_ROWS = 1 << 16
LARGEST_UNPACKED = 2 << 30
LARGEST_RATIO = 200  # of unpacked to packed size, for parts beyond SMALL_PART
SMALL_PART = 64 << 20


@dataclass
class WorkbookSource:
    """One sheet of a workbook, held in memory as text columns."""

    path: Path
    columns: tuple[str, ...]
    sample: tuple[Cells, ...]
    size: int  # rows
    fingerprint: str
    header_row: int
    rows: list[list[object]] = field(repr=False)
    encoding: str | None = None
    delimiter: str | None = None

    @classmethod
    def open(cls, path: Path, options: ReadOptions) -> WorkbookSource:
        """Read the workbook and choose its sheet."""
        check_unpacked_size(path)
        rows, header, start = _chosen_sheet(path, options.sheet)
        names = unique_names([_cell(value) for value in rows[header]])
        sample = (tuple(map(_cell, row)) for row in rows[header + 1 : header + 1 + SAMPLE_ROWS])
        with path.open("rb") as file:
            fingerprint = hashlib.file_digest(file, "sha256").hexdigest()
        below = tuple(row for row in sample if any(row))
        return cls(path, names, below, len(rows), fingerprint, start + header + 1, rows[header + 1 :])

    def pieces(self, columns: Sequence[int]) -> Iterator[Piece]:
        """Give the rows below the header."""
        for start in range(0, len(self.rows), PIECE_ROWS):
            yield self._piece(self.rows[start : start + PIECE_ROWS], columns, start)

    def _piece(self, rows: list[list[object]], columns: Sequence[int], start: int) -> Piece:
        by_column = list(zip(*rows, strict=True))
        table = pa.table({f"c{number}": _column(by_column[number]) for number in columns})
        numbers = np.arange(len(rows), dtype=np.int64) + self.header_row + 1 + start

        def originals(wanted: Sequence[int]) -> list[Cells]:
            return [tuple(map(_cell, rows[position])) for position in wanted]

        return Piece(table.append_column("row", pa.array(numbers)), originals, start + len(rows))


def check_unpacked_size(path: Path) -> None:
    """Refuse a workbook that unpacks to far more than it is, before anything is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except zipfile.BadZipFile as problem:
        raise Invalid(refusals.FILE_TRUNCATED(file=path.name, problem=str(problem))) from problem
    unpacked = sum(part.file_size for part in parts)
    suspicious = any(
        part.file_size > max(SMALL_PART, LARGEST_RATIO * max(part.compress_size, 1)) for part in parts
    )
    if unpacked > LARGEST_UNPACKED or suspicious:
        limit = LARGEST_UNPACKED if unpacked > LARGEST_UNPACKED else SMALL_PART
        raise Invalid(refusals.WORKBOOK_TOO_LARGE(file=path.name, bytes=unpacked, limit=limit))


def _chosen_sheet(path: Path, wanted: str | None) -> tuple[list[list[object]], int, int]:
    """Give the rows of the sheet that looks most like sales, its header and the number of rows cut off above."""
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 - only for workbooks

    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            names = [wanted] if wanted else list(book.sheet_names)
            sheets = {name: book.get_sheet_by_name(name) for name in names}
            heads = {name: sheet.to_python(nrows=HEADER_SEARCHED) for name, sheet in sheets.items()}
            best = max(heads, key=lambda name: (_likeness(heads[name]), sheets[name].total_height))
            header = find_header([tuple(map(_cell, row)) for row in heads[best]])
            if header is None:
                raise Invalid(refusals.HEADER_NOT_FOUND(file=path.name, rows=HEADER_SEARCHED))
            sheet = sheets[best]
            return sheet.to_python(), header, sheet.start[0] if sheet.start else 0
    except CalamineError as problem:
        raise Invalid(refusals.FILE_TRUNCATED(file=path.name, problem=str(problem))) from problem


def _likeness(rows: list[list[object]]) -> int:
    cells = [tuple(map(_cell, row)) for row in rows]
    header = find_header(cells)
    return -1 if header is None else known_names(cells[header])


def _column(values: Sequence[object]) -> pa.Array:
    kinds = set(map(type, values))
    if kinds <= {str}:
        return pa.array([value or None for value in values], pa.string())
    if kinds == {float}:
        return pa.array([text_of_float(value) for value in values], pa.string())  # type: ignore[arg-type] # all are floats
    return pa.array(list(map(_cell, values)), pa.string())


def _cell(value: object) -> str | None:
    """Give one cell as text: numbers by their shortest text, dates in ISO form."""
    make = _TEXT.get(type(value))
    return str(value) if make is None else make(value)


_TEXT: dict[type, Callable[[object], str | None]] = {
    str: lambda value: value.strip() or None,  # type: ignore[attr-defined] # keyed by type
    float: text_of_float,  # type: ignore[dict-item] # keyed by type
    datetime: lambda value: value.date().isoformat(),  # type: ignore[attr-defined] # keyed by type
    date: lambda value: value.isoformat(),  # type: ignore[attr-defined] # keyed by type
    time: lambda value: str(value),
    timedelta: lambda value: str(value),
    bool: lambda value: str(value),
}
