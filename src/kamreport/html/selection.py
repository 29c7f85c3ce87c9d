"""The sections about who is key: key accounts, Pareto, classes, dependency, stability."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from kamreport.html.areas import MatrixCell, matrix
from kamreport.html.bars import Bar, Interval, Mark, bars, intervals
from kamreport.html.curves import CurveMark, pareto
from kamreport.html.section import Bullets, Note, number

if TYPE_CHECKING:
    from kamreport.html.drawing import Picture
    from kamreport.html.grid import Grid
    from kamreport.html.section import Section, View

PARETO_SHARE = 0.80
LADDER_LENGTH = 10
_LADDER = (
    "name share value key_account dependency_band distance_to_key growth_needed target_share "
    "level level_key rank"
)
_CORRIDOR = {"low": 0.30, "high": 0.55, "alarm": 0.75}
_ACCOUNT = "name revenue income share abc abc_income xyz status dependency_band alarm"


def key_accounts(view: View) -> Section:
    """Say who is key and why, and what to do in a flat book."""
    speech = view.speech
    keys = view.rows("accounts", key_account=True)
    others = [row for row in view.rows("dependency", key_account=True) if row["level"] != "company"]
    text = speech.text
    blocks = [
        None if keys else _nobody(view),
        _corridor_note(view),
        _corridor(view),
        view.grid("accounts", text("Key accounts of the company"), columns=_ACCOUNT, rows=keys),
        view.grid(
            "dependency",
            text("Key accounts of departments and managers"),
            columns="name level level_key value share dependency_band",
            rows=others,
        ),
        _thresholds(view),
        view.grid("nearest", text("The ten accounts nearest to the threshold")),
        _pareto_group(view),
        view.grid("concentration", text("Concentration by level")),
        view.grid("class_differences", text("Accounts whose class by income differs")),
    ]
    return view.section("key", _key_finding(view, keys), blocks, "key.", "corridor.", "by", "assume_margin")


def _key_finding(view: View, keys: list[dict[str, Any]]) -> str:
    speech = view.speech
    if not keys:
        threshold = speech.words.share(view.share_rule("key.threshold", 0.1), 0)
        if view.analysis.base == "income":
            return speech.text("No account reaches {threshold} of income", threshold=threshold)
        return speech.text("No account reaches {threshold} of revenue", threshold=threshold)
    share = speech.words.share(sum(number(row["share"]) for row in keys))
    if view.analysis.base == "income":
        return speech.plural(
            "{n} account makes {share} of income",
            "{n} accounts make {share} of income",
            len(keys),
            share=share,
        )
    return speech.plural(
        "{n} account makes {share} of revenue", "{n} accounts make {share} of revenue", len(keys), share=share
    )


def _nobody(view: View) -> Note:
    return Note(
        view.speech.text(
            "The book is flat: nobody is key by size. Look at the accounts that make 80 % together, at those "
            "nearest to the threshold, or choose a lower threshold from the list below."
        ),
        "attention",
    )


def _corridor_note(view: View) -> Note | None:
    company = view.rows("concentration", level="company")
    if not company or company[0]["key_share"] is None:
        return None
    words = view.speech.words
    return Note(
        view.speech.text(
            "Key accounts together: {share}. The usual corridor is {low} to {high}; the alarm is at {alarm}.",
            share=words.share(company[0]["key_share"]),
            low=words.share(view.share_rule("corridor.low", 0.3), 0),
            high=words.share(view.share_rule("corridor.high", 0.55), 0),
            alarm=words.share(view.share_rule("corridor.alarm", 0.75), 0),
        )
    )


def _level_name(view: View, row: dict[str, Any]) -> str:
    level = view.speech.code("level", str(row["level"]))
    return f"{level}: {row['level_key']}" if row["level_key"] else level


def _corridor(view: View) -> Picture | None:
    rows = view.rows("concentration", LADDER_LENGTH)
    if not rows:
        return None
    share = view.speech.words.share
    limits = [view.share_rule(f"corridor.{name}", default) for name, default in _CORRIDOR.items()]
    title = view.speech.text("Share of the key accounts at each level")
    items = [Bar(_level_name(view, r), number(r["key_share"]), share(r["key_share"]), "bar") for r in rows]
    marks = [Mark(limit, share(limit, 0)) for limit in limits]
    return bars("corridor", title, _listed(items), items, marks=marks, high=1.0)


def _listed(items: list[Bar]) -> str:
    return "; ".join(f"{item.name}: {item.text}" for item in items)


def _thresholds(view: View) -> Bullets | None:
    sentences = [
        view.speech.plural(
            "A threshold of {threshold} gives {n} key account.",
            "A threshold of {threshold} gives {n} key accounts.",
            row["key_accounts"],
            threshold=view.speech.words.share(row["threshold"], 2),
        )
        for row in view.rows("thresholds")
    ]
    title = view.speech.text("Other thresholds")
    return Bullets(title, tuple(sentences)) if sentences else None


def _reach(view: View, limit: float) -> int:
    """Count the accounts that together make `limit`."""
    shares = view.table("pareto").rows["cumulative_share"]
    below = pc.sum(pc.less(shares, limit - 1e-9)).as_py() or 0
    return min(below + 1, len(shares))


def _pareto_group(view: View) -> Grid:
    rows = view.table("pareto").rows.slice(0, _reach(view, PARETO_SHARE))
    caption = view.speech.text("The Pareto group: accounts that together make 80 %")
    return view.grid(
        "pareto", caption, columns="name rank cumulative_share", rows=rows, first=10, file="accounts.csv"
    )


def pareto_curve(view: View) -> Section:
    """Draw how few make how much."""
    count = _reach(view, PARETO_SHARE)
    limit = view.speech.words.share(PARETO_SHARE, 0)
    if view.analysis.base == "income":
        finding = view.speech.plural(
            "{n} account makes {share} of income", "{n} accounts make {share} of income", count, share=limit
        )
    else:
        finding = view.speech.plural(
            "{n} account makes {share} of revenue", "{n} accounts make {share} of revenue", count, share=limit
        )
    if not len(view.table("pareto")):
        finding = view.speech.text("Nothing to rank")
    blocks = [
        _pareto_picture(view, finding),
        view.grid(
            "pareto",
            view.speech.text("Pareto table"),
            columns="name rank share_of_accounts cumulative_share",
            file="accounts.csv",
        ),
    ]
    return view.section("pareto", finding, blocks, "abc.")


def _pareto_picture(view: View, finding: str) -> Picture | None:
    rows = view.table("pareto").rows
    if not rows.num_rows:
        return None
    text, words = view.speech.text, view.speech.words
    points = list(
        zip(rows["share_of_accounts"].to_pylist(), rows["cumulative_share"].to_pylist(), strict=True)
    )
    marks = []
    for limit in (PARETO_SHARE, 0.95):
        reached = _reach(view, limit)
        said = view.speech.plural(
            "{n} account: {share}", "{n} accounts: {share}", reached, share=words.share(limit, 0)
        )
        marks.append(CurveMark(*points[reached - 1], said))
    axes = (text("share of accounts"), text("share of money, accumulated"))
    described = "; ".join(mark.text for mark in marks)
    return pareto(
        "pareto",
        finding,
        described,
        points=points,
        marks=marks,
        say=lambda v: words.share(v, 0),
        axes=axes,
    )


def classes(view: View) -> Section:
    """Show the nine cells of size and steadiness."""
    rows = view.rows("matrix")
    words = view.speech.words
    steady = sum(number(r["share"]) for r in rows if (r["abc"], r["xyz"]) == ("A", "X"))
    finding = view.speech.text("No account is both large and steady (AX)")
    if steady:
        finding = view.speech.text(
            "Large and steady accounts (AX) make {share} of revenue", share=words.share(steady)
        )
    cells = {
        (r["abc"], r["xyz"]): MatrixCell(
            view.speech.plural("{n} account", "{n} accounts", r["accounts"]),
            view.money(r["revenue"]),
            number(r["share"]),
            words.share(r["share"]),
        )
        for r in rows
    }
    described = "; ".join(f"{a}{x}: {cell.count}, {cell.share_text}" for (a, x), cell in cells.items())
    blocks = [
        Note(
            view.speech.text(
                "A, B, C: by size. X, Y, Z: from steady to irregular. Stronger colour: more money."
            )
        ),
        _limits(view),
        matrix("matrix", finding, described, cells) if rows else None,
        view.grid("matrix", view.speech.text("The nine cells")),
    ]
    return view.section("matrix", finding, blocks, "abc.", "xyz.", "frequency.")


def _limits(view: View) -> Note | None:
    """Give the limits of X and Y that were used; the setting is empty where they follow the unit."""
    facts, words = view.analysis.facts, view.speech.words
    steady, varying, unit = facts.get("xyz_limit_x"), facts.get("xyz_limit_y"), facts.get("xyz_unit")
    if not isinstance(steady, float) or not isinstance(varying, float):
        return None
    named = view.speech.code("unit", str(unit))
    return Note(f"X ≤ {words.share(steady, 0)} · Y ≤ {words.share(varying, 0)} · {named}")


def dependency(view: View) -> Section:
    """Show the ladder of dependency and what each loss would do."""
    text = view.speech.text
    first = view.rows("dependency", LADDER_LENGTH, level="company")
    blocks = [
        _ladder(view, first),
        view.grid("dependency", text("Dependency at every level"), columns=_LADDER, file="dependency.csv"),
        _losses(view),
        view.grid("loss", text("What the loss of each of the first five would do")),
        view.grid("loss_cascade", text("The cascade after a loss")),
    ]
    return view.section("dependency", _dependency_finding(view, first), blocks, "bands.", "loss.")


def _dependency_finding(view: View, first: list[dict[str, Any]]) -> str:
    if not first:
        return view.speech.text("No account has a share")
    name, share, band = (
        first[0]["name"],
        view.speech.words.share(first[0]["share"]),
        first[0]["dependency_band"],
    )
    if not band:
        return view.speech.text(
            "{name}, the largest, makes {share}: no dependency on one account", name=name, share=share
        )
    word = view.speech.code("dependency_band", band)
    return view.speech.text("{name} alone makes {share}: {band}", name=name, share=share, band=word)


def _ladder(view: View, rows: list[dict[str, Any]]) -> Picture | None:
    if not rows:
        return None
    share = view.speech.words.share
    items = [
        Bar(
            r["name"] or r["account"],
            number(r["share"]),
            _share_and_band(view, r),
            f"bar band-{r['dependency_band']}",
        )
        for r in rows
    ]
    keys = (("key.threshold", 0.1), ("bands.watch", 0.2), ("bands.act", 0.3), ("bands.severe", 0.4))
    later = (("bands.critical", 0.5), ("bands.mono", 0.7), ("bands.mono_red", 0.75))
    limits = sorted({view.share_rule(*rule) for rule in keys + later})
    marks = [Mark(limit, share(limit, 0)) for limit in limits]
    title = view.speech.text("The ladder of dependency")
    return bars("ladder", title, _listed(items), items, marks=marks, high=limits[1])


def _share_and_band(view: View, row: dict[str, Any]) -> str:
    share = view.speech.words.share(row["share"])
    band = row["dependency_band"]
    return f"{share} · {view.speech.code('dependency_band', band)}" if band else share


def _losses(view: View) -> Picture | None:
    rows = view.rows("loss")
    if not rows:
        return None
    items = [
        Bar(r["name"] or r["account"], number(r["lost_revenue"]), view.money(r["lost_revenue"]), "bar harm")
        for r in rows
    ]
    return bars("loss", view.speech.text("Revenue lost with each account"), _listed(items), items)


def stability(view: View) -> Section:
    """Say whether the choice of key accounts would survive other data."""
    rows = view.rows("stability")
    robust = sum(row["verdict"] == "robust" for row in rows)
    count = view.speech.words.count
    finding = view.speech.text(
        "The choice is robust for {robust} of {all}", robust=count(robust), all=count(len(rows))
    )
    if not rows:
        finding = view.speech.text("The stability of the choice was not computed")
    blocks = [
        _stability_picture(view, rows),
        view.grid("stability", view.speech.text("Stability of the choice")),
    ]
    return view.section("stability", finding, blocks, "key.", "seed")


def _stability_picture(view: View, rows: list[dict[str, Any]]) -> Picture | None:
    if not rows:
        return None
    words = view.speech.words
    items = [
        Interval(
            r["name"] or r["account"],
            number(r["low"]),
            number(r["share"]),
            number(r["high"]),
            f"{words.share(r['share'])} · {view.speech.code('verdict', str(r['verdict']))}",
        )
        for r in rows[:LADDER_LENGTH]
    ]
    threshold = view.share_rule("key.threshold", 0.1)
    described = "; ".join(f"{item.name}: {item.text}" for item in items)
    title = view.speech.text("Shares with their 90 % ranges, against the threshold")
    return intervals("stability", title, described, items, marks=[Mark(threshold, words.share(threshold, 0))])
