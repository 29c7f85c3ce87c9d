"""Small books of accounts for the tests, with exact amounts."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pyarrow as pa
from hypothesis import strategies as st

MONEY = pa.decimal128(18, 4)
amounts = st.decimals(min_value=-1000, max_value=100_000, places=2)
positive_amounts = st.decimals(min_value="0.01", max_value=100_000, places=2)


def money(values):
    """Give exact amounts as a column."""
    return pa.array([None if value is None else Decimal(value) for value in values], MONEY)


def book(values, **columns):
    """Give one row per account, named a0, a1, …"""
    keys = pa.array([f"a{place}" for place in range(len(values))], pa.string())
    return pa.table({"account_key": keys, "revenue": money(values), **columns})


def by_account(lazy, *columns):
    """Collect to {account: value or tuple of values}."""
    found = lazy.collect().iter_rows(named=True)
    if len(columns) == 1:
        return {row["account_key"]: row[columns[0]] for row in found}
    return {row["account_key"]: tuple(row[column] for column in columns) for row in found}


def fast(table):
    """Hand a table to the engine that plans quickest, for the many examples of a property."""
    return pl.from_arrow(table)
