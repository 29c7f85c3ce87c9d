"""What the log of the ledger says about each change: the batches."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Kind: TypeAlias = Literal["load", "undo", "compact"]
Mode: TypeAlias = Literal["merge", "replace-documents", "replace-period"]
METADATA = "kamerton"  # the key of our part of a commit


@dataclass(frozen=True, slots=True)
class Input:
    """One file that a batch came from."""

    name: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Batch:
    """One change of the ledger: a commit of its log.

    `added`, `replaced`, `removed` and `unchanged` count lines; for an undo, `removed` are the lines of the
    undone batch and `replaced` those that came back. `months` are the months whose lines changed. `stored` is
    false where nothing had changed, so that no version was written; `same_as` then names the batch that
    brought the same files, where there is one.
    """

    batch: str
    kind: Kind
    feed: str
    mode: Mode | None
    at: datetime
    version: int
    lines: int = 0
    added: int = 0
    replaced: int = 0
    removed: int = 0
    unchanged: int = 0
    repeated: int = 0  # lines of the files whose key a later line of the files has again; the last one counts
    rejected: int = 0
    inputs: tuple[Input, ...] = ()
    months: tuple[int, ...] = ()
    replacing: tuple[int, ...] = ()  # the months that have a file of replaced and removed lines
    masters: tuple[str, ...] = ()  # the kinds of master data that came along
    undoes: str | None = None
    left_alone: int = 0
    stored: bool = True
    same_as: str | None = None


@dataclass(frozen=True, slots=True)
class Batches:
    """All batches of a log, oldest first."""

    all: tuple[Batch, ...] = field(default=())

    @property
    def undone(self) -> frozenset[str]:
        """The loads that were undone."""
        return frozenset(batch.undoes for batch in self.all if batch.undoes)

    @property
    def loads(self) -> tuple[Batch, ...]:
        """The loads, undone or not."""
        return tuple(batch for batch in self.all if batch.kind == "load")

    def named(self, name: str) -> Batch | None:
        """Find a batch by its id."""
        return next((batch for batch in self.all if batch.batch == name), None)

    def undo_of(self, name: str) -> Batch | None:
        """Find the undo of a batch."""
        return next((batch for batch in self.all if batch.undoes == name), None)

    def until(self, version: int) -> Batches:
        """Give the history up to a version."""
        return Batches(tuple(batch for batch in self.all if batch.version <= version))

    def alike(self, other: Batch) -> Batch | None:
        """Find the latest load still standing that brought the same files in the same way."""
        said = (other.feed, other.mode, _hashes(other.inputs))
        for batch in reversed(self.loads):
            if batch.batch not in self.undone and (batch.feed, batch.mode, _hashes(batch.inputs)) == said:
                return batch
        return None


def _hashes(inputs: Sequence[Input]) -> list[str]:
    return sorted(each.sha256 for each in inputs)


def identify(kind: Kind, said: Mapping[str, Any], *, base: int) -> str:
    """Name a change by what it is and the version it starts from: the same again after a kill.

    >>> identify("undo", {"undoes": "a"}, base=3) == identify("undo", {"undoes": "a"}, base=3)
    True
    """
    written = json.dumps([kind, dict(said), base], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()[:16]


def to_metadata(batch: Batch) -> dict[str, Any]:
    """Give the batch in the form the commit keeps."""
    said = asdict(batch)
    said["at"] = batch.at.isoformat()
    return {key: value for key, value in said.items() if key not in ("version", "stored", "same_as")}


def from_metadata(said: Mapping[str, Any], *, version: int) -> Batch:
    """Read the batch of a commit. Keys of later versions of the program are passed over."""
    known = {each.name for each in fields(Batch)}
    values: dict[str, Any] = {
        key: tuple(v) if isinstance(v, list) else v for key, v in said.items() if key in known
    }
    values["inputs"] = tuple(Input(**each) for each in said.get("inputs", ()))
    values["at"] = datetime.fromisoformat(said["at"])
    values["version"] = version
    return Batch(**values)
