"""Two periods side by side: who moved between classes, and why the money changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw
import pyarrow as pa
import pyarrow.compute as pc

from kamreport.run.tabulating import empty_table, table_of, table_of_rows
from kamstats.abc import abc_classes
from kamstats.bridge import CAUSES, bridge, unpriced_share, unpriced_warning
from kamstats.errors import Declined
from kamstats.evenness import evenness, period_matrix
from kamstats.migration import migration, migration_matrix
from kamstats.periods import Months, compared_months
from kamstats.xyz import choose_window

if TYPE_CHECKING:
    from kamreport.run.book import Book, Extraction
    from kamreport.settings import Settings
    from kamreport.tables import Table
    from kamstats.bridge import Bridge
    from kamstats.reasons import Reason


@dataclass(frozen=True, slots=True)
class Comparison:
    """The tables of both methods with the periods compared; `declined` where there are none."""

    tables: dict[str, Table]
    before: Months | None
    after: Months | None
    declined: Reason | None
    unpriced_share: float | None = None
    warnings: tuple[Reason, ...] = ()


def compare(book: Book, extraction: Extraction, whole: Months | None, settings: Settings) -> Comparison:
    """Compare the last twelve whole months with the twelve before, or two halves of a shorter history."""
    keys = ("migration", "migration_matrix", "bridge")
    try:
        before, after = compared_months(whole)
        moved = _migration(book, before, after, settings)
        tables = {"migration": _moves(moved, book), "migration_matrix": _matrix(moved)}
        found = _bridge(extraction, before, after)
    except Declined as declined:
        reason = declined.reason
        return Comparison({key: empty_table(key, reason) for key in keys}, None, None, reason)
    warning = unpriced_warning(found)
    return Comparison(
        tables={**tables, "bridge": _bridges(found, book)},
        before=before,
        after=after,
        declined=None,
        unpriced_share=unpriced_share(found),
        warnings=(warning,) if warning else (),
    )


def _inside(table: pa.Table, months: Months) -> pa.Table:
    column = table["month"]
    return table.filter(pc.and_(pc.greater_equal(column, months.first), pc.less_equal(column, months.last)))


def _migration(book: Book, before: Months, after: Months, settings: Settings) -> pa.Table:
    column = book.history["month"]
    earlier = book.history.filter(pc.less(column, before.first)).select(["account"])
    moved = migration(
        _classified(book, before, settings),
        _classified(book, after, settings),
        key="account",
        xyz="xyz",
        earlier=earlier,
    )
    return moved.sort("account").collect().to_native()


def _classified(book: Book, months: Months, settings: Settings) -> pa.Table:
    """Give revenue and both classes of every account with a booking in a period."""
    sums = _inside(book.history, months).group_by("account").aggregate([("revenue", "sum")])
    sums = pa.table({"account": sums["account"], "revenue": sums["revenue_sum"].cast(pa.decimal128(38, 4))})
    classes = abc_classes(sums, key="account", limits=(settings.abc.a, settings.abc.b))
    found = classes.select("account", "revenue", "abc").sort("account").collect().to_native()
    return found.append_column("xyz", pa.array(_letters(book, months, found["account"]), pa.string()))


def _letters(book: Book, months: Months, accounts: pa.ChunkedArray) -> list[str | None]:
    """Give the XYZ class inside one of the periods; none where it is too short."""
    try:
        window = choose_window(months)
    except Declined:
        return [None] * len(accounts)
    found = evenness(period_matrix(_inside(book.history, months), window, key="account"), window)
    letters = dict(zip(found.account_keys, found.xyz.tolist(), strict=True))
    return [letters.get(key) or None for key in accounts.to_pylist()]


def _moves(moved: pa.Table, book: Book) -> Table:
    names = dict(zip(book.keys, book.names, strict=True))
    order = pc.sort_indices(
        moved.append_column("size", pc.abs(moved["change"])),
        sort_keys=[("size", "descending"), ("account", "ascending")],
    )
    rows = moved.take(order)
    columns = {name: rows[name].to_pylist() for name in rows.column_names}
    return table_of("migration", columns | {"name": [names[key] for key in columns["account"]]})


def _matrix(moved: pa.Table) -> Table:
    return table_of_rows(
        "migration_matrix",
        (
            {
                "class_before": flow.class_before,
                "class_after": flow.class_after,
                "accounts": flow.accounts,
                "revenue_before": flow.revenue_before,
                "revenue_after": flow.revenue_after,
            }
            for flow in migration_matrix(moved)
        ),
    )


def _bridge(extraction: Extraction, before: Months, after: Months) -> Bridge:
    products = extraction.engine.products()
    return bridge(*(_products(extraction, months, products) for months in (before, after)))


def _bridges(found: Bridge, book: Book) -> Table:
    """List the bridges of all accounts, the largest change first."""
    names = dict(zip(book.keys, book.names, strict=True))
    columns: dict[str, Any] = {name: found.money(name) for name in ("before", *CAUSES, "after")}
    change = [then - first for first, then in zip(columns["before"], columns["after"], strict=True)]
    order = sorted(range(len(change)), key=lambda i: (-abs(change[i]), found.accounts[i]))
    columns = {name: [values[i] for i in order] for name, values in columns.items()}
    accounts = [found.accounts[i] for i in order]
    return table_of(
        "bridge", {"account": accounts, "name": [names.get(key, key) for key in accounts], **columns}
    )


def _products(extraction: Extraction, months: Months, products: pa.Table) -> pa.Table:
    """Sum quantity and revenue of a period by account and product, with the product's line."""
    inside = extraction.mix().filter(nw.col("month") >= months.first, nw.col("month") <= months.last)
    summed = extraction.collect(
        inside.group_by("account_key", "product_key", drop_null_keys=False).agg(
            nw.col("quantity").sum(), nw.col("revenue").sum(), nw.col("lines_without_quantity").sum()
        )
    )
    # One line without a quantity is enough: what the others bring is not the product's whole volume.
    lacking = pc.greater(summed["lines_without_quantity"], 0)
    quantity = pc.if_else(lacking, pa.scalar(None, summed["quantity"].type), summed["quantity"])
    summed = summed.drop_columns(["lines_without_quantity", "quantity"]).append_column("quantity", quantity)
    lines = dict(zip(products["product_key"].to_pylist(), products["product_line"].to_pylist(), strict=True))
    if not any(lines.values()):
        return summed
    named = [lines.get(key) for key in summed["product_key"].to_pylist()]
    return summed.append_column("product_line", pa.array(named, pa.string()))
