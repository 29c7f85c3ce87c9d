"""The sections about what accounts do: drifting, staying, moving between classes, changing the total."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from kamreport.html.areas import Flow, flow
from kamreport.html.bars import Bar, bars, bridge
from kamreport.html.curves import Panel, survival_panels
from kamreport.html.section import Note, number
from kamreport.sentences import ALL_LINES

if TYPE_CHECKING:
    import pyarrow as pa

    from kamreport.html.drawing import Picture
    from kamreport.html.section import Section, View

MOST_BARS, MOST_PANELS, DAYS_A_YEAR = 12, 6, 365.25
BRIDGE_STEPS = ("before", "new", "lost", "assortment", "volume", "mix", "price", "after")
_TONES = {"lost": "bar harm", "drifting": "bar attention"}


def drifting(view: View) -> Section:
    """List who is drifting or lost, with the money behind it and the record of the rule."""
    text = view.speech.text
    rows = view.rows("drifting")
    going = [row for row in rows if row["status"] in _TONES]
    finding = view.speech.plural(
        "{n} account is drifting or lost, {money} a year",
        "{n} accounts are drifting or lost, {money} a year",
        len(going),
        money=view.money(sum(number(row["revenue_12m"]) for row in going)),
    )
    if not going:
        finding = text("Nobody is drifting away")
    blocks = [
        _drifting_picture(view, rows),
        view.grid("drifting", text("Accounts with an alarm, by money"), file="accounts.csv"),
        Note(text("An alarm was false when the account ordered within one usual interval after it.")),
        view.grid("alarm_record", text("How often each rule was wrong in the past year")),
    ]
    return view.section("drifting", finding, blocks, "rhythm.")


def _drifting_picture(view: View, rows: list[dict[str, Any]]) -> Picture | None:
    if not rows:
        return None
    ordered = sorted(rows, key=lambda row: -number(row["revenue_12m"]))[:MOST_BARS]
    items = [
        Bar(
            row["name"] or row["account"],
            number(row["revenue_12m"]),
            f"{view.money(row['revenue_12m'])} · {view.speech.code('status', str(row['status']))}",
            _TONES.get(str(row["status"]), "bar"),
        )
        for row in ordered
    ]
    described = "; ".join(f"{item.name}: {item.text}" for item in items)
    return bars("drifting", view.speech.text("Revenue of 12 months behind the alarms"), described, items)


def regulars(view: View) -> Section:
    """Show the share of regular customers and the lifetime by product line."""
    text = view.speech.text
    rows = [row for row in view.rows("regulars") if row["regular_revenue_share"] is not None]
    finding = _regular_finding(view, rows)
    blocks = [
        _survival(view),
        view.grid("regulars", text("Regular customers and lifetime by product line")),
        view.grid("survival", text("Customers still buying, by days since the first order"), first=10),
    ]
    return view.section("regulars", finding, blocks, "regular_days")


def _regular_finding(view: View, rows: list[dict[str, Any]]) -> str:
    text = view.speech.text
    if not rows:
        return text("The share of regular customers was not computed")
    best = max(rows, key=lambda row: number(row["regular_revenue_share"]))
    share = view.speech.words.share(best["regular_revenue_share"])
    if not best["regular_revenue_share"]:
        return text("No account is a regular customer yet")
    if len(rows) == 1:
        return text("Regular customers make {share} of revenue", share=share)
    line = _line(view, best["product_line"])
    return text("{line} lives most on regular customers: {share} of its revenue", line=line, share=share)


def _line(view: View, name: str | None) -> str:
    lines = set(view.table("regulars").rows["product_line"].to_pylist())
    return view.speech.product_line(name or ALL_LINES, alone=lines <= {ALL_LINES, None, ""})


def _survival(view: View) -> Picture | None:
    lines: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in view.rows("survival"):
        lines[_line(view, row["product_line"])].append(row)
    if not lines:
        return None
    panels = [_survival_panel(view, name, rows) for name, rows in list(lines.items())[:MOST_PANELS]]
    title = view.speech.text("How long customers stay with each product line")
    described = "; ".join(f"{panel.name}: {panel.note}" for panel in panels)
    words = view.speech.words
    return survival_panels(
        "survival",
        title,
        described,
        panels=panels,
        say_x=lambda years: view.speech.text("{n} y", n=words.quantity(years)),
        say_y=lambda v: words.share(v, 0),
    )


def _survival_panel(view: View, name: str, rows: list[dict[str, Any]]) -> Panel:
    last = rows[-1]
    note = view.speech.text(
        "{share} stay beyond {years} years",
        share=view.speech.words.share(last["survival"], 0),
        years=view.speech.words.quantity(round(number(last["day"]) / DAYS_A_YEAR, 1)),
    )
    return Panel(name, note, *([_place(row, key) for row in rows] for key in ("survival", "low", "high")))


def _place(row: dict[str, Any], key: str) -> tuple[float, float]:
    value = row[key] if row[key] is not None else row["survival"]
    return number(row["day"]) / DAYS_A_YEAR, number(value)


def migration(view: View) -> Section:
    """Show who moved between classes since the period before."""
    counts = {
        entry["values"]: entry["counts"]
        for entry in pc.value_counts(view.table("migration").rows["movement"]).to_pylist()
    }
    finding = view.speech.plural(
        "{n} account moved up, {down} down",
        "{n} accounts moved up, {down} down",
        counts.get("up", 0),
        down=view.speech.words.count(counts.get("down", 0)),
    )
    if not counts:
        finding = view.speech.text("No period before to compare with")
    blocks = [
        _periods(view),
        _flow(view),
        view.grid("migration_matrix", view.speech.text("From class to class, with money")),
        view.grid(
            "migration", view.speech.text("Accounts that moved"), rows=_moved(view), file="migration.csv"
        ),
    ]
    return view.section("migration", finding, blocks, "abc.", "xyz.", "period")


def _periods(view: View) -> Note | None:
    """Name the months that are compared."""
    facts, text, words = view.analysis.facts, view.speech.text, view.speech.words
    ends = [
        facts.get(f"compared_{period}_{end}_month")
        for period in ("before", "after")
        for end in ("first", "last")
    ]
    if None in ends:
        return None
    months = [words.month(int(str(month))) for month in ends]
    return Note(f"{text('before')}: {months[0]} – {months[1]} · {text('now')}: {months[2]} – {months[3]}")


def _moved(view: View) -> pa.Table:
    rows = view.table("migration").rows
    moved = rows.filter(pc.not_equal(rows["movement"], "same"))
    size = pc.fill_null(pc.abs(moved["change"]), 0)
    return moved.take(pc.array_sort_indices(size, order="descending"))


def _flow(view: View) -> Picture | None:
    sums: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0, 0.0, 0.0])
    for row in view.rows("migration_matrix"):
        found = sums[_letter(row["class_before"]), _letter(row["class_after"])]
        found[0] += row["accounts"]
        found[1] += number(row["revenue_before"])
        found[2] += number(row["revenue_after"])
    if not sums:
        return None
    flows = [
        Flow(*pair, int(count), max(was, 0), max(now, 0)) for pair, (count, was, now) in sorted(sums.items())
    ]
    text = view.speech.text
    names = {"A": "A", "B": "B", "C": "C", "none": text("no class")}
    described = "; ".join(f"{names[f.before]} → {names[f.after]}: {f.accounts}" for f in flows)
    title = text("Money by class, before and now")
    return flow(
        "migration",
        title,
        described,
        flows=flows,
        names=names,
        heads=(text("before"), text("now")),
        say=view.money,
    )


def _letter(class_: str | None) -> str:
    return class_[0] if class_ and class_[0] in "ABC" else "none"


def change(view: View) -> Section:
    """Show what made the difference between the two periods."""
    table = view.table("bridge").rows
    sums = {key: number(pc.sum(table[key]).as_py()) for key in BRIDGE_STEPS}
    finding = view.speech.text("No two periods to compare")
    picture = None
    if table.num_rows:
        finding = view.speech.text(
            "Revenue went from {before} to {after}",
            before=view.money(sums["before"]),
            after=view.money(sums["after"]),
        )
        steps = [(view.speech.column(key), sums[key]) for key in BRIDGE_STEPS]
        described = "; ".join(f"{name}: {view.money(amount)}" for name, amount in steps)
        title = view.speech.text("What changed the revenue")
        picture = bridge("bridge", title, described, steps, view.speech.words.short)
    blocks = [
        _periods(view),
        picture,
        view.grid("bridge", view.speech.text("The bridge by account"), file="bridge.csv"),
    ]
    return view.section("bridge", finding, blocks, "period")
