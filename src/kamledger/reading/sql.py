"""The few pieces of SQL that several steps of reading share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

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


# A dictionary of more texts than this does not pay, and trying for one costs a quarter of the writing.
_FORM = "(FORMAT parquet, COMPRESSION snappy, DICTIONARY_SIZE_LIMIT 8192)"


def write_parquet(connection: duckdb.DuckDBPyConnection, query: str, target: Path) -> int:
    """Write the rows of a query and give their number."""
    (written,) = connection.execute(f"COPY ({query}) TO {quoted(str(target))} {_FORM}").fetchall()[0]
    return int(written)


def write_again(connection: duckdb.DuckDBPyConnection, query: str, target: Path) -> None:
    """Put the rows of a query, which may read the old file, in the place of that file at once."""
    fresh = target.with_suffix(".new")
    write_parquet(connection, query, fresh)
    Path(fresh).replace(target)
