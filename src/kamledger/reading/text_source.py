"""CSV and its kin as a source of pieces: fast where the text is sound, exact where it is not."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from kamledger.reading import refusals
from kamledger.reading.columns import integers
from kamledger.reading.dialect import find_header, guess_delimiter, guess_encoding, parse
from kamledger.reading.sources import HEADER_SEARCHED, SAMPLE_ROWS, Broken, Cells, Piece, unique_names
from kamledger.reading.text_stream import Blocks, Decoder, records
from kamstats.errors import Invalid
from kamstats.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from kamledger.reading.results import ReadOptions

SAMPLE_BYTES = 1 << 18
EMPTY = ("", "NULL", "null", "NaN", "nan", "None", "#N/A", "N/A", "n/a")


@dataclass
class TextSource:
    """A delimited text file. `encoding` and `fingerprint` are final once all pieces are read."""

    path: Path
    columns: tuple[str, ...]
    sample: tuple[Cells, ...]
    encoding: str | None
    delimiter: str
    header_row: int
    size: int
    fingerprint: str = ""

    @classmethod
    def open(cls, path: Path, options: ReadOptions) -> TextSource:
        """Look at the start of the file and guess how it is written."""
        with path.open("rb") as file:
            head = file.read(SAMPLE_BYTES)
        encoding = options.encoding or guess_encoding(head)
        text = _whole_lines(head, Decoder(encoding), path)
        delimiter = options.delimiter or guess_delimiter(text)
        rows = parse(text, delimiter)
        header = find_header(rows)
        if header is None:
            raise Invalid(refusals.HEADER_NOT_FOUND(file=path.name, rows=HEADER_SEARCHED))
        below = tuple(row for row in rows[header + 1 : header + 1 + SAMPLE_ROWS] if any(row))
        names = unique_names(_as_wide(rows[header], below))
        return cls(path, names, below, encoding, delimiter, header + 1, path.stat().st_size)

    def pieces(self, columns: Sequence[int]) -> Iterator[Piece]:
        """Read the rows block by block."""
        with self.path.open("rb") as file:
            blocks = Blocks(file, self.path.name, self.encoding or "ascii", self.delimiter)
            row = 1
            for block, sound in blocks:
                piece, rows = self._piece(block, columns, row, blocks.done, sound=sound)
                row += rows
                yield piece
            self.encoding = "utf-8" if blocks.decoder.encoding == "ascii" else blocks.decoder.encoding
            self.fingerprint = blocks.fingerprint.hexdigest()

    def _piece(
        self, block: bytes, columns: Sequence[int], row: int, done: int, *, sound: bool
    ) -> tuple[Piece, int]:
        parsed = self._fast(block, columns) if sound and b"\0" not in block else None
        table, numbers, broken, rows = parsed or self._exact(block)
        first = int(np.searchsorted(numbers, self.header_row - row, side="right"))  # below the header
        table = table.append_column("row", integers(numbers + row)).slice(first)

        def originals(wanted: Sequence[int]) -> list[Cells]:
            full = (self._fast(block, range(len(self.columns))) if parsed else None) or self._exact(block)
            chosen = full[0].take(integers(np.array(wanted, np.int64) + first))
            return [tuple(cells.values()) for cells in chosen.to_pylist()]

        bad = [Broken(each.row + row, each.reason, each.cells) for each in broken]
        kept = tuple(each for each in bad if each.row > self.header_row)
        return Piece(table, originals, done, kept, _is_trimmed(block, self.delimiter)), rows

    def _fast(
        self, block: bytes, columns: Sequence[int]
    ) -> tuple[pa.Table, np.ndarray, list[Broken], int] | None:
        """Parse a sound block; rows of a wrong width are told apart. None where the text is broken."""
        odd: list[tuple[int, str]] = []

        def skip(bad: arrow_csv.InvalidRow) -> str:
            odd.append((bad.number, bad.text))
            return "skip"

        names = [f"c{number}" for number in range(len(self.columns))]
        try:
            table = arrow_csv.read_csv(
                pa.BufferReader(block),
                arrow_csv.ReadOptions(use_threads=False, column_names=names, block_size=len(block) + 1),
                arrow_csv.ParseOptions(
                    delimiter=self.delimiter,
                    newlines_in_values=b'"' in block,
                    ignore_empty_lines=False,
                    invalid_row_handler=skip,
                ),
                arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    include_columns=[f"c{number}" for number in columns],
                    null_values=list(EMPTY),
                    strings_can_be_null=True,
                ),
            )
        except pa.ArrowInvalid:
            return None
        return self._with_numbers(table, odd)

    def _with_numbers(
        self, table: pa.Table, odd: list[tuple[int, str]]
    ) -> tuple[pa.Table, np.ndarray, list[Broken], int]:
        rows = len(table) + len(odd)
        numbers = np.arange(rows, dtype=np.int64)
        if not odd:
            return table, numbers, [], rows
        numbers = np.delete(numbers, [number - 1 for number, _ in odd])
        broken = [
            self._wrong_width(number - 1, next(csv.reader([text], delimiter=self.delimiter), []))
            for number, text in odd
        ]
        return table, numbers, broken, rows

    def _wrong_width(self, row: int, cells: Sequence[str]) -> Broken:
        reason = refusals.WRONG_NUMBER_OF_FIELDS(have=len(cells), need=len(self.columns))
        return Broken(row, reason, tuple(cells))

    def _exact(self, block: bytes) -> tuple[pa.Table, np.ndarray, list[Broken], int]:
        """Parse record by record, so that each broken one is named and the others are kept."""
        good: list[Cells] = []
        numbers: list[int] = []
        broken: list[Broken] = []
        row = 0
        for lines, closed in records(block, self.delimiter, last=True):
            found = self._record(row, b"".join(lines), closed=bool(closed))
            if isinstance(found, Broken):
                broken.append(found)
            elif found:
                good.append(found)
                numbers.append(row)
            row += 1
        columns = list(zip(*good, strict=True)) or [()] * len(self.columns)
        table = pa.table({f"c{n}": pa.array(cells, pa.string()) for n, cells in enumerate(columns)})
        return table, np.array(numbers, dtype=np.int64), broken, row

    def _record(self, row: int, text: bytes, *, closed: bool) -> Cells | Broken | None:
        line = text.decode("utf-8", "backslashreplace").rstrip("\r\n")
        if not closed:
            return Broken(row, Reason("quote_not_closed"), (line,))
        cells = next(csv.reader([line], delimiter=self.delimiter), [])
        if not cells:
            return None
        if len(cells) != len(self.columns):
            return self._wrong_width(row, cells)
        if b"\0" in text:
            return Broken(row, refusals.NUL_BYTE(), tuple(cell.replace("\0", "") for cell in cells))
        if not _is_utf_8(text):
            return Broken(row, refusals.BYTES_NOT_TEXT(encoding="utf-8"), tuple(cells))
        return tuple(None if cell in EMPTY else cell for cell in cells)


def _as_wide(header: Cells, below: Sequence[Cells]) -> Cells:
    """Add nameless columns where the lines end in delimiters that the header lacks."""
    widths = Counter(len(row) for row in below)
    usual = max(widths, key=lambda width: widths[width], default=0)
    beyond = [row[len(header) :] for row in below if len(row) == usual]
    if usual <= len(header) or any(map(any, beyond)):
        return header
    return (*header, *[None] * (usual - len(header)))


def _is_trimmed(block: bytes, delimiter: str) -> bool:
    """Look for spaces at the edges of cells: trimming millions of cells that need none costs more."""
    if b" " not in block:
        return True
    edges = (delimiter.encode(), b"\n", b'"')
    return not any(b" " + edge in block or edge + b" " in block for edge in edges) and b" \r" not in block


def _is_utf_8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _whole_lines(head: bytes, decoder: Decoder, path: Path) -> str:
    text = decoder.feed(head).decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    if text.count("\0") > len(text) // 100:
        raise Invalid(refusals.NOT_A_TABLE(file=path.name, problem="it holds binary data"))
    if len(head) < SAMPLE_BYTES:
        return text
    return text[: text.rfind("\n") + 1] or text
