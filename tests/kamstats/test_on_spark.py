"""The relational methods give on Spark what they give here."""

from __future__ import annotations

import random
import shutil
from decimal import Decimal
from fractions import Fraction
from importlib.util import find_spec

import numpy as np
import pyarrow as pa
import pytest
from tests.conftest import missing

from kamstats.abc import abc_classes, abc_side_by_side, level_totals, pareto, pareto_curve
from kamstats.concentration import KeyTest, concentrations, key_accounts, ladder, nearest, thresholds_for
from kamstats.evenness import period_matrix
from kamstats.loss import losses_of
from kamstats.migration import migration, movement_sums
from kamstats.periods import Months
from kamstats.rfm import rfm
from kamstats.stability import selection_stability
from kamstats.xyz import abc_xyz_matrix, choose_window, frequency_classes, xyz_from_months

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore")]  # pyspark's own warnings

MONEY = pa.decimal128(38, 4)
TWO_YEARS = Months(202304, 202412)
MANAGER = ["manager"]


def random_amounts(count, seed):
    rng = random.Random(seed)
    return pa.array([Decimal(rng.randint(-500, 5000)) / 100 for _ in range(count)], MONEY)


ACCOUNTS = pa.table(
    {
        "account_key": [f"a{place}" for place in range(60)],
        "revenue": random_amounts(60, 1),
        "income": random_amounts(60, 2),
        "manager": ["x", "y", None] * 20,
        "abc": ["A", "B"] * 30,
        "xyz": ["X", None, "Z"] * 20,
    }
)
BOOKINGS = pa.table(
    {
        "account_key": [f"a{place % 60}" for place in range(400)],
        "month": pa.array([202301 + place * 7 % 12 + 100 * (place % 2) for place in range(400)], pa.int32()),
        "day_no": pa.array(range(400), pa.int32()),
        "revenue": random_amounts(400, 3),
        "is_order": [place % 9 > 0 for place in range(400)],
    }
)
FEWER = ACCOUNTS.slice(0, 40).set_column(1, "revenue", random_amounts(40, 4))
AMOUNT = KeyTest(amount_a_year=Decimal("12.34"))

METHODS = {
    "abc": lambda engine: abc_classes(engine(ACCOUNTS), by=MANAGER),
    "abc with the account included": lambda engine: abc_classes(engine(ACCOUNTS), counting="including"),
    "abc side by side": lambda engine: abc_side_by_side(engine(ACCOUNTS)),
    "level totals": lambda engine: level_totals(engine(ACCOUNTS), by=MANAGER),
    "pareto": lambda engine: pareto(engine(ACCOUNTS)),
    "pareto curve": lambda engine: pareto_curve(engine(ACCOUNTS), by=MANAGER),
    "key accounts": lambda engine: key_accounts(engine(ACCOUNTS), by=MANAGER),
    "key by amount": lambda engine: key_accounts(engine(ACCOUNTS), test=AMOUNT, years=Fraction(3, 2)),
    "concentrations": lambda engine: concentrations(engine(ACCOUNTS), by=MANAGER),
    "ladder": lambda engine: ladder(engine(ACCOUNTS), by=MANAGER),
    "nearest": lambda engine: nearest(engine(ACCOUNTS)),
    "thresholds": lambda engine: thresholds_for(engine(ACCOUNTS)),
    "losses": lambda engine: losses_of(engine(ACCOUNTS), [["a1"], ["a2", "a3"]], income="income"),
    "xyz": lambda engine: xyz_from_months(engine(BOOKINGS), choose_window(TWO_YEARS)),
    "matrix": lambda engine: period_matrix(engine(BOOKINGS), choose_window(TWO_YEARS)).values.tolist(),
    "frequency": lambda engine: frequency_classes(engine(BOOKINGS), TWO_YEARS),
    "cells": lambda engine: abc_xyz_matrix(engine(ACCOUNTS)),
    "rfm": lambda engine: rfm(engine(BOOKINGS), 500, is_order="is_order"),
    "migration": lambda engine: migration(
        engine(ACCOUNTS), engine(FEWER), xyz="xyz", earlier=engine(ACCOUNTS.slice(0, 2))
    ),
    "movements": lambda engine: movement_sums(migration(engine(ACCOUNTS), engine(FEWER))),
    "stability": lambda engine: selection_stability(
        engine(BOOKINGS), rng=np.random.default_rng(1), windows=[(0, 99)]
    ),
}


@pytest.fixture(scope="module")
def spark():
    """Start one small session for the module."""
    if find_spec("pyspark") is None:
        missing("pyspark is not installed: pip install 'kamerton[spark]'")
    if shutil.which("java") is None:
        missing("Java is not installed: Spark needs Java 17")
    from pyspark.sql import SparkSession

    settings = {"spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "2"}
    builder = SparkSession.builder.master("local[1]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session.createDataFrame
    session.stop()


def comparable(found):
    """Collect a frame to sorted rows; floats may differ in the last digits."""
    if not hasattr(found, "collect"):
        return found
    rows = found.collect().iter_rows(named=True)
    return sorted((sorted((name, cell(value)) for name, value in row.items()) for row in rows), key=str)


def cell(value):
    return round(value, 9) if isinstance(value, float) else value


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_spark_gives_the_same_answer(spark, method):
    assert comparable(method(spark)) == comparable(method(lambda table: table))
