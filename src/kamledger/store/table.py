"""The Delta table of the lines: its files, its versions and its commits."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import unquote

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable
from deltalake.transaction import AddAction, RemoveAction

from kamledger.schema import LINE
from kamledger.store.batches import METADATA, Batch, Batches, from_metadata, to_metadata
from kamledger.store.faults import UNKNOWN_VERSION, VERSION_GONE
from kamstats.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

STORED = LINE.append(pa.field("batch", pa.string(), nullable=False))  # the import that brought the line
COLUMNS = tuple(name for name in STORED.names if name != "month")  # of a data file: the path has the month

# Files are read by their list, so nothing may hide lines inside them. The log is the history of batches and
# is never cut; old data files may go after 30 days.
_CONFIGURATION: dict[str, str | None] = {
    "delta.enableDeletionVectors": "false",
    "delta.enableExpiredLogCleanup": "false",
    "delta.logRetentionDuration": "interval 5200 weeks",
    "delta.deletedFileRetentionDuration": "interval 30 days",
}


@dataclass(frozen=True, slots=True)
class DataFile:
    """A Parquet file with lines of one month."""

    path: str  # relative to the table
    month: int
    lines: int
    size_bytes: int


Options: TypeAlias = dict[str, str] | None


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the table."""

    folder: Path
    number: int
    files: tuple[DataFile, ...]

    def path(self, file: DataFile) -> Path:
        """Give the place of a file."""
        return self.folder / file.path

    def paths(self, months: Iterable[int] | None = None) -> list[Path]:
        """Give the places of all files, or of those of some months."""
        wanted = None if months is None else set(months)
        return [self.path(file) for file in self.files if wanted is None or file.month in wanted]

    def by_month(self) -> dict[int, list[DataFile]]:
        """Give the files of each month, in the order of months."""
        found: dict[int, list[DataFile]] = {}
        for file in sorted(self.files, key=lambda each: (each.month, each.path)):
            found.setdefault(file.month, []).append(file)
        return found

    @property
    def lines(self) -> int:
        """The number of lines."""
        return sum(file.lines for file in self.files)


def create(folder: Path) -> None:
    """Make the empty table."""
    DeltaTable.create(folder, STORED, partition_by=["month"], configuration=_CONFIGURATION)


def exists(folder: Path) -> bool:
    """Tell whether there is a table."""
    return DeltaTable.is_deltatable(str(folder))


def read(folder: Path, number: int | None = None) -> Version:
    """Read a version of the table, by default the latest."""
    table = DeltaTable(folder)
    latest = table.version()
    if number is not None and number != latest:
        if not 0 <= number <= latest:
            raise Invalid(UNKNOWN_VERSION(folder=str(folder), latest=latest, version=number))
        table.load_as_version(number)
        return _still_there(Version(folder, number, _files(table)))
    return Version(folder, table.version(), _files(table))


def _still_there(version: Version) -> Version:
    if not all(path.exists() for path in version.paths()):
        raise Invalid(VERSION_GONE(folder=str(version.folder), version=version.number))
    return version


def _files(table: DeltaTable) -> tuple[DataFile, ...]:
    # pa.table() would import pandas, where it is installed, to see whether this is one of its frames
    actions = pa.RecordBatchReader.from_stream(table.get_add_actions(flatten=True)).read_all().to_pylist()
    return tuple(
        DataFile(unquote(each["path"]), each["partition.month"], each["num_records"], each["size_bytes"])
        for each in actions
    )


def batches(folder: Path) -> Batches:
    """Read the history of the ledger from the log."""
    commits = reversed(DeltaTable(folder).history())
    return Batches(
        tuple(from_metadata(each[METADATA], version=each["version"]) for each in commits if METADATA in each)
    )


def commit(base: Version, batch: Batch, *, new: Sequence[DataFile], gone: Sequence[DataFile]) -> None:
    """Write the next version in one step, or raise CommitFailedError if another one is there already."""
    same_lines = batch.kind == "compact"
    table = DeltaTable(base.folder, version=base.number)
    actions: list[AddAction | RemoveAction] = [
        *(_addition(file, batch, same_lines=same_lines) for file in new),
        *(_removal(file, batch, same_lines=same_lines) for file in gone),
    ]
    properties = CommitProperties(custom_metadata={METADATA: to_metadata(batch)}, max_commit_retries=0)
    table.create_write_transaction(actions, "append", table.schema(), ["month"], commit_properties=properties)


def sync_log(folder: Path) -> None:
    """Make the latest commits of a local table outlive a loss of power."""
    log = folder / "_delta_log"
    newest = sorted(log.glob("*.json"))[-1:]
    for path in (*newest, log):
        sync(path)


def sync(path: Path) -> None:
    """Force a file, or the names in a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _milliseconds(batch: Batch) -> int:
    return int(batch.at.timestamp() * 1000)


def _addition(file: DataFile, batch: Batch, *, same_lines: bool) -> AddAction:
    stats = json.dumps({"numRecords": file.lines})
    values = {"month": str(file.month)}
    return AddAction(file.path, file.size_bytes, values, _milliseconds(batch), not same_lines, stats)


def _removal(file: DataFile, batch: Batch, *, same_lines: bool) -> RemoveAction:
    values: dict[str, str | None] = {"month": str(file.month)}
    return RemoveAction(file.path, not same_lines, _milliseconds(batch), file.size_bytes, values)
