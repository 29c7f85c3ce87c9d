"""Parquet as a source of pieces: typed columns stay typed until the casts."""

from __future__ import annotations

import hashlib
import math
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from kamledger.reading import refusals
from kamledger.reading.columns import integers
from kamledger.reading.sources import SAMPLE_ROWS, Cells, Piece, unique_names
from kamstats.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

PIECE_ROWS = 1 << 17


@dataclass
class ParquetSource:
    """A Parquet file; row 2 is its first, as if a header stood above."""

    path: Path
    columns: tuple[str, ...]
    sample: tuple[Cells, ...]
    size: int  # rows
    encoding: str | None = None
    delimiter: str | None = None
    fingerprint: str = ""

    @classmethod
    def open(cls, path: Path) -> ParquetSource:
        """Read the footer and a sample."""
        with _whole(path), parquet.ParquetFile(path) as file:
            names = file.schema_arrow.names
            head = next(file.iter_batches(SAMPLE_ROWS), None)
            rows = [] if head is None else zip(*(_texts(column) for column in head.columns), strict=True)
            sample = tuple(tuple(row) for row in rows)
            return cls(path, unique_names(names), sample, file.metadata.num_rows)

    def pieces(self, columns: Sequence[int]) -> Iterator[Piece]:
        """Read the row groups batch by batch."""
        with _whole(self.path), parquet.ParquetFile(self.path) as file:
            names = file.schema_arrow.names
            done = 0
            for batch in file.iter_batches(PIECE_ROWS, columns=[names[number] for number in columns]):
                yield self._piece(batch, names, columns, done)
                done += len(batch)
            with self.path.open("rb") as raw:
                self.fingerprint = hashlib.file_digest(raw, "sha256").hexdigest()

    def _piece(self, batch: pa.RecordBatch, names: list[str], columns: Sequence[int], start: int) -> Piece:
        table = pa.table(
            {
                f"c{number}": _plain(batch.column(batch.schema.get_field_index(names[number])))
                for number in columns
            }
        )
        rows = np.arange(start + 2, start + 2 + len(batch), dtype=np.int64)

        def originals(wanted: Sequence[int]) -> list[Cells]:
            return self._rows([start + position for position in wanted])

        return Piece(table.append_column("row", integers(rows)), originals, start + len(batch))

    def _rows(self, wanted: Sequence[int]) -> list[Cells]:
        found: list[Cells] = []
        at = 0
        with parquet.ParquetFile(self.path) as file:
            for batch in file.iter_batches(PIECE_ROWS):
                inside = [row - at for row in wanted if at <= row < at + len(batch)]
                chosen = batch.take(integers(np.array(inside, np.int64)))
                found += [
                    tuple(row) for row in zip(*(_texts(column) for column in chosen.columns), strict=True)
                ]
                at += len(batch)
        return found


@contextmanager
def _whole(path: Path) -> Iterator[None]:
    """Turn damage found while reading into a refusal that names the file."""
    try:
        yield
    except (pa.ArrowException, OSError) as problem:
        told = str(problem).splitlines()[0]
        raise Invalid(refusals.FILE_TRUNCATED(file=path.name, problem=told)) from problem


def _plain(column: pa.Array) -> pa.Array:
    """Unpack dictionaries and drop time zones, which are of no use for a booking date."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_timestamp(column.type) and column.type.tz is not None:
        return column.cast(pa.timestamp("us"), safe=False)
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        return column.cast(pa.string())
    return column


def _texts(column: pa.Array) -> list[str | None]:
    """Give cells as text; whole floats without their point, as keys are often stored so."""
    plain = _plain(column)
    if pa.types.is_floating(plain.type):
        return [None if value is None else text_of_float(value) for value in plain.to_pylist()]
    if pa.types.is_timestamp(plain.type):
        return list(pc.strftime(plain, "%Y-%m-%d").to_pylist())
    return [None if value is None else str(value) for value in plain.to_pylist()]


def text_of_float(value: float) -> str | None:
    """Give the shortest text of a float, whole ones without a point; None for no number.

    >>> text_of_float(17850.0), text_of_float(0.1), text_of_float(float("nan"))
    ('17850', '0.1', None)
    """
    if math.isnan(value):
        return None
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
