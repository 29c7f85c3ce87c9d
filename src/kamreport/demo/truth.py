"""What only the maker of the data can know, for tests and for showing how good the methods are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from kamreport.demo import trade
from kamreport.demo.booking import PIECE, list_prices, lucky_line
from kamreport.demo.fates import REASONS
from kamreport.demo.files import day_of
from kamreport.demo.population import FOREVER, WINDOW_DAYS
from kamreport.demo.trade import PRODUCT_LINES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from kamreport.demo.booking import Plan

NEXT_MONTHS = ((2026, 10), (2026, 11), (2026, 12))
MARK = "kamerton demo company"


def write_truth(path: Path, plan: Plan, *, seed: int, lines: int) -> None:
    """Write `truth.json`; days are ISO dates, money is at net price unless a name says otherwise."""
    facts = {
        "what": MARK,
        "seed": seed,
        "accounts": len(plan.people),
        "lines": lines,
        "first_day": trade.FIRST_DAY.isoformat(),
        "last_day": trade.LAST_DAY.isoformat(),
        **_parts(plan),
        "drifting": _drifting(plan),
        "shrinking": _shrinking(plan),
        "left": _left(plan),
        "reasons": _reasons(plan),
        "white_space": _white_space(plan),
        "rhythm": _rhythm(plan),
    }
    with path.open("w", encoding="utf-8") as file:
        file.write("{\n")
        file.writelines(f"{json.dumps(key)}: {_json(value)},\n" for key, value in facts.items())
        file.write('"demand": [')
        for number, row in enumerate(_demand(plan)):
            file.write(f"{',' if number else ''}\n{_json(row)}")
        file.write("\n]\n}\n")


def _json(value: object) -> str:
    """Print a list row by row, anything else on one line."""
    if isinstance(value, list):
        return "[\n" + ",\n".join(_json(row) for row in value) + "\n]" if value else "[]"
    return json.dumps(value, ensure_ascii=False)


def _parts(plan: Plan) -> dict[str, Any]:
    """The accounts that play a part of their own."""
    fates, keys = plan.fates, plan.people.keys
    order = lucky_line(plan)
    return {
        "act_account": keys[fates.act],
        "key_group": {
            "group": fates.key_group,
            "accounts": [keys[a] for a in dict(fates.groups)[fates.key_group]],
        },
        "lucky_order": {
            "account": keys[fates.lucky],
            "day": day_of(int(order.day[0])).isoformat(),
            "revenue": f"{int(order.net[0]) / 100:.2f}",
        },
        "price_eroded": {
            "account": keys[fates.eroded],
            "discount_first_day": fates.eroded_discount[0],
            "discount_last_day": fates.eroded_discount[1],
        },
    }


def _drifting(plan: Plan) -> list[dict[str, Any]]:
    fates, keys = plan.fates, plan.people.keys
    return [
        {
            "account": keys[a],
            "since": day_of(int(fates.drift_from[a])).isoformat(),
            "intervals_longer_by": round(float(fates.slowdown[a]), 3),
        }
        for a in np.flatnonzero(fates.drift_from < FOREVER)
    ]


def _shrinking(plan: Plan) -> list[dict[str, Any]]:
    fates, keys = plan.fates, plan.people.keys
    return [
        {
            "account": keys[a],
            "since": day_of(int(fates.shrink_from[a])).isoformat(),
            "quantity_left": round(float(fates.shrink_to[a]), 3),
        }
        for a in np.flatnonzero(fates.shrink_from < FOREVER)
    ]


def _left(plan: Plan) -> list[dict[str, str]]:
    """Those who stopped for good after at least two orders inside the ledger."""
    left = plan.fates.left_on
    orders = np.bincount(plan.orders.account, minlength=len(plan.people))
    gone = np.flatnonzero((left < WINDOW_DAYS) & (orders >= 2))
    return [{"account": plan.people.keys[a], "on": day_of(int(left[a])).isoformat()} for a in gone]


def _reasons(plan: Plan) -> list[dict[str, Any]]:
    fates = plan.fates
    return [
        {
            "account": plan.people.keys[a],
            "stated": REASONS[fates.stated_reason[a]],
            "true": REASONS[fates.true_reason[a]],
            "stated_is_false": bool(fates.stated_reason[a] != fates.true_reason[a]),
        }
        for a in np.flatnonzero(fates.true_reason >= 0)
    ]


def _white_space(plan: Plan) -> list[dict[str, Any]]:
    """Who needs a line and bought, or still buys, it elsewhere, with what it is worth a year."""
    people = plan.people
    return [
        {
            "account": people.keys[w.account],
            "product_line": PRODUCT_LINES[w.line].name,
            "revenue_a_year": round(w.money * (1 - float(people.discount[w.account])), 2),
            "adopted": day_of(w.adopted).isoformat() if w.adopted < FOREVER else None,
        }
        for w in plan.fates.white_space
    ]


def _rhythm(plan: Plan) -> dict[str, dict[str, float]]:
    """The Erlang law of each account that orders again and again, before any drift."""
    people = plan.people
    again = np.flatnonzero(people.orders_at_most > 1)
    return {
        people.keys[a]: {"interval_days": round(float(people.interval[a]), 3), "k": int(people.shape[a])}
        for a in again
    }


def _demand(plan: Plan) -> Iterator[dict[str, Any]]:
    """Expected quantity and revenue of each coming month, per account and product line."""
    quantity = expected_quantity(plan)
    growth = (1 + trade.LIST_PRICE_GROWTH) ** (trade.LAST_DAY.year - trade.FIRST_DAY.year)
    discount = np.where(
        np.arange(len(plan.people)) == plan.fates.eroded, plan.fates.eroded_discount[1], plan.people.discount
    )
    price = list_prices(plan.favourite) * growth * (1 - discount[:, None])
    for account, line, month in np.argwhere(quantity > 0):
        expected = float(quantity[account, line, month])
        yield {
            "account": plan.people.keys[account],
            "product_line": PRODUCT_LINES[line].name,
            "month": f"{NEXT_MONTHS[month][0]}-{NEXT_MONTHS[month][1]:02d}",
            "quantity": round(expected, 4),
            "revenue": round(expected * float(price[account, line]), 2),
        }


def expected_quantity(plan: Plan) -> NDArray[np.float64]:
    """Accounts × product lines × next months, in units: rate × chance × lines × quantity × season."""
    people, fates = plan.people, plan.fates
    alive = (people.end > WINDOW_DAYS) & (people.orders_at_most > 1)
    rate = np.where(alive, 1 / (people.interval * fates.slowdown), 0.0) * 365.25 / 12
    open_ = (people.buys_from <= WINDOW_DAYS) & (people.buys_to > WINDOW_DAYS)
    per_line = np.where(np.arange(len(PRODUCT_LINES)) == trade.HOUSES, PIECE, plan.quantity) / PIECE
    a_month = (
        rate[:, None] * people.chance * open_ * plan.lines_an_order * per_line * fates.shrink_to[:, None]
    )
    season = np.array([[line.season[month - 1] for _, month in NEXT_MONTHS] for line in PRODUCT_LINES])
    return np.asarray(np.clip(a_month, 0, None)[:, :, None] * season)
