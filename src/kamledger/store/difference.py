"""What a load would change: staged lines against those of the ledger.

The work is done month by month, so that memory does not grow with the ledger. Only two questions go over
everything, and both read keys alone: which keys come twice, and which lie in another month than before.
"""

# ruff: noqa: S608 - values go into SQL by session.text, names are our own

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kamledger.schema import LINE
from kamledger.session import parquet, partitioned, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import duckdb

    from kamledger.store.batches import Mode
    from kamledger.store.table import Version

_FIELDS = tuple(name for name in LINE.names if name not in ("source", "line_key", "month"))
_KEYS_PER_PASS = 16_000_000  # as 64-bit hashes, so that the memory for finding repeated keys is bounded
# the document of a line; without one, what the account booked that day
_DOCUMENT = "coalesce('d' || document_key, 'a' || day_no || '|' || account_key, 'n' || day_no)"


@dataclass(frozen=True, slots=True)
class MonthChange:
    """What changes in one month: the queries of the lines that come and of the keys that go, and counts."""

    month: int
    added: int
    replaced: int
    removed: int
    arriving: str | None
    dropped: str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """Staged lines against the lines of a feed in a version of the ledger.

    In `connection`, the view `staged` has the lines of the files, the table `departing` the keys of the
    ledger's lines that leave their month, because they move or are removed.
    """

    connection: duckdb.DuckDBPyConnection
    base: Version
    feed: str
    batch: str
    extent: Mapping[int, int]  # month -> staged lines
    repeated: int
    months: tuple[int, ...]  # that could change
    departing: bool  # whether any line leaves its month

    @property
    def lines(self) -> int:
        """The staged lines of which each has a key of its own."""
        return sum(self.extent.values())

    def __iter__(self) -> Iterator[MonthChange]:
        """Give the months that change; the queries of one hold until the next one is asked for."""
        for month in self.months:
            change = self._of(month)
            if change.arriving or change.dropped:
                yield change

    def _of(self, month: int) -> MonthChange:
        existing = self.base.paths([month])
        if not existing:
            return self._of_new(month)
        self.connection.execute(self._changed(month, existing))
        added, replaced, moved_in = self._row(
            "SELECT count(*) FILTER (was = 'new'), count(*) FILTER (was = 'here'), "
            "count(*) FILTER (was = 'moved') FROM changed"
        )
        moved_out, removed = self._row(
            f"SELECT count(*) FILTER (NOT gone), count(*) FILTER (gone) FROM departing WHERE month = {month}"
        )
        here = "SELECT source, line_key FROM changed WHERE was = 'here'"
        leaving = f"SELECT source, line_key FROM departing WHERE month = {month}"
        return MonthChange(
            month,
            added,
            replaced + moved_in,
            removed,
            "SELECT * FROM changed_lines" if added + replaced + moved_in else None,
            f"{here} UNION ALL {leaving}" if replaced + moved_out + removed else None,
        )

    def _of_new(self, month: int) -> MonthChange:
        """A month without lines: everything is new, save what moves here from another one."""
        lines, moved = self.extent[month], 0
        if self.departing:
            (moved,) = self._row(
                f"SELECT count(*) FROM departing SEMI JOIN (FROM staged WHERE month = {month}) "
                "USING (line_key) WHERE NOT gone"
            )
        arriving = f"SELECT *, {text(self.batch)} AS batch FROM staged WHERE month = {month}"
        return MonthChange(month, lines - moved, moved, 0, arriving, None)

    def _changed(self, month: int, existing: Sequence[Path]) -> str:
        """Keep the staged lines of a month that are new or differ, and what they were before."""
        differs = " OR ".join(f"s.{name} IS DISTINCT FROM e.{name}" for name in _FIELDS)
        return f"""
            CREATE OR REPLACE TEMP TABLE changed AS
            SELECT s.*, {text(self.batch)} AS batch,
                CASE WHEN e.line_key IS NOT NULL THEN 'here'
                    WHEN d.line_key IS NOT NULL THEN 'moved' ELSE 'new' END AS was
            FROM (SELECT * FROM staged WHERE month = {month}) AS s
            LEFT JOIN (SELECT * FROM {partitioned(existing)} WHERE source = {text(self.feed)}) AS e
                USING (line_key)
            LEFT JOIN (SELECT line_key FROM departing WHERE NOT gone) AS d USING (line_key)
            WHERE e.line_key IS NULL OR {differs};
            CREATE OR REPLACE TEMP VIEW changed_lines AS SELECT * EXCLUDE (was) FROM changed
        """

    def _row(self, query: str) -> tuple[int, ...]:
        return tuple(int(value) for value in self.connection.execute(query).fetchall()[0])


def differ(
    connection: duckdb.DuckDBPyConnection,
    staged: Sequence[Path],
    base: Version,
    *,
    feed: str,
    mode: Mode,
    batch: str,
) -> Difference:
    """Compare staged files with the ledger."""
    _stage(connection, staged, feed)
    extent, repeated = _extent(connection), 0
    if _has_repeated(connection, sum(extent.values())):
        repeated = _drop_repeated(connection, staged, feed)
        extent = _extent(connection)
    _find_departing(connection, base, feed, mode)
    left = connection.execute("SELECT DISTINCT month FROM departing").fetchall()
    touched = sorted({*extent, *(month for (month,) in left)})
    return Difference(connection, base, feed, batch, extent, repeated, tuple(touched), bool(left))


def _stage(
    connection: duckdb.DuckDBPyConnection, staged: Sequence[Path], feed: str, *, but: str = ""
) -> None:
    fields = ", ".join(LINE.names[1:])
    rows = parquet(staged, {"filename": "true"})
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW staged AS SELECT {text(feed)} AS source, {fields} FROM {rows} {but}"
    )


def _extent(connection: duckdb.DuckDBPyConnection) -> dict[int, int]:
    return dict(connection.execute("SELECT month, count(*) FROM staged GROUP BY month").fetchall())


def _has_repeated(connection: duckdb.DuckDBPyConnection, lines: int) -> bool:
    passes = lines // _KEYS_PER_PASS + 1
    distinct = 0
    for each in range(passes):
        part = f"WHERE hash(line_key) % {passes} = {each}" if passes > 1 else ""
        distinct += connection.execute(
            f"SELECT count(DISTINCT hash(line_key)) FROM staged {part}"
        ).fetchall()[0][0]
    return distinct < lines


def _drop_repeated(connection: duckdb.DuckDBPyConnection, staged: Sequence[Path], feed: str) -> int:
    """Of lines with the same key keep the last one, in the order of the files and of the rows in them."""
    order = "list_position([" + ", ".join(text(path) for path in staged) + "], filename)"
    rows = parquet(staged, {"filename": "true"})
    connection.execute(f"""
        CREATE TEMP TABLE last_of_key AS
        SELECT line_key, max(ROW({order}, "file", "row")) AS place FROM {rows}
        SEMI JOIN (SELECT hash(line_key) AS h FROM staged GROUP BY h HAVING count(*) > 1) AS twice
            ON hash(line_key) = twice.h
        GROUP BY line_key HAVING count(*) > 1
    """)
    before = connection.execute("SELECT count(*) FROM staged").fetchall()[0][0]
    place = f'ROW({order}, "file", "row")'
    _stage(
        connection,
        staged,
        feed,
        but=f"WHERE line_key NOT IN (SELECT line_key FROM last_of_key) "
        f"OR (line_key, {place}) IN (SELECT line_key, place FROM last_of_key)",
    )
    return int(before - connection.execute("SELECT count(*) FROM staged").fetchall()[0][0])


def _find_departing(connection: duckdb.DuckDBPyConnection, base: Version, feed: str, mode: Mode) -> None:
    """List the ledger's lines that leave their month: those that move, and those that the mode removes."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE departing "
        "(source VARCHAR, line_key VARCHAR, month INTEGER, gone BOOLEAN)"
    )
    if not base.files:
        return
    existing = f"(SELECT * FROM {partitioned(base.paths())} WHERE source = {text(feed)})"
    connection.execute(
        "INSERT INTO departing SELECT e.source, e.line_key, e.month, false "
        f"FROM {existing} AS e JOIN staged AS s ON e.line_key = s.line_key WHERE e.month <> s.month"
    )
    if mode != "merge":
        within = _DOCUMENTS if mode == "replace-documents" else _PERIOD
        connection.execute(
            "INSERT INTO departing SELECT e.source, e.line_key, e.month, true "
            f"FROM (SELECT *, {_DOCUMENT} AS doc FROM {existing}) AS e {within}"
        )


_DOCUMENTS = (
    f"SEMI JOIN (SELECT DISTINCT {_DOCUMENT} AS doc FROM staged) AS s ON e.doc = s.doc "
    "ANTI JOIN staged AS s ON e.line_key = s.line_key"
)
_PERIOD = (
    "SEMI JOIN (SELECT min(day_no) AS first_day, max(day_no) AS last_day FROM staged) AS p "
    "ON e.day_no BETWEEN p.first_day AND p.last_day ANTI JOIN staged AS s ON e.line_key = s.line_key"
)
