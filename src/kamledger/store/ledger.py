"""The ledger: the one door to the store."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

from deltalake.exceptions import CommitFailedError

from kamledger.derived_files import DerivedFiles
from kamledger.engine import Engine, Origin, open_engine
from kamledger.progress import Progress, silent
from kamledger.session import MEMORY, session
from kamledger.store import checks, compaction, exporting, feeds, loading, masters, table, undoing
from kamledger.store.change import Change
from kamledger.store.faults import (
    ALREADY_A_LEDGER,
    FOLDER_IN_USE,
    NOT_A_LEDGER,
    NOT_A_LOAD,
    OVERTAKEN,
    UNKNOWN_BATCH,
    explained,
)
from kamledger.store.locking import locked
from kamledger.store.places import Places
from kamstats.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from kamledger.store.batches import Batch, Batches
    from kamledger.store.checks import Finding
    from kamledger.store.undoing import Undone

_T = TypeVar("_T")
_ATTEMPTS = 5  # to commit, where somebody commits without our lock, as from another machine


def unobserved(step: str) -> None:
    """Take no note of a step: the default.

    >>> unobserved("before commit")
    """
    del step


@dataclass(frozen=True, slots=True)
class Conduct:
    """How a ledger is worked on.

    `memory` is what DuckDB may use; `patience_seconds` how long a change waits for another one to end;
    `durable` forces every file to the disk before it counts; `steps` hears of each step of a change, for
    tests that stop there; `progress` hears how far long jobs are.
    """

    memory: str = MEMORY
    patience_seconds: float = 60.0
    durable: bool = True
    steps: Callable[[str], None] = unobserved
    progress: Progress = silent


@dataclass(frozen=True, slots=True)
class Ledger:
    """A sales ledger in a folder; open it with :meth:`open`, :meth:`create` or :meth:`temporary`."""

    places: Places
    conduct: Conduct = field(default_factory=Conduct)

    # --- opening

    @classmethod
    def open(cls, folder: Path, *, conduct: Conduct | None = None) -> Self:
        """Open the ledger of a folder. Raises Invalid where there is none."""
        if not _exists(folder):
            raise Invalid(NOT_A_LEDGER(folder=str(folder)))
        return cls(Places(folder.resolve()), conduct or Conduct())

    @classmethod
    def create(cls, folder: Path, *, conduct: Conduct | None = None) -> Self:
        """Make an empty ledger in a new or empty folder. Raises Invalid where something is in it."""
        if _exists(folder):
            raise Invalid(ALREADY_A_LEDGER(folder=str(folder)))
        return cls.open_or_create(folder, conduct=conduct)

    @classmethod
    def open_or_create(cls, folder: Path, *, conduct: Conduct | None = None) -> Self:
        """Open the ledger of a folder, or make an empty one."""
        ledger = cls(Places(folder.resolve()), conduct or Conduct())
        if not _exists(folder):
            ledger._create()
        return ledger

    @classmethod
    @contextmanager
    def temporary(cls, parent: Path | None = None, *, conduct: Conduct | None = None) -> Iterator[Self]:
        """Make an empty ledger that is gone at the end of the block; nothing is forced to the disk."""
        with tempfile.TemporaryDirectory(dir=parent, prefix="kamerton-") as folder:
            yield cls.open_or_create(Path(folder) / "ledger", conduct=conduct or Conduct(durable=False))

    # --- changing

    def load(
        self, reading: loading.Staged, *, feed: str, at: datetime, mode: loading.LoadMode = "auto"
    ) -> Batch:
        """Bring the lines of a reading into the ledger, all at once.

        `mode`: "merge" adds lines and replaces those with the same key; "replace-documents" replaces the
        documents of the files whole; "replace-period" replaces all lines of the feed from the first to the
        last day of the files; "auto" merges where the files have line keys and replaces documents
        otherwise. Where nothing differs no version is written and the batch says `stored=False`.
        """

        feeds.check_name(feed)

        def attempt(base: table.Version, batches: Batches) -> Batch:
            batch = loading.intended(reading, feed=feed, mode=mode, at=at, base=base.number)
            with self._change(batch.batch, base, reading.staged) as change:
                loading.check_feed(change, reading, feed)
                return loading.load(change, reading, batch, batches)

        return self._changed(attempt)

    def undo(self, batch: str, *, at: datetime) -> Undone:
        """Take a load back: its lines go, those it replaced return, those changed again since are left alone.

        An undo that was done before is given again. Raises Invalid for an unknown batch and for one that is
        not a load.
        """

        def attempt(base: table.Version, batches: Batches) -> Undone:
            target = self._load_named(batch, batches)
            done = batches.undo_of(batch)
            if done:
                return undoing.recorded(self.places, done)
            undoing_batch = undoing.intended(target, at=at, base=base.number)
            with self._change(undoing_batch.batch, base) as change:
                return undoing.undo(change, target, undoing_batch, batches)

        return self._changed(attempt)

    def compact(self, *, at: datetime) -> Batch:
        """Write each month that has several files as one sorted file."""

        def attempt(base: table.Version, batches: Batches) -> Batch:
            del batches
            batch = compaction.intended(base, at=at)
            with self._change(batch.batch, base) as change:
                return compaction.compact(change, batch)

        return self._changed(attempt)

    def vacuum(self, *, at: datetime, days: int = 30) -> tuple[str, ...]:
        """Delete data files that only versions left behind more than `days` days ago use, and name them.

        Those versions cannot be read any more; the undo of a batch never needs them. Derived files of older
        versions go too, and what killed commands left.
        """
        with self._writing():
            base = table.read(self.places.lines)
            for path in DerivedFiles(self.places.derived, _paths(base)).superfluous():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            return compaction.vacuum(base, at=at, days=days)

    # --- asking

    def history(self) -> tuple[Batch, ...]:
        """Give all batches, oldest first: loads, undos and compactions."""
        with explained(self.places.folder):
            return table.batches(self.places.lines).all

    @property
    def version(self) -> int:
        """The number of the latest version."""
        with explained(self.places.folder):
            return table.read(self.places.lines).number

    def check(self) -> tuple[Finding, ...]:
        """Look whether the ledger is whole; each finding says what is wrong and what to do about it."""
        with explained(self.places.folder):
            return checks.check(self.places, memory=self.conduct.memory)

    def export(
        self, path: Path, *, form: exporting.Format, version: int | None = None, replace: bool = False
    ) -> int:
        """Write all lines into one file, "csv" or "parquet", and give their number.

        A file that is there already is refused, unless it is to be replaced.
        """
        with explained(self.places.folder):
            base = table.read(self.places.lines, version)
            return exporting.export(
                self.places, base, path.resolve(), form, memory=self.conduct.memory, replace=replace
            )

    def engine(self, name: str = "duckdb", *, at_version: int | None = None, memory: str = "1GB") -> Engine:
        """Start an engine over the latest version or another one: "duckdb", "spark:local[2]", "spark://…"."""
        with explained(self.places.folder):
            base = table.read(self.places.lines, at_version)
            return open_engine(name, self._origin(base), memory=memory, progress=self.conduct.progress)

    def refresh_derived(self) -> None:
        """Make the derived tables of the latest version now, instead of at the first question."""
        with self.engine(memory=self.conduct.memory) as engine:
            engine.orders()

    # --- inside

    def _create(self) -> None:
        folder = self.places.folder
        with explained(folder):
            _check_free(folder)
            folder.mkdir(parents=True, exist_ok=True)
            with locked(folder, patience_seconds=self.conduct.patience_seconds):
                if not _exists(folder):
                    table.create(self.places.lines)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        folder = self.places.folder
        with explained(folder), locked(folder, patience_seconds=self.conduct.patience_seconds):
            yield

    def _changed(self, attempt: Callable[[table.Version, Batches], _T]) -> _T:
        """Make a change on the latest version; again, if another version came in between."""
        with self._writing():
            for _ in range(_ATTEMPTS):
                base, batches = table.read(self.places.lines), table.batches(self.places.lines)
                try:
                    return attempt(base, batches)
                except CommitFailedError:
                    continue
            raise Invalid(OVERTAKEN(folder=str(self.places.folder), attempts=_ATTEMPTS))

    @contextmanager
    def _change(self, name: str, base: table.Version, reading: Sequence[Path] = ()) -> Iterator[Change]:
        scratch = self.places.scratch / "change"
        shutil.rmtree(scratch, ignore_errors=True)
        folders = [self.places.folder, *{path.parent for path in reading}]
        with session(folders, scratch=scratch, memory=self.conduct.memory) as connection:
            heard = (self.conduct.steps, self.conduct.progress)
            change = Change(name, base, self.places, connection, *heard, durable=self.conduct.durable)
            try:
                yield change
            finally:
                change.abandon()
                shutil.rmtree(scratch, ignore_errors=True)

    def _load_named(self, name: str, batches: Batches) -> Batch:
        found = batches.named(name)
        if found is None:
            raise Invalid(UNKNOWN_BATCH(batch=name, folder=str(self.places.folder)))
        if found.kind != "load":
            raise Invalid(NOT_A_LOAD(batch=name, kind=found.kind))
        return found

    def _origin(self, base: table.Version) -> Origin:
        batches = table.batches(self.places.lines).until(base.number)
        return Origin(
            table=self.places.lines,
            files=_paths(base),
            derived=self.places.derived,
            scratch=self.places.scratch,
            masters={kind: masters.standing(self.places, batches, kind) for kind in masters.SCHEMAS},
        )


def _exists(folder: Path) -> bool:
    with explained(folder):
        return folder.is_dir() and table.exists(Places(folder).lines)


def _check_free(folder: Path) -> None:
    ours = {"lock", "lines"}  # of a creation that was interrupted
    if folder.exists() and not {path.name for path in folder.iterdir()} <= ours:
        raise Invalid(FOLDER_IN_USE(folder=str(folder)))


def _paths(base: table.Version) -> dict[int, list[Path]]:
    return {month: [base.path(file) for file in files] for month, files in base.by_month().items()}
