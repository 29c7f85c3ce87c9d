"""The store of the ledger: a Delta table, its batches, and everything that may be done to it."""

from __future__ import annotations

from kamledger.store.batches import Batch, Batches, Input
from kamledger.store.checks import Finding
from kamledger.store.ledger import Conduct, Ledger
from kamledger.store.loading import Staged
from kamledger.store.undoing import Undone

__all__ = ["Batch", "Batches", "Conduct", "Finding", "Input", "Ledger", "Staged", "Undone"]
