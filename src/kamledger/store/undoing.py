"""Undoing: each line goes back to what the other batches say it is.

A line of the ledger has a history: each load that changed it gave it a value or removed it. What stands is
the latest word of a load that is not undone. The history of a line is its present row, if it has one, and
its rows in the files of replaced lines. Where the latest word is not the undone batch's, the line is left
alone and listed.
"""

# ruff: noqa: S608 - values go into SQL by session.text, names are our own

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from kamledger.session import parquet, partitioned, text
from kamledger.store.batches import Batch, Batches, identify
from kamledger.store.table import STORED

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from kamledger.store.change import Change
    from kamledger.store.places import Places

LEFT_ALONE = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("line_key", pa.string(), nullable=False),
        pa.field("changed_by", pa.string(), nullable=False),  # the later batch
    ]
)
_FIELDS = ", ".join(STORED.names)


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo did: its own batch in the history, and the lines that it left alone.

    `batch.removed` counts the lines of the undone batch that went, `batch.replaced` the older ones that
    came back. `left_alone`, lines that a later batch changed, has the columns source, line_key, changed_by.
    """

    batch: Batch
    left_alone: pa.Table


def intended(target: Batch, *, at: datetime, base: int) -> Batch:
    """Say what is going to be undone."""
    name = identify("undo", {"undoes": target.batch}, base=base)
    return Batch(name, "undo", target.feed, None, at, base + 1, undoes=target.batch)


def recorded(places: Places, batch: Batch) -> Undone:
    """Give an undo that was done before."""
    path = places.left_alone(batch.batch)
    rows = pq.read_table(path) if batch.left_alone else LEFT_ALONE.empty_table()
    return Undone(batch, rows.cast(LEFT_ALONE))


def undo(change: Change, target: Batch, batch: Batch, batches: Batches) -> Undone:
    """Take a load back and commit that."""
    _find_ours(change, target)
    kept = _replaced_files(change.places, batches, target.feed)
    if kept or target.replacing:
        _find_history(change, target, batches, kept)
    else:
        _no_history(change)
    change.steps("compared")
    left_alone = _left_alone(change, batch)
    done = replace(_write_months(change, batch), left_alone=left_alone.num_rows)
    change.commit(done)
    return Undone(done, left_alone)


def _find_ours(change: Change, target: Batch) -> None:
    """List the lines that the batch brought and that still stand."""
    paths = change.base.paths(target.months)
    if not paths:
        change.connection.execute("CREATE TEMP TABLE ours (source VARCHAR, line_key VARCHAR, month INTEGER)")
        return
    change.connection.execute(
        f"CREATE TEMP TABLE ours AS SELECT source, line_key, month FROM {partitioned(paths)} "
        f"WHERE batch = {text(target.batch)}"
    )


def _replaced_files(places: Places, batches: Batches, feed: str) -> list[Path]:
    """Find the files of replaced lines of the loads of a feed, undone or not."""
    return [
        places.replaced_in(load.batch, month)
        for load in batches.loads
        if load.feed == feed
        for month in load.replacing
    ]


def _find_history(change: Change, target: Batch, batches: Batches, kept: Iterable[Path]) -> None:
    """Work out what stands, with and without the batch, for every line that the batch touched."""
    _order_batches(change, batches)
    rows = parquet(list(kept), {"hive_partitioning": "true", "hive_types": "{'by': VARCHAR}"})
    by = text(target.batch)
    present = partitioned(change.base.paths()) if change.base.files else f"(FROM {rows} LIMIT 0)"
    removing = _FIELDS.replace("batch", '"by"')
    change.connection.execute(f"""
        CREATE TEMP TABLE touched AS
        SELECT source, line_key FROM {rows} WHERE "by" = {by} OR batch = {by}
        UNION SELECT source, line_key FROM ours;

        CREATE TEMP TABLE kept AS SELECT * FROM {rows} SEMI JOIN touched USING (source, line_key);

        CREATE TEMP TABLE words AS
        WITH said AS (
            SELECT {_FIELDS}, false AS removes FROM kept
            UNION ALL SELECT {_FIELDS}, false FROM {present} SEMI JOIN touched USING (source, line_key)
            UNION ALL SELECT {removing}, true FROM kept WHERE removed
        )
        SELECT said.*, o.n FROM said JOIN batch_order AS o ON said.batch = o.batch WHERE NOT o.undone;

        CREATE TEMP TABLE standing AS SELECT source, line_key, batch FROM words
        QUALIFY row_number() OVER (PARTITION BY source, line_key ORDER BY n DESC) = 1;

        CREATE TEMP TABLE restored AS SELECT {_FIELDS} FROM (
            SELECT * FROM words WHERE batch <> {by}
            QUALIFY row_number() OVER (PARTITION BY source, line_key ORDER BY n DESC) = 1
        ) SEMI JOIN (SELECT * FROM standing WHERE batch = {by}) USING (source, line_key)
        WHERE NOT removes;

        CREATE TEMP TABLE alone AS SELECT source, line_key, batch AS changed_by FROM standing
        WHERE batch <> {by} ORDER BY source, line_key
    """)


def _no_history(change: Change) -> None:
    """No load of the feed ever replaced a line: what the batch brought simply goes."""
    change.connection.execute("""
        CREATE TEMP TABLE restored AS SELECT * FROM (SELECT NULL::INTEGER AS month) LIMIT 0;
        CREATE TEMP TABLE alone (source VARCHAR, line_key VARCHAR, changed_by VARCHAR)
    """)


def _order_batches(change: Change, batches: Batches) -> None:
    change.connection.execute("CREATE TEMP TABLE batch_order (batch VARCHAR, n INTEGER, undone BOOLEAN)")
    rows = [[load.batch, n, load.batch in batches.undone] for n, load in enumerate(batches.loads)]
    change.connection.executemany("INSERT INTO batch_order VALUES (?, ?, ?)", rows)


def _left_alone(change: Change, batch: Batch) -> pa.Table:
    """Keep the list of the lines that are left alone."""
    path = change.places.left_alone(batch.batch)
    rows = change.connection.sql("FROM alone").to_arrow_table().cast(LEFT_ALONE)
    if rows.num_rows:
        change.write_file(path, "FROM alone")
        change.steps("left alone")
    return rows


def _write_months(change: Change, batch: Batch) -> Batch:
    """Drop the batch's lines and bring the older ones back, month by month."""
    query = "SELECT month FROM ours UNION SELECT month FROM restored ORDER BY month"
    months = [month for (month,) in change.connection.execute(query).fetchall()]
    for month in months:
        change.rewrite(
            month,
            dropped=_lines_of(change, "ours", month, "source, line_key"),
            arriving=_lines_of(change, "restored", month, "*"),
        )
    gone, back = change.connection.execute(
        "SELECT (SELECT count(*) FROM ours), (SELECT count(*) FROM restored)"
    ).fetchall()[0]
    return replace(batch, months=tuple(months), removed=gone, replaced=back)


def _lines_of(change: Change, table: str, month: int, columns: str) -> str | None:
    rows = change.connection.execute(f"SELECT count(*) FROM {table} WHERE month = {month}").fetchall()
    return f"SELECT {columns} FROM {table} WHERE month = {month}" if rows[0][0] else None
