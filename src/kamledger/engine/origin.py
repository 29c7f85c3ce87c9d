"""What an engine reads, and what every engine can do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self

import pyarrow as pa

from kamledger.schema import LINE, MIX, MONTHS, ORDERS, Flag

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    import narwhals as nw

MEMORY = "1GB"
SCHEMAS: Mapping[str, pa.Schema] = {
    "lines": LINE.append(pa.field("batch", pa.string(), nullable=False)),
    "months": MONTHS,
    "orders": ORDERS,
    "mix": MIX,
}


@dataclass(frozen=True, slots=True)
class Origin:
    """What an engine reads: the data files of a version by month, and the master data beside them."""

    table: Path  # the folder that the paths below name the months in
    files: Mapping[int, Sequence[Path]]
    derived: Path  # where derived files are kept
    scratch: Path
    masters: Mapping[str, pa.Table]  # accounts, products, group_members

    def paths(self) -> list[Path]:
        """Give all data files."""
        return [path for month in sorted(self.files) for path in self.files[month]]


class Engine(Protocol):
    """One way to run an analysis. Frames are lazy, with the schemas of :mod:`kamledger.schema`."""

    def lines(self) -> nw.LazyFrame[Any]:
        """Give all lines as stored, with their flags and the batch that brought them."""

    def months(self, left_out: Flag = Flag.NO_ACCOUNT) -> nw.LazyFrame[Any]:
        """Give money by account, manager, department and month (schema MONTHS)."""

    def orders(self, left_out: Flag = Flag.NO_ACCOUNT) -> nw.LazyFrame[Any]:
        """Give account-days (schema ORDERS)."""

    def mix(self, left_out: Flag = Flag.NO_ACCOUNT) -> nw.LazyFrame[Any]:
        """Give products by account and month (schema MIX)."""

    def accounts(self) -> pa.Table:
        """Give the accounts that master data or the files name (schema ACCOUNT)."""

    def products(self) -> pa.Table:
        """Give the products (schema PRODUCT)."""

    def group_members(self) -> pa.Table:
        """Give which account belongs to which group, and when (schema GROUP_MEMBER)."""

    def frame(self, table: pa.Table) -> nw.LazyFrame[Any]:
        """Make a small table a frame of this engine, to be joined with the others."""

    def collect(self, frame: nw.LazyFrame[Any]) -> pa.Table:
        """Run a frame of this engine and bring the rows as Arrow."""

    def close(self) -> None:
        """Give memory and room on the disk back; frames cannot be run any more."""

    def __enter__(self) -> Self:
        """Use the engine in a block…"""

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """…and close it at the end."""
