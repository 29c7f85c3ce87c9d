"""DuckDB in the process: the default engine."""

# ruff: noqa: S608 - values go into SQL by session.text, names are our own

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import narwhals as nw

from kamledger.derived_files import DerivedFiles
from kamledger.engine.origin import SCHEMAS, Origin
from kamledger.schema import Flag
from kamledger.session import connect, parquet, partitioned

if TYPE_CHECKING:
    from types import TracebackType

    import duckdb
    import pyarrow as pa

    from kamledger.progress import Progress

_STANDARD = Flag.NO_ACCOUNT  # what is left out of the derived tables that are kept with the ledger


@dataclass(slots=True)
class DuckEngine:
    """DuckDB over the data files of one version, with the derived tables kept on disk.

    The first question for a derived table makes it, for the months that changed since. Frames belong to the
    thread that asked for them; :meth:`in_thread` gives an engine of its own to another one.
    """

    origin: Origin
    connection: duckdb.DuckDBPyConnection
    room: Path
    progress: Progress
    _rooms: list[tempfile.TemporaryDirectory[str]] = field(default_factory=list)

    @classmethod
    def start(cls, origin: Origin, *, memory: str, scratch: Path | None, progress: Progress) -> Self:
        """Open a session over the files of `origin`."""
        room = tempfile.TemporaryDirectory(dir=_writable(scratch or origin.scratch), prefix="reader-")
        place = Path(room.name)
        folders = [origin.table, origin.derived]
        connection = connect(folders, scratch=place, memory=memory)
        return cls(origin, connection, place, progress, [room])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def in_thread(self) -> DuckEngine:
        """Give an engine for another thread: the same session by a cursor of its own; it needs no closing."""
        return DuckEngine(self.origin, self.connection.cursor(), self.room, self.progress)

    def lines(self) -> nw.LazyFrame[duckdb.DuckDBPyRelation]:
        """Give all lines as stored, with their flags and the batch that brought them."""
        paths = self.origin.paths()
        if not paths:
            return self._nothing("lines")
        columns = ", ".join(SCHEMAS["lines"].names)
        return nw.from_native(self.connection.sql(f"SELECT {columns} FROM {partitioned(paths)}"))

    def months(self, left_out: Flag = _STANDARD) -> nw.LazyFrame[duckdb.DuckDBPyRelation]:
        """Give money by account, manager, department and month (schema MONTHS)."""
        return self._derived("months", left_out)

    def orders(self, left_out: Flag = _STANDARD) -> nw.LazyFrame[duckdb.DuckDBPyRelation]:
        """Give account-days (schema ORDERS)."""
        return self._derived("orders", left_out)

    def mix(self, left_out: Flag = _STANDARD) -> nw.LazyFrame[duckdb.DuckDBPyRelation]:
        """Give products by account and month (schema MIX)."""
        return self._derived("mix", left_out)

    def accounts(self) -> pa.Table:
        """Give the accounts that master data or the files name (schema ACCOUNT)."""
        return self.origin.masters["accounts"]

    def products(self) -> pa.Table:
        """Give the products (schema PRODUCT)."""
        return self.origin.masters["products"]

    def group_members(self) -> pa.Table:
        """Give which account belongs to which group, and when (schema GROUP_MEMBER)."""
        return self.origin.masters["group_members"]

    def frame(self, table: pa.Table) -> nw.LazyFrame[duckdb.DuckDBPyRelation]:
        """Make a small table a frame of this engine, to be joined with the others."""
        return nw.from_native(self.connection.from_arrow(table))

    def collect(self, frame: nw.LazyFrame[Any]) -> pa.Table:
        """Run a frame of this engine and bring the rows as Arrow."""
        return nw.to_native(frame).to_arrow_table()

    def close(self) -> None:
        """Give memory and room on the disk back; frames cannot be run any more."""
        self.connection.close()
        for room in self._rooms:
            room.cleanup()

    def _derived(self, table: str, left_out: Flag) -> nw.LazyFrame[duckdb.DuckDBPyRelation]:
        if not self.origin.files:
            return self._nothing(table)
        files = DerivedFiles(self._folder(left_out), self.origin.files, left_out | _STANDARD)
        files.make(self.connection, self.progress)
        columns = ", ".join(SCHEMAS[table].names)
        return nw.from_native(self.connection.sql(f"SELECT {columns} FROM {parquet(files.paths(table))}"))

    def _folder(self, left_out: Flag) -> Path:
        """Keep the usual tables with the ledger, where it can be written, others until the engine closes."""
        usual = left_out | _STANDARD == _STANDARD
        return self.origin.derived if usual and _can_write(self.origin.derived) else self.room / "derived"

    def _nothing(self, table: str) -> nw.LazyFrame[duckdb.DuckDBPyRelation]:
        return nw.from_native(self.connection.from_arrow(SCHEMAS[table].empty_table()))


def _can_write(folder: Path) -> bool:
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    return os.access(existing, os.W_OK)


def _writable(folder: Path) -> Path | None:
    """Give the folder, or None (the system's place for temporary files) where it cannot be written."""
    if not _can_write(folder):
        return None
    folder.mkdir(parents=True, exist_ok=True)
    return folder
