"""From rows to a matrix of series by months."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamstats.demand import history, month_number, pivot
from kamstats.errors import Invalid

ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 11), st.integers(-9, 9)), max_size=30)


@given(ROWS)
def test_the_matrix_is_that_of_the_slow_sum(rows):
    series, months, values = (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [])

    matrix = pivot(
        series, [202401 + month for month in months], values, first_month=202401, last_month=202412, count=4
    )

    for number in range(4):
        sums = [
            sum(value for who, when, value in rows if (who, when) == (number, month)) for month in range(12)
        ]
        first = next((month for month, total in enumerate(sums) if total > 0), 12)
        assert matrix[number].tolist() == pytest.approx([np.nan] * first + sums[first:], nan_ok=True)


def test_months_are_numbered_across_years():
    assert month_number([202312, 202401, 202501]).tolist() == [24287, 24288, 24300]


def test_a_credit_note_is_no_beginning_and_counts_as_zero_later():
    matrix = pivot([0, 0, 0], [202401, 202402, 202403], [-5, 8, -2], first_month=202401, last_month=202403)

    told = history(matrix)

    assert matrix[0].tolist() == pytest.approx([np.nan, 8, -2], nan_ok=True)
    assert told.demand[:, 0].tolist() == [0, 8, 0]
    assert (told.start[0], told.lengths[0], told.active[0], told.clipped[0]) == (1, 2, 1, 1)


def test_rows_that_do_not_fit_are_refused():
    with pytest.raises(Invalid, match="2 series, 1 months, 1 values"):
        pivot([0, 0], [202401], [1], first_month=202401, last_month=202401)
    with pytest.raises(Invalid, match="month 1 lies outside 0 to 0"):
        pivot([0], [202402], [1], first_month=202401, last_month=202401)
    with pytest.raises(Invalid, match="series 7 lies outside 0 to 2"):
        pivot([7], [202401], [1], first_month=202401, last_month=202401, count=3)
    with pytest.raises(Invalid, match="its shape is 3"):
        history([1.0, 2.0, 3.0])


def test_an_empty_ledger_has_no_series():
    assert pivot([], [], [], first_month=202401, last_month=202403).shape == (0, 3)
    assert history(np.empty((0, 3))).lengths.size == 0
