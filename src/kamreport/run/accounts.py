"""The table of accounts: one row each, every figure or the reason why it is missing."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kamreport.period import day_from, day_number
from kamreport.run.money import COSTS_MISSING
from kamreport.run.tabulating import table_of
from kamreport.sentences import pack_reasons
from kamstats.abc import abc_classes
from kamstats.errors import Declined
from kamstats.reasons import sentence
from kamstats.rfm import rfm
from kamstats.rhythm.rhythm import NO_ORDER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kamreport.results import Period
    from kamreport.run.behaviour import Behaviour
    from kamreport.run.book import Book
    from kamreport.run.levels import Standing
    from kamreport.run.predicting import Repeat
    from kamreport.settings import Settings
    from kamreport.tables import Table
    from kamstats.reasons import Reason

NOT_RANKED = sentence(
    "not_ranked",
    "The {base} in the period is {value:,.2f}; only accounts above zero have a share and a class.",
)
NO_VARIATION_OF_ACCOUNT = sentence(
    "no_variation_of_account",
    "Its mean per period is not above zero, or it has not ordered in a whole period, so it has no variation.",
)
NO_WHOLE_MONTH_SINCE = sentence(
    "no_whole_month_since",
    "It has ordered only outside the whole months of the period, so a share of months cannot be told.",
)

# The columns that may be empty because a method declined, in the order of the table.
EXPLAINED = (
    *("income", "share", "cumulative_share", "abc", "abc_income", "xyz", "cv", "frequency_class"),
    *("first_order", "last_order", "days_silent", "usual_interval_days", "silence_probability"),
    *("next_order_due", "status", "p_alive", "expected_orders_12m", "expected_income_12m"),
)
RHYTHM_COLUMNS = ("usual_interval_days", "silence_probability", "next_order_due")
LOSING_CLASSES = ("A", "B")
NO_MONEY = Decimal("0.0000")
BANDS_THAT_ALARM = ("act", "severe", "critical", "mono", "mono_red")

Column = list[Any]


@dataclass(frozen=True, slots=True)
class Judged:
    """Everything that is known of the accounts, each part in its own order."""

    book: Book
    period: Period
    settings: Settings
    company: Standing
    behaviour: Behaviour
    repeat: Repeat


def accounts_table(judged: Judged) -> Table:
    """Put the rows together, the largest first, the unranked last."""
    columns = {
        **_names(judged.book),
        **_shares(judged),
        **_rhythm(judged),
        **_predictions(judged),
        **_masters(judged),
        **_rfm(judged),
    }
    columns["alarm"] = _alarms(judged, columns)
    columns["reason"] = _reasons(judged, columns)
    order = _order(judged.company.base, columns)
    return table_of("accounts", {name: [values[i] for i in order] for name, values in columns.items()})


def _order(base: str, columns: dict[str, Column]) -> list[int]:
    """Sort by share, then by what the base says, then by key."""
    values = columns[base]
    keys = columns["account"]

    def place(i: int) -> tuple[bool, bool, Any, str]:
        value = values[i]
        return (columns["share"][i] is None, value is None, 0 if value is None else -value, keys[i])

    return sorted(range(len(keys)), key=place)


def _names(book: Book) -> dict[str, Column]:
    return {"account": list(book.keys), "name": list(book.names), "members": list(book.members)}


def _shares(judged: Judged) -> dict[str, Column]:
    company = judged.company
    rows = {row["account"]: row for row in company.judged()}
    incomes = {row["account"]: row["abc_income"] for row in _classes_by_income(company)}
    nothing = {"revenue": NO_MONEY, "income": NO_MONEY, "key_account": False}  # no line in the period
    names = ("revenue", "income", "share", "cumulative_share", "abc", "key_account", "dependency_band")
    found = {name: [rows.get(key, nothing).get(name) for key in judged.book.keys] for name in names}
    found["abc_income"] = [incomes.get(key) for key in judged.book.keys]
    return found


def _classes_by_income(company: Standing) -> list[dict[str, Any]]:
    limits = (company.settings.abc.a, company.settings.abc.b)
    classes = abc_classes(company.sums, key="account", value="income", limits=limits, into="abc_income")
    return list(classes.select("account", "abc_income").collect().iter_rows(named=True))


def _rhythm(judged: Judged) -> dict[str, Column]:
    told, variation = judged.behaviour.rhythm, judged.behaviour.variation
    return {
        "xyz": [letter or None for letter in variation.classes.tolist()],
        "cv": numbers(variation.cv),
        "frequency_class": list(judged.behaviour.frequency),
        "orders": _orders_in_period(judged).tolist(),
        "first_order": _days(told.first_order),
        "last_order": _days(told.last_order),
        "days_silent": numbers(told.days_silent),
        "usual_interval_days": numbers(told.usual_interval_days),
        "silence_probability": numbers(told.silence_probability),
        "next_order_due": _days(told.next_order_due),
        "status": [status or None for status in told.status.tolist()],
    }


def _orders_in_period(judged: Judged) -> NDArray[np.int64]:
    orders, period = judged.book.orders, judged.period
    first, last = day_number(period.first_day), day_number(period.last_day)
    inside = orders.is_order & (orders.day_no >= first) & (orders.day_no <= last)
    return np.bincount(orders.account[inside], minlength=len(judged.book.keys))


def numbers(values: NDArray[np.float64]) -> Column:
    """Give floats as Python values; NaN becomes None."""
    return [
        None if missing else value for missing, value in zip(np.isnan(values), values.tolist(), strict=True)
    ]


def _days(values: NDArray[np.float64]) -> Column:
    return [None if value is None else day_from(int(value)) for value in numbers(values)]


def _predictions(judged: Judged) -> dict[str, Column]:
    repeat = judged.repeat
    return {
        "p_alive": numbers(repeat.p_alive),
        "expected_orders_12m": numbers(repeat.expected_orders),
        "expected_income_12m": _money(repeat.expected_value),
        "lifetime_value": _money(repeat.lifetime_value),
    }


def _money(values: NDArray[np.float64]) -> Column:
    rounded = pa.array(np.round(values, 4), from_pandas=True)
    return list(rounded.cast(pa.decimal128(38, 4), safe=False).to_pylist())


def _masters(judged: Judged) -> dict[str, Column]:
    book = judged.book
    found: dict[str, Column] = {"segment": list(book.segments)}
    for field in ("manager", "department"):
        main = _main_unit(book, field)
        master = book.masters[field]
        found[field] = [main.get(key) or master.get(key) for key in book.keys]
    found["regular_since"] = _regular_since(judged)
    return found


def _main_unit(book: Book, field: str) -> dict[str, str]:
    """Name who sold most to each account in the period."""
    known = book.months.filter(pc.is_valid(book.months[field]))
    sums = known.group_by(["account", field]).aggregate([("revenue", "sum")])
    best: dict[str, tuple[Decimal, str]] = {}
    for row in sums.sort_by([("account", "ascending"), (field, "ascending")]).to_pylist():
        if row["account"] not in best or row["revenue_sum"] > best[row["account"]][0]:
            best[row["account"]] = (row["revenue_sum"], row[field])
    return {account: unit for account, (_, unit) in best.items()}


def _regular_since(judged: Judged) -> Column:
    """Give the day from which on an account bought repeatedly and for over a year."""
    orders, told = judged.behaviour.orders, judged.behaviour.rhythm
    second = np.full(len(judged.book.keys), np.nan)
    repeated = np.flatnonzero(orders.account[1:] == orders.account[:-1]) + 1
    # Rows are sorted: writing backwards leaves the first repeat, the second order.
    second[orders.account[repeated][::-1]] = orders.day[repeated][::-1]
    since = np.maximum(second, told.first_order + judged.settings.regular_days + 1)
    return _days(np.where(since <= day_number(judged.period.as_of), since, np.nan))


def _rfm(judged: Judged) -> dict[str, Column]:
    names = ("rfm_recency", "rfm_frequency", "rfm_money", "rfm_segment")
    days, period = judged.book.days, judged.period
    first, last = day_number(period.first_day), day_number(period.last_day)
    inside = pc.and_(pc.greater_equal(days["day_no"], first), pc.less_equal(days["day_no"], last))
    try:
        scored = rfm(days.filter(inside), last, key="account", is_order="is_order")
        rows = {row["account"]: row for row in scored.collect().iter_rows(named=True)}
    except Declined:
        rows = {}
    return {name: [rows[key][name] if key in rows else None for key in judged.book.keys] for name in names}


def _alarms(judged: Judged, columns: dict[str, Column]) -> Column:
    """Join the alarms of the rhythm with those of the money, in a fixed order."""
    found = []
    rows = zip(
        judged.behaviour.rhythm.alarm_codes().tolist(),
        columns["abc"],
        columns["income"],
        columns["dependency_band"],
        strict=True,
    )
    for rhythm, abc, income, band in rows:
        codes = [rhythm] if rhythm else []
        if abc in LOSING_CLASSES and income is not None and income < 0:
            codes.append("loss_making")
        if band in BANDS_THAT_ALARM:
            codes.append("band")
        found.append(";".join(codes) or None)
    return found


def _reasons(judged: Judged, columns: dict[str, Column]) -> Column:
    """Say for every figure that is empty why it is, in the order of the columns."""
    reasons = _Reasons(judged, columns, _lines_without_cost(judged), NO_ORDER(as_of=judged.period.as_of))
    return [
        pack_reasons(
            (column, reasons.of(column, place)) for column in EXPLAINED if columns[column][place] is None
        )
        for place in range(len(judged.book.keys))
    ]


def _lines_without_cost(judged: Judged) -> dict[str, Reason]:
    """Say of each account with lines without a cost how many; nobody lacks one where a margin stands in."""
    if judged.settings.assume_margin is not None:
        return {}
    sums = judged.company.sums
    rows = zip(*(sums[name].to_pylist() for name in ("account", "lines_without_cost", "lines")), strict=True)
    return {
        account: COSTS_MISSING(missing=missing, lines=lines) for account, missing, lines in rows if missing
    }


@dataclass(frozen=True, slots=True)
class _Reasons:
    """Why a figure of an account is empty."""

    judged: Judged
    columns: dict[str, Column]
    lacking: dict[str, Reason]  # accounts with lines without a cost
    no_order: Reason

    def of(self, column: str, place: int) -> Reason:
        """Give the reason, by what the column rests on."""
        if column in ("income", "share", "cumulative_share", "abc", "abc_income"):
            return self._of_money(column, place)
        if column in ("xyz", "cv"):
            return self.judged.behaviour.variation.declined or NO_VARIATION_OF_ACCOUNT()
        if column == "frequency_class" and self.columns["first_order"][place] is not None:
            return NO_WHOLE_MONTH_SINCE()
        if column in RHYTHM_COLUMNS:
            return self.judged.behaviour.rhythm.reason(place) or self.no_order
        return self._of_prediction(column, place) or self.no_order

    def _of_money(self, column: str, place: int) -> Reason:
        """Without costs there is no income, and at zero or below no share or class."""
        by_column = {"abc": "revenue", "abc_income": "income", "income": "income"}
        base = by_column.get(column, self.judged.company.base)
        value = self.columns[base][place]
        if value is None:
            return self.lacking[self.judged.book.keys[place]]
        return NOT_RANKED(base=base, value=value)

    def _of_prediction(self, column: str, place: int) -> Reason | None:
        repeat = self.judged.repeat
        no_cost = self.lacking.get(self.judged.book.keys[place])
        return {
            "p_alive": repeat.no_p_alive or repeat.declined,
            "expected_orders_12m": repeat.declined,
            "expected_income_12m": no_cost or repeat.declined or repeat.no_value,
        }.get(column)
