"""Small readings as the reader hands them over, for the tests of the store."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from kamledger.schema import ACCOUNT, GROUP_MEMBER, LINE, PRODUCT

if TYPE_CHECKING:
    from pathlib import Path

STAGED = LINE.append(pa.field("file", pa.string())).append(pa.field("row", pa.int64()))
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FEED = "erp"


@dataclass(frozen=True)
class MadeFile:
    path: Path
    sha256: str
    size_bytes: int


@dataclass(frozen=True)
class MadeReading:
    staged: tuple[Path, ...]
    files: tuple[MadeFile, ...]
    has_line_keys: bool = True
    rejected_by_reason: dict[str, int] = field(default_factory=dict)
    accounts: pa.Table = field(default_factory=ACCOUNT.empty_table)
    products: pa.Table = field(default_factory=PRODUCT.empty_table)
    group_members: pa.Table = field(default_factory=GROUP_MEMBER.empty_table)


def line(key: str, revenue: str = "10", *, day: str = "2026-01-05", **fields: Any) -> dict[str, Any]:
    """Make a line; everything but its key and revenue has a value that fits most tests."""
    booked = date.fromisoformat(day)
    return {
        "source": FEED,
        "line_key": key,
        "account_key": "A1",
        "date": booked,
        "day_no": booked.toordinal() - date(1970, 1, 1).toordinal(),
        "month": booked.year * 100 + booked.month,
        "document_key": "D1",
        "product_key": "P1",
        "quantity": Decimal(1),
        "revenue": Decimal(revenue),
        "cost": None,
        "amount": Decimal(revenue),
        "flags": 0,
        **fields,
    }


def reading(
    folder: Path,
    *lines: dict[str, Any],
    files: int = 1,
    has_line_keys: bool = True,
    **masters: list[dict[str, Any]],
) -> MadeReading:
    """Stage lines, in one file or dealt round several."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [{"file": "sales.csv", "row": n + 2, **each} for n, each in enumerate(lines)]
    sha256 = hashlib.sha256(repr((rows, sorted(masters.items()))).encode()).hexdigest()
    staged = []
    for n in range(files):
        path = folder / f"{sha256[:12]}-{n}.parquet"
        pq.write_table(pa.Table.from_pylist(rows[n::files], schema=STAGED), path)
        staged.append(path)
    schemas = {"accounts": ACCOUNT, "products": PRODUCT, "group_members": GROUP_MEMBER}
    tables = {
        kind: pa.Table.from_pylist([{"source": FEED, **row} for row in said], schema=schemas[kind])
        for kind, said in masters.items()
    }
    made = MadeFile(folder / "sales.csv", sha256, 100)
    return MadeReading(tuple(staged), (made,), has_line_keys, **tables)
