"""The whole run on ledgers small enough to be worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from kamreport.settings import Settings
from kamreport.tables import COLUMNS
from kamstats.concentration import KeyTest
from kamstats.errors import Invalid

HEADER = "account,date,document,product,quantity,revenue,cost,manager\n"


def ledger(*lines):
    return HEADER + "\n".join(lines) + "\n"


def monthly(account, revenue, cost, *, months=24, manager="Aino", start=date(2023, 1, 10)):
    """Write one invoice a month."""
    for step in range(months):
        day = date(start.year + (start.month - 1 + step) // 12, (start.month - 1 + step) % 12 + 1, start.day)
        yield f"{account},{day},{account}-{step},board,1,{revenue},{cost},{manager}"


FIRST_AND_LAST = ("Edge,2023-01-01,E-1,board,1,1.00,0.50,Aino", "Edge,2024-12-31,E-2,board,1,1.00,0.50,Aino")


@pytest.fixture
def book():
    return ledger(
        *FIRST_AND_LAST,
        *monthly("Large", "500.00", "300.00"),
        *monthly("Middle", "100.00", "60.00", manager="Boris"),
        *monthly("Small", "10.00", "5.00", manager="Boris"),
        "Residue,2024-03-05,R-1,board,1,0.10,0.05,Aino",
        "Residue,2024-03-06,R-2,board,1,0.20,0.10,Aino",
        "Residue,2024-03-07,R-3,board,-1,-0.30,-0.15,Aino",
        ",2024-03-08,N-1,board,1,99.00,10.00,Aino",
    )


def rows(analysis, key="accounts"):
    return {row["account"]: row for row in analysis.tables[key].records()}


def test_totals_are_exact_and_add_up(analysed, book):
    found = analysed(book, settings=Settings(by="revenue"))

    assert found.totals.net == Decimal("14642.00")
    assert found.totals.net == found.totals.ranked + found.totals.unranked
    assert found.totals.income == Decimal("5881.00")
    assert found.counts["lines_used"] == 77
    assert rows_of_rule(found, "no_account") == (1, Decimal("99.0000"), True)


def rows_of_rule(analysis, rule):
    (row,) = (row for row in analysis.tables["dirt"].records() if row["rule"] == rule)
    return row["lines"], row["value"], row["left_out"]


def test_an_account_whose_returns_cancel_its_purchases_is_exactly_zero_and_unranked(analysed, book):
    residue = rows(analysed(book))["Residue"]

    assert residue["revenue"] == 0
    assert residue["share"] is None
    assert residue["abc"] is None
    assert "not_ranked" in residue["reason"]


def test_shares_classes_and_keys_are_those_worked_out_by_hand(analysed, book):
    found = rows(analysed(book, settings=Settings(by="revenue")))

    assert found["Large"]["share"] == pytest.approx(12000 / 14642)
    assert [found[name]["abc"] for name in ("Large", "Middle", "Small", "Edge")] == ["A", "B", "C", "C"]
    assert [found[name]["key_account"] for name in ("Large", "Middle", "Small")] == [True, True, False]
    assert found["Large"]["dependency_band"] == "mono_red"
    assert found["Large"]["alarm"] == "band"
    assert found["Large"]["xyz"] == "X"
    assert found["Large"]["frequency_class"] == "often"
    assert found["Large"]["orders"] == 24


def test_income_is_the_base_when_every_used_line_has_a_cost(analysed, book):
    assert analysed(book).base == "income"


def test_one_line_without_a_cost_makes_revenue_the_base_and_empties_that_account(analysed, book):
    found = analysed(book + "Small,2024-12-30,S-99,board,1,10.00,,Boris\n")

    assert found.base == "revenue"
    assert rows(found)["Small"]["income"] is None
    assert "costs_missing" in rows(found)["Small"]["reason"]
    assert rows(found)["Large"]["income"] == Decimal("4800.0000")
    assert "incomplete_costs" in [reason.code for reason in found.warnings]


def test_a_stated_margin_stands_in_for_missing_costs_exactly(analysed, book):
    sales = book + "Small,2024-12-30,S-99,board,1,10.00,,Boris\n"

    found = analysed(sales, settings=Settings(assume_margin=Decimal("0.25")))

    assert found.base == "income"
    assert rows(found)["Small"]["income"] == Decimal("122.5000")


def test_shares_by_income_without_any_cost_are_refused(analysed):
    sales = "account,date,revenue\nA,2024-01-05,10\nB,2024-02-05,20\n"

    with pytest.raises(Invalid, match="Shares by income need costs"):
        analysed(sales, settings=Settings(by="income"))


def test_a_period_narrows_money_and_orders_but_not_the_rhythm(analysed, book):
    whole = rows(analysed(book))["Large"]
    narrow = rows(analysed(book, settings=Settings(period="2024-01-01:2024-12-31")))["Large"]

    assert narrow["revenue"] == whole["revenue"] / 2
    assert narrow["orders"] == 12
    assert narrow["first_order"] == whole["first_order"] == date(2023, 1, 10)
    assert narrow["usual_interval_days"] == whole["usual_interval_days"]


def test_a_period_inside_a_month_takes_the_days_asked_for(analysed, book):
    found = rows(analysed(book, settings=Settings(period="2024-03-06:2024-03-06", by="revenue")))

    assert found["Residue"]["revenue"] == Decimal("0.2000")
    assert found["Large"]["revenue"] == 0


def test_companies_under_common_control_count_as_one_customer(analysed, book):
    found = rows(analysed(book, groups="account,group,from,to\nMiddle,Holding,,\nSmall,Holding,,\n"))

    assert "Middle" not in found
    assert found["Holding"]["revenue"] == Decimal("2640.0000")
    assert found["Holding"]["members"] == 2
    assert found["Holding"]["orders"] == 24


def test_keys_are_found_inside_each_manager(analysed, book):
    found = analysed(book)
    of_boris = {
        row["account"]: row for row in found.tables["levels"].records() if row["level_key"] == "Boris"
    }

    assert of_boris["Middle"]["share"] == pytest.approx(960 / 1080)
    assert of_boris["Middle"]["key_account"]
    assert {row["level"] for row in found.tables["concentration"].records()} == {"company", "manager"}


def test_an_account_of_exactly_ten_percent_is_key_by_at_least_and_not_by_more_than(analysed):
    sales = "account,date,revenue\nTenth,2024-01-05,10\n" + "".join(
        f"A{number},2024-02-05,1\n" for number in range(90)
    )

    at_least = rows(analysed(sales))["Tenth"]
    more_than = rows(analysed(sales, settings=Settings(key=KeyTest(comparison="more_than"))))["Tenth"]

    assert at_least["key_account"]
    assert not more_than["key_account"]


def test_dirt_that_a_rule_leaves_out_is_in_none_of_the_totals(analysed, book):
    from kamreport.settings import DirtRule

    found = analysed(book, settings=Settings(dirt=DirtRule(returns=False), by="revenue"))

    assert found.totals.net == Decimal("14642.30")
    assert rows_of_rule(found, "returns") == (1, Decimal("-0.3000"), True)


def test_too_short_a_history_declines_with_reasons_and_keeps_the_tables(analysed):
    found = analysed("account,date,revenue\nA,2024-01-05,10\nB,2024-02-05,20\n")

    assert set(found.tables) == set(COLUMNS)
    assert found.declined["migration"].code == "too_few_whole_months"
    assert rows(found)["A"]["cv"] is None
    assert "too_few_periods" in rows(found)["A"]["reason"]
    assert "too_few_orders" in rows(found)["A"]["reason"]


def test_one_line_is_a_ledger(analysed):
    found = analysed("account,date,revenue\nA,2024-01-05,10\n")

    assert rows(found)["A"]["share"] == 1.0
    assert rows(found)["A"]["status"] == "new"


def test_a_book_of_returns_only_has_no_ranked_account_and_no_fault(analysed):
    found = analysed("account,date,revenue\nA,2024-01-05,-10\nB,2024-02-05,-5\n")

    assert found.totals.ranked == 0
    assert found.totals.net == Decimal(-15)
    assert rows(found)["A"]["orders"] == 0


def test_silence_beyond_its_own_rhythm_is_told_with_its_money(analysed):
    start = date(2023, 1, 2)
    weekly = [f"Quiet,{start + timedelta(days=7 * week)},Q{week},b,1,70.00,1,Aino" for week in range(60)]
    steady = [f"Steady,{start + timedelta(days=14 * week)},S{week},b,1,70.00,1,Aino" for week in range(52)]

    found = analysed(ledger(*weekly, *steady))

    assert rows(found)["Quiet"]["status"] == "lost"
    assert rows(found)["Steady"]["status"] == "active"
    assert list(rows(found, "drifting")) == ["Quiet"]


def test_the_same_run_has_the_same_id_and_another_setting_another(analysed_anew, book):
    first, again = analysed_anew(book), analysed_anew(book)
    other = analysed_anew(book, settings=Settings(by="revenue"))

    assert first.run_id == again.run_id != other.run_id


def test_every_table_has_its_columns_in_their_order(analysed, book):
    found = analysed(book)

    for key, columns in COLUMNS.items():
        assert found.tables[key].rows.column_names == [column.key for column in columns]


def test_one_line_without_a_quantity_leaves_its_product_without_a_price(analysed):
    monthly_lines = [f"A,2023-{month:02d}-02,D{month},p,10,100.00" for month in range(1, 13)]
    sales = "account,date,document,product,quantity,revenue\n" + "\n".join(
        [*monthly_lines, "A,2023-12-31,D99,p,,100.00"]
    )

    (row,) = analysed(sales + "\n").tables["bridge"].records()

    assert (row["before"], row["after"]) == (Decimal("600.0000"), Decimal("700.0000"))
    assert (row["price"], row["volume"]) == (Decimal(0), Decimal("100.0000"))


def test_demand_is_forecast_in_money_where_no_line_has_a_quantity(analysed):
    sales = "account,date,revenue\n" + "".join(
        f"A,{2022 + month // 12}-{month % 12 + 1:02d}-28,{100 + month}\n" for month in range(24)
    )

    rows = analysed(sales).tables["demand"].records()

    assert {row["measure"] for row in rows} == {"revenue"}
    assert len(rows) == 3


def test_a_group_that_is_itself_an_account_counts_among_its_members(analysed, book):
    found = rows(analysed(book, groups="account,group\nMiddle,Large\n"))

    assert found["Large"]["members"] == 2


def test_money_without_a_customer_is_told_when_it_is_much(analysed, book):
    much = book + ",2024-03-09,N-2,board,1,5000.00,10.00,Aino\n"

    (said,) = (reason for reason in analysed(much).warnings if reason.code == "lines_left_out")

    assert said.values["value"] == Decimal("5099.0000")
    assert "lines_left_out" not in [reason.code for reason in analysed(book).warnings]


def test_a_stated_margin_leaves_no_talk_of_missing_costs(analysed, book):
    sales = book + "Small,2024-12-30,S-99,board,1,10.00,,Boris\n"

    found = analysed(sales, settings=Settings(assume_margin=Decimal("0.25")))

    assert not any("costs_missing" in (row["reason"] or "") for row in found.tables["accounts"].records())


def test_nobody_is_offered_postage(analysed):
    header = "account,date,document,product,quantity,revenue\n"
    lines = [
        f"A{account},2024-{month:02d}-05,D{account}-{month},{product},1,50.00\n"
        for account in range(12)
        for month in range(1, 7)
        for product in ("board", "film" if account % 2 else "glue", *(("POST",) if account != 3 else ()))
    ]

    offered = analysed(header + "".join(lines)).tables["next_products"].records()

    assert offered
    assert "POST" not in {row["product"] for row in offered}


def test_more_months_than_there_are_is_said(analysed, book):
    found = analysed(book, settings=Settings(period="36m"))

    (said,) = (reason for reason in found.warnings if reason.code == "period_shorter")
    assert (said.values["asked"], said.values["have"]) == (36, 24)
