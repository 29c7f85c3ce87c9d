"""Files and readings for the tests of reading."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from kamledger.reading import Reading, ReadOptions, read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def write(tmp_path) -> Callable[..., Path]:
    """Write a file from text in an encoding, or from bytes."""

    def make(content: str | bytes, name: str = "sales.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return make


@pytest.fixture
def load(tmp_path) -> Callable[..., tuple[Reading, list[dict[str, Any]]]]:
    """Read files into a folder of the test; give the reading and its lines in the order of the files."""

    def run(*paths: Path, **options: Any) -> tuple[Reading, list[dict[str, Any]]]:
        reading = read(list(paths), into=tmp_path / "staged", feed="shop", options=ReadOptions(**options))
        return reading, lines_of(reading)

    return run


def lines_of(reading: Reading) -> list[dict[str, Any]]:
    """Give the staged lines in the order of the files."""
    order = {file.path.name: number for number, file in enumerate(reading.files)}
    tables = [parquet.read_table(path) for path in reading.staged]
    rows = pa.concat_tables(tables, promote_options="default").to_pylist()
    return sorted(rows, key=lambda row: (order.get(row["file"], 0), row["file"], row["row"]))


@pytest.fixture
def rejected() -> Callable[[Reading], list[dict[str, str]]]:
    """Give the lines of rejected.csv."""

    def lines(reading: Reading) -> list[dict[str, str]]:
        with reading.rejected_path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    return lines
