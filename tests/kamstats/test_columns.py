"""Money passes from frames to whole numbers and back without losing a unit."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamstats.columns import (
    arrow,
    as_decimal,
    as_decimals,
    codes,
    exact_sum,
    missing,
    taken,
    ten_thousandths,
)
from kamstats.errors import Invalid


@given(st.lists(st.none() | st.decimals("-1e12", "1e12", places=4)), st.integers(0, 3))
def test_decimals_come_back_as_they_went(values: list[Decimal | None], skip: int):
    column = pa.chunked_array([pa.array(values, pa.decimal128(38, 4))]).slice(skip)

    expected = [value or Decimal(0) for value in values[skip:]]
    assert as_decimals(ten_thousandths(column, "revenue")) == expected


def test_narrow_decimals_and_whole_numbers_are_scaled():
    tenths = pa.chunked_array([pa.array([Decimal("1.5")], pa.decimal128(5, 1))])

    assert ten_thousandths(tenths, "revenue").tolist() == [15000]
    assert ten_thousandths(tenths.cast(pa.decimal256(50, 2)), "revenue").tolist() == [15000]
    assert ten_thousandths(pa.chunked_array([pa.array([7, None], pa.int32())]), "revenue").tolist() == [
        70000,
        0,
    ]


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (pa.array([1.5]), "double"),
        (pa.array([Decimal("0.00001")], pa.decimal128(10, 5)), "5 decimal places"),
        (pa.array([Decimal(10) ** 30], pa.decimal128(38, 4)), "larger unit of currency"),
        (pa.array([10**17]), "larger unit of currency"),
        (pa.array([-(10**17)]), "larger unit of currency"),
    ],
    ids=["float", "too fine", "beyond 64 bits", "large", "large below zero"],
)
def test_what_cannot_be_exact_is_refused(column: pa.Array, message: str):
    with pytest.raises(Invalid, match=message):
        ten_thousandths(pa.chunked_array([column]), "revenue")


def test_a_large_sum_does_not_overflow():
    assert exact_sum(np.full(1000, -(2**62))) == -1000 * 2**62
    assert exact_sum([]) == 0
    assert as_decimal(12345) == Decimal("1.2345")


def test_keys_are_numbered_in_their_order_and_missing_ones_marked():
    column = pa.chunked_array([["b", None], ["a"]])

    numbers, keys = codes(column)

    assert numbers.tolist() == [1, -1, 0]
    assert keys == ["a", "b"]
    assert missing(column).tolist() == [False, True, False]
    assert codes(pa.chunked_array([pa.array([], pa.string())]))[1] == []


def test_any_frame_becomes_arrow_and_a_missing_column_is_named():
    frame = pl.DataFrame({"account_key": ["a"]})

    assert arrow(taken(frame, "account_key")).num_rows == 1
    with pytest.raises(Invalid, match='no column "revenue"'):
        taken(frame, "revenue")
