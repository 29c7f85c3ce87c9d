"""x, t_x and T from account-days."""

from __future__ import annotations

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamstats.errors import Invalid
from kamstats.repeat_buying import Summary, order_days
from kamstats.repeat_buying.summary import group, unit_days

ROWS = pa.table(
    {
        "account_key": ["b", "a", "a", "a", "a", None, "c"],
        "day_no": pa.array([20, 10, 17, 17, 31, 12, 40], pa.int32()),
        "is_order": [True, True, True, True, True, True, False],
    }
)


@pytest.mark.parametrize("engine", ["pyarrow", "polars", "duckdb"])
def test_days_are_counted_once_and_credit_notes_and_nameless_rows_not_at_all(engine):
    frame = {"pyarrow": ROWS, "polars": pl.from_arrow(ROWS), "duckdb": duckdb.from_arrow(ROWS)}[engine]

    days = order_days(frame)

    assert days.account.tolist() == ["a", "b"]
    assert days.day_no.tolist() == [10, 17, 31, 20]


def test_the_summary_counts_from_the_first_order_and_includes_the_last_day():
    summary = order_days(ROWS).summary(31, 7.0)

    assert summary.x.tolist() == [2, 0]
    assert summary.t_x.tolist() == [21, 0]
    assert summary.T.tolist() == [21, 11]
    assert summary.recency.tolist() == [3.0, 0.0]
    assert summary.log_gaps == pytest.approx([np.log(7) + np.log(14), 0.0])


def test_an_earlier_end_leaves_out_later_days_and_later_accounts():
    days = order_days(ROWS)

    summary = days.summary(17, 1.0)

    assert summary.x.tolist() == [1]
    assert days.until(17).tolist() == [True, False]
    assert days.orders_between(17, 31).tolist() == [1, 1]


def test_no_rows_give_no_accounts():
    days = order_days(ROWS.slice(0, 0))

    assert len(days.account) == 0
    assert len(days.summary(10, 7.0)) == 0


def test_one_row_gives_one_account_that_has_bought_once():
    summary = order_days(ROWS.slice(0, 1)).summary(20, 7.0)

    assert (summary.x.tolist(), summary.t_x.tolist(), summary.T.tolist()) == ([0], [0], [0])


def test_cdnow_has_the_published_counts(cdnow, cdnow_orders):
    assert len(cdnow) == 2357
    assert cdnow.x.sum() == 2457
    assert cdnow.age.max() == pytest.approx(38.857, abs=1e-3)
    assert order_days(cdnow_orders).orders_between(10134, 99999).sum() == 1882


@pytest.mark.parametrize(
    ("x", "t_x", "age"),
    [([0], [3], [5]), ([1], [6], [5]), ([-1], [0], [5]), ([1], [-1], [5])],
)
def test_impossible_rows_are_refused(x, t_x, age):
    with pytest.raises(Invalid, match="1 rows break"):
        Summary(np.array(x), np.array(t_x), np.array(age))


def test_columns_of_different_length_are_refused():
    with pytest.raises(Invalid, match="one row per account"):
        Summary(np.array([1]), np.array([1, 2]), np.array([5]))


def test_a_month_is_a_twelfth_of_a_year_and_a_fortnight_is_unknown():
    assert unit_days("month") == pytest.approx(30.4375)
    with pytest.raises(Invalid, match="fortnight"):
        unit_days("fortnight")


@settings(max_examples=12)
@given(st.integers(1, 50), st.booleans())
def test_grouping_loses_nothing(seed, wide):
    rng = np.random.default_rng(seed)
    age = rng.integers(1, 30_000 if wide else 60, 10_000)
    x = rng.integers(0, 500 if wide else 3, 10_000)
    t_x = np.where(x > 0, rng.integers(0, age), 0)
    summary = Summary(x, t_x, age)

    groups = group(summary)

    rows, counts = np.unique(np.column_stack((x, t_x, age)), axis=0, return_counts=True)
    order = np.lexsort((groups.T, groups.t_x, groups.x))
    found = np.column_stack((groups.x, groups.t_x, groups.T))[order]
    assert np.array_equal(found, rows)
    assert np.array_equal(groups.weight[order], counts)


def test_a_thinned_sample_keeps_the_proportions():
    summary = Summary(np.repeat([0, 1], [9000, 3000]), np.repeat([0, 5], [9000, 3000]), np.full(12_000, 30))
    groups = group(summary)
    many = group(Summary(np.arange(20_000), np.arange(20_000), np.arange(20_000)))

    assert groups.thinned(500) is groups
    assert many.thinned(500).weight.sum() == 500
