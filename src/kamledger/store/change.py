"""One change of the ledger: files written beside the old ones, then one commit that makes them count."""

# ruff: noqa: S608 - values go into SQL by session.text, names are our own

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kamledger.session import parquet, partitioned, text
from kamledger.store import table
from kamledger.store.table import COLUMNS, DataFile, Version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import duckdb

    from kamledger.progress import Progress
    from kamledger.store.batches import Batch
    from kamledger.store.places import Places

ORDER = "account_key"  # of the lines in a file; days as well would cost a sixth more time
FILES_PER_MONTH = 8  # more are folded into one by the next change of the month
# v2 is a fifth smaller than v1, and read in two thirds of the time; a dictionary of more texts than this
# saves nothing, and trying for one costs a quarter of the writing
_AS = "FORMAT parquet, PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 4096"
_LISTED = ", ".join(COLUMNS)


@dataclass(slots=True)
class Change:
    """What is being written for a batch: data files to come, data files to go, and side files.

    Files are named after the batch, so that a repeated command writes over what a killed one left.
    """

    name: str
    base: Version
    places: Places
    connection: duckdb.DuckDBPyConnection
    steps: Callable[[str], None]
    progress: Progress
    durable: bool
    new: list[DataFile] = field(default_factory=list)
    gone: list[DataFile] = field(default_factory=list)
    written: list[Path] = field(default_factory=list)
    _count: int = 0

    def write_lines(self, month: int, query: str) -> None:
        """Write the lines of a query, which has the columns of a data file, as a new file of the month."""
        self._count += 1
        path = f"month={month}/{self.name}-{self._count}.parquet"
        place = self.base.folder / path
        lines = self.write_file(place, query)
        if lines:
            self.new.append(DataFile(path, month, lines, place.stat().st_size))
        else:
            place.unlink()
        self.steps(f"lines {month}")

    def write_file(self, path: Path, query: str) -> int:
        """Write the rows of a query as a Parquet file and count them."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.written.append(path)
        done = self.connection.execute(f"COPY ({query}) TO {text(path)} ({_AS})").fetchall()
        if self.durable:
            table.sync(path)
        return int(done[0][0])

    def commit(self, batch: Batch) -> None:
        """Make the change count, all at once."""
        self._sync_folders()
        self.steps("before commit")
        table.commit(self.base, batch, new=self.new, gone=self.gone)
        self.written.clear()
        self.steps("after commit")
        if self.durable:
            table.sync_log(self.base.folder)

    def abandon(self) -> None:
        """Take away the files of a change that did not come to its commit."""
        for path in self.written:
            path.unlink(missing_ok=True)

    def _sync_folders(self) -> None:
        if self.durable:
            for folder in {folder for path in self.written for folder in (path.parent, path.parent.parent)}:
                table.sync(folder)

    # --- rewriting a month

    def rewrite(self, month: int, *, dropped: str | None, arriving: str | None) -> None:
        """Drop lines of a month and add others.

        `dropped` is a query of the (source, line_key) to go, `arriving` one of the lines to come. Only
        files that have a line to go are written again; too many files are folded into one.
        """
        files = self.base.by_month().get(month, [])
        hit = self._hit(files, dropped) if dropped else {}
        stays = [file for file in files if file.path not in hit]
        if len(stays) + len(hit) + 1 > FILES_PER_MONTH:
            self._fold(month, files, dropped, arriving)
            return
        for file in files:
            if file.path in hit:
                self._without(file, hit[file.path], dropped)
        if arriving:
            self.write_lines(month, f"SELECT {_LISTED} FROM ({arriving}) ORDER BY {ORDER}")

    def fold(self, month: int) -> None:
        """Write all lines of a month into one sorted file."""
        self._fold(month, self.base.by_month()[month], None, None)

    def _hit(self, files: Iterable[DataFile], dropped: str) -> dict[str, int]:
        """Count the lines to go in each file that has some."""
        by_place = {str(self.base.path(file)): file.path for file in files}
        if not by_place:
            return {}
        rows = self.connection.execute(
            f"SELECT filename, count(*) FROM {partitioned(list(by_place), filename=True)} "
            f"SEMI JOIN ({dropped}) USING (source, line_key) GROUP BY filename"
        ).fetchall()
        return {by_place[place]: lines for place, lines in rows}

    def _without(self, file: DataFile, lines: int, dropped: str | None) -> None:
        """Write a file again without the lines to go, in its order; nothing, if all go."""
        self.gone.append(file)
        if lines < file.lines:
            kept = f"SELECT {_LISTED} FROM {parquet([self.base.path(file)])} {_against(dropped)}"
            self.write_lines(file.month, kept)

    def _fold(self, month: int, files: list[DataFile], dropped: str | None, arriving: str | None) -> None:
        self.gone.extend(files)
        kept = f"SELECT {_LISTED} FROM {parquet([self.base.path(f) for f in files])} {_against(dropped)}"
        parts = [kept, f"SELECT {_LISTED} FROM ({arriving})"] if arriving else [kept]
        self.write_lines(month, f"SELECT * FROM ({' UNION ALL '.join(parts)}) ORDER BY {ORDER}")


def _against(dropped: str | None) -> str:
    return f"ANTI JOIN ({dropped}) USING (source, line_key)" if dropped else ""
