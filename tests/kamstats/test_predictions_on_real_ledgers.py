"""Rhythm and demand on the resellers (who order like clocks) and on the gift wholesaler (who do not)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pytest

from kamstats.backtest import judge_alarms, judge_demand, judge_silence
from kamstats.demand import forecast, history, pivot
from kamstats.demand.pool import OwnPool
from kamstats.demand.season import season_factors
from kamstats.demand.sharing import segment_totals
from kamstats.rhythm import account_days, rhythm

if TYPE_CHECKING:
    from kamstats.rhythm import AccountDays

pytestmark = pytest.mark.data

RESELLERS = """
    select ResellerKey as account, Category as line, cast(OrderDate as date) as day, SalesAmount as money,
           OrderQuantity > 0 as is_order
    from '{0}/adventureworks/reseller_sales.csv' join '{0}/adventureworks/products.csv' using (ProductKey)
"""
WHOLESALER = """
    select CustomerID as account, '' as line, cast(InvoiceDate as date) as day,
           Quantity * UnitPrice as money, Quantity > 0 as is_order
    from '{0}/online_retail/online_retail.parquet' where CustomerID is not null
"""


@dataclass(frozen=True)
class Ledger:
    orders: AccountDays
    days: AccountDays
    as_of: int
    matrix: np.ndarray  # account × product line by month


def read(query):
    """Read account-days and a matrix of months."""
    days = duckdb.sql(
        f"""select dense_rank() over (order by account) - 1 as account, epoch(day)::bigint // 86400 as day_no,
        sum(money)::double as money, bool_or(is_order) as is_order from ({query}) group by account, day"""  # noqa: S608
    ).fetchnumpy()
    months = duckdb.sql(
        f"""select dense_rank() over (order by account, line) - 1 as series,
        year(day) * 100 + month(day) as month, sum(money)::double as money
        from ({query}) group by account, line, year(day) * 100 + month(day)"""  # noqa: S608
    ).fetchnumpy()
    first, last = int(months["month"].min()), int(months["month"].max())
    matrix = pivot(months["series"], months["month"], months["money"], first_month=first, last_month=last)
    orders, all_days = account_days(
        days["account"], days["day_no"], money=days["money"], is_order=days["is_order"]
    )
    return Ledger(orders, all_days, int(days["day_no"].max()), matrix)


@pytest.fixture(scope="module")
def resellers(shared_data):
    return read(RESELLERS.format(shared_data))


@pytest.fixture(scope="module")
def wholesaler(shared_data):
    return read(WHOLESALER.format(shared_data))


def test_resellers_order_like_clocks_and_the_law_sees_it(resellers):
    told = rhythm(resellers.orders, resellers.days, as_of=resellers.as_of)
    known = np.isfinite(told.usual_interval_days)

    assert np.unique(told.law.shape[known]).tolist() == pytest.approx([30.5], rel=0.02)
    assert np.median(told.usual_interval_days[known]) == pytest.approx(92, abs=3)


def test_alarms_on_resellers_are_true_four_times_in_five_where_a_lot_would_be_false_three_in_four(resellers):
    rows = {row.method: row for row in judge_alarms(resellers.orders, resellers.days, as_of=resellers.as_of)}

    for name in ("alarm_drifting", "alarm_lost"):
        assert rows[name].cases > 50
        assert rows[name].value < 0.25
        assert rows[name].baseline > 0.7


def test_the_rhythm_of_resellers_predicts_who_orders_next_quarter(resellers):
    rows, _ = judge_silence(resellers.orders, as_of=resellers.as_of)

    brier = next(row for row in rows if row.measure == "brier")
    assert brier.value < 0.8 * brier.baseline


def test_the_choice_beats_every_single_method_on_resellers(resellers):
    months = resellers.matrix.shape[1] - 3
    train = resellers.matrix[:, :months]
    told, past = forecast(train, horizon=3), history(train)
    everyone = np.zeros(train.shape[0], np.int64)
    factors = season_factors(segment_totals(past, everyone, 1), [months])[:, :, everyone]
    paths = OwnPool().paths(past, [months], 3, factors)[:, 0]
    own = told.basis == "own"
    actual = np.nan_to_num(resellers.matrix[own, months:])

    def rmse(path):
        return np.sqrt(np.mean((actual - path[own]) ** 2))

    assert own.sum() > 100
    assert rmse(told.expected) < np.nanmin([rmse(path.T) for path in paths])


def test_a_forecast_of_nothing_wins_by_absolute_error_and_loses_by_rmse_and_bias(resellers):
    months = resellers.matrix.shape[1] - 3
    told = forecast(resellers.matrix[:, :months], horizon=3)
    rare = np.isfinite(told.expected[:, 0]) & np.isin(told.pattern, ["intermittent", "lumpy"])
    actual = np.nan_to_num(resellers.matrix[rare, months:])
    ours, nothing = actual - told.expected[rare], actual

    assert np.abs(nothing).mean() < np.abs(ours).mean()
    assert np.sqrt((ours**2).mean()) < np.sqrt((nothing**2).mean())
    assert abs(ours.sum() / actual.sum()) < nothing.sum() / actual.sum()


def test_demand_of_resellers_is_better_than_last_year_and_than_the_mean(resellers):
    rows = judge_demand(resellers.matrix)

    for row in rows:
        if row.measure == "rmse":
            assert row.value < row.baseline, row
        if row.measure == "coverage":
            assert 0.8 <= row.value <= 0.95


def test_alarms_on_the_wholesaler_are_better_than_a_lot(wholesaler):
    rows = judge_alarms(wholesaler.orders, wholesaler.days, as_of=wholesaler.as_of)

    for row in rows:
        assert row.cases > 40
        assert row.value < row.baseline


def test_ten_months_of_the_wholesaler_give_shared_forecasts_only_and_say_so(wholesaler):
    told = forecast(wholesaler.matrix[:, :10], horizon=3)

    assert set(told.basis) == {"segment", ""}
    assert told.reason(int(np.flatnonzero(told.basis == "segment")[0])).code == "forecast_shared"
    total = wholesaler.matrix[np.isfinite(wholesaler.matrix)].sum() / 10
    assert np.nansum(told.expected[:, 0]) == pytest.approx(total, rel=0.7)


def test_returns_of_the_wholesaler_make_no_order(wholesaler):
    told = rhythm(wholesaler.orders, wholesaler.days, as_of=wholesaler.as_of)

    only_returns = (told.orders == 0).sum()
    assert only_returns > 20
    assert (told.status == "").sum() == only_returns
    assert wholesaler.orders.account.size < wholesaler.days.account.size
    assert told.as_of == (date(2011, 9, 30) - date(1970, 1, 1)).days
