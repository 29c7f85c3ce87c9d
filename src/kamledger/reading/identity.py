"""The last touch on staged files: ordinals of equal keys, exact duplicates, and rates.

Nearly every key is single, so equal ones are found by a 64-bit hash in one pass, and only the files that hold
them are written again.
"""

# ruff: noqa: S608 - values go into SQL by quoted(), names are our own

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from kamledger.reading.columns import whole_numbers
from kamledger.reading.sql import file_order, parquet_list, quoted, write_again
from kamledger.schema import LINE, Flag

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

_SAME = [name for name in LINE.names if name not in {"source", "day_no", "month", "flags"}]


def number_equal_keys(
    connection: duckdb.DuckDBPyConnection,
    staged: Sequence[Path],
    lines: int,
    files: Sequence[str],
    also_same: Sequence[str],
) -> None:
    """Give equal keys their ordinal (`#2` from the second on) and flag exact duplicates.

    `also_same` names further columns in which a duplicate equals the line before.
    """
    if not (repeated := _repeated_hashes(connection, staged, lines)):
        return
    connection.register("repeated_keys", pa.table({"key_hash": pa.array(repeated, pa.uint64())}))
    same = ", ".join([*_SAME, *also_same])
    connection.execute(
        f"""CREATE TEMP TABLE renamed AS SELECT file, row, ordinal, copies, path FROM (
            SELECT file, row, filename AS path,
                row_number() OVER (PARTITION BY line_key ORDER BY {file_order(files)}, row) AS ordinal,
                row_number() OVER (PARTITION BY {same} ORDER BY {file_order(files)}, row) AS copies
            FROM {parquet_list(staged)}
            WHERE hash(line_key) IN (SELECT key_hash FROM repeated_keys))
        WHERE ordinal > 1"""
    )
    for (path,) in connection.execute("SELECT DISTINCT path FROM renamed ORDER BY path").fetchall():
        query = f"""SELECT lines.* REPLACE (
                CASE WHEN ordinal IS NULL THEN line_key ELSE line_key || '#' || ordinal END AS line_key,
                CASE WHEN copies > 1 THEN flags + {int(Flag.DUPLICATE)} ELSE flags END AS flags)
            FROM {parquet_list([Path(path)])} AS lines
            LEFT JOIN renamed ON renamed.path = {quoted(path)} AND renamed.row = lines.row
            ORDER BY lines.row"""
        write_again(connection, query, Path(path))
    connection.execute("DROP TABLE renamed")
    connection.unregister("repeated_keys")


def _repeated_hashes(connection: duckdb.DuckDBPyConnection, staged: Sequence[Path], lines: int) -> list[int]:
    query = f"SELECT hash(line_key) AS key_hash FROM {parquet_list(staged)}"
    hashes = np.empty(lines, np.uint64)
    at = 0
    for batch in connection.sql(query).to_arrow_reader(1 << 17):
        part = whole_numbers(batch.column(0))
        hashes[at : at + len(part)] = part
        at += len(part)
    hashes.sort()
    found: list[int] = np.unique(hashes[1:][hashes[1:] == hashes[:-1]]).tolist()
    return found
