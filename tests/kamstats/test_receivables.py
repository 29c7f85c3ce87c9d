"""Ageing, days sales outstanding, payment behaviour and advisable credit."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamstats.errors import Declined, Invalid
from kamstats.receivables import (
    CreditPolicy,
    advise_credit,
    age_receivables,
    count_back,
    count_back_days,
    days_sales_outstanding,
    payment_behaviour,
)

MONEY = pa.decimal128(18, 4)
AS_OF = 1000


def bills(*rows: tuple[str, int, str]) -> pa.Table:
    account, due, amount = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.table(
        {
            "account_key": pa.array(account, pa.string()),
            "due_day": pa.array(due, pa.int32()),
            "open_amount": pa.array([Decimal(value) for value in amount], MONEY),
        }
    )


def aged(table, **settings) -> dict:
    rows = age_receivables(table, as_of=AS_OF, **settings).collect().rows(named=True)
    return {row["account_key"]: row for row in rows}


@pytest.mark.parametrize(
    ("due", "band"),
    [
        (AS_OF + 10, "not_due"),
        (AS_OF, "not_due"),
        (AS_OF - 1, "overdue_1_30"),
        (AS_OF - 30, "overdue_1_30"),
        (AS_OF - 31, "overdue_31_60"),
        (AS_OF - 90, "overdue_61_90"),
        (AS_OF - 91, "overdue_over_90"),
    ],
)
def test_a_debt_lies_in_the_band_of_its_age(due: int, band: str):
    row = aged(bills(("ann", due, "10.01")))["ann"]

    assert row[band] == row["open"] == Decimal("10.01")
    assert row["overdue"] == (0 if band == "not_due" else Decimal("10.01"))
    assert row["oldest_days"] == max(AS_OF - due, 0)


def test_a_credit_hides_no_overdue_debt():
    row = aged(bills(("ann", 900, "100"), ("ann", 995, "-100")))["ann"]

    assert (row["open"], row["overdue"], row["credit"]) == (0, 100, -100)


def test_the_bands_can_be_set_and_must_rise():
    assert aged(bills(("ann", 989, "1")), limits=(10, 20))["ann"]["overdue_11_20"] == 1
    for limits in ((), (30, 30), (0, 5)):
        with pytest.raises(Invalid, match="rise from 1 on"):
            age_receivables(bills(), as_of=AS_OF, limits=limits)


invoices = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.integers(800, 1100),
        st.decimals("-99", "999", places=2).map(str),
    ),
    min_size=1,
)


@given(invoices)
def test_the_bands_add_up_exactly_on_every_engine(rows: list[tuple[str, int, str]]):
    found = aged(bills(*rows))

    for account, row in found.items():
        own = [(due, Decimal(amount)) for key, due, amount in rows if key == account]
        bands = [value for name, value in row.items() if name.startswith("overdue_")]
        assert row["open"] == sum(amount for _, amount in own)
        assert row["open"] == row["not_due"] + row["overdue"] + row["credit"]
        assert row["overdue"] == sum(bands)
        old = sum(amount for due, amount in own if amount > 0 and AS_OF - due > 90)
        assert row["overdue_over_90"] == old
    assert aged(pl.from_arrow(bills(*rows))) == found


def test_days_sales_outstanding_is_the_receivable_in_days_of_average_sales():
    assert days_sales_outstanding(Decimal(150_000), Decimal(900_000), 90) == 15
    with pytest.raises(Declined, match="above zero"):
        days_sales_outstanding(Decimal(1), Decimal(0), 90)


def test_counting_back_exhausts_the_newest_sales_first():
    # 1,000 owed: March sold 600 (31 days), of February's 500 (28 days) 400 are left.
    assert count_back(Decimal(1000), [Decimal(600), Decimal(500)], [31, 28]) == pytest.approx(
        31 + 28 * 400 / 500
    )


def test_counting_back_beyond_the_history_is_declined():
    with pytest.raises(Declined, match="59 days given"):
        count_back(Decimal(1101), [Decimal(600), Decimal(500)], [31, 28])
    with pytest.raises(Declined, match="0 days given"):
        count_back(Decimal(1), [], [])
    assert count_back(Decimal(0), [], []) == 0


def test_a_month_without_sales_counts_in_full_when_it_is_reached():
    found = count_back_days([50, 100, 101], [100, -5, 100], [30, 31, 30])

    assert found == pytest.approx([15, 30, 61.3])


def by_day(receivable: float, revenue: list[int], days: list[int]) -> float:
    """The definition, in small steps: take sales off, a thousandth of a month at a time."""
    counted = 0.0
    for sold, length in zip(revenue, days, strict=True):
        if receivable <= 0:
            break
        counted += length * (min(1.0, receivable / sold) if sold > 0 else 1.0)
        receivable -= max(sold, 0)
    return counted if receivable <= 0 else math.nan


@given(
    st.integers(0, 500),
    st.lists(st.tuples(st.integers(-20, 200), st.integers(28, 31)), min_size=1, max_size=8),
)
def test_counting_back_equals_the_definition(receivable: int, months: list[tuple[int, int]]):
    revenue, days = map(list, zip(*months, strict=True))

    assert count_back_days(receivable, revenue, days)[0] == pytest.approx(
        by_day(receivable, revenue, days), nan_ok=True
    )


def paid(*rows: tuple[str, int, int | None, str]) -> pa.Table:
    account, due, day, amount = zip(*rows, strict=True) if rows else ((), (), (), ())
    return pa.table(
        {
            "account_key": pa.array(account, pa.string()),
            "due_day": pa.array(due, pa.int32()),
            "paid_day": pa.array(day, pa.int32()),
            "amount": pa.array([Decimal(value) for value in amount], MONEY),
        }
    )


def test_payment_behaviour_weighs_by_amount_and_counts_what_is_unpaid_as_late():
    table = paid(
        ("ann", 900, 898, "300"), ("ann", 950, 962, "100"), ("ben", 990, None, "5"), ("ben", 1001, None, "9")
    )

    found = payment_behaviour(table, as_of=AS_OF)

    assert found.accounts == ("ann", "ben")
    assert found.invoices.tolist() == [2, 1]
    assert found.days_late.tolist() == [5.0, 10.0]
    assert found.weighted_days_late.tolist() == [1.5, 10.0]
    assert found.late_share.tolist() == [0.5, 1.0]
    assert [reason.code for reason in found.declined] == ["payment_trend_too_short"] * 2


def test_the_trend_is_the_slope_of_least_squares_in_days_per_year():
    due = np.array([100, 200, 300, 400, 500, 600])
    late = np.array([0, 3, 2, 8, 9, 14])
    table = paid(*(("ann", int(d), int(d + n), "10") for d, n in zip(due, late, strict=True)))

    found = payment_behaviour(table, as_of=AS_OF)

    assert found.trend[0] == pytest.approx(np.polyfit(due, late, 1)[0] * 365.25)
    assert found.declined == (None,)


def test_a_payment_after_the_day_of_judgement_is_not_known_yet():
    table = paid(("ann", 990, 1500, "5"))

    assert payment_behaviour(table, as_of=AS_OF).days_late.tolist() == [10.0]


def test_credit_notes_do_not_count_and_nothing_due_is_declined():
    with pytest.raises(Declined, match="up to day 1000"):
        payment_behaviour(paid(("ann", 1001, None, "5"), ("ann", 900, 901, "-5")), as_of=AS_OF)


GOOD = {
    "revenue_12m": Decimal(365_000),
    "open_amount": Decimal(5_000),
    "old_debt": Decimal(0),
    "is_regular": True,
    "days_late": 2.0,
}


@pytest.mark.parametrize(
    ("change", "limit", "code"),
    [
        ({}, 35_000, "credit_pays_in_time"),
        ({"days_late": 12.0}, 26_200, "credit_pays_late"),
        ({"days_late": 31.0}, 17_500, "credit_pays_late"),
        ({"days_late": 61.0}, 0, "credit_pays_late"),
        ({"days_late": None}, 17_500, "credit_no_record"),
        ({"days_late": math.nan}, 17_500, "credit_no_record"),
        ({"is_regular": False}, 17_500, "credit_not_regular"),
        ({"old_debt": Decimal(1)}, 0, "credit_old_debt"),
        ({"revenue_12m": Decimal(0)}, 0, "credit_nothing_bought"),
        ({"trend": 20.0}, 35_000, "credit_getting_later"),
    ],
)
def test_advisable_credit_follows_purchases_trust_and_payment(change: dict, limit: int, code: str):
    found = advise_credit(**{**GOOD, **change})

    assert found.limit == limit
    assert found.headroom == max(limit - 5_000, 0)
    assert code in [reason.code for reason in found.reasons]
    assert all(reason.english.endswith(".") for reason in found.reasons)


def test_the_policy_is_the_companys_own():
    policy = CreditPolicy(term_days=60, grace_days=0, rounding=Decimal(1000))

    assert advise_credit(**GOOD, policy=policy).limit == 60_000


@given(st.decimals(0, 10**7, places=2), st.floats(-30, 90), st.floats(-30, 90))
def test_paying_later_never_raises_the_limit(revenue: Decimal, one: float, other: float):
    early, late = (
        advise_credit(**{**GOOD, "revenue_12m": revenue, "days_late": days}).limit
        for days in sorted([one, other])
    )

    assert late <= early
