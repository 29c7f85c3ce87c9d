"""The invented company: the same seed gives the same bytes, and the truths are true of the data."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import mean, median
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamreport.demo import make_company
from kamreport.demo.files import decimal_text
from kamreport.demo.trade import MANAGERS, PRODUCT_LINES, PRODUCTS
from kamstats.errors import Invalid

if TYPE_CHECKING:
    from pathlib import Path

LAST_DAY = date(2026, 9, 30)


class Books:
    """The files of a company as plain Python values, read by the simplest means."""

    def __init__(self, folder: Path) -> None:
        self.truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
        self.accounts = _rows(folder / "accounts.csv", ",")
        self.products = {row["product"]: row for row in _rows(folder / "products.csv", ",")}
        self.groups = _rows(folder / "groups.csv", ",")
        self.lines = [row for row in _rows(folder / "sales.csv", ";") if _readable(row)]
        self.days = defaultdict(set)
        for row in self.lines:
            if not row["Quantity"].startswith("-") and row["Quantity"]:
                self.days[row["Customer no"]].add(_day(row["Invoice date"]))

    def revenue(self, account: str) -> Decimal:
        return sum((_money(r["Net amount"]) for r in self.lines if r["Customer no"] == account), Decimal(0))

    def income(self, account: str) -> Decimal:
        cost = sum((_money(r["Cost"]) for r in self.lines if r["Customer no"] == account), Decimal(0))
        return self.revenue(account) - cost

    def whole_income(self) -> Decimal:
        known = [r for r in self.lines if r["Customer no"]]
        return sum((_money(r["Net amount"]) - _money(r["Cost"]) for r in known), Decimal(0))


def _rows(path: Path, delimiter: str) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def _readable(row: dict[str, str]) -> bool:
    return not row["Invoice no"].startswith("90000") or len(row["Invoice no"]) > 6


def _day(text: str) -> date:
    return datetime.strptime(text, "%d.%m.%Y").replace(tzinfo=None).date()  # noqa: DTZ007


def _money(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return make_company(tmp_path_factory.mktemp("demo") / "company", seed=7, accounts=400).folder


@pytest.fixture(scope="module")
def books(folder) -> Books:
    return Books(folder)


@settings(max_examples=8)
@given(seed=st.integers(0, 2**32), accounts=st.integers(60, 90))
def test_the_same_seed_gives_the_same_bytes(tmp_path_factory, seed, accounts):
    out = tmp_path_factory.mktemp("twice")

    first = _prints(make_company(out / "a", seed=seed, accounts=accounts).folder)
    second = _prints(make_company(out / "b", seed=seed, accounts=accounts).folder)

    assert first == second


def test_another_seed_gives_another_company(tmp_path):
    first = _prints(make_company(tmp_path / "a", seed=1, accounts=60).folder)
    second = _prints(make_company(tmp_path / "b", seed=2, accounts=60).folder)

    assert first["sales.csv"] != second["sales.csv"]
    assert first["README.txt"] == second["README.txt"]


def _prints(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_every_account_is_known_and_every_line_has_a_known_product(books):
    keys = {row["account"] for row in books.accounts}

    assert len(keys) == 400
    assert len({row["name"] for row in books.accounts}) == 400
    assert {row["Customer no"] for row in books.lines} <= keys | {""}
    assert {row["Product no"] for row in books.lines} <= set(books.products)
    assert {row["account"] for row in books.groups} <= keys


def test_fifteen_managers_sell_in_three_departments(books):
    sellers = {(r["Salesperson"], r["Department"]) for r in books.lines if r["Salesperson"]}

    assert len(sellers) == 15
    assert len({department for _, department in sellers}) == 3
    assert {name for name, _ in sellers} == {name for names in MANAGERS for name in names}


def test_the_names_are_in_four_scripts(books):
    names = "".join(row["name"] for row in books.accounts)

    for letter in ("ä", "ж", "ე", "կ"):
        assert letter in names.lower()


def test_four_years_are_booked_to_the_last_day(books):
    days = [_day(row["Invoice date"]) for row in books.lines]

    assert min(days) <= date(2022, 10, 4)
    assert max(days) == LAST_DAY


def test_the_dirt_of_a_real_export_is_there(books):
    kinds = defaultdict(int)
    for row in books.lines:
        kinds[row["Invoice no"][0] if row["Invoice no"][0].isalpha() else "invoice"] += 1
        kinds[row["Product no"]] += 1
        kinds["no customer"] += row["Customer no"] == ""
        kinds["zero price"] += row["Net amount"] == "0,00"
        kinds["no quantity"] += row["Quantity"] == ""

    seen = [tuple(row.values()) for row in books.lines]
    for kind in ("R", "C", "A", "K", "FREIGHT", "BANK CHARGES", "BAD DEBT", "no customer", "zero price"):
        assert kinds[kind] > 0, kind
    assert kinds["no quantity"] > 0
    assert len(seen) > len(set(seen)), "exact duplicates"


def test_a_few_lines_cannot_be_read_and_are_counted(folder, books):
    company_lines = len((folder / "sales.csv").read_text(encoding="utf-8").splitlines()) - 1

    assert company_lines == books.truth["lines"]
    assert company_lines - len(books.lines) == 7


def test_a_drifting_account_really_orders_more_slowly(books):
    longer = []
    for truth in books.truth["drifting"]:
        since = date.fromisoformat(truth["since"])
        days = sorted(books.days[truth["account"]])
        before = [(b - a).days for a, b in pairwise(d for d in days if d <= since)]
        after = [d for d in days if d > since]
        slow = ((after[-1] if after else LAST_DAY) - since).days / max(len(after), 1)
        longer.append(max(slow, (LAST_DAY - days[-1]).days) / mean(before))

    assert len(longer) >= 10
    assert min(longer) > 1.5
    assert median(longer) > 3


def test_the_rhythm_of_a_steady_account_is_the_true_one(books):
    changed = {t["account"] for key in ("drifting", "left") for t in books.truth[key]}
    ratios = []
    for account, law in books.truth["rhythm"].items():
        days = sorted(books.days[account])
        if account not in changed and len(days) > 40:
            ratios.append((days[-1] - days[0]).days / (len(days) - 1) / law["interval_days"])

    assert len(ratios) > 100
    assert 0.97 < median(ratios) < 1.06  # orders that meet on a Monday become one
    assert min(ratios) > 0.6
    assert max(ratios) < 1.6


def test_those_who_left_never_order_again(books):
    for truth in books.truth["left"]:
        assert max(books.days[truth["account"]]) < date.fromisoformat(truth["on"]) + timedelta(days=3)


def test_a_shrinking_account_really_buys_less(books):
    for truth in books.truth["shrinking"]:
        since = date.fromisoformat(truth["since"])
        before, after = [], []
        for row in books.lines:
            if row["Customer no"] == truth["account"] and row["Quantity"] and row["Product no"] != "FREIGHT":
                quantity = _money(row["Quantity"])
                if quantity > Decimal("0.1"):
                    (before if _day(row["Invoice date"]) < since else after).append(quantity)
        assert mean(after) < Decimal("0.75") * mean(before)


def test_the_act_account_is_in_its_band_and_the_holding_is_key_only_as_a_whole(books):
    whole = books.whole_income()
    act = books.income(books.truth["act_account"]) / whole
    members = [books.income(account) / whole for account in books.truth["key_group"]["accounts"]]

    assert Decimal("0.30") <= act < Decimal("0.40")
    assert max(members) < Decimal("0.10") <= sum(members)
    assert {r["account"] for r in books.groups if r["group"] == books.truth["key_group"]["group"]} == set(
        books.truth["key_group"]["accounts"]
    )


def test_the_lucky_account_is_key_by_one_order_only(books):
    lucky = books.truth["lucky_order"]
    order = [
        r
        for r in books.lines
        if (r["Customer no"], r["Net amount"]) == (lucky["account"], lucky["revenue"].replace(".", ","))
    ]
    whole, own = books.whole_income(), books.income(lucky["account"])
    gained = _money(order[0]["Net amount"]) - _money(order[0]["Cost"])

    assert len(order) == 1
    assert _day(order[0]["Invoice date"]).isoformat() == lucky["day"]
    assert own / whole >= Decimal("0.10")
    assert (own - gained) / (whole - gained) < Decimal("0.10")


def test_the_price_eroded_account_buys_much_and_brings_nothing(books):
    account = books.truth["price_eroded"]["account"]

    assert books.income(account) < 0
    assert books.revenue(account) > 10 * median(books.revenue(r["account"]) for r in books.accounts)


def test_white_space_is_bought_from_the_day_of_adoption_or_never(books):
    line_of = {key: row["line"] for key, row in books.products.items()}
    adopted = 0
    for truth in books.truth["white_space"]:
        days = [
            _day(r["Invoice date"])
            for r in books.lines
            if r["Customer no"] == truth["account"] and line_of[r["Product no"]] == truth["product_line"]
        ]
        if truth["adopted"] is None:
            assert days == []
        else:
            adopted += 1
            assert min(days) >= date.fromisoformat(truth["adopted"])
    assert 0 < adopted < len(books.truth["white_space"])


def test_regular_custom_differs_by_product_line_as_the_trade_says(books):
    share = _regular_shares(books)

    assert share["Chipboard"] == pytest.approx(0.95, abs=0.03)
    assert share["Cement-bonded board"] == pytest.approx(0.60, abs=0.08)
    assert share["House building"] == pytest.approx(0.08, abs=0.06)


def _regular_shares(books: Books) -> dict[str, float]:
    days: dict[str, dict[str, set[date]]] = defaultdict(lambda: defaultdict(set))
    for row in books.lines:
        line = books.products[row["Product no"]]["line"]
        if line and row["Customer no"] and row["Quantity"] and not row["Quantity"].startswith("-"):
            days[line][row["Customer no"]].add(_day(row["Invoice date"]))
    return {
        line: mean((max(d) - min(d)).days > 365 for d in accounts.values()) for line, accounts in days.items()
    }


def test_expected_demand_is_near_what_was_booked_a_year_before(books):
    expected, booked = defaultdict(float), defaultdict(float)
    for row in books.truth["demand"]:
        expected[row["product_line"]] += row["quantity"]
    for row in books.lines:
        if date(2025, 10, 1) <= _day(row["Invoice date"]) <= date(2025, 12, 31) and row["Quantity"]:
            booked[books.products[row["Product no"]]["line"]] += float(_money(row["Quantity"]))

    steady = expected["Cement-bonded board"] / booked["Cement-bonded board"]
    assert 0.6 < steady < 1.6
    assert len(expected) == len(PRODUCT_LINES)


def test_a_false_stated_reason_differs_from_the_true_one(books):
    false = [r for r in books.truth["reasons"] if r["stated_is_false"]]

    assert false
    assert all(r["stated"] != r["true"] for r in false)
    assert all(r["stated"] == r["true"] for r in books.truth["reasons"] if r not in false)


def test_more_lines_are_booked_for_the_same_goods(tmp_path):
    few = make_company(tmp_path / "few", seed=3, accounts=60)
    many = make_company(tmp_path / "many", seed=3, accounts=60, lines=100_000)

    assert many.lines == pytest.approx(100_000, rel=0.05)
    assert few.lines < 30_000
    volume = [_volume(c.sales) for c in (few, many)]
    assert volume[1] == pytest.approx(volume[0], rel=0.05)


def _volume(sales: Path) -> float:
    boards = {p.key for p in PRODUCTS}
    return sum(
        float(_money(r["Quantity"]))
        for r in _rows(sales, ";")
        if _readable(r) and r["Product no"] in boards and r["Quantity"]
    )


def test_too_few_accounts_or_lines_are_refused_with_the_numbers(tmp_path):
    with pytest.raises(Invalid, match=r"of 59 accounts .* at least 60"):
        make_company(tmp_path / "x", seed=1, accounts=59)
    with pytest.raises(Invalid, match="but 100 lines"):
        make_company(tmp_path / "x", seed=1, accounts=60, lines=100)

    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_other_files_is_refused_and_our_own_replaced(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("do not touch", encoding="utf-8")

    with pytest.raises(Invalid, match="holds files that no demo company has made"):
        make_company(tmp_path / "mine", seed=1, accounts=60)
    make_company(tmp_path / "ours", seed=1, accounts=60)
    make_company(tmp_path / "ours", seed=2, accounts=60)

    assert (tmp_path / "mine" / "letter.txt").read_text(encoding="utf-8") == "do not touch"
    assert json.loads((tmp_path / "ours" / "truth.json").read_text(encoding="utf-8"))["seed"] == 2


def test_an_interrupted_making_leaves_nothing(tmp_path):
    def stop(stage: str, done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_company(tmp_path / "x", seed=1, accounts=60, progress=stop)

    assert list(tmp_path.iterdir()) == []


@given(st.lists(st.integers(-(10**15), 10**15), max_size=20), st.integers(0, 4))
def test_numbers_are_printed_exactly_with_a_decimal_comma(values, places):
    text = decimal_text(np.array(values, dtype=np.int64), places).to_pylist()

    assert [Decimal(t.replace(",", ".")) for t in text] == [Decimal(v).scaleb(-places) for v in values]
