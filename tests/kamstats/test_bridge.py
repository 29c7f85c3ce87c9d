"""The bridge adds up to the last decimal place, whatever the data."""

from __future__ import annotations

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

import narwhals as nw
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import csv

from kamstats.bridge import CAUSES, bridge, scaled_ratio, unpriced_share, unpriced_warning
from kamstats.errors import Declined, Invalid

MONEY = pa.decimal128(38, 4)
Row = tuple[str, str | None, str, Decimal | None, Decimal]


def sales(rows: list[Row]) -> pa.Table:
    account, product, line, quantity, revenue = zip(*rows, strict=True) if rows else ((),) * 5
    return pa.table(
        {
            "account_key": pa.array(account, pa.string()),
            "product_key": pa.array(product, pa.string()),
            "product_line": pa.array(line, pa.string()),
            "quantity": pa.array(quantity, MONEY),
            "revenue": pa.array(revenue, MONEY),
        }
    )


def row(account: str, product: str | None, quantity: str | None, revenue: str, line: str = "boards") -> Row:
    return account, product, line, None if quantity is None else Decimal(quantity), Decimal(revenue)


# A worked table: two products, prices 10 and 20, then 11 and 18; 100 + 50 pieces, then 90 + 80.
WORKED_BEFORE = [row("ann", "thin", "100", "1000"), row("ann", "thick", "50", "1000")]
WORKED_AFTER = [row("ann", "thin", "90", "990"), row("ann", "thick", "80", "1440")]


def causes_of(found, account: str) -> dict[str, Decimal]:
    i = found.accounts.index(account)
    return {name: found.money(name)[i] for name in ("before", *CAUSES, "after")}


def test_a_worked_table_of_price_volume_and_mix():
    # Quantity 150 → 170 at an average of 13.33: volume 2000 × 20/150. At old prices the new basket is
    # 900 + 1600 = 2500: mix 2500 − 2266.67. Price 90 × 1 − 80 × 2 = −70.
    found = causes_of(bridge(sales(WORKED_BEFORE), sales(WORKED_AFTER)), "ann")

    assert found["volume"] == Decimal("266.6667")
    assert found["mix"] == Decimal("233.3333")
    assert found["price"] == Decimal(-70)
    assert found["before"] + sum(found[cause] for cause in CAUSES) == found["after"] == Decimal(2430)
    assert unpriced_warning(bridge(sales(WORKED_BEFORE), sales(WORKED_AFTER))) is None


def test_new_and_lost_accounts_and_assortment_are_kept_apart():
    before = [row("ann", "thin", "1", "10"), row("ann", "film", "1", "7"), row("lost", "thin", "1", "5")]
    after = [row("ann", "thin", "1", "10"), row("ann", "door", "1", "9"), row("new", "thin", "1", "6")]

    found = bridge(sales(before), sales(after))

    assert causes_of(found, "ann")["assortment"] == Decimal(2)
    assert causes_of(found, "lost")["lost"] == Decimal(-5)
    assert causes_of(found, "new")["new"] == Decimal(6)
    assert found.totals()["volume"] == found.totals()["price"] == found.totals()["mix"] == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (row("ann", "thin", None, "10"), row("ann", "thin", None, "16")),
        (row("ann", "thin", "5", "10"), row("ann", "thin", None, "16")),
        (row("ann", "thin", "-1", "10"), row("ann", "thin", "2", "16")),
        (row("ann", "thin", "0", "10"), row("ann", "thin", "2", "16")),
        (row("ann", None, "1", "10"), row("ann", None, "2", "16")),
    ],
    ids=["no quantity", "quantity once", "returned", "zero", "unnamed"],
)
def test_a_change_without_a_price_counts_as_volume_and_is_reported(before: Row, after: Row):
    found = bridge(sales([before]), sales([after]))

    assert causes_of(found, "ann")["volume"] == Decimal(6)
    assert unpriced_share(found) == 1.0
    assert unpriced_warning(found).code == "bridge_without_quantity"


def test_one_line_without_a_quantity_makes_the_quantity_of_the_product_unknown():
    before = [row("ann", "thin", "10", "100"), row("ann", "thin", None, "1")]
    after = [row("ann", "thin", "10", "110")]

    assert causes_of(bridge(sales(before), sales(after)), "ann")["price"] == 0


def test_quantities_are_added_within_a_product_line_only():
    before = [row("ann", "thin", "100", "1000"), row("ann", "glue", "1", "1000", line="chemistry")]
    after = [row("ann", "thin", "100", "1000"), row("ann", "glue", "2", "2000", line="chemistry")]

    by_line = bridge(sales(before), sales(after))
    together = bridge(sales(before), sales(after), unit=None)

    assert causes_of(by_line, "ann")["volume"] == Decimal(1000)
    assert causes_of(together, "ann")["mix"] == Decimal("980.1980")


def test_without_the_unit_column_all_products_count_as_one():
    plain = [sales(rows).drop_columns("product_line") for rows in (WORKED_BEFORE, WORKED_AFTER)]

    assert causes_of(bridge(*plain), "ann")["mix"] == Decimal("233.3333")


def test_lines_of_one_product_are_added_before_prices_are_told():
    halves = [row("ann", "thin", "50", "500"), row("ann", "thin", "50", "500")]

    found = bridge(sales([*halves, WORKED_BEFORE[1]]), sales(WORKED_AFTER))

    assert causes_of(found, "ann")["price"] == Decimal(-70)


def test_every_engine_gives_the_same_bridge():
    tables = sales(WORKED_BEFORE), sales(WORKED_AFTER)
    expected = bridge(*tables).totals()

    assert bridge(*(pl.from_arrow(table) for table in tables)).totals() == expected
    assert bridge(*(nw.from_native(table).lazy("duckdb") for table in tables)).totals() == expected


@pytest.mark.data
def test_on_the_resellers_every_cent_is_explained(shared_data):
    columns = {"ResellerKey": "account_key", "ProductKey": "product_key", "OrderQuantity": "quantity"}
    typed = csv.ConvertOptions(
        column_types={
            **dict.fromkeys(columns, pa.string()),
            "OrderQuantity": pa.int64(),
            "SalesAmount": MONEY,
        }
    )
    ledger = csv.read_csv(shared_data / "adventureworks" / "reseller_sales.csv", convert_options=typed)
    days = ledger["OrderDate"].cast(pa.date32()).cast(pa.int32()).to_numpy()
    lines = ledger.select([*columns, "SalesAmount"]).rename_columns([*columns.values(), "revenue"])
    before, after = lines.filter(days < 17897), lines.filter(days >= 17897)

    totals = bridge(before, after).totals()

    assert totals["before"] == pc.sum(before["revenue"]).as_py()
    assert totals["after"] == pc.sum(after["revenue"]).as_py()
    assert totals["after"] - totals["before"] == sum(totals[cause] for cause in CAUSES)
    assert all(totals[cause] != 0 for cause in CAUSES)


def test_nothing_to_bridge_is_declined_and_one_empty_period_is_not():
    with pytest.raises(Declined, match="no sales in either"):
        bridge(sales([]), sales([]))

    assert bridge(sales(WORKED_BEFORE), sales([])).totals()["lost"] == Decimal(-2000)
    assert unpriced_share(bridge(sales(WORKED_BEFORE), sales([]))) == 0.0


def test_floats_are_refused():
    table = sales(WORKED_BEFORE)
    floats = table.set_column(4, "revenue", table["revenue"].cast(pa.float64()))

    with pytest.raises(Invalid, match="double"):
        bridge(floats, floats)


def test_a_missing_column_is_named():
    with pytest.raises(Invalid, match='"quantity"'):
        bridge(sales(WORKED_BEFORE).drop_columns("quantity"), sales(WORKED_AFTER))


# --- the slow oracle: the definition, in decimals, account by account


def rounded(value: Fraction) -> Decimal:
    with localcontext() as context:
        context.prec = 60
        exact = Decimal(value.numerator) / Decimal(value.denominator)
        return exact.quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)


def summed(rows: list[Row]) -> dict:
    cells: dict = defaultdict(lambda: [Decimal(0), Decimal(0), False])
    for account, product, line, quantity, revenue in rows:
        cell = cells[account, line, product]
        cell[0] += revenue
        cell[1] += quantity or 0
        cell[2] |= quantity is None
    return dict(cells)


def oracle(before: list[Row], after: list[Row]) -> dict[str, dict[str, Decimal]]:
    old, new = summed(before), summed(after)
    result: dict = defaultdict(lambda: dict.fromkeys(CAUSES, Decimal(0)))
    groups: dict = defaultdict(list)
    for key in {*old, *new}:
        account = key[0]
        r0, q0, unknown0 = old.get(key, (Decimal(0), Decimal(0), True))
        r1, q1, unknown1 = new.get(key, (Decimal(0), Decimal(0), True))
        if not any(k[0] == account for k in old):
            result[account]["new"] += r1
        elif not any(k[0] == account for k in new):
            result[account]["lost"] -= r0
        elif key not in old or key not in new:
            result[account]["assortment"] += r1 - r0
        elif unknown0 or unknown1 or q0 <= 0 or q1 <= 0 or key[2] is None:
            result[account]["volume"] += r1 - r0
        else:
            groups[account, key[1]].append((r0, q0, r1, q1))
    for (account, _), products in groups.items():
        r0, q0, r1, q1 = (sum(column) for column in zip(*products, strict=True))
        old_prices = sum(rounded(Fraction(a) * Fraction(d) / Fraction(b)) for a, b, _, d in products)
        same_basket = rounded(Fraction(r0) * Fraction(q1) / Fraction(q0))
        result[account]["volume"] += same_basket - r0
        result[account]["mix"] += old_prices - same_basket
        result[account]["price"] += r1 - old_prices
    return dict(result)


amounts = st.decimals("-99999", "99999", places=4)
quantities = st.none() | st.decimals("-5", "999", places=3)
rows_of_sales = st.lists(
    st.tuples(
        st.sampled_from(["ann", "ben", "cy"]),
        st.sampled_from(["thin", "thick", "glue", None]),
        st.sampled_from(["boards", "chemistry"]),
        quantities,
        amounts,
    ),
    max_size=12,
)


@given(rows_of_sales, rows_of_sales)
def test_the_bridge_equals_the_definition_and_adds_up_exactly(before: list[Row], after: list[Row]):
    if not before and not after:
        return
    found = bridge(sales(before), sales(after))

    expected = oracle(before, after)
    assert set(found.accounts) == set(expected)
    for account in found.accounts:
        causes = causes_of(found, account)
        assert {name: causes[name] for name in CAUSES} == expected[account]
        assert causes["before"] + sum(causes[name] for name in CAUSES) == causes["after"]
    totals = found.totals()
    assert totals["before"] + sum(totals[name] for name in CAUSES) == totals["after"]
    assert totals["after"] == sum((revenue for *_, revenue in after), Decimal(0))


@given(
    st.lists(
        st.tuples(
            st.integers(-(2**61), 2**61), st.integers(1, 2**60), st.integers(1, 2**60), st.integers(0, 3)
        ),
        min_size=1,
        max_size=8,
    )
)
def test_a_scaled_ratio_is_exact_or_refused(cases: list[tuple[int, int, int, int]]):
    value, top, bottom = (np.array(column, dtype=np.int64) for column in list(zip(*cases, strict=True))[:3])
    expected = [
        int((Fraction(abs(v) * t, b) + Fraction(1, 2)).__floor__()) * (-1 if v < 0 else 1)
        for v, t, b, _ in cases
    ]

    if max(map(abs, expected)) > 2**62:
        with pytest.raises(Invalid, match="larger unit"):
            scaled_ratio(value, top, bottom)
    else:
        assert scaled_ratio(value, top, bottom).tolist() == expected
