"""A DuckDB session that can see the folders it is given and nothing else."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

MEMORY = "350MB"  # with the interpreter and the libraries this keeps a load below 600 MiB
_CLOSED = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}


def connect(
    folders: Iterable[Path],
    *,
    scratch: Path,
    memory: str = MEMORY,
    threads: int | None = None,
) -> duckdb.DuckDBPyConnection:
    """Open a session that reads and writes below `folders`, spills into `scratch` and asks no network.

    Use one cursor (`connection.cursor()`) per thread; never fork a process that has used it.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    config: dict[str, str | bool | int | float | list[str]] = {
        **_CLOSED,
        "memory_limit": memory,
        "temp_directory": str(scratch),
    }
    if threads is not None:
        config["threads"] = threads
    connection = duckdb.connect(config=config)
    allowed = ", ".join(text(f"{path.resolve()}/") for path in (*folders, scratch))
    connection.execute(f"SET allowed_directories = [{allowed}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


@contextmanager
def session(folders: Iterable[Path], *, scratch: Path, memory: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a session and close it at the end, also on an error."""
    connection = connect(folders, scratch=scratch, memory=memory)
    try:
        yield connection
    finally:
        connection.close()


def text(value: object) -> str:
    """Write a value as an SQL text literal."""
    return "'" + str(value).replace("'", "''") + "'"


def parquet(files: Sequence[str | Path], options: Mapping[str, str] | None = None) -> str:
    """Write the call that reads Parquet files.

    >>> parquet(["a.parquet"], {"filename": "true"})
    "read_parquet(['a.parquet'], filename = true)"
    """
    listed = ", ".join(text(path) for path in files)
    further = "".join(f", {name} = {value}" for name, value in (options or {}).items())
    return f"read_parquet([{listed}]{further})"


def partitioned(files: Sequence[str | Path], *, filename: bool = False) -> str:
    """Write the call that reads data files of the ledger, with their month from the path."""
    options = {"hive_partitioning": "true", "hive_types": "{'month': INTEGER}"}
    return parquet(files, {**options, "filename": "true"} if filename else options)
