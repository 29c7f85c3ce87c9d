"""One table, three engines: every relational method gives the same answer on each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

ENGINES = ("duckdb", "pyarrow", "polars")


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[Callable[[pa.Table], Any]]:
    """Turn a pyarrow table into the native frame of each engine."""
    if request.param == "duckdb":
        with pytest.importorskip("duckdb").connect() as connection:
            yield connection.from_arrow
    elif request.param == "polars":
        yield pytest.importorskip("polars").from_arrow
    else:
        yield lambda table: table
