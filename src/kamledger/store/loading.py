"""Loading: staged lines become a batch of the ledger."""

# ruff: noqa: S608 - values go into SQL by session.text, names are our own

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from kamledger.session import parquet, partitioned, text
from kamledger.store import masters
from kamledger.store.batches import Batch, Batches, Input, Mode, identify
from kamledger.store.difference import Difference, differ
from kamledger.store.faults import OTHER_FEED
from kamledger.store.table import STORED
from kamstats.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from kamledger.store.change import Change

_STORED_FIELDS = ", ".join(f"e.{name}" for name in STORED.names)
LoadMode: TypeAlias = Literal["auto", "merge", "replace-documents", "replace-period"]


class ReadFile(Protocol):
    """One file of a reading."""

    @property
    def path(self) -> Path: ...
    @property
    def sha256(self) -> str: ...
    @property
    def size_bytes(self) -> int: ...


class Staged(masters.HasMasters, Protocol):
    """What the reading hands over: Parquet files of lines with `file` and `row`, and their origin."""

    @property
    def staged(self) -> Sequence[Path]: ...
    @property
    def files(self) -> Sequence[ReadFile]: ...
    @property
    def has_line_keys(self) -> bool: ...
    @property
    def rejected_by_reason(self) -> Mapping[str, int]: ...


def intended(reading: Staged, *, feed: str, mode: LoadMode, at: datetime, base: int) -> Batch:
    """Say what is going to be loaded; the same files, way and version to start from give the same id."""
    inputs = tuple(Input(file.path.name, file.sha256, file.size_bytes) for file in reading.files)
    chosen = _chosen(mode, has_line_keys=reading.has_line_keys)
    said = {"feed": feed, "mode": chosen, "inputs": sorted(each.sha256 for each in inputs)}
    return Batch(
        batch=identify("load", said, base=base),
        kind="load",
        feed=feed,
        mode=chosen,
        at=at,
        version=base + 1,
        rejected=sum(reading.rejected_by_reason.values()),
        inputs=inputs,
    )


def _chosen(mode: LoadMode, *, has_line_keys: bool) -> Mode:
    if mode != "auto":
        return mode
    return "merge" if has_line_keys else "replace-documents"


def check_feed(change: Change, reading: Staged, feed: str) -> None:
    """Refuse lines that were read under the name of another feed, as their keys may be made from it."""
    rows = change.connection.execute(
        f"SELECT DISTINCT source FROM {parquet(_resolved(reading))} WHERE source <> {text(feed)} LIMIT 1"
    ).fetchall()
    if rows:
        raise Invalid(OTHER_FEED(read=rows[0][0], feed=feed))


def load(change: Change, reading: Staged, batch: Batch, batches: Batches) -> Batch:
    """Write what differs and commit it; nothing, if nothing does."""
    mode: Mode = batch.mode or "merge"
    difference = differ(
        change.connection, _resolved(reading), change.base, feed=batch.feed, mode=mode, batch=batch.batch
    )
    change.steps("compared")
    done = _write_months(change, difference, batch)
    done = _write_masters(change, reading, done, batches)
    if not (done.months or done.masters):
        return replace(done, stored=False, version=change.base.number, same_as=_name(batches.alike(batch)))
    change.commit(done)
    return done


def _resolved(reading: Staged) -> list[Path]:
    """Give the staged files by full paths, as the session knows its folders."""
    return [path.resolve() for path in reading.staged]


def _name(batch: Batch | None) -> str | None:
    return batch.batch if batch else None


def _write_months(change: Change, difference: Difference, batch: Batch) -> Batch:
    added = replaced = removed = 0
    months, replacing = [], []
    for month in difference:
        done = sum(lines for each, lines in difference.extent.items() if each < month.month)
        change.progress("store", done, difference.lines)
        if month.dropped:
            _keep_dropped(change, month.month, month.dropped)
            replacing.append(month.month)
        change.rewrite(month.month, dropped=month.dropped, arriving=month.arriving)
        months.append(month.month)
        added, replaced, removed = added + month.added, replaced + month.replaced, removed + month.removed
    return replace(
        batch,
        lines=difference.lines + difference.repeated,
        repeated=difference.repeated,
        added=added,
        replaced=replaced,
        removed=removed,
        unchanged=difference.lines - added - replaced,
        months=tuple(months),
        replacing=tuple(replacing),
    )


def _keep_dropped(change: Change, month: int, dropped: str) -> None:
    """Keep the lines that the batch replaces or removes, before anything counts."""
    lines = partitioned(change.base.paths([month]))
    change.write_file(
        change.places.replaced_in(change.name, month),
        f"SELECT {_STORED_FIELDS}, d.line_key IS NOT NULL AS removed FROM {lines} AS e "
        f"SEMI JOIN ({dropped}) AS x USING (source, line_key) "
        "LEFT JOIN (SELECT source, line_key FROM departing WHERE gone) AS d USING (source, line_key)",
    )
    change.steps(f"replaced {month}")


def _write_masters(change: Change, reading: Staged, batch: Batch, batches: Batches) -> Batch:
    """Keep the master data that came along; alone they make a batch only if they say something new."""
    tables = masters.brought(reading)
    change.written.extend(masters.write(change.places, change.name, tables))
    change.steps("masters")
    done = replace(batch, masters=tuple(tables))
    if done.months or _says_more(change, done, batches):
        return done
    return replace(done, masters=())


def _says_more(change: Change, batch: Batch, batches: Batches) -> bool:
    after = Batches((*batches.all, batch))
    return any(
        not masters.standing(change.places, after, kind).equals(
            masters.standing(change.places, batches, kind)
        )
        for kind in batch.masters
    )
