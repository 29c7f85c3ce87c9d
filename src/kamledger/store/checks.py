"""The check: is the ledger whole?"""

# ruff: noqa: S608 - values go into SQL by session.text, names are our own

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
import pyarrow.parquet as pq
from pyarrow import ArrowException

from kamledger.derived_files import TABLES, DerivedFiles
from kamledger.schema import Flag
from kamledger.session import parquet, partitioned, session
from kamledger.store import table
from kamledger.store.table import COLUMNS, DataFile, Version
from kamstats.reasons import Reason, Sentence, Value, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kamledger.store.batches import Batches
    from kamledger.store.places import Places

LOG_GAP = sentence(
    "ledger_log_gap",
    "The log of the ledger lacks version {version} or it cannot be read. Bring {file} back from a backup.",
)
FILE_MISSING = sentence(
    "ledger_file_missing",
    "The data file {file} with {lines} lines of month {month} is missing. Bring it back from a backup.",
)
FILE_DAMAGED = sentence(
    "ledger_file_damaged",
    "The data file {file} with {lines} lines of month {month} is damaged ({detail}). "
    "Bring it back from a backup.",
)
LINES_DIFFER = sentence(
    "ledger_lines_differ",
    "The data file {file} has {found} lines, but the log says {lines}. Bring it back from a backup.",
)
WRONG_MONTH = sentence(
    "ledger_wrong_month",
    "{lines} lines of the data file {file} do not belong to its month {month}. Load their files again.",
)
KEY_TWICE = sentence(
    "ledger_key_twice",
    "{keys} lines stand in the ledger more than once, the first is {line_key} of feed {source}. "
    "Undo the batch that brought the second one.",
)
BATCH_TWICE = sentence(
    "ledger_batch_twice", "The batch {batch} is in the log {times} times. Undo it, or restore a backup."
)
UNKNOWN_LINES = sentence(
    "ledger_lines_of_no_batch",
    "{lines} lines name the batch {batch}, which does not stand in the log. Restore a backup.",
)
REPLACED_MISSING = sentence(
    "ledger_replaced_missing",
    "The lines that batch {batch} replaced are missing or damaged ({file}), so it cannot be undone. "
    "Bring the file back from a backup.",
)
MASTERS_MISSING = sentence(
    "ledger_masters_missing",
    "The {kind} that came with batch {batch} are missing or damaged ({file}). "
    "Bring the file back from a backup, or load the files again.",
)
DERIVED_DIFFER = sentence(
    "ledger_derived_differ",
    "The derived table {table} of month {month} does not add up to the lines. "
    "Delete {file}; it is made anew.",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a ledger; the reason says what to do about it."""

    reason: Reason

    @property
    def code(self) -> str:
        """The stable code."""
        return self.reason.code

    def __str__(self) -> str:
        return self.reason.english


def check(places: Places, *, memory: str) -> tuple[Finding, ...]:
    """Look at everything; no finding means that the ledger is whole."""
    return tuple(Finding(reason) for reason in _reasons(places, memory))


def _reasons(places: Places, memory: str) -> Iterator[Reason]:
    gaps = list(_log(places.lines))
    yield from gaps
    if gaps:
        return
    base, batches = table.read(places.lines), table.batches(places.lines)
    yield from _batches(places, batches)
    with session([places.folder], scratch=places.scratch / "check", memory=memory) as connection:
        damaged = list(_files(base, connection))
        yield from damaged
        if not damaged and base.files:
            yield from _keys(base, connection)
            yield from _lines_of_batches(base, batches, connection)
            yield from _derived(places, base, connection)


# --- the log and what lies beside it


def _log(lines: Path) -> Iterator[Reason]:
    log = lines / "_delta_log"
    commits = sorted(path for path in log.glob("*.json") if path.stem.isdigit())
    latest = int(commits[-1].stem) if commits else 0
    for version in range(latest + 1):
        path = log / f"{version:020d}.json"
        if not _is_commit(path):
            yield LOG_GAP(version=version, file=str(path))


def _is_commit(path: Path) -> bool:
    try:
        said = [json.loads(row) for row in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError):
        return False
    return bool(said)


def _batches(places: Places, batches: Batches) -> Iterator[Reason]:
    for name, times in Counter(batch.batch for batch in batches.all).items():
        if times > 1:
            yield BATCH_TWICE(batch=name, times=times)
    for batch in batches.loads:
        for month in batch.replacing:
            yield from _side_file(REPLACED_MISSING, places.replaced_in(batch.batch, month), batch=batch.batch)
        for kind in batch.masters:
            path = places.master(batch.batch, kind)
            yield from _side_file(MASTERS_MISSING, path, batch=batch.batch, kind=kind)


def _side_file(wrong: Sentence, path: Path, **values: str) -> Iterator[Reason]:
    try:
        pq.read_metadata(path)
    except (OSError, ArrowException):
        yield wrong(file=str(path), **values)


# --- the lines


def _files(base: Version, connection: duckdb.DuckDBPyConnection) -> Iterator[Reason]:
    for file in base.files:
        wrong = _file(base, file, connection)
        if wrong is not None:
            yield wrong


def _file(base: Version, file: DataFile, connection: duckdb.DuckDBPyConnection) -> Reason | None:
    path = base.path(file)
    said: dict[str, Value] = {"file": str(path), "month": file.month, "lines": file.lines}
    if not path.exists():
        return FILE_MISSING(**said)
    if path.stat().st_size != file.size_bytes:
        return FILE_DAMAGED(**said, detail=f"{path.stat().st_size} of {file.size_bytes} bytes")
    everything = ", ".join(COLUMNS)
    month = "year(date) * 100 + month(date)"
    try:
        found, elsewhere, _ = connection.execute(
            f"SELECT count(*), count(*) FILTER ({month} <> {file.month}), bit_xor(hash({everything})) "
            f"FROM {parquet([path])}"
        ).fetchall()[0]
    except duckdb.Error as fault:
        return FILE_DAMAGED(**said, detail=str(fault).split("\n")[0])
    if found != file.lines:
        return LINES_DIFFER(file=str(path), found=found, lines=file.lines)
    if elsewhere:
        return WRONG_MONTH(**{**said, "lines": elsewhere})
    return None


def _keys(base: Version, connection: duckdb.DuckDBPyConnection) -> Iterator[Reason]:
    """Find lines with the same identity; first by hashes, which are small, then exactly."""
    lines = partitioned(base.paths())
    distinct = f"SELECT count(DISTINCT hash(source, line_key)) FROM {lines}"
    if connection.execute(distinct).fetchall()[0][0] == base.lines:
        return
    keys, first = connection.execute(
        "SELECT count(*), min((source, line_key)) FROM "
        f"(SELECT source, line_key FROM {lines} GROUP BY source, line_key HAVING count(*) > 1)"
    ).fetchall()[0]
    if keys:
        yield KEY_TWICE(keys=keys, source=first[0], line_key=first[1])


def _lines_of_batches(
    base: Version, batches: Batches, connection: duckdb.DuckDBPyConnection
) -> Iterator[Reason]:
    standing = {load.batch for load in batches.loads} - batches.undone
    rows = connection.execute(
        f"SELECT batch, count(*) FROM {partitioned(base.paths())} GROUP BY batch ORDER BY batch"
    ).fetchall()
    for name, lines in rows:
        if name not in standing:
            yield UNKNOWN_LINES(batch=name, lines=lines)


# --- the derived tables


def _derived(places: Places, base: Version, connection: duckdb.DuckDBPyConnection) -> Iterator[Reason]:
    """Compare exact totals of each derived file that is there with those of the lines it was made from."""
    months = {month: [base.path(file) for file in files] for month, files in base.by_month().items()}
    derived = DerivedFiles(places.derived, months)
    for month, paths in months.items():
        made = {name: derived.place(name, month) for name in TABLES}
        there = {name: path for name, path in made.items() if path.exists()}
        if not there:
            continue
        kept = f"{partitioned(paths)} WHERE account_key IS NOT NULL AND flags & {int(Flag.NO_ACCOUNT)} = 0"
        expected = connection.execute(f"SELECT sum(revenue), sum(cost), count(*) FROM {kept}").fetchall()
        for name, path in there.items():
            if _totals(connection, path) != expected:
                yield DERIVED_DIFFER(table=name, month=month, file=str(path))


def _totals(connection: duckdb.DuckDBPyConnection, path: Path) -> list[tuple[object, ...]]:
    try:
        rows = connection.execute(
            f"SELECT sum(revenue), sum(cost), coalesce(sum(lines), 0) FROM {parquet([path])}"
        ).fetchall()
    except duckdb.Error:
        return []
    return list(rows)
