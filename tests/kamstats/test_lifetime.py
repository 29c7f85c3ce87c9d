"""Who is regular, since when, and how long customers of a line stay."""

from __future__ import annotations

import math
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamstats.errors import Declined, Invalid
from kamstats.lifetime import loyalty, purchases_by_account

YEAR = 365


def purchases(*rows: tuple[str, int, str | None]) -> pa.Table:
    account, day, line = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.table(
        {
            "account_key": pa.array(account, pa.string()),
            "day_no": pa.array(day, pa.int32()),
            "product_line": pa.array(line, pa.string()),
        }
    )


def sold(*rows: tuple[str, str | None, str]) -> pa.Table:
    account, line, revenue = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.table(
        {
            "account_key": pa.array(account, pa.string()),
            "product_line": pa.array(line, pa.string()),
            "revenue": pa.array([Decimal(value) for value in revenue], pa.decimal128(38, 4)),
        }
    )


def by_key(frame) -> dict:
    rows = frame.collect().rows(named=True)
    return {row["account_key"]: row for row in rows}


@pytest.mark.parametrize(
    ("days", "as_of", "since"),
    [
        ([0, 10], 366, 366),
        ([0, 10], 365, None),
        ([0, 700], 800, 700),
        ([0, 0, 0], 800, None),
        ([0], 800, None),
        ([0, 10, 900], 800, 366),
    ],
    ids=["more than a year", "exactly a year", "second deal late", "one day only", "one deal", "future deal"],
)
def test_a_regular_customer_bought_twice_and_is_known_for_more_than_a_year(days, as_of, since):
    rows = purchases(*(("ann", day, "boards") for day in days))

    assert by_key(purchases_by_account(rows, as_of=as_of))["ann"]["regular_since"] == since


def test_three_purchases_can_be_asked_for():
    rows = purchases(*(("ann", day, "boards") for day in (0, 10, 500)))

    assert by_key(purchases_by_account(rows, as_of=600, minimum_purchases=3))["ann"]["regular_since"] == 500
    assert by_key(purchases_by_account(rows, as_of=600, minimum_purchases=4))["ann"]["regular_since"] is None


def test_the_lifetime_of_the_active_runs_to_today_and_of_the_silent_to_the_last_purchase():
    rows = purchases(
        ("ann", 0, "boards"), ("ann", 900, "boards"), ("ben", 0, "boards"), ("ben", 100, "boards")
    )

    found = by_key(purchases_by_account(rows, as_of=1000))

    assert (found["ann"]["active"], found["ann"]["lifetime_days"]) == (True, 1000)
    assert (found["ben"]["active"], found["ben"]["lifetime_days"]) == (False, 100)


def test_silence_of_exactly_the_limit_is_still_active():
    rows = purchases(("ann", 0, "boards"))

    assert by_key(purchases_by_account(rows, as_of=YEAR))["ann"]["active"]
    assert not by_key(purchases_by_account(rows, as_of=YEAR + 1))["ann"]["active"]


def test_the_status_of_the_rhythm_decides_where_it_is_given():
    rows = purchases(("ann", 0, "boards"), ("ben", 0, "boards"))
    rows = rows.append_column("active", pa.array([True, False]))

    found = by_key(purchases_by_account(rows, as_of=5000))

    assert [found[account]["active"] for account in ("ann", "ben")] == [True, False]


def test_an_active_account_leaves_a_line_when_it_goes_on_buying_another():
    rows = purchases(("ann", 0, "houses"), ("ann", 900, "boards"), ("ben", 0, "houses"), ("cy", 0, "boards"))
    rows = rows.append_column("active", pa.array([True, True, True, False]))

    found = purchases_by_account(rows, as_of=1000, by=["product_line"]).collect().rows(named=True)

    active = {(row["account_key"], row["product_line"]): row["active"] for row in found}
    assert active == {
        ("ann", "houses"): False,
        ("ann", "boards"): True,
        ("ben", "houses"): True,
        ("cy", "boards"): False,
    }


def test_lines_without_an_account_are_left_out_and_a_missing_line_gets_the_empty_name():
    rows = purchases(("ann", 0, None), ("ann", 5, None), ("ann", 400, "boards"))
    nobody = pa.table({"account_key": pa.array([None], pa.string()), "day_no": pa.array([1], pa.int32())})

    found = purchases_by_account(rows, as_of=500, by=["product_line"]).sort("product_line").collect()

    assert found.select("product_line", "purchases", "regular_since").rows() == [
        ("", 2, 366),
        ("boards", 1, None),
    ]
    assert len(purchases_by_account(nobody, as_of=500).collect()) == 0


def test_shares_of_regulars_are_told_per_line_in_count_and_in_exact_money():
    rows = purchases(
        ("ann", 0, "boards"),
        ("ann", 400, "boards"),
        ("ben", 450, "boards"),
        ("ann", 300, "houses"),
        ("cy", 310, "houses"),
    )
    revenue = sold(
        ("ann", "boards", "90.10"), ("ann", "boards", "5"), ("ben", "boards", "4.90"), ("cy", "houses", "7")
    )

    boards, houses = loyalty(purchases_by_account(rows, as_of=500, by=["product_line"]), revenue, as_of=500)

    assert (boards.line, boards.accounts, boards.regular_accounts) == ("boards", 2, 1)
    assert (boards.revenue, boards.regular_revenue) == (Decimal("100.0000"), Decimal("95.1000"))
    assert boards.revenue_share == pytest.approx(0.951)
    assert (houses.count_share, houses.regular_revenue, houses.revenue) == (0.0, 0, 7)


def test_a_young_line_shows_its_age_beside_its_lifetime_and_is_not_called_poor():
    # Acceptance example 18: boards are ten years old, houses two; in both nearly everybody stays.
    boards = [(f"b{i}", day, "boards") for i in range(10) for day in range(i * 300, 3650, 200)]
    houses = [(f"h{i}", day, "houses") for i in range(6) for day in range(2920 + i * 60, 3650, 100)]
    rows = purchases(*boards, *houses)

    old, young = loyalty(
        purchases_by_account(rows, as_of=3650, by=["product_line"]),
        sold(),
        as_of=3650,
        launched={"boards": -400},
    )

    assert (old.age_days, young.age_days) == (4050, 730)
    assert old.reason is not None
    assert old.reason.code == "lifetime_median_not_reached"
    assert young.reason is not None
    assert young.reason.code == "lifetime_bound_by_age"
    assert young.reason.values == {"line": "houses", "age_days": 730}
    horizon = young.age_days
    assert young.curve.restricted_mean(horizon).mean == pytest.approx(old.curve.restricted_mean(horizon).mean)
    assert 365 <= young.curve.restricted_mean().mean <= 730


def test_a_line_whose_customers_have_left_needs_no_excuse():
    rows = purchases(("ann", 0, "boards"), ("ann", 50, "boards"), ("ben", 0, "boards"))

    (boards,) = loyalty(purchases_by_account(rows, as_of=3000, by=["product_line"]), sold(), as_of=3000)

    assert (boards.curve.median, boards.still_active, boards.reason) == (0.0, 0, None)


def test_a_line_without_revenue_in_the_period_has_no_share_of_revenue():
    rows = purchases_by_account(purchases(("ann", 0, "boards")), as_of=10, by=["product_line"])

    (boards,) = loyalty(rows, sold(), as_of=10)

    assert boards.revenue == 0
    assert math.isnan(boards.revenue_share)


def test_without_purchases_loyalty_is_declined():
    rows = purchases_by_account(purchases(("ann", 50, "boards")), as_of=10, by=["product_line"])

    with pytest.raises(Declined, match="up to day 10"):
        loyalty(rows, sold(), as_of=10)


def test_a_missing_column_is_named():
    with pytest.raises(Invalid, match="day_no"):
        purchases_by_account(purchases().drop_columns("day_no"), as_of=10)


history = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 900), st.sampled_from(["boards", "glue"])), min_size=1
)


@given(history, st.integers(0, 900))
def test_every_engine_and_the_definition_agree(rows: list[tuple[str, int, str]], as_of: int):
    table = purchases(*rows)

    found = (
        purchases_by_account(table, as_of=as_of, by=["product_line"])
        .collect("pyarrow")
        .to_native()
        .to_pylist()
    )

    expected = {}
    for account, line in {(a, p) for a, d, p in rows if d <= as_of}:
        days = sorted({d for a, d, p in rows if (a, p) == (account, line) and d <= as_of})
        since = max(days[1], days[0] + 366) if len(days) > 1 else None
        expected[account, line] = (
            len(days),
            since if since is not None and since <= as_of else None,
            as_of - days[0] if as_of - days[-1] <= YEAR else days[-1] - days[0],
        )
    assert {
        (r["account_key"], r["product_line"]): (r["purchases"], r["regular_since"], r["lifetime_days"])
        for r in found
    } == expected
    polars = purchases_by_account(pl.from_arrow(table), as_of=as_of, by=["product_line"]).collect()
    assert len(polars) == len(expected)
