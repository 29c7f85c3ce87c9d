"""The embedded engine as reading uses it: bounded, offline, its temporary files inside the target folder."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb

from kamledger.reading.sql import quoted
from kamledger.reading.staging import register_exact_net

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MEMORY = "300MB"
THREADS = 2


@contextmanager
def engine(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the engine and close it again whatever happens."""
    connection = duckdb.connect(
        config={
            "threads": THREADS,
            "memory_limit": MEMORY,
            "temp_directory": str(folder.resolve()),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "preserve_insertion_order": "true",
        }
    )
    register_exact_net(connection)
    connection.execute(f"SET allowed_directories = [{quoted(str(folder.resolve()))}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    try:
        yield connection
    finally:
        connection.remove_function("exact_net")
        connection.close()
