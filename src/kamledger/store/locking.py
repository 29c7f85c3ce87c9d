"""One writer at a time: a lock file with the owner's process, given up by the kernel when the owner dies."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kamledger.store.faults import BUSY
from kamstats.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PAUSE_SECONDS = 0.05


@contextmanager
def locked(folder: Path, *, patience_seconds: float) -> Iterator[None]:
    """Hold the lock of a ledger; wait for its owner as long as `patience_seconds`, then say who it is.

    The file stays; the lock is the kernel's, so that a killed owner leaves nothing stale behind.
    """
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o666)
    try:
        _acquire(handle, folder, patience_seconds)
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)


def _acquire(handle: int, folder: Path, patience_seconds: float) -> None:
    end = time.monotonic() + patience_seconds
    while not _taken(handle):
        if time.monotonic() >= end:
            owner = os.pread(handle, 20, 0).decode() or "?"
            raise Invalid(BUSY(folder=str(folder), process=owner))
        time.sleep(_PAUSE_SECONDS)


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
