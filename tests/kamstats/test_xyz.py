"""XYZ by variation and by frequency, and the nine cells."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal
from math import isnan, sqrt

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamstats.errors import Declined, Invalid
from kamstats.evenness import evenness, period_matrix
from kamstats.periods import Months, whole_months
from kamstats.xyz import (
    MIDDLE,
    MONTHS,
    QUARTERS,
    TEXTBOOK,
    Window,
    abc_xyz_matrix,
    adjusted_variation,
    choose_window,
    frequency_classes,
    quantile_limits,
    variation,
    xyz_classes,
    xyz_from_months,
)

from .books import by_account, fast, money

YEAR = Months(202401, 202412)
HALF = Window("month", Months(202401, 202406), 6, MONTHS)
whole_amounts = st.integers(-50, 200)


def slow_variation(values, first=0):
    """Divide the population standard deviation by the mean, in exact steps."""
    counted = [Decimal(value) for value in values[first:]]
    if not counted or sum(counted) <= 0:
        return None
    mean = sum(counted) / len(counted)
    return sqrt(sum((value - mean) ** 2 for value in counted) / len(counted)) / float(mean)


def bookings(*rows):
    """Give months of accounts: (account, month, amount)."""
    names, months, values = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.table(
        {
            "account_key": pa.array(names, pa.string()),
            "month": pa.array(months, pa.int32()),
            "revenue": money(values),
        }
    )


def test_the_variation_of_fourteen_items_of_supplychainpy(shared_data):
    with (shared_data / "abc_xyz" / "expected_docs_AY_small.csv").open() as file:
        published = {row["sku"]: float(row["demand_variability"]) for row in csv.DictReader(file)}
    with (shared_data / "abc_xyz" / "complete_dataset_small.csv").open() as file:
        items = {row["Sku"]: [int(cell) for cell in list(row.values())[1:13]] for row in csv.DictReader(file)}

    cv = variation([items[sku] for sku in published])

    # The source writes three places, some cut off and some rounded up.
    assert np.abs(cv - list(published.values())).max() < 0.001
    assert set(xyz_classes(cv, MIDDLE).tolist()) == {"Y"}
    assert len(published) == 14


@given(st.lists(st.lists(whole_amounts, min_size=6, max_size=6), min_size=1, max_size=8), st.integers(0, 6))
def test_variation_is_that_of_the_slow_way(table, first):
    found = variation(table, [first] * len(table))

    for cv, values in zip(found, table, strict=True):
        slow = slow_variation(values, first)
        assert isnan(cv) if slow is None else cv == pytest.approx(slow, abs=1e-9)


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=12), st.integers(1, 100), st.randoms())
def test_neither_unit_nor_order_of_periods_changes_the_raw_variation(values, factor, random):
    shuffled = random.sample(values, len(values))

    cv = variation([values, [value * factor for value in values], shuffled])

    np.testing.assert_allclose(cv, np.full(3, cv[0]), rtol=1e-9)


def test_an_empty_period_counts_as_nothing_sold():
    assert variation([[6, 0, 0]]).tolist() == [pytest.approx(sqrt(2))]


def test_the_mean_must_be_above_zero():
    assert np.isnan(variation([[0, 0], [5, -5], [1, -9]])).all()


def test_periods_before_the_first_order_do_not_count():
    assert variation([[0, 0, 5, 5]], [2]).tolist() == [0.0]
    assert np.isnan(variation([[1, 1]], [2])).all()


def test_newcomers_of_one_period_can_be_left_out(engine):
    table = bookings(("new", 202406, 10), ("old", 202405, 10), ("old", 202406, 10))

    everybody = by_account(xyz_from_months(engine(table), HALF), "cv", "xyz")
    known = by_account(xyz_from_months(engine(table), HALF, least=2), "cv", "xyz")

    assert everybody == {"new": (0.0, "X"), "old": (0.0, "X")}
    assert known == {"new": (None, None), "old": (0.0, "X")}
    for measure in (variation, adjusted_variation):
        assert np.isnan(measure([[0, 10], [10, 10]], [1, 0], least=2)).tolist() == [True, False]


def test_no_account_and_one_account():
    assert variation(np.zeros((0, 12))).tolist() == []
    assert adjusted_variation(np.zeros((0, 12))).tolist() == []
    assert variation([3, 3, 3]).tolist() == [0.0]


def test_first_periods_must_fit_the_table():
    with pytest.raises(Invalid, match="1 first periods for 2 accounts"):
        variation([[1, 1], [1, 1]], [0])
    with pytest.raises(Invalid, match="from 0 to 2"):
        variation([[1, 1]], [3])


def test_a_steady_trend_and_a_yearly_season_are_no_variation_once_removed():
    month = np.arange(36)
    series = 100 + 2 * month + 30 * (month % 12 == 11)

    assert variation([series])[0] > 0.1
    assert adjusted_variation([series])[0] == pytest.approx(0, abs=1e-9)


def test_a_short_history_keeps_its_season_and_a_very_short_one_its_trend():
    month = np.arange(18)
    seasonal = 100.0 + 30 * (month % 12 == 11)

    assert adjusted_variation([seasonal])[0] > 0.05
    assert adjusted_variation([[1, 2, 3]])[0] == variation([[1, 2, 3]])[0]


def test_the_season_is_found_whatever_month_the_window_starts_in():
    month = np.arange(30)
    series = 100.0 + 30 * ((month + 5) % 12 == 11)

    assert adjusted_variation([series], [3], phase=5)[0] == pytest.approx(0, abs=1e-9)


def test_noise_keeps_its_size_when_trend_and_season_are_removed():
    rng = np.random.default_rng(3)
    noise = 100 + rng.normal(0, 10, (2000, 36))

    adjusted = adjusted_variation(noise)

    assert np.sqrt(np.mean(adjusted**2)) == pytest.approx(0.1, rel=0.03)


def test_the_textbook_limits_put_account_months_into_z():
    cv = variation(np.random.default_rng(1).poisson(0.4, (200, 12)) * 100.0)

    assert (xyz_classes(cv, TEXTBOOK) == "Z").mean() > 0.9
    assert (xyz_classes(cv, MONTHS) == "Z").mean() < 1.0


def test_the_textbook_limits_put_the_customers_of_a_wholesaler_into_z(shared_data):
    lines = pq.read_table(
        shared_data / "online_retail" / "online_retail.parquet",
        columns=["CustomerID", "InvoiceDate", "Quantity", "UnitPrice"],
    ).to_pylist()
    sums = defaultdict(Decimal)
    for line in lines:
        if line["CustomerID"] is not None:
            day = line["InvoiceDate"]
            price = Decimal(str(line["UnitPrice"]))
            sums[str(line["CustomerID"]), day.year * 100 + day.month] += line["Quantity"] * price
    table = bookings(*((name, month, amount) for (name, month), amount in sums.items()))
    window = choose_window(whole_months(date(2010, 12, 1), date(2011, 9, 30)))
    matrix = period_matrix(table, window)

    share_of_z = {
        limits: (evenness(matrix, replace(window, limits=limits), least=2).xyz == "Z").sum()
        / len(matrix.first)
        for limits in (TEXTBOOK, MONTHS)
    }

    assert (window.unit, window.periods, len(matrix.first)) == ("month", 10, 3610)
    assert share_of_z[TEXTBOOK] > 0.90
    assert share_of_z[MONTHS] < 0.75


def test_limits_from_the_book_itself_fill_three_classes():
    cv = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, np.nan])

    letters = xyz_classes(cv, quantile_limits(cv))

    assert letters.tolist() == ["X", "X", "Y", "Y", "Z", "Z", ""]


def test_a_book_without_variation_has_no_quantiles():
    with pytest.raises(Declined, match="No account has a variation"):
        quantile_limits([np.nan])


def test_quarters_are_preferred_when_four_lie_wholly_inside():
    assert choose_window(YEAR) == Window("quarter", YEAR, 4, QUARTERS)


def test_months_do_when_quarters_are_too_few():
    months = Months(202402, 202501)

    assert choose_window(months) == Window("month", months, 12, MONTHS)
    assert choose_window(YEAR, unit="month", limits=TEXTBOOK) == Window("month", YEAR, 12, TEXTBOOK)


@pytest.mark.parametrize("months", [None, Months(202401, 202405)])
def test_a_short_period_is_declined_with_what_it_holds(months):
    with pytest.raises(Declined, match=r"at least 4 quarters or 6 months"):
        choose_window(months)


def test_quarters_asked_for_are_not_replaced_by_months():
    with pytest.raises(Declined, match="2 whole quarters and 8 whole months"):
        choose_window(Months(202402, 202409), unit="quarter")


def test_months_of_accounts_are_classified_on_every_engine(engine):
    table = bookings(
        *(("even", 202400 + month, 10) for month in range(1, 7)),
        ("even", 202401, 5),
        ("even", 202401, -5),
        ("late", 202405, 10),
        ("late", 202406, 30),
        ("lumpy", 202402, 60),
        ("old", 202302, 60),
        ("returned", 202401, 5),
        ("returned", 202403, -5),
        ("future", 202409, 5),
        ("never", 202401, -5),
    )

    found = by_account(xyz_from_months(engine(table), HALF), "periods", "mean", "cv", "xyz")

    assert found == {
        "even": (6, 10.0, 0.0, "X"),
        "late": (2, 20.0, 0.5, "X"),
        "lumpy": (5, 12.0, 2.0, "Z"),
        "old": (6, 0.0, None, None),
        "returned": (6, 0.0, None, None),
    }


def test_months_are_added_up_to_quarters(engine):
    table = bookings(*(("a", 202400 + month, 10 if month % 3 else 40) for month in range(1, 13)))

    found = by_account(xyz_from_months(engine(table), choose_window(YEAR)), "periods", "cv", "xyz")

    assert found == {"a": (4, 0.0, "X")}


def test_the_month_of_the_first_order_may_be_given(engine):
    table = bookings(
        ("a", 202401, 5), ("a", 202403, 10), ("a", 202404, 10), ("a", 202405, 10), ("a", 202406, 10)
    )
    table = table.append_column("first_order_month", pa.array([202403] * 5, pa.int32()))

    found = xyz_from_months(engine(table), HALF, first_month="first_order_month")

    assert by_account(found, "periods", "cv") == {"a": (4, 0.0)}


def test_each_manager_has_his_own_variation(engine):
    table = bookings(("a", 202401, 10), ("a", 202402, 10), ("a", 202401, 30))
    table = table.append_column("manager", pa.array(["x", "x", "y"]))

    found = xyz_from_months(engine(table), HALF, by=["manager"]).sort("manager").collect()

    assert found["mean"].to_list() == pytest.approx([20 / 6, 5.0])


def test_no_bookings_give_no_classes(engine):
    assert by_account(xyz_from_months(engine(bookings()), HALF), "xyz") == {}
    assert evenness(period_matrix(engine(bookings()), HALF), HALF).xyz.tolist() == []


def test_returns_that_cancel_to_nothing_have_no_variation(engine):
    table = bookings(("a", 202401, "0.1"), ("a", 202402, "0.2"), ("a", 202403, "-0.3"))

    assert by_account(xyz_from_months(engine(table), HALF), "cv", "xyz") == {"a": (None, None)}
    assert np.isnan(evenness(period_matrix(engine(table), HALF), HALF).cv).all()
    assert np.isnan(variation([[0.1, 0.2, -0.3]])).all()


def test_a_window_knows_its_place_in_the_year():
    quarters = choose_window(Months(202404, 202503))
    months = choose_window(Months(202404, 202503), unit="month")

    assert [(window.season, window.phase) for window in (quarters, months)] == [(4, 1), (12, 3)]


rows_of_months = st.lists(
    st.tuples(
        st.sampled_from("abc"), st.integers(202311, 202312) | st.integers(202401, 202408), whole_amounts
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=40)
@given(rows_of_months)
def test_the_relational_way_and_the_matrix_way_are_the_slow_way(rows):
    found = by_account(xyz_from_months(fast(bookings(*rows)), HALF), "cv")
    matrix = evenness(period_matrix(fast(bookings(*rows)), HALF), HALF)

    table = {name: [0] * 6 for name in "abc"}
    opened = {}
    for name, month, amount in rows:
        if amount > 0:
            opened[name] = min(opened.get(name, month), month)
        if 202401 <= month <= 202406:
            table[name][month - 202401] += amount
    expected = {
        name: slow_variation(table[name], max(month - 202401, 0) if month > 202400 else 0)
        for name, month in opened.items()
        if month <= 202406
    }
    assert found == pytest.approx(expected, abs=1e-9)
    numbers = [None if isnan(cv) else cv for cv in matrix.cv]
    assert dict(zip(matrix.account_keys, numbers, strict=True)) == pytest.approx(expected, abs=1e-9)


def test_frequency_is_often_regular_or_irregular(engine):
    months = [202401, 202402, 202403, 202404, 202406, 202407, 202409, 202410]
    orders = pa.table(
        {
            "account_key": ["often"] * 8 + ["regular"] * 4 + ["irregular"] * 3 + ["early", "later"],
            "month": months + months[:4] + months[:3] + [202301, 202501],
        }
    )

    found = frequency_classes(engine(orders), Months(202401, 202410))

    assert by_account(found, "months", "active_months", "frequency_class") == {
        "often": (10, 8, "often"),
        "regular": (10, 4, "regular"),
        "irregular": (10, 3, "irregular"),
        "early": (10, 0, "irregular"),
    }


def test_frequency_counts_months_since_the_first_order_and_orders_only(engine):
    orders = pa.table(
        {
            "account_key": ["a"] * 4,
            "month": [202401, 202409, 202409, 202410],
            "is_order": [False, True, True, True],
        }
    )

    found = frequency_classes(engine(orders), Months(202401, 202410), is_order="is_order")

    assert by_account(found, "months", "active_months", "frequency_class") == {"a": (2, 2, "often")}


def test_the_cells_add_up_to_the_book(engine):
    table = pa.table(
        {
            "abc": ["A", "A", "B", None],
            "xyz": ["X", "X", None, None],
            "revenue": money(["10.01", "20.02", "3.03", "-1.06"]),
        }
    )

    cells = abc_xyz_matrix(engine(table))

    assert len(cells) == 11
    assert [(cell.accounts, cell.value) for cell in cells if cell.accounts] == [
        (2, Decimal("30.03")),
        (1, Decimal("3.03")),
        (1, Decimal("-1.06")),
    ]
    assert sum(cell.value for cell in cells) == Decimal("32.00")
    assert sum(cell.share for cell in cells) == pytest.approx(1)


def test_an_empty_matrix_has_nine_empty_cells(engine):
    table = pa.table(
        {"abc": pa.array([], pa.string()), "xyz": pa.array([], pa.string()), "revenue": money([])}
    )

    cells = abc_xyz_matrix(engine(table))

    assert [(cell.accounts, cell.share) for cell in cells] == [(0, 0.0)] * 9
