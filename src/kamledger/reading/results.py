"""What reading takes and gives, besides the staged lines themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal
    from pathlib import Path

    import pyarrow as pa

    from kamstats.reasons import Reason

FIELDS = (
    "line",
    "account",
    "name",
    "date",
    "document",
    "product",
    "product_name",
    "product_line",
    "quantity",
    "unit_price",
    "discount",
    "revenue",
    "cost",
    "list_revenue",
    "currency",
    "manager",
    "department",
)
"""What a column of a sales file may mean: the names that `overrides` takes."""

DateOrder = Literal["ymd", "dmy", "mdy"]
DiscountKind = Literal["fraction", "percent", "amount"]


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the user says instead of letting it be guessed; None means: guess."""

    overrides: Mapping[str, str] = field(default_factory=dict)  # field -> column
    currency: str | None = None  # of the ledger
    rates: Path | None = None  # a file of date, currency, rate
    encoding: str | None = None
    delimiter: str | None = None
    decimal_mark: Literal[".", ","] | None = None
    date_order: DateOrder | None = None
    discount: DiscountKind | None = None
    sheet: str | None = None  # of a workbook
    accounts: Path | None = None
    products: Path | None = None
    groups: Path | None = None


@dataclass(frozen=True, slots=True)
class FileRead:
    """One file as it was understood. What a format has not is None: a Parquet file has no delimiter."""

    path: Path
    sha256: str
    size_bytes: int
    encoding: str | None
    delimiter: str | None
    decimal_mark: str
    date_order: DateOrder | None
    discount: DiscountKind | None
    mapping: Mapping[str, str]  # field -> column
    guessed: Mapping[str, bool]  # field -> guessed, not said by the user
    lines: int  # staged
    rejected: int
    original_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: staged lines on disk, and everything that was odd about them."""

    staged: tuple[Path, ...]  # Parquet: the columns of schema.LINE, `file`, `row`, and EXTRA columns
    files: tuple[FileRead, ...]
    rejected_path: Path
    rejected_by_reason: Mapping[str, int]
    dirt: Mapping[str, tuple[int, Decimal]]  # Flag name -> lines, exact sum of revenue
    accounts: pa.Table  # schema.ACCOUNT
    products: pa.Table  # schema.PRODUCT
    group_members: pa.Table  # schema.GROUP_MEMBER
    currency: str | None
    has_line_keys: bool
    has_documents: bool
    warnings: tuple[Reason, ...]

    @property
    def lines(self) -> int:
        """Staged lines of all files."""
        return sum(file.lines for file in self.files)

    @property
    def rejected(self) -> int:
        """Rejected lines of all files."""
        return sum(file.rejected for file in self.files)
