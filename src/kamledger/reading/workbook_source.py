"""XLSX and its kin as a source of pieces: the sheet that looks like sales."""

from __future__ import annotations

import hashlib
import math
import zipfile
import zlib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from kamledger.reading import columns, refusals
from kamledger.reading.dialect import find_header, known_names
from kamledger.reading.parquet_source import text_of_float
from kamledger.reading.sources import HEADER_SEARCHED, SAMPLE_ROWS, Cells, Piece, unique_names
from kamstats.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from python_calamine import CalamineSheet

    from kamledger.reading.results import ReadOptions

PIECE_ROWS = 1 << 16
LARGEST_UNPACKED = 768 << 20  # a full sheet of a million rows and ten columns has about 500 MB
_MOST_DEFLATED = 1032  # deflate cannot shrink more than this
_HARMLESS = 16 << 20
_CHUNK = 1 << 20

CellValue = str | float | bool | date | datetime | time | timedelta
Row = list[CellValue]


@dataclass
class WorkbookSource:
    """One sheet of a workbook; row numbers are those that a spreadsheet program shows."""

    path: Path
    columns: tuple[str, ...]
    sample: tuple[Cells, ...]
    size: int  # rows
    fingerprint: str
    header_row: int
    sheet: CalamineSheet
    encoding: str | None = None
    delimiter: str | None = None

    @classmethod
    def open(cls, path: Path, options: ReadOptions) -> WorkbookSource:
        """Read the workbook and choose its sheet."""
        check_unpacked_size(path)
        sheet, header = _chosen_sheet(path, options.sheet)
        head = [_texts(row) for row in islice(sheet.iter_rows(), header + 1 + SAMPLE_ROWS)]
        below = tuple(row for row in head[header + 1 :] if any(row))
        with path.open("rb") as file:
            fingerprint = hashlib.file_digest(file, "sha256").hexdigest()
        return cls(
            path, unique_names(head[header]), below, sheet.total_height, fingerprint, header + 1, sheet
        )

    def pieces(self, columns: Sequence[int]) -> Iterator[Piece]:
        """Give the rows below the header."""
        rows = islice(self.sheet.iter_rows(), self.header_row, None)
        start = self.header_row + 1
        while part := list(islice(rows, PIECE_ROWS)):
            yield _piece(part, columns, start)
            start += len(part)


def _piece(rows: list[Row], wanted_columns: Sequence[int], start: int) -> Piece:
    by_column = list(zip(*rows, strict=True))
    table = pa.table({f"c{number}": _column(by_column[number]) for number in wanted_columns})
    numbers = np.arange(start, start + len(rows), dtype=np.int64)

    def originals(wanted: Sequence[int]) -> list[Cells]:
        return [_texts(rows[position]) for position in wanted]

    return Piece(
        table.append_column("row", columns.integers(numbers)), originals, start + len(rows) - 1, trimmed=True
    )


def check_unpacked_size(path: Path) -> None:
    """Refuse a workbook that unpacks to far more than a sheet can hold, whatever its directory says."""
    try:
        with zipfile.ZipFile(path) as archive:
            _check_parts(path, archive)
    except (zipfile.BadZipFile, zlib.error, EOFError) as problem:
        raise Invalid(refusals.FILE_TRUNCATED(file=path.name, problem=str(problem))) from problem


def _check_parts(path: Path, archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    for part in parts if unpacked <= LARGEST_UNPACKED else []:
        unpacked += max(_unpacked_size(archive, part) - part.file_size, 0)
        if unpacked > LARGEST_UNPACKED:
            break
    if unpacked > LARGEST_UNPACKED:
        reason = refusals.WORKBOOK_TOO_LARGE(file=path.name, bytes=unpacked, limit=LARGEST_UNPACKED)
        raise Invalid(reason)


def _unpacked_size(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    """Unpack a part into nothing and count, as the directory may lie; stops soon after the limit."""
    if part.compress_type != zipfile.ZIP_DEFLATED or part.compress_size * _MOST_DEFLATED <= _HARMLESS:
        return part.file_size
    raw = archive.fp
    if raw is None:
        return part.file_size
    raw.seek(part.header_offset)
    header = raw.read(30)
    raw.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
    unpack = zlib.decompressobj(-zlib.MAX_WBITS)
    size, packed = 0, b""
    while not unpack.eof and size <= LARGEST_UNPACKED:
        packed = unpack.unconsumed_tail or raw.read(_CHUNK)
        if not packed:
            raise zipfile.BadZipFile(part.filename)
        size += len(unpack.decompress(packed, _CHUNK))
    return size


def _chosen_sheet(path: Path, wanted: str | None) -> tuple[CalamineSheet, int]:
    """Give the sheet that looks most like sales, and the position of its header."""
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 - only for workbooks

    try:
        book = CalamineWorkbook.from_path(str(path))
        names = book.sheet_names
        if wanted is not None and wanted not in names:
            allowed = ", ".join(names)
            raise Invalid(refusals.OPTION_UNKNOWN(value=wanted, option="sheet", allowed=allowed))
        sheets = [book.get_sheet_by_name(name) for name in ([wanted] if wanted else names)]
    except CalamineError as problem:
        raise Invalid(refusals.FILE_TRUNCATED(file=path.name, problem=str(problem))) from problem
    heads = [[_texts(row) for row in islice(sheet.iter_rows(), HEADER_SEARCHED)] for sheet in sheets]
    headers = [find_header(head) for head in heads]
    fits = [-1 if at is None else known_names(head[at]) for head, at in zip(heads, headers, strict=True)]
    best = max(
        range(len(sheets)), key=lambda number: (fits[number], sheets[number].total_height), default=None
    )
    if best is None or (header := headers[best]) is None:
        raise Invalid(refusals.HEADER_NOT_FOUND(file=path.name, rows=HEADER_SEARCHED))
    return sheets[best], header


def _column(values: Sequence[CellValue]) -> pa.Array:
    """Keep columns of numbers or of days as they are; anything mixed becomes text."""
    kinds = set(map(type, values))
    if kinds == {str}:
        return columns.texts(list(map(str.strip, values)))  # type: ignore[arg-type]
    if kinds <= {float, str} and float in kinds and not any(value for value in values if type(value) is str):
        return columns.floats([math.nan if value == "" else value for value in values])  # type: ignore[misc]
    if kinds <= {date, str} and date in kinds and not any(value for value in values if type(value) is str):
        return columns.days([value or None for value in values])  # type: ignore[misc]
    return columns.texts([_text(value) or "" for value in values])


def _texts(row: Row) -> Cells:
    return tuple(map(_text, row))


def _text(value: CellValue) -> str | None:
    """Give one cell as text: numbers by their shortest text, dates in ISO form."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, float):
        return text_of_float(value)
    if isinstance(value, datetime):
        return value.date().isoformat()
    return str(value)
