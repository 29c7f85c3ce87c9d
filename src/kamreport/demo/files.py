"""The files of the invented company: sales as an accounting program exports them, and three master files."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, TextIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from kamreport.demo import trade
from kamreport.demo.booking import MONTH_STARTS, NO_QUANTITY, Lines, book, lucky_line
from kamreport.demo.dirt import bad_debts, with_dirt
from kamreport.demo.population import FOREVER, WINDOW_DAYS
from kamreport.demo.trade import MANAGERS, PRODUCT_LINES, PRODUCTS, SEGMENTS, SERVICES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from kamreport.demo.booking import Plan
    from kamreport.demo.fates import Fates
    from kamreport.demo.population import Population

    Integers = NDArray[np.int64]

COLUMNS = (
    "Invoice no",
    "Invoice date",
    "Customer no",
    "Customer name",
    "Product no",
    "Quantity",
    "List amount",
    "Net amount",
    "Cost",
    "Currency",
    "Salesperson",
    "Department",
)
ORDERS_AT_ONCE = 120_000  # with `lines`, fewer: about half a million lines are in memory
LINES_AT_ONCE = 500_000
_PREFIX = pa.array(["", "R", "C", "A", "K"])  # invoice, return or credit, cancellation, adjustment, cash sale

# Lines that nobody can read: each must come back in rejected.csv with its reason.
UNREADABLE = (
    ("900001", "31.02.2025", "C00001", "?", "CB16", "4,000", "1010,00", "980,00", "700,00"),
    ("900002", "00.00.0000", "C00002", "?", "CB18", "1,500", "390,00", "371,00", "255,00"),
    ("900003", "14.05.2025", "C00003", "?", "CE12", "2,000", "1180,00", "#REF!", "790,00"),
    ("900004", "15.05.2025", "C00004", "?", "LW16", "ca. 3 m3", "1390,00", "1298,00", "930,00"),
    ("900005", "soon", "C00005", "?", "LO18", "1,000", "480,00", "455,00", "320,00"),
    ("900006", "02.06.2025", "C00006", "?", "CB22", "3,000", "760,00", "n/a", "505,00"),
    ("900007", "45.13.2025", "C00007", "?", "CB12", "2,500", "560,00", "541,00", "371,00"),
)


def write_sales(
    path: Path, plan: Plan, seeds: np.random.SeedSequence, progress: Callable[[int, int], None]
) -> int:
    """Write all lines in stretches of bounded size; give their number, the unreadable ones included."""
    texts = _Texts.of(plan.people)
    done, written = 0, 0
    with path.open("wb") as file:
        file.write((";".join(COLUMNS) + "\n").encode())
        stretches = list(_stretches(plan))
        for stretch, seed in zip(stretches, seeds.spawn(len(stretches)), strict=True):
            rng = np.random.default_rng(seed)
            lines = with_dirt(rng, plan, book(rng, plan, stretch))
            written += _write(file, texts.table(lines, plan.people))
            done += stretch.stop - stretch.start
            progress(done, len(plan.orders))
        extra = Lines.joined([lucky_line(plan), bad_debts(plan, 10**9)])
        written += _write(file, texts.table(extra, plan.people))
        for row in UNREADABLE:
            file.write((";".join((*row, trade.CURRENCY, "", "")) + "\n").encode())
    return written + len(UNREADABLE)


def _stretches(plan: Plan) -> Iterator[slice]:
    """Slice the orders month by month, and a month that is too large into parts."""
    days = plan.orders.day
    size = max(1, min(ORDERS_AT_ONCE, int(LINES_AT_ONCE / plan.lines_an_order.max())))
    edges = [*np.searchsorted(days, MONTH_STARTS).tolist(), len(days)]
    for low, high in pairwise(edges):
        for first in range(low, high, size):
            yield slice(first, min(first + size, high))


def _write(file: object, table: pa.Table) -> int:
    options = pacsv.WriteOptions(include_header=False, delimiter=";", quoting_style="none")
    pacsv.write_csv(table, file, options)
    return int(table.num_rows)


class _Texts:
    """Ready texts of everything that repeats."""

    def __init__(self, days: pa.Array, accounts: pa.Array, names: pa.Array, products: pa.Array) -> None:
        self.days, self.accounts, self.names, self.products = days, accounts, names, products
        self.managers = pa.array([*(name for names_ in MANAGERS for name in names_), ""])
        self.departments = pa.array([*(d for d in trade.DEPARTMENTS for _ in range(5)), ""])

    @classmethod
    def of(cls, people: Population) -> _Texts:
        return cls(
            days=pa.array([f"{day_of(n):%d.%m.%Y}" for n in range(WINDOW_DAYS)]),
            accounts=pa.array([*people.keys, ""]),  # the last one: no customer
            names=pa.array([*people.names, ""]),
            products=pa.array([*(p.key for p in PRODUCTS), *(key for key, _ in SERVICES)]),
        )

    def table(self, lines: Lines, people: Population) -> pa.Table:
        """All columns as text, the way the accounting program prints them."""
        account = pa.array(np.where(lines.account < 0, len(people), lines.account))
        late = lines.day >= people.handed_over[lines.account]
        manager = np.where(late, people.next_manager[lines.account], people.manager[lines.account])
        who = pa.array(np.where(lines.account < 0, len(self.managers) - 1, manager))
        number = pa.array(lines.document + 100_001).cast(pa.string())
        columns = [
            pc.binary_join_element_wise(_PREFIX.take(pa.array(lines.kind)), number, ""),
            self.days.take(pa.array(lines.day)),
            self.accounts.take(account),
            self.names.take(account),
            self.products.take(pa.array(lines.product)),
            decimal_text(lines.quantity, 3, empty=NO_QUANTITY),
            decimal_text(lines.list_amount, 2),
            decimal_text(lines.net, 2),
            decimal_text(lines.cost, 2),
            pa.repeat(trade.CURRENCY, len(lines)),
            self.managers.take(who),
            self.departments.take(who),
        ]
        return pa.table(columns, names=list(COLUMNS))


def decimal_text(value: Integers, places: int, empty: int | None = None) -> pa.Array:
    """Print whole numbers of the last place with a decimal comma: 1250 with three places is "1,250"."""
    present = np.where(value == empty, 0, value) if empty is not None else value
    words = np.empty((len(value), 2), dtype=np.int64)
    words[:, 0], words[:, 1] = present, present >> 63
    exact = pa.Array.from_buffers(pa.decimal128(18, places), len(value), [None, pa.py_buffer(words)])
    text = pc.replace_substring(exact.cast(pa.string()), ".", ",")
    return text if empty is None else pc.if_else(pa.array(value == empty), "", text)


def day_of(number: int) -> date:
    """Give the date of a day counted from the first day of the ledger."""
    return trade.FIRST_DAY + timedelta(days=int(number))


def write_accounts(path: Path, people: Population) -> None:
    """Write the customers with name, segment and the manager of the last day."""
    last = np.where(people.handed_over < FOREVER, people.next_manager, people.manager)
    managers = [name for names in MANAGERS for name in names]
    rows = [
        (key, name, SEGMENTS[segment].name, managers[who], trade.DEPARTMENTS[who // 5])
        for key, name, segment, who in zip(
            people.keys, people.names, people.segment.tolist(), last.tolist(), strict=True
        )
    ]
    write_rows(path, ("account", "name", "segment", "manager", "department"), rows)


def write_products(path: Path) -> None:
    """Write the products with their line and its launch; services belong to no line."""
    rows = [
        (p.key, p.name, PRODUCT_LINES[p.line].name, PRODUCT_LINES[p.line].launched.isoformat())
        for p in PRODUCTS
    ]
    write_rows(path, ("product", "name", "line", "launched"), [*rows, *((k, n, "", "") for k, n in SERVICES)])


def write_groups(path: Path, people: Population, fates: Fates) -> None:
    """Write who belongs to which holding, and since or until when where that changed."""
    rows = [
        (
            people.keys[account],
            group,
            day_of(fates.joined[1]).isoformat() if account == fates.joined[0] else "",
            day_of(fates.departed[1]).isoformat() if account == fates.departed[0] else "",
        )
        for group, accounts in fates.groups
        for account in accounts
    ]
    write_rows(path, ("account", "group", "from", "to"), rows)


def write_rows(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write a small CSV file: UTF-8, comma."""
    with path.open("w", encoding="utf-8", newline="") as file:
        _rows_into(file, header, rows)


def _rows_into(file: TextIO, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
