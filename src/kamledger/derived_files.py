"""The derived tables on disk: made per month, each named after the data files it was made from.

So a derived file is right for ever or not used at all: when a batch writes a month again, the month's data
files have other names, and the derived files are made anew at the next reading. Months that no batch
touched keep theirs.
"""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import narwhals as nw

from kamledger.derived import kept, mix_of, months_of, orders_of
from kamledger.schema import Flag
from kamledger.session import partitioned, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import duckdb

    from kamledger.progress import Progress

TABLES = {"months": months_of, "orders": orders_of, "mix": mix_of}
_VIEW, _MADE = "derived_from", "derived_rows"
_PORTION_BYTES = 16 * 2**20  # of compressed lines, about a million: the sums of a portion stay small
_RULES = 2  # raise it when an expression changes what a table holds


@dataclass(frozen=True, slots=True)
class DerivedFiles:
    """The files of the derived tables for one version of the lines and one rule of what is left out."""

    folder: Path
    files: Mapping[int, Sequence[Path]]  # month -> data files
    left_out: Flag = Flag.NO_ACCOUNT

    def place(self, table: str, month: int) -> Path:
        """Give the place of a derived table of a month, whether it is there or not."""
        return self.folder / f"{month}-{self.fingerprint(month)}.{table}.parquet"

    def fingerprint(self, month: int) -> str:
        """Name what a derived file is made from."""
        made_of = [str(_RULES), str(int(self.left_out)), *sorted(path.name for path in self.files[month])]
        return hashlib.sha256("\n".join(made_of).encode()).hexdigest()[:16]

    def stale(self) -> list[int]:
        """List the months whose derived files are not there."""
        return [
            month
            for month in sorted(self.files)
            if not all(self.place(table, month).exists() for table in TABLES)
        ]

    def paths(self, table: str) -> list[Path]:
        """Give the files of a derived table."""
        return [self.place(table, month) for month in sorted(self.files)]

    def superfluous(self) -> list[Path]:
        """List the files in the folder that belong to other versions or were left half-made."""
        ours = {path for table in TABLES for path in self.paths(table)}
        return [path for path in self.folder.glob("*") if path not in ours]

    def make(self, connection: duckdb.DuckDBPyConnection, progress: Progress) -> None:
        """Make what is missing, several months at a time."""
        stale = self.stale()
        if not stale:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        queries = self._queries(connection)
        done = 0
        for months in self._portions(stale):
            progress("derive", done, len(stale))
            self._make_months(connection, months, queries)
            done += len(months)

    def _queries(self, connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
        """Write the expressions as SQL over the view of lines, once for all portions."""
        self._show_lines(connection, list(self.files)[:1])
        lines = connection.sql(f"FROM {_VIEW}")
        return {
            table: nw.to_native(expressions(kept(lines, self.left_out))).sql_query()
            for table, expressions in TABLES.items()
        }

    def _portions(self, months: Sequence[int]) -> Iterator[list[int]]:
        """Put months together until their files are large enough to be worth a query."""
        portion: list[int] = []
        size = 0
        for month in months:
            portion.append(month)
            size += sum(path.stat().st_size for path in self.files[month])
            if size >= _PORTION_BYTES:
                yield portion
                portion, size = [], 0
        if portion:
            yield portion

    def _show_lines(self, connection: duckdb.DuckDBPyConnection, months: Sequence[int]) -> None:
        files = [path for month in months for path in self.files[month]]
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {_VIEW} AS FROM {partitioned(files)}")

    def _make_months(
        self, connection: duckdb.DuckDBPyConnection, months: Sequence[int], queries: Mapping[str, str]
    ) -> None:
        self._show_lines(connection, months)
        for table, query in queries.items():
            connection.execute(f"CREATE OR REPLACE TEMP TABLE {_MADE} AS {query}")
            for month in months:
                _write(connection, f"FROM {_MADE} WHERE month = {month}", self.place(table, month))
        connection.execute(f"DROP TABLE {_MADE}")


def _write(connection: duckdb.DuckDBPyConnection, query: str, place: Path) -> None:
    """Write a table under another name and then give it its own, so that no half of it is ever read."""
    with tempfile.TemporaryDirectory(dir=place.parent, prefix="making-") as folder:
        unfinished = Path(folder) / place.name
        connection.execute(f"COPY ({query} ORDER BY account_key) TO {text(unfinished)} (FORMAT parquet)")
        unfinished.replace(place)
