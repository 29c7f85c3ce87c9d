"""The last touch on staged files: ordinals of equal keys, exact duplicates, and rates.

Nearly every key is single, so equal ones are found by a 64-bit hash in one pass, and only the files that hold
them are written again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from kamledger.schema import LINE, Flag

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import duckdb

_SAME = [name for name in LINE.names if name not in {"source", "day_no", "month", "flags"}]
_ALSO_SAME = ["account_name", "product_name"]


def file_order(files: Sequence[str]) -> str:
    """Give an SQL expression that numbers the files as they were named."""
    cases = " ".join(f"WHEN {quoted(name)} THEN {number}" for number, name in enumerate(files))
    return f"CASE file {cases} END"


def quoted(text: str) -> str:
    """Write a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def parquet_list(paths: Sequence[Path]) -> str:
    """Give the SQL table function that reads these files."""
    return f"read_parquet([{', '.join(quoted(str(path)) for path in paths)}])"


def number_equal_keys(
    connection: duckdb.DuckDBPyConnection, staged: Sequence[Path], lines: int, files: Sequence[str]
) -> None:
    """Give equal keys their ordinal (`#2` from the second on) and flag exact duplicates."""
    if not (repeated := _repeated_hashes(connection, staged, lines)):
        return
    connection.register("repeated_keys", pa.table({"key_hash": pa.array(repeated, pa.uint64())}))
    same = ", ".join([*_SAME, *_ALSO_SAME])
    connection.execute(
        f"""CREATE TEMP TABLE renamed AS SELECT file, row, ordinal, copies, path FROM (
            SELECT file, row, filename AS path,
                row_number() OVER (PARTITION BY line_key ORDER BY {file_order(files)}, row) AS ordinal,
                row_number() OVER (PARTITION BY {same} ORDER BY {file_order(files)}, row) AS copies
            FROM read_parquet([{", ".join(quoted(str(path)) for path in staged)}], filename=true)
            WHERE hash(line_key) IN (SELECT key_hash FROM repeated_keys))
        WHERE ordinal > 1"""
    )
    for (path,) in connection.execute("SELECT DISTINCT path FROM renamed ORDER BY path").fetchall():
        _rewrite(
            connection,
            path,
            f"""SELECT lines.* REPLACE (
                    CASE WHEN ordinal IS NULL THEN line_key ELSE line_key || '#' || ordinal END AS line_key,
                    CASE WHEN copies > 1 THEN flags + {int(Flag.DUPLICATE)} ELSE flags END AS flags)
                FROM read_parquet({quoted(path)}) AS lines
                LEFT JOIN renamed ON renamed.path = {quoted(path)} AND renamed.row = lines.row
                ORDER BY lines.row""",
        )
    connection.execute("DROP TABLE renamed")
    connection.unregister("repeated_keys")


def _repeated_hashes(connection: duckdb.DuckDBPyConnection, staged: Sequence[Path], lines: int) -> list[int]:
    query = f"SELECT hash(line_key) AS key_hash FROM {parquet_list(staged)}"
    hashes = np.empty(lines, np.uint64)
    at = 0
    for batch in connection.sql(query).to_arrow_reader(1 << 17):
        part = batch.column(0).to_numpy()
        hashes[at : at + len(part)] = part
        at += len(part)
    hashes.sort()
    found: list[int] = np.unique(hashes[1:][hashes[1:] == hashes[:-1]]).tolist()
    return found


def _rewrite(connection: duckdb.DuckDBPyConnection, path: str, query: str) -> None:
    fresh = f"{path}.new"
    connection.execute(f"COPY ({query}) TO {quoted(fresh)} (FORMAT parquet, COMPRESSION snappy)")
    replace_file(fresh, path)


def replace_file(fresh: str, path: str) -> None:
    """Put a freshly written file in the place of the old one, at once."""
    from pathlib import Path as FilePath  # noqa: PLC0415 - typing only above

    FilePath(fresh).replace(path)
