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

from kamledger.derived import mix_on_duckdb, months_of, orders_of
from kamledger.schema import Flag
from kamledger.session import partitioned, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb

    from kamledger.progress import Progress

TABLES = ("months", "orders", "mix")
_VIEW = "derived_from"
_RULES = 3  # raise it when an expression changes what a table holds


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
        """Make what is missing, month by month: the sums of one month are small."""
        stale = self.stale()
        if not stale:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        queries = self._queries(connection)
        for done, month in enumerate(stale):
            progress("derive", done, len(stale))
            self._show_lines(connection, month)
            for table, query in queries.items():
                _write(connection, query, self.place(table, month))

    def _queries(self, connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
        """Write the expressions as SQL over the view of lines, once for all months."""
        self._show_lines(connection, next(iter(self.files)))
        lines = connection.sql(f"FROM {_VIEW}")
        return {
            "months": nw.to_native(months_of(lines)).sql_query(),
            "orders": nw.to_native(orders_of(lines)).sql_query(),
            "mix": mix_on_duckdb(lines),
        }

    def _show_lines(self, connection: duckdb.DuckDBPyConnection, month: int) -> None:
        lines = partitioned(self.files[month])
        used = f"flags & {int(self.left_out)} = 0"  # as derived.kept says it, quicker to plan
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {_VIEW} AS FROM {lines} WHERE {used}")


def _write(connection: duckdb.DuckDBPyConnection, query: str, place: Path) -> None:
    """Write a table under another name and then give it its own, so that no half of it is ever read."""
    with tempfile.TemporaryDirectory(dir=place.parent, prefix="making-") as folder:
        unfinished = Path(folder) / place.name
        connection.execute(f"COPY ({query} ORDER BY account_key) TO {text(unfinished)} (FORMAT parquet)")
        unfinished.replace(place)
