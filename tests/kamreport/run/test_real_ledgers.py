"""The five real ledgers, analysed without a word from the user; the traps their README names."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.kamreport.run.conftest import AT, nobody

from kamreport.backtesting import quality_table
from kamreport.predictions import run_of
from kamreport.run import analyse
from kamreport.settings import Settings, XyzRule
from kamreport.sources import open_files

pytestmark = pytest.mark.data


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("cdnow/cdnow_sample.csv", ("244091.9400", 2357, 6919)),
        ("northwind/sales_history.csv", ("1265793.0395", 89, 2155)),
        ("rfm/orders.csv", ("464158.0000", 995, 4906)),
        ("adventureworks/reseller_sales.csv", ("44408822.1300", 428, 30129)),
        ("online_retail/online_retail.parquet", ("5850548.1040", 3658, 272875)),
    ],
)
def test_the_totals_are_exact_and_add_up(analysed_file, shared_data, file, expected):
    net, accounts, lines = expected

    found = analysed_file(shared_data / file)

    assert found.totals.net == Decimal(net)
    assert found.totals.ranked + found.totals.unranked == found.totals.net
    assert found.counts["lines_used"] == lines
    assert len(found.tables["accounts"]) == accounts
    assert sum(found.tables["accounts"].rows["revenue"].to_pylist()) == Decimal(net)
    assert not found.tables["bridge"].declined
    for row in found.tables["bridge"].records():
        causes = ("new", "lost", "assortment", "volume", "mix", "price")
        assert row["before"] + sum(row[cause] for cause in causes) == row["after"]


@pytest.fixture
def wholesaler(analysed_file, shared_data, analyses):
    """Give a function from settings to the analysis of the gift wholesaler."""

    def run(**settings):
        if repr(settings) not in analyses:
            file = shared_data / "online_retail" / "online_retail.parquet"
            analyses[repr(settings)] = analysed_file(file, settings=Settings(**settings))
        return analyses[repr(settings)]

    return run


def test_lines_without_a_customer_are_left_out_and_counted(wholesaler):
    found = wholesaler()

    (row,) = (row for row in found.tables["dirt"].records() if row["rule"] == "no_account")
    assert (row["lines"], row["left_out"]) == (98_056, True)
    assert row["value"] + found.totals.net == Decimal("6781619.0040")


def test_accounts_whose_returns_cancel_everything_are_zero_and_unranked(wholesaler):
    rows = wholesaler().tables["accounts"].records()

    cancelled = [row for row in rows if row["revenue"] == 0]
    assert len(cancelled) == 6  # counted line by line in decimals; in floats one of them looks positive
    assert all(row["share"] is None and row["abc"] is None for row in cancelled)


def test_a_flat_book_says_which_thresholds_would_give_key_accounts(wholesaler):
    found = wholesaler()

    assert not any(found.tables["accounts"].rows["key_account"].to_pylist())
    assert found.tables["thresholds"].rows["key_accounts"].to_pylist() == [3, 5, 10]
    assert len(found.tables["nearest"]) == 10


def test_textbook_limits_put_nearly_everybody_into_z_and_wider_ones_do_not(wholesaler):
    textbook = wholesaler(xyz=XyzRule(unit="month", x=0.10, y=0.25)).tables["accounts"].rows
    ours = wholesaler().tables["accounts"].rows

    def share_of_z(rows):
        letters = [letter for letter in rows["xyz"].to_pylist() if letter]
        return letters.count("Z") / len(letters)

    assert share_of_z(textbook) > 0.98
    assert share_of_z(ours) < 0.80


def test_alive_and_will_buy_are_two_numbers(analysed_file, shared_data):
    rows = analysed_file(shared_data / "cdnow" / "cdnow_sample.csv").tables["accounts"].records()

    once = [row for row in rows if row["orders"] == 1 and row["p_alive"] is not None]
    assert once
    assert all(0 <= row["p_alive"] < 1 for row in once)
    assert any(row["p_alive"] > 0.3 and row["expected_orders_12m"] < 0.3 for row in once)


def test_where_drop_out_cannot_be_told_no_p_alive_is_shown_and_the_reason_is(analysed_file, shared_data):
    rows = analysed_file(shared_data / "adventureworks" / "reseller_sales.csv").tables["accounts"].records()

    assert all(row["p_alive"] is None for row in rows)
    assert all("p_alive" in row["reason"] for row in rows)


def test_the_backtest_puts_every_method_beside_the_simple_rule(shared_data):
    sales = shared_data / "adventureworks" / "reseller_sales.csv"
    with open_files([sales], options=None, at=AT, progress=nobody) as source:
        rows = quality_table(run_of(source, Settings()), truth=None, progress=None).records()

    methods = {row["method"] for row in rows}
    assert {"alarm_lost", "rhythm", "repeat_buying", "demand_own", "potential", "next_product"} <= methods
    by_measure = {(row["method"], row["measure"], row["baseline_method"]): row for row in rows}
    lost = by_measure["alarm_lost", "false_share", "by_lot"]
    assert lost["value"] < lost["baseline"]
    offered = by_measure["next_product", "hit_rate", "most_popular_new"]
    assert offered["value"] > offered["baseline"]


def test_the_same_ledger_by_the_files_and_by_the_ledger_gives_the_same_cents(shared_data, tmp_path):
    from kamledger.reading import read
    from kamledger.store import Ledger
    from kamreport.sources import open_ledger

    sales = shared_data / "northwind" / "sales_history.csv"
    with open_files([sales], options=None, at=AT, progress=nobody) as source:
        by_file = analyse(source, Settings(), at=AT)
    reading = read([sales], into=tmp_path / "staged", feed="files")
    Ledger.create(tmp_path / "ledger").load(reading, feed="files", at=AT)
    with open_ledger(tmp_path / "ledger", progress=nobody) as source:
        by_ledger = analyse(source, Settings(), at=AT)

    for key in ("accounts", "dependency", "migration", "bridge", "demand"):
        assert by_file.tables[key].rows.equals(by_ledger.tables[key].rows), key
