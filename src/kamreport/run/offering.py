"""What accounts buy: regular customers and lifetime per product line, potential from peers, next products."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kamledger.schema import Flag
from kamreport.period import day_from, day_number, first_of, months_in
from kamreport.run.behaviour import positions
from kamreport.run.book import floats, incomes
from kamreport.run.tabulating import empty_table, table_of, table_of_rows
from kamreport.sentences import pack_reasons
from kamstats.errors import Declined
from kamstats.lifetime import loyalty, purchases_by_account
from kamstats.next_product import co_purchases, purchase_matrix, recommend
from kamstats.periods import Months
from kamstats.potential import find_potential
from kamstats.reasons import Reason, sentence
from kamstats.rhythm.rules import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from kamreport.run.behaviour import Behaviour
    from kamreport.run.book import Book, Extraction
    from kamreport.settings import Settings
    from kamreport.tables import Table
    from kamstats.lifetime import Loyalty
    from kamstats.next_product import Recommendations

PRODUCTS_AS_LINES = sentence(
    "products_as_lines",
    "No product line is known, so products stand for lines: the {kept} of {products} that most accounts buy. "
    "Load a product file with lines.",
)
NO_PRODUCTS = sentence(
    "no_products", "No line names a product, so nothing can be said about products. Load them with the lines."
)

SERVICES = Flag.POSTAGE | Flag.BANK_CHARGE | Flag.BAD_DEBT  # what nobody is offered
MOST_COLUMNS = 200  # products that stand for lines
MOST_PRODUCTS = 4000  # in the matrix of co-purchases
RECENT_MONTHS = 12
NEXT_PRODUCTS = 3


@dataclass(frozen=True, slots=True)
class Assortment:
    """Revenue and income by account and product line over the last twelve months."""

    lines: tuple[str, ...]
    revenue: NDArray[np.float64]  # (accounts, lines)
    income: NDArray[np.float64] | None
    warning: Reason | None


def assortment(
    book: Book,
    extraction: Extraction,
    *,
    until: int | None = None,
    months: int = RECENT_MONTHS,
    lines: tuple[str, ...] | None = None,
) -> Assortment:
    """Pivot the last months up to `until` by product line. Declined where no line names a product.

    `lines` are the columns wanted; default those that most accounts buy.
    """
    last = until or extraction.period.as_of.year * 100 + extraction.period.as_of.month
    inside = pc.and_(
        pc.greater(book.lines["month"], _months_back(last, months)), pc.less_equal(book.lines["month"], last)
    )
    sold = book.lines.filter(pc.and_(pc.is_valid(book.lines["product_line"]), inside))
    if not book.product_lines_known:
        offered = pa.array(sorted(sold_products(extraction)), pa.string())
        sold = sold.filter(pc.is_in(sold["product_line"], offered))
    if sold.num_rows == 0:
        raise Declined(NO_PRODUCTS())
    coded = sold["product_line"].combine_chunks().dictionary_encode()
    names, column = coded.dictionary.to_pylist(), coded.indices.to_numpy().astype(np.int64)
    row = positions(book, sold["account"])
    if lines is None:
        chosen, place = _most_bought(row, column, len(names), MOST_COLUMNS)
        lines = tuple(names[i] for i in chosen)
    else:
        wanted = {name: i for i, name in enumerate(lines)}
        place = np.array([wanted.get(name, -1) for name in names])
    kept = place[column] >= 0
    earned = incomes(sold, extraction.assume_margin)
    shape = (len(book.keys), len(lines))
    warning = PRODUCTS_AS_LINES(kept=len(lines), products=len(names))
    return Assortment(
        lines=lines,
        revenue=_pivot(row[kept], place[column][kept], floats(sold["revenue"])[kept], shape),
        income=None
        if np.isnan(earned).any()
        else _pivot(row[kept], place[column][kept], earned[kept], shape),
        warning=None if book.product_lines_known else warning,
    )


def _months_back(month: int, steps: int) -> int:
    index = month // 100 * 12 + month % 100 - 1 - steps
    return index // 12 * 100 + index % 12 + 1


def _most_bought(
    row: NDArray[np.int64], column: NDArray[np.int64], columns: int, most: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Choose the columns that most accounts buy; gives them and the new place of each, -1 where left out."""
    pairs = np.unique(row * columns + column)
    buyers = np.bincount(pairs % columns, minlength=columns)
    chosen = np.sort(np.argsort(-buyers, kind="stable")[:most])
    place = np.full(columns, -1)
    place[chosen] = np.arange(chosen.size)
    return chosen, place


def _pivot(
    row: NDArray[np.int64], column: NDArray[np.int64], values: NDArray[np.float64], shape: tuple[int, int]
) -> NDArray[np.float64]:
    flat = np.bincount(row * shape[1] + column, values, shape[0] * shape[1])
    return np.asarray(flat.reshape(shape), np.float64)


def potential_table(
    book: Book, found: Assortment, behaviour: Behaviour, settings: Settings
) -> tuple[Table, tuple[Reason, ...]]:
    """List what each account could still buy, best first; warnings say what stood in for what."""
    segment = segment_numbers(behaviour.segments)
    gaps = find_potential(
        found.revenue, income=found.income, segment=segment, minimum_buying=settings.potential.peer_share
    )
    reasons = gaps.reasons(found.lines)
    table = table_of(
        "potential",
        {
            "account": [book.keys[i] for i in gaps.account],
            "name": [book.names[i] for i in gaps.account],
            "product_line": [found.lines[i] for i in gaps.line],
            "peers": gaps.peers,
            "peers_buying": gaps.peers_buying,
            "peer_share": gaps.peer_share,
            "expected_revenue": _money(gaps.expected_revenue),
            "expected_income": _money(gaps.expected_income),
            "reason": [pack_reasons([("", reason)]) for reason in reasons],
        },
    )
    return table, (found.warning,) if found.warning else ()


def segment_numbers(segments: NDArray[np.str_] | None) -> NDArray[np.int64] | None:
    """Number the segments, -1 where an account has none; None where no account has one."""
    if segments is None:
        return None
    names, numbers = np.unique(segments, return_inverse=True)
    return np.where(names[numbers] == "", -1, numbers)


def _money(values: NDArray[np.float64]) -> list[Decimal | None]:
    return [None if np.isnan(value) else Decimal(f"{value:.4f}") for value in values]


def sold_products(extraction: Extraction) -> set[str]:
    """Give the products that are more than postage, bank charges and write-offs."""
    odd = int(SERVICES)
    flags = extraction.engine.lines().filter(~nw.col("product_key").is_null()).select("product_key", "flags")
    found = extraction.collect(flags.unique()).to_pylist()
    return {row["product_key"] for row in found if not row["flags"] & odd}


def next_products_table(book: Book, extraction: Extraction, accounts: Sequence[int]) -> Table:
    """Recommend the next products of some accounts by lift over what they already buy."""
    mix = extraction.collect(
        extraction.mix()
        .filter(~nw.col("product_key").is_null(), nw.col("order_days") > 0)
        .select("account_key", "product_key")
        .unique()
        .sort("account_key", "product_key")
    )
    offered = pa.array(sorted(sold_products(extraction)), pa.string())
    mix = mix.filter(pc.is_in(mix["product_key"], offered))
    if mix.num_rows == 0:
        raise Declined(NO_PRODUCTS())
    coded = mix["product_key"].combine_chunks().dictionary_encode()
    products, column = coded.dictionary.to_pylist(), coded.indices.to_numpy().astype(np.int64)
    row = positions(book, mix["account_key"])
    chosen, place = _most_bought(row, column, len(products), MOST_PRODUCTS)
    kept = place[column] >= 0
    pairs = (row[kept], place[column][kept])
    size = {"accounts": len(book.keys), "products": int(chosen.size)}
    found = recommend(
        purchase_matrix(*pairs, **size),
        co_purchases(*pairs, **size),
        accounts=np.asarray(accounts, np.int64),
        count=NEXT_PRODUCTS,
    )
    keys = [products[i] for i in chosen]
    return table_of_rows("next_products", _recommended(book, extraction, found, keys))


def _recommended(
    book: Book, extraction: Extraction, found: Recommendations, keys: list[str]
) -> list[dict[str, Any]]:
    master = extraction.engine.products()
    names = dict(zip(master["product_key"].to_pylist(), master["name"].to_pylist(), strict=True))
    return [
        {
            "account": book.keys[account],
            "name": book.names[account],
            "product": keys[product],
            "product_name": names.get(keys[product]) or keys[product],
            "lift": float(found.lift[place, rank]),
            "because_of": None if because < 0 else names.get(keys[because]) or keys[because],
            "buyers": int(found.buyers[place, rank]),
        }
        for place, account in enumerate(found.accounts)
        for rank, (product, because) in enumerate(
            zip(found.product[place], found.because_of[place], strict=True)
        )
        if product >= 0
    ]


def regulars_tables(
    book: Book, extraction: Extraction, behaviour: Behaviour, settings: Settings
) -> dict[str, Table]:
    """Say how many customers of each product line are regular, and how long they stay."""
    as_of = day_number(extraction.period.as_of)
    cut = "product_line" if book.product_lines_known else "all"
    accounts = purchases_by_account(
        _purchases(book, extraction, behaviour),
        as_of=as_of,
        by=["product_line"],
        minimum_days=settings.regular_days,
    )
    months = months_in_period(extraction)
    inside = pc.is_in(book.lines["month"], pa.array(months, pa.int32()))
    sold = book.lines.filter(inside).select(["account", "product_line", "revenue"])
    sold = sold.rename_columns(["account_key", "product_line", "revenue"])
    if cut == "all":
        sold = sold.set_column(1, "product_line", pa.array(["*"] * sold.num_rows, pa.string()))
    judged = loyalty(accounts, sold, as_of=as_of, launched=_launches(extraction))
    if len(judged) > 1:
        # Freight and the like have no product line; beside real lines they say nothing about loyalty.
        judged = tuple(line for line in judged if line.line)
    return {"regulars": _regulars(judged), "survival": _survival(judged)}


def months_in_period(extraction: Extraction) -> list[int]:
    """List the months that the period touches."""
    first, last = extraction.period.first_day, extraction.period.last_day
    return months_in(Months(first.year * 100 + first.month, last.year * 100 + last.month))


def _purchases(book: Book, extraction: Extraction, behaviour: Behaviour) -> nw.LazyFrame[Any]:
    """Give account, product line and day of every purchase, with whether the account still is a customer."""
    lines = extraction.lines(day_number(first_of(190001)), day_number(extraction.period.as_of))
    quantity = nw.col("quantity")
    sold = nw.when(quantity.is_null()).then(nw.col("revenue")).otherwise(quantity) > 0
    bought = lines.filter(sold).select("account_key", "product_key", "day_no")
    products = extraction.engine.products().select(["product_key", "product_line"])
    if book.product_lines_known:
        known = products.group_by("product_key").aggregate([("product_line", "min")])
        known = known.rename_columns(["product_key", "product_line"])
        bought = bought.join(extraction.engine.frame(known), on="product_key", how="left")
    else:
        bought = bought.with_columns(product_line=nw.lit("*"))
    gone = behaviour.rhythm.status == Status.LOST.value
    active = extraction.engine.frame(
        pa.table({"account_key": pa.array(book.keys, pa.string()), "active": pa.array(~gone)})
    )
    return bought.drop("product_key").join(active, on="account_key", how="inner")


def _launches(extraction: Extraction) -> dict[str, int]:
    launches: dict[str, int] = {}
    for row in extraction.engine.products().to_pylist():
        if row["product_line"] and row["launched"]:
            day = day_number(row["launched"])
            launches[row["product_line"]] = min(day, launches.get(row["product_line"], day))
    return launches


def _regulars(judged: Sequence[Loyalty]) -> Table:
    return table_of_rows(
        "regulars",
        (
            {
                "product_line": line.line,
                "accounts": line.accounts,
                "regular_accounts": line.regular_accounts,
                "regular_count_share": line.count_share,
                "revenue": line.revenue,
                "regular_revenue_share": line.revenue_share,
                "lifetime_median_days": line.curve.median,
                "lifetime_mean_days": line.curve.restricted_mean().mean,
                "lifetime_censored": line.still_active,
                "line_age_days": line.age_days,
                "launched": None if line.launched_day is None else day_from(line.launched_day),
            }
            for line in judged
        ),
    )


def _survival(judged: Sequence[Loyalty]) -> Table:
    return table_of_rows(
        "survival",
        (
            {
                "product_line": line.line,
                "day": float(line.curve.time[i]),
                "at_risk": int(line.curve.at_risk[i]),
                "survival": float(line.curve.survival[i]),
                "low": float(line.curve.low[i]),
                "high": float(line.curve.high[i]),
            }
            for line in judged
            for i in range(line.curve.time.size)
        ),
    )


def or_declined(keys: Sequence[str], made: Callable[[], dict[str, Table]]) -> dict[str, Table]:
    """Make tables, or leave each empty with the reason where the method has too little to go on."""
    try:
        return made()
    except Declined as declined:
        return {key: empty_table(key, declined.reason) for key in keys}
