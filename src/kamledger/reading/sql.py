"""The few pieces of SQL that several steps of reading share."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from kamledger.reading.columns import whole_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import duckdb


def quoted(text: str) -> str:
    """Write a text as an SQL literal.

    >>> quoted("L'Oréal")
    "'L''Oréal'"
    """
    return "'" + text.replace("'", "''") + "'"


def parquet_list(paths: Sequence[Path]) -> str:
    """Give the SQL table function that reads these files, with the path of each line's file as `filename`."""
    return f"read_parquet([{', '.join(quoted(str(path)) for path in paths)}])"


def file_order(files: Sequence[str]) -> str:
    """Give an SQL expression that numbers the files as they were named."""
    cases = " ".join(f"WHEN {quoted(name)} THEN {number}" for number, name in enumerate(files))
    return f"CASE file {cases} END"


def write_again(connection: duckdb.DuckDBPyConnection, query: str, target: Path) -> None:
    """Put the lines of a query, which may read the old file, in the place of that file at once."""
    fresh = target.with_suffix(".new")
    write_lines(by_month(connection.sql(query).to_arrow_table()), fresh)
    fresh.replace(target)


def by_month(lines: pa.Table) -> pa.Table:
    """Put lines in the order of their months; lines of one month stay in their order."""
    lines = lines.combine_chunks()
    return lines.take(pc.sort_indices(lines, [("month", "ascending")]))


def write_lines(lines: pa.Table, target: Path) -> None:
    """Write staged lines that are in the order of their months, each month as a group of rows of its own.

    The store takes lines month by month and so reads no others. Groups are small where the lines of a file
    are in any order: then trying for dictionaries of texts costs more than all else.
    """
    months = whole_numbers(lines.column("month").combine_chunks())
    starts = np.flatnonzero(np.diff(months, prepend=0)).tolist()
    with parquet.ParquetWriter(
        target,
        lines.schema,
        use_dictionary=[each.name for each in lines.schema if pa.types.is_dictionary(each.type)],
        write_statistics=["month"],
        compression="snappy",
        store_schema=False,  # so that readers see texts, not dictionaries
    ) as writer:
        for start, end in pairwise([*starts, len(lines)]):
            writer.write_table(lines.slice(start, end - start))
