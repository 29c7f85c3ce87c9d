"""What can go wrong with a ledger, in sentences."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb
from deltalake.exceptions import DeltaError, TableNotFoundError

from kamstats.errors import Invalid
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOT_A_LEDGER = sentence(
    "not_a_ledger", "There is no ledger in {folder}. Load a file into it first, or name another folder."
)
ALREADY_A_LEDGER = sentence("already_a_ledger", "There is a ledger in {folder} already. Open it instead.")
FOLDER_IN_USE = sentence(
    "ledger_folder_in_use", "The folder {folder} holds other things. Name an empty or a new folder."
)
BUSY = sentence(
    "ledger_busy",
    "The ledger {folder} is being changed by process {process}. Nothing was done; "
    "try again when it has ended.",
)
OVERTAKEN = sentence(
    "ledger_overtaken",
    "The ledger {folder} was changed {attempts} times meanwhile from elsewhere. Nothing was done; try again.",
)
DISK_FULL = sentence(
    "ledger_disk_full",
    "There is no room left for the ledger {folder}. Nothing was changed; "
    "free some space and repeat the command.",
)
UNREADABLE = sentence(
    "ledger_unreadable",
    "The ledger {folder} cannot be read or written ({detail}). "
    "Check the rights of the folder and of its files.",
)
DAMAGED = sentence(
    "ledger_damaged",
    "A file of the ledger {folder} is damaged or missing ({detail}). Run the check, which names it, "
    "and bring the file back from a backup.",
)
OUT_OF_MEMORY = sentence(
    "ledger_out_of_memory",
    "The memory allowed for the ledger {folder} was too little ({detail}). Nothing was changed; allow more.",
)
UNKNOWN_BATCH = sentence(
    "batch_unknown", 'There is no batch "{batch}" in the ledger {folder}. The history lists all batches.'
)
NOT_A_LOAD = sentence(
    "batch_is_not_a_load",
    'Batch "{batch}" is not a load ({kind}), so it cannot be undone. Load the files again instead.',
)
OTHER_FEED = sentence(
    "feed_differs",
    'The lines were read for the feed "{read}", but are to be loaded into "{feed}". Use one name.',
)
UNKNOWN_VERSION = sentence(
    "version_unknown", "The ledger {folder} has versions 0 to {latest}; {version} is not one of them."
)
VERSION_GONE = sentence(
    "version_gone",
    "Version {version} of the ledger {folder} cannot be read any more: its files were deleted by a vacuum.",
)

_FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
_FULL_WORDS = ("no space left", "file too large", "disk quota exceeded", "os error 28", "os error 27")
_DENIED_WORDS = ("permission denied", "read-only file system", "os error 13", "os error 30")


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn what the disk, DuckDB and Delta say into our sentences."""
    try:
        yield
    except TableNotFoundError as fault:
        raise Invalid(NOT_A_LEDGER(folder=str(folder))) from fault
    except (OSError, duckdb.Error, DeltaError) as fault:
        known = _known(fault, folder)
        if known is None:
            raise
        raise known from fault


def _known(fault: Exception, folder: Path) -> Invalid | None:
    """Find the sentence for a fault; none: it is a bug and may crash."""
    said, detail = str(fault).lower(), str(fault).split("\n")[0]
    if getattr(fault, "errno", None) in _FULL or any(words in said for words in _FULL_WORDS):
        return Invalid(DISK_FULL(folder=str(folder)))
    if isinstance(fault, PermissionError) or any(words in said for words in _DENIED_WORDS):
        return Invalid(UNREADABLE(folder=str(folder), detail=detail))
    if isinstance(fault, duckdb.OutOfMemoryException):
        return Invalid(OUT_OF_MEMORY(folder=str(folder), detail=detail))
    if isinstance(fault, OSError | DeltaError | duckdb.IOException | duckdb.InvalidInputException):
        return Invalid(DAMAGED(folder=str(folder), detail=detail))
    return None
