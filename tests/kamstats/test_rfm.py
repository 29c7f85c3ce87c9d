"""Recency, frequency, money: the published figures, ties, and the slow way."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamstats.errors import Declined, Invalid
from kamstats.rfm import (
    PUBLISHED_0_2,
    PUBLISHED_0_3,
    SEGMENTS,
    Limits,
    rfm,
    rfm_limits,
    rfm_scores,
    rfm_table,
)

from .books import by_account, fast, money, positive_amounts

AS_OF = (date(2006, 12, 31) - date(1970, 1, 1)).days
# Customers, orders and revenue of each segment, as rfm 0.3.0 prints them for the same orders.
PUBLISHED_SUMMARY = {
    "about_to_sleep": (102, 283, 23449),
    "at_risk": (28, 216, 22227),
    "cannot_lose": (47, 274, 32446),
    "champion": (35, 316, 31646),
    "lost": (148, 393, 35324),
    "loyal": (170, 799, 76562),
    "need_attention": (10, 57, 4562),
    "new_customer": (104, 329, 28837),
    "potential_loyalist": (342, 2211, 204856),
    "promising": (9, 28, 4249),
}


@pytest.fixture(scope="module")
def published(shared_data):
    with (shared_data / "rfm" / "orders.csv").open() as file:
        rows = list(csv.DictReader(file))
    start = date(1970, 1, 1)
    return pa.table(
        {
            "account_key": [row["customer_id"] for row in rows],
            "day_no": [(date.fromisoformat(row["order_date"]) - start).days for row in rows],
            "revenue": money(row["revenue"] for row in rows),
        }
    )


def summary(scored):
    sums = defaultdict(lambda: [0, 0, 0])
    for row in scored.collect().iter_rows(named=True):
        for place, value in enumerate((1, row["orders"], row["money"])):
            sums[row["rfm_segment"]][place] += value
    return {segment: tuple(map(int, values)) for segment, values in sums.items()}


def days(*rows):
    names, numbers, values = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.table(
        {
            "account_key": pa.array(names, pa.string()),
            "day_no": pa.array(numbers, pa.int32()),
            "revenue": money(values),
        }
    )


def slow_scores(values, unit, *, reverse=False):
    """Score by type-7 quantiles in exact fractions, counting limits reached."""
    ordered = sorted(map(Fraction, values))
    limits = []
    for part in range(1, 5):
        place = Fraction((len(ordered) - 1) * part, 5)
        low, high = ordered[int(place)], ordered[min(int(place) + 1, len(ordered) - 1)]
        limits.append(low + (high - low) * (place - int(place)) + Fraction(unit))
    scores = [1 + sum(value >= limit for limit in limits) for value in map(Fraction, values)]
    return [6 - score for score in scores] if reverse else scores


def test_champions_are_158_with_1234_orders_and_120178_revenue(published, engine):
    found = summary(rfm(engine(published), AS_OF, money_unit=Decimal(1), segments=PUBLISHED_0_2))

    assert found["champion"] == (158, 1234, 120178)


def test_all_ten_segments_of_the_later_release_are_reproduced(published, engine):
    found = summary(rfm(engine(published), AS_OF, money_unit=Decimal(1), segments=PUBLISHED_0_3))

    assert found == PUBLISHED_SUMMARY


def test_our_own_order_of_the_boxes_keeps_the_champions_and_reaches_every_segment(published):
    found = summary(rfm(fast(published), AS_OF, money_unit=Decimal(1)))

    assert found["champion"] == (158, 1234, 120178)
    assert {segment.code for segment in SEGMENTS} == {segment.code for segment in PUBLISHED_0_2}
    assert len(_reached(SEGMENTS)) == len(SEGMENTS)
    assert "cannot_lose" not in _reached(PUBLISHED_0_2)


def _reached(segments):
    scores = [(r, f, m) for r in range(1, 6) for f in range(1, 6) for m in range(1, 6)]
    boxes = [(segment.code, (segment.recency, segment.frequency, segment.money)) for segment in segments]
    first = [
        next(
            (
                code
                for code, box in boxes
                if all(low <= s <= high for s, (low, high) in zip(score, box, strict=True))
            ),
            None,
        )
        for score in scores
    ]
    return set(first) - {None}


def test_credit_notes_change_money_but_neither_counts_nor_dates(engine):
    table = days(("a", 10, "5"), ("a", 20, "7"), ("a", 30, "-2"), ("b", 15, "-1"))
    table = table.append_column("is_order", pa.array([True, True, False, False]))

    found = by_account(rfm_table(engine(table), 40, is_order="is_order"), "recency_days", "orders", "money")

    assert found == {"a": (20, 2, 10)}


def test_equal_values_score_the_same(engine):
    table = days(*((name, day, "5") for name in "abcdefgh" for day in (1, 2)), ("z", 9, "5"))

    found = by_account(rfm(engine(table), 10), "rfm_recency", "rfm_frequency", "rfm_money")

    assert len({found[name] for name in "abcdefgh"}) == 1
    assert found["z"] == (1 + 4, 1, 1)


def test_scores_that_fit_no_box_are_other(engine):
    at = tuple(map(Decimal, (2, 3, 4, 5)))
    table = pa.table({"account_key": ["a"], "recency_days": [1], "orders": [9], "money": [1]})

    assert by_account(rfm_scores(engine(table), Limits(at, at, at)), "rfm_segment") == {"a": "other"}


def test_one_account_scores_lowest_but_for_recency(engine):
    found = by_account(rfm(engine(days(("a", 1, "5"))), 9), "rfm_recency", "rfm_frequency", "rfm_money")

    assert found == {"a": (5, 1, 1)}


def test_nobody_to_score_is_declined(engine):
    with pytest.raises(Declined, match="There is no order up to the day of the analysis"):
        rfm(engine(days()), 9)


def test_an_order_after_the_day_of_the_analysis_is_refused(engine):
    with pytest.raises(Invalid, match="An order lies on day 10, after the day of the analysis, 9"):
        rfm(engine(days(("a", 10, "5"))), 9)


def test_limits_are_exact_type_seven_quantiles(engine):
    table = pa.table(
        {"recency_days": [1, 2, 3], "orders": [1, 1, 5], "money": money(["0.01", "0.03", "0.07"])}
    )

    limits = rfm_limits(engine(table))

    assert limits.recency == tuple(map(Decimal, ("2.4", "2.8", "3.2", "3.6")))
    assert limits.frequency == tuple(map(Decimal, ("2", "2", "2.8", "4.4")))
    assert limits.money == tuple(map(Decimal, ("0.0181", "0.0261", "0.0381", "0.0541")))


accounts = st.dictionaries(
    st.text("abcdefghij", min_size=1, max_size=2),
    st.lists(
        st.tuples(st.integers(0, 40), positive_amounts), min_size=1, max_size=5, unique_by=lambda day: day[0]
    ),
    min_size=1,
    max_size=15,
)


@settings(max_examples=40)
@given(accounts)
def test_the_scores_are_those_of_the_slow_way(book):
    table = days(*((name, day, amount) for name, orders in book.items() for day, amount in orders))

    found = by_account(rfm(fast(table), 50), "rfm_recency", "rfm_frequency", "rfm_money")

    recency = slow_scores([50 - max(day for day, _ in orders) for orders in book.values()], 1, reverse=True)
    frequency = slow_scores([len(orders) for orders in book.values()], 1)
    spent = slow_scores([sum(amount for _, amount in orders) for orders in book.values()], Decimal("0.0001"))
    assert found == dict(zip(book, zip(recency, frequency, spent, strict=True), strict=True))
