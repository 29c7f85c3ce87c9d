"""Where the parts of a ledger lie in its folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Places:
    """The folder of a ledger.

    `lines` is the Delta table; `replaced` has, per batch, the lines that it replaced or removed; `masters`
    has, per batch, the accounts, products and groups that came with it; `left_alone` has, per undo, the
    lines that a later batch had changed; `derived` can be made again at any time; `scratch` is emptied by
    the next writer.
    """

    folder: Path

    @property
    def lines(self) -> Path:
        """The Delta table."""
        return self.folder / "lines"

    @property
    def derived(self) -> Path:
        """The derived tables."""
        return self.folder / "derived"

    @property
    def scratch(self) -> Path:
        """Room for spilling."""
        return self.folder / "scratch"

    @property
    def replaced(self) -> Path:
        """The lines that batches replaced or removed."""
        return self.folder / "replaced"

    def replaced_by(self, batch: str) -> Path:
        """The folder of the lines that a batch replaced or removed."""
        return self.replaced / f"by={batch}"

    def replaced_in(self, batch: str, month: int) -> Path:
        """The file of the lines of a month that a batch replaced or removed."""
        return self.replaced_by(batch) / f"{month}.parquet"

    def master(self, batch: str, kind: str) -> Path:
        """The file of master data of one kind that came with a batch."""
        return self.folder / "masters" / f"{batch}.{kind}.parquet"

    def left_alone(self, undo: str) -> Path:
        """The file of the lines that an undo left alone."""
        return self.folder / "left_alone" / f"{undo}.parquet"
