"""The sections about the future and about trust: demand, potential, quality of predictions, rules."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from kamreport.html.bars import Bar, bars
from kamreport.html.curves import Panel, calibration, demand_panels
from kamreport.html.section import Bullets, Note, number
from kamreport.sentences import ALL_LINES

if TYPE_CHECKING:
    from kamreport.html.drawing import Picture
    from kamreport.html.section import Block, Section, View

MOST_BARS, MOST_PANELS = 12, 6
_Series = tuple[str, str]


def demand(view: View) -> Section:
    """Show the demand of the next months."""
    series = _largest_series(view)
    finding = view.speech.text("Demand was not forecast")
    if series:
        (account, line), rows = next(iter(series.items()))
        finding = view.speech.text(
            "Largest expected demand from {first} to {last}: {what}, {amount}",
            first=view.speech.words.month(rows[0]["month"]),
            last=view.speech.words.month(rows[-1]["month"]),
            what=", ".join(filter(None, (account, line))),
            amount=view.speech.words.quantity(round(sum(number(row["expected"]) for row in rows))),
        )
    blocks = [
        _demand_picture(view, series),
        view.grid(
            "demand",
            view.speech.text("Expected demand by account, product line and month"),
            file="demand.csv",
        ),
    ]
    return view.section("demand", finding, blocks, "horizon_months", "forecast_engine")


def _largest_series(view: View) -> dict[_Series, list[dict[str, Any]]]:
    """Give the series with the largest sums; totals of product lines, where the table has them."""
    table = view.table("demand").rows
    totals = table.filter(pc.is_null(table["account"]))
    table = totals if totals.num_rows else table
    keys = ["account", "product_line"]
    alone = set(table["product_line"].unique().to_pylist()) <= {ALL_LINES, None}
    sums = table.group_by(keys).aggregate([("expected", "sum")]).sort_by([("expected_sum", "descending")])
    found: dict[_Series, list[dict[str, Any]]] = {}
    for one in sums.slice(0, MOST_PANELS).to_pylist():
        mask = pc.fill_null(
            pc.equal(table["product_line"], one["product_line"] or ""), one["product_line"] is None
        )
        if one["account"] is not None:
            mask = pc.and_(mask, pc.equal(table["account"], one["account"]))
        rows = sorted(table.filter(mask).to_pylist(), key=lambda row: row["month"])
        name = "" if one["account"] is None else str(rows[0]["name"] or one["account"])
        line = view.speech.product_line(one["product_line"] or "", alone=alone)
        found[name, line] = rows
    return found


def _demand_picture(view: View, series: dict[_Series, list[dict[str, Any]]]) -> Picture | None:
    if not series:
        return None
    words = view.speech.words
    panels = [_demand_panel(view, name, rows) for name, rows in series.items()]
    described = "; ".join(
        f"{panel.name}: " + ", ".join(f"{words.month(int(m))} {words.short(v)}" for m, v in panel.points)
        for panel in panels
    )
    title = view.speech.text("Expected demand with its range, largest first")
    return demand_panels(
        "demand",
        title,
        described,
        panels=panels,
        say_x=lambda month: words.month(int(month)),
        say_y=words.short,
    )


def _demand_panel(view: View, name: _Series, rows: list[dict[str, Any]]) -> Panel:
    values = {
        key: [
            (number(row["month"]), number(row[key] if row[key] is not None else row["expected"]))
            for row in rows
        ]
        for key in ("expected", "low", "high")
    }
    account, line = name
    note = view.speech.code("measure", str(rows[0]["measure"]))
    return Panel(account or line, f"{line} · {note}" if account and line else note, *values.values())


def potential(view: View) -> Section:
    """Show what accounts could still buy, by their peers, and the next product of each."""
    text = view.speech.text
    rows = view.rows("potential")
    by_account: dict[str, float] = defaultdict(float)
    for row in rows:
        by_account[str(row["name"] or row["account"])] += number(row["expected_revenue"])
    finding = view.speech.plural(
        "Peers buy what {n} account does not: {money} a year",
        "Peers buy what {n} accounts do not: {money} a year",
        len(by_account),
        money=view.money(sum(by_account.values())),
    )
    if not rows:
        finding = text("No gap against peers was found")
    blocks = [
        _potential_picture(view, by_account),
        view.grid("potential", text("What comparable accounts buy and these do not"), file="potential.csv"),
        view.grid("next_products", text("The next product of each account")),
    ]
    return view.section("potential", finding, blocks, "potential.")


def _potential_picture(view: View, sums: dict[str, float]) -> Picture | None:
    if not sums:
        return None
    ordered = sorted(sums.items(), key=lambda pair: -pair[1])[:MOST_BARS]
    items = [Bar(name, value, view.money(value)) for name, value in ordered]
    described = "; ".join(f"{item.name}: {item.text}" for item in items)
    return bars("potential", view.speech.text("Open potential by account, a year"), described, items)


def quality(view: View) -> Section:
    """Say how good the predictions were on this ledger."""
    text = view.speech.text
    chosen = view.rows("models", chosen=True)
    finding = text("No model of repeat buying could be trusted here")
    if chosen:
        finding = text("{model} predicts repeat purchases best here", model=chosen[0]["model"])
    blocks = [
        _unidentified(view, chosen),
        _calibration(view),
        view.grid("quality", text("Errors on the held-back past, against the simplest method")),
        view.grid("models", text("Models of repeat buying")),
        view.grid("calibration", text("Predicted and observed shares")),
    ]
    return view.section("quality", finding, blocks, "value.", "seed")


def _unidentified(view: View, chosen: list[dict[str, Any]]) -> Note | None:
    if not chosen or chosen[0]["identified"] is not False:
        return None
    return Note(
        view.speech.text(
            "In these data an account that left cannot be told from one that pauses, so no probability "
            "of being alive is given."
        ),
        "attention",
    )


def _calibration(view: View) -> Picture | None:
    rows = [
        row
        for row in view.rows("calibration")
        if row["predicted"] is not None and row["observed"] is not None
    ]
    if not rows:
        return None
    text, words = view.speech.text, view.speech.words
    points = [(number(row["predicted"]), number(row["observed"]), int(row["accounts"] or 0)) for row in rows]
    described = "; ".join(f"{words.share(p, 0)} → {words.share(o, 0)}" for p, o, _ in points)
    axes = (text("predicted"), text("observed"))
    title = text("Do the probabilities keep their word? On the line they do")
    return calibration(
        "calibration",
        title,
        described,
        points=points,
        say=lambda v: words.share(v, 0),
        axes=axes,
    )


def rules(view: View) -> Section:
    """List every rule with its setting and where it was set."""
    rows = view.rows("rules")
    changed = sum(row["origin"] != "default" for row in rows)
    finding = view.speech.plural("{n} rule was set for this run", "{n} rules were set for this run", changed)
    text = view.speech.text
    finding = finding if changed else text("Every rule stands at its default")
    worded = [
        dict(
            row,
            key=f"{view.speech.rule(row['key'])} ({row['key']})",
            value=view.speech.setting(row["value"]),
            default=view.speech.setting(row["default"]),
        )
        for row in rows
    ]
    blocks: list[Block | None] = [
        view.grid("rules", text("Rules and settings"), rows=worded, first=200),
        Bullets(
            text("Versions and inputs"),
            (
                *(f"{name} {version}" for name, version in view.analysis.versions.items()),
                *(f"{file.name}: SHA-256 {file.sha256}" for file in view.analysis.inputs),
            ),
        ),
    ]
    return view.section("rules", finding, blocks)
