"""Pareto and ABC."""

from __future__ import annotations

import csv
import random
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamstats.abc import (
    abc_classes,
    abc_side_by_side,
    class_differences,
    level_totals,
    pareto,
    pareto_curve,
)
from kamstats.errors import Declined, Invalid

from .books import amounts, book, by_account, fast, money


def slow_classes(values, limits=("0.80", "0.95"), counting="before"):
    """Give {account: class} by summing Decimals for each account anew."""
    total = sum(value for value in values if value > 0)
    classes = {}
    for place, value in enumerate(values):
        if value <= 0:
            classes[f"a{place}"] = None
            continue
        above = sum(other for other in values if other > value)
        through = sum(other for other in values if other >= value)
        if counting == "before":
            inside = [Fraction(above) < Fraction(limit) * Fraction(total) for limit in limits]
        else:
            inside = [Fraction(through) <= Fraction(limit) * Fraction(total) for limit in limits]
        classes[f"a{place}"] = "A" if inside[0] else "B" if inside[1] else "C"
    return classes


def test_the_account_that_crosses_a_limit_belongs_above_it(engine):
    found = by_account(abc_classes(engine(book(["70", "20", "8", "2"]))), "abc")

    assert found == {"a0": "A", "a1": "A", "a2": "B", "a3": "C"}


def test_a_share_accumulated_before_of_exactly_the_limit_is_not_below_it(engine):
    found = by_account(abc_classes(engine(book(["80", "15", "5"]))), "abc")

    assert found == {"a0": "A", "a1": "B", "a2": "C"}


def test_no_rounding_decides_at_a_limit(engine):
    # 0.1 + 0.7 is 0.7999999999999999 in floating point, and would still be below 80 %.
    found = by_account(abc_classes(engine(book(["0.7", "0.1", "0.1", "0.1"]))), "abc")

    assert found["a0"] == "A"
    assert by_account(abc_classes(engine(book(["0.70", "0.10", "0.11", "0.09"]))), "abc")["a3"] == "B"


def test_equal_values_get_the_same_class(engine):
    found = by_account(abc_classes(engine(book(["79", "7", "7", "7"]))), "abc", "rank")

    assert found == {"a0": ("A", 1), "a1": ("A", 2), "a2": ("A", 3), "a3": ("A", 4)}


def test_accounts_without_an_exact_value_above_zero_are_not_ranked(engine):
    found = abc_classes(engine(book(["10", "0", "-4", None])))

    columns = ("rank", "cumulative", "share", "cumulative_share", "abc")
    assert by_account(found, *columns) == {
        "a0": (1, Decimal(10), 1.0, 1.0, "A"),
        "a1": (None,) * 5,
        "a2": (None,) * 5,
        "a3": (None,) * 5,
    }


def test_returns_that_cancel_a_purchase_leave_exactly_nothing(engine):
    lines = pa.table({"account_key": ["a0", "a0", "a0"], "revenue": money(["0.10", "0.20", "-0.30"])})
    summed = lines.group_by("account_key").aggregate([("revenue", "sum")])
    summed = summed.rename_columns(["account_key", "revenue"])

    assert by_account(abc_classes(engine(summed)), "abc") == {"a0": None}


def test_each_level_is_ranked_within_itself(engine):
    table = book(["90", "10", "1", "1", "5"], manager=["x", "x", "y", "y", None])

    found = by_account(abc_classes(engine(table), by=["manager"]), "rank", "abc")

    assert found == {"a0": (1, "A"), "a1": (2, "B"), "a2": (1, "A"), "a3": (2, "A"), "a4": (1, "A")}


def test_a_department_alone_gives_what_its_level_gave(engine):
    values, parts = [Decimal(n * n % 17) for n in range(1, 30)], ["x", "y", "z"]
    table = book(values, department=[parts[n % 3] for n in range(29)])

    together = by_account(abc_classes(engine(table), by=["department"]), "total", "cumulative", "abc")

    for part in parts:
        alone = table.filter(pa.compute.equal(table["department"], part))
        assert (
            by_account(abc_classes(engine(alone)), "total", "cumulative", "abc").items() <= together.items()
        )


def test_an_empty_book_has_no_classes(engine):
    assert by_account(abc_classes(engine(book([]))), "abc") == {}


def test_one_account_is_a_and_the_whole(engine):
    assert by_account(abc_classes(engine(book(["3"]))), "abc", "share") == {"a0": ("A", 1.0)}


def test_floats_are_refused_with_what_to_give_instead(engine):
    table = pa.table({"account_key": ["a"], "revenue": [0.1]})

    with pytest.raises(Invalid, match='The column "revenue" holds floating-point numbers'):
        abc_classes(engine(table))


def test_a_missing_column_is_named_with_those_that_are_there(engine):
    with pytest.raises(Invalid, match=r'no column "income"\. It has: account_key, revenue'):
        abc_classes(engine(book(["1"])), value="income")


def test_limits_that_fall_are_refused(engine):
    with pytest.raises(Invalid, match=r"0\.95, 0\.8 do not rise"):
        abc_classes(engine(book(["1"])), limits=(0.95, 0.80))


@settings(max_examples=40)
@given(st.lists(amounts, max_size=40), st.sampled_from(["before", "including"]))
def test_the_classes_are_those_of_the_slow_way(values, counting):
    found = by_account(abc_classes(fast(book(values)), counting=counting), "abc")

    assert found == slow_classes(values, counting=counting)


@settings(max_examples=40)
@given(st.lists(amounts, min_size=1, max_size=30), st.integers(0, 9), st.integers(1, 1000))
def test_neither_order_nor_currency_changes_a_class(values, seed, rate):
    table = book(values)
    places = random.Random(seed).sample(range(len(values)), len(values))
    dearer = pa.table(
        {"account_key": table["account_key"], "revenue": money(value * rate for value in values)}
    )

    classes = by_account(abc_classes(fast(table)), "abc")

    assert by_account(abc_classes(fast(table.take(places))), "abc") == classes
    assert by_account(abc_classes(fast(dearer)), "abc") == classes


@settings(max_examples=40)
@given(st.lists(amounts, min_size=1, max_size=30))
def test_the_sums_add_up_exactly(values):
    rows = abc_classes(fast(book(values))).collect().rows(named=True)
    totals = level_totals(fast(book(values))).collect().rows(named=True)[0]

    ranked = [row for row in rows if row["rank"] is not None]
    assert totals["net"] == sum(values)
    assert totals["net"] == totals["ranked"] + totals["unranked"]
    assert all(row["total"] == totals["ranked"] for row in ranked)
    assert not ranked or max(row["cumulative"] for row in ranked) == totals["ranked"]
    assert sum(row["share"] for row in ranked) == pytest.approx(1.0 if ranked else 0.0)
    assert (totals["ranked_accounts"], totals["unranked_accounts"]) == (
        len(ranked),
        len(values) - len(ranked),
    )


@settings(max_examples=40)
@given(st.lists(amounts, min_size=1, max_size=20), st.integers(1, 99), st.integers(1, 99))
def test_a_higher_limit_never_lowers_a_class(values, one, other):
    low, high = sorted([Decimal(one) / 100, Decimal(other) / 100])

    strict = by_account(abc_classes(fast(book(values)), limits=(low, Decimal(1))), "abc")
    mild = by_account(abc_classes(fast(book(values)), limits=(high, Decimal(1))), "abc")

    assert all(mild[name] == "A" for name, letter in strict.items() if letter == "A")


def test_fourteen_items_of_supplychainpy_are_a_with_the_account_included(shared_data, engine):
    folder = shared_data / "abc_xyz"
    with (folder / "complete_dataset_small.csv").open() as file:
        items = list(csv.DictReader(file))
    with (folder / "expected_docs_AY_small.csv").open() as file:
        expected = {row["sku"]: int(row["revenue"]) for row in csv.DictReader(file)}
    months = list(items[0])[1:13]
    value = [int(item["retail_price"]) * sum(int(item[month]) for month in months) for item in items]
    table = pa.table({"account_key": [item["Sku"] for item in items], "revenue": value})

    classes = by_account(
        abc_classes(engine(table), limits=(0.80, 0.90), counting="including"), "abc", "revenue"
    )

    assert len(expected) == 14
    for sku in expected:
        assert classes[sku][0] == "A"


def test_revenue_and_income_stand_side_by_side(engine):
    table = book(["90", "8", "2"], income=money(["-5", "4", None]))

    found = abc_side_by_side(engine(table))

    columns = ("abc", "abc_income", "classes_differ", "loss_making")
    assert by_account(found, *columns) == {
        "a0": ("A", None, None, True),
        "a1": ("B", "A", True, False),
        "a2": ("C", None, None, False),
    }
    assert set(by_account(class_differences(found), "abc")) == {"a0", "a1", "a2"}


def test_old_classes_are_replaced_and_other_columns_kept(engine):
    table = book(["9", "1"], income=money(["1", "9"]), abc=["C", "C"], before=[1, 2])

    found = abc_side_by_side(engine(table))

    assert by_account(found, "abc", "abc_income", "before") == {"a0": ("A", "B", 1), "a1": ("B", "A", 2)}


def test_the_levels_have_their_own_totals(engine):
    table = book(["7", "-2", "5"], manager=["x", "x", "y"])

    found = level_totals(engine(table), by=["manager"]).sort("manager").collect().rows()

    assert [(row[0], *map(int, row[1:])) for row in found] == [("x", 5, 7, -2, 1, 1), ("y", 5, 5, 0, 1, 0)]


def test_the_pareto_curve_ends_at_the_whole(engine):
    curve = pareto_curve(engine(book(["5", "3", "2", "-1"]))).sort("rank").collect()

    assert curve["cumulative_share"].to_list() == [0.5, 0.8, 1.0]
    assert curve["share_of_accounts"].to_list() == pytest.approx([1 / 3, 2 / 3, 1.0])


def test_the_pareto_curve_of_a_level_is_its_own(engine):
    curve = pareto_curve(engine(book(["5", "3", "2"], manager=["x", "x", "y"])), by=["manager"])

    assert by_account(curve, "share_of_accounts") == {"a0": 0.5, "a1": 1.0, "a2": 1.0}


def test_pareto_says_how_many_accounts_make_the_share(engine):
    found = pareto(engine(book(["50", "30", "10", "5", "5"])))

    assert (found.accounts, found.accounts_for_share, found.share_of_accounts) == (5, 2, 0.4)
    assert found.share_of_top == 0.5


def test_pareto_is_declined_when_nothing_is_above_zero(engine):
    with pytest.raises(Declined, match="None of the 2 accounts has a revenue above zero"):
        pareto(engine(book(["0", "-1"])))
