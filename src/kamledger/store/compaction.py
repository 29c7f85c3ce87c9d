"""Compaction and vacuum: fewer files, the same lines."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote

from kamledger.store.batches import Batch, identify

if TYPE_CHECKING:
    from pathlib import Path

    from kamledger.store.change import Change
    from kamledger.store.table import Version


def crowded(base: Version) -> tuple[int, ...]:
    """Find the months that have several files."""
    return tuple(month for month, files in base.by_month().items() if len(files) > 1)


def intended(base: Version, *, at: datetime) -> Batch:
    """Say what is going to be compacted."""
    months = crowded(base)
    name = identify("compact", {"months": months}, base=base.number)
    return Batch(name, "compact", "", None, at, base.number + 1, months=months)


def compact(change: Change, batch: Batch) -> Batch:
    """Write each crowded month as one sorted file, and commit them together."""
    if not batch.months:
        return replace(batch, stored=False, version=change.base.number)
    for month in batch.months:
        change.fold(month)
    change.commit(batch)
    return batch


def vacuum(base: Version, *, at: datetime, days: int) -> tuple[str, ...]:
    """Delete data files that only versions left behind more than `days` days before `at` use.

    Files of changes that never came to their commit go by the age that the disk gives them.
    """
    limit = (at - timedelta(days=days)).timestamp()
    left_behind = _left_behind(base.folder)
    standing = {file.path for file in base.files}
    deleted = []
    for path in sorted(base.folder.glob("month=*/*.parquet")):
        name = path.relative_to(base.folder).as_posix()
        if name not in standing and left_behind.get(name, path.stat().st_mtime) <= limit:
            path.unlink()
            deleted.append(name)
    return tuple(deleted)


def _left_behind(folder: Path) -> dict[str, float]:
    """Read from the log when each file was left behind, in seconds since 1970."""
    found = {}
    for log in (folder / "_delta_log").glob("*.json"):
        for row in log.read_text(encoding="utf-8").splitlines():
            removal = json.loads(row).get("remove")
            if removal:
                found[unquote(removal["path"])] = removal["deletionTimestamp"] / 1000
    return found
