"""XYZ by arrays."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from kamstats.errors import Declined
from kamstats.evenness import evenness, period_matrix
from kamstats.periods import Months
from kamstats.xyz import choose_window

from .books import money

YEAR = choose_window(Months(202401, 202412), unit="month")
HALF = choose_window(Months(202401, 202406))


def bookings(*rows):
    names, months, values = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.table(
        {
            "account_key": pa.array(names, pa.string()),
            "month": pa.array(months, pa.int32()),
            "revenue": money(values),
        }
    )


def test_the_matrix_is_classified_by_quantiles_and_adjusted_on_request(engine):
    names = "abc"
    table = bookings(
        *((names[n], 202400 + month, 50 + n * month) for n in range(3) for month in range(1, 13))
    )
    matrix = period_matrix(engine(table), YEAR)

    own = evenness(matrix, YEAR, limits_by="quantiles")

    assert own.xyz.tolist() == ["X", "Y", "Z"]
    assert own.limits == pytest.approx((own.cv[1] * 2 / 3, own.cv[1] + (own.cv[2] - own.cv[1]) / 3))
    assert evenness(matrix, YEAR, adjusted=True).cv == pytest.approx([0, 0, 0], abs=1e-9)


def test_the_matrix_takes_the_month_of_the_first_order(engine):
    table = bookings(("a", 202401, 5), ("a", 202403, 10), ("a", 202406, 10))
    table = table.append_column("first_order_month", pa.array([202403] * 3, pa.int32()))

    matrix = period_matrix(engine(table), HALF, first_month="first_order_month")

    assert matrix.first.tolist() == [2]
    assert (matrix.values / 10_000).tolist() == [[0, 0, 10, 0, 0, 10]]


def test_an_empty_book_has_no_quantiles_and_no_classes(engine):
    matrix = period_matrix(engine(bookings()), HALF)

    assert matrix.values.shape == (0, 6)
    assert evenness(matrix, HALF).xyz.tolist() == []
    with pytest.raises(Declined):
        evenness(matrix, HALF, limits_by="quantiles")


def test_one_account_with_one_booking_is_measured_from_it(engine):
    matrix = period_matrix(engine(bookings(("a", 202405, 7))), HALF)

    assert matrix.account_keys == ("a",)
    assert evenness(matrix, HALF).cv.tolist() == [1.0]
    assert np.array_equal(matrix.first, [4])


def test_one_period_alone_can_be_left_out(engine):
    matrix = period_matrix(engine(bookings(("a", 202406, 7), ("b", 202401, 7))), HALF)

    assert evenness(matrix, HALF, least=2).xyz.tolist() == ["", "Z"]
