"""Real histories and simulated ones for the tests of repeat buying."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
import pytest

from kamstats.repeat_buying import Summary, order_days

CDNOW_END = (date(1997, 9, 30) - date(1970, 1, 1)).days


def _account_days(table, account, day):
    return pa.table(
        {
            "account_key": table[account].cast(pa.string()),
            "day_no": table[day].cast(pa.date32(), safe=False).cast(pa.int32()),
        }
    )


@pytest.fixture(scope="session")
def cdnow_orders(shared_data):
    """Account-days of 2,357 buyers of CDs, 1997-01 to 1998-06."""
    return _account_days(
        pyarrow.csv.read_csv(shared_data / "cdnow" / "cdnow_sample.csv"), "master_id", "date"
    )


@pytest.fixture(scope="session")
def cdnow(cdnow_orders):
    """The CDNOW sample at the end of its calibration, 1997-09-30, in weeks."""
    return order_days(cdnow_orders).summary(CDNOW_END, 7.0)


@pytest.fixture(scope="session")
def wholesaler_orders(shared_data):
    """Account-days of the gift wholesaler."""
    table = pyarrow.parquet.read_table(shared_data / "online_retail" / "online_retail.parquet")
    kept = pc.and_(pc.greater(table["Quantity"], 0), pc.is_valid(table["CustomerID"]))
    return _account_days(table.filter(kept), "CustomerID", "InvoiceDate")


@pytest.fixture(scope="session")
def resellers_orders(shared_data):
    """Account-days of the bicycle maker's resellers, who order in a regular rhythm."""
    return _account_days(
        pyarrow.csv.read_csv(shared_data / "adventureworks" / "reseller_sales.csv"),
        "ResellerKey",
        "OrderDate",
    )


def _life(rng, k, rates, chances, days, *, at_start):
    """Order days of one account: Erlang-k intervals until it leaves after an order, or the days end."""
    at, orders = 0.0, [0]
    if at_start and rng.random() < chances:
        return orders
    while True:
        at += rng.gamma(k) / rates
        if at > days:
            return orders
        if int(at) != orders[-1]:
            orders.append(int(at))
        if rng.random() < chances:
            return orders


@pytest.fixture(scope="session")
def simulated():
    """Give a function that draws accounts of an MBG/CNBD-k or BG/NBD law; alpha in days."""

    def draw(seed, accounts, *, k, r, alpha, a, b, at_start=True, days=(200, 700)):
        rng = np.random.default_rng(seed)
        watched = rng.integers(*days, accounts)
        lives = [
            _life(rng, k, rng.gamma(r) / alpha, rng.beta(a, b), int(until), at_start=at_start)
            for until in watched
        ]
        x = np.array([len(life) - 1 for life in lives])
        last = np.array([life[-1] for life in lives])
        gaps = np.array([np.log(np.diff(life)).sum() for life in lives])
        return Summary(x, last, watched, 7.0, gaps)

    return draw
