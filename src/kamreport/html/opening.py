"""The head of the page and the section about what was read."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from kamreport.html.bars import Bar, bars
from kamreport.html.section import Bullets, Note

if TYPE_CHECKING:
    from kamreport.html.drawing import Picture
    from kamreport.html.section import Section, View

NOTABLE = "0.01"  # of all used lines


@dataclass(frozen=True, slots=True)
class Figure:
    """A single figure at the head of the page, with its exact value for those who hover."""

    label: str
    value: str
    exact: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Opening:
    """Everything above the first section."""

    title: str
    subtitle: str
    made: str
    figures: tuple[Figure, ...]
    notes: tuple[Note, ...]


def opening(view: View) -> Opening:
    """Put the head together: period, base, currency, run and totals."""
    text, words, run = view.speech.text, view.speech.words, view.analysis
    period = text(
        "{first} to {last}", first=words.day(run.period.first_day), last=words.day(run.period.last_day)
    )
    months = view.speech.plural("{n} whole month", "{n} whole months", run.period.whole_months)
    base = view.by_base(text("shares by revenue"), text("shares by income"))
    currency = run.currency or text("no currency stated")
    return Opening(
        title=run.title,
        subtitle=f"{period} · {months} · {base} · {currency}",
        made=text(
            "Run {run}, {day}; silence measured on {as_of}",
            run=run.run_id,
            day=run.made_at[:16].replace("T", " ") + " UTC",
            as_of=words.day(run.period.as_of),
        ),
        figures=_figures(view),
        notes=tuple(_denominators(view)),
    )


def _figures(view: View) -> tuple[Figure, ...]:
    text, words, totals = view.speech.text, view.speech.words, view.analysis.totals
    company = next(iter(view.rows("concentration", level="company")), None)
    counts = view.analysis.counts
    found = [
        Figure(text("Revenue, all used lines"), view.money(totals.net), words.money(totals.net)),
        Figure(
            text("Income"),
            view.money(totals.income) if totals.income is not None else "–",
            words.money(totals.income),
            text("costs known for {share} of revenue", share=words.share(totals.cost_coverage)),
        ),
        Figure(
            text("Ranked accounts"),
            words.count(counts.get("ranked_accounts")),
            "",
            text("of {n} in all", n=words.count(counts.get("accounts"))),
        ),
    ]
    if company:
        of_base = view.by_base(text("of revenue"), text("of income"))
        keys, share = words.count(company["key_accounts"]), words.share(company["key_share"])
        found += [
            Figure(text("Key accounts"), keys, "", f"{share} {of_base}"),
            Figure(text("Largest account"), words.share(company["top_1"]), "", of_base),
        ]
    return tuple(found)


def _denominators(view: View) -> list[Note]:
    totals, words = view.analysis.totals, view.speech.words
    ranked, unranked = totals.parts(view.analysis.base)
    net = ranked + unranked
    if abs(unranked) <= abs(net) * Decimal(NOTABLE):
        return []
    return [
        Note(
            view.speech.text(
                "Shares are fractions of {ranked}, the sum of the accounts above zero; all used lines "
                "together give {net}, since accounts at or below zero stand at {unranked}.",
                ranked=words.with_currency(words.money(ranked)),
                net=words.with_currency(words.money(net)),
                unranked=words.with_currency(words.money(unranked)),
            )
        )
    ]


def read(view: View) -> Section:
    """Say what was read and what was odd about it."""
    text, counts = view.speech.text, view.analysis.counts
    finding = view.speech.plural(
        "{n} line was used of {read} read",
        "{n} lines were used of {read} read",
        counts.get("lines_used", 0),
        read=view.speech.words.count(counts.get("lines_read", 0)),
    )
    blocks = [
        _warnings(view),
        _odd_lines(view),
        view.grid("dirt", text("Odd lines, by rule")),
        _rejected(view),
        view.grid("files", text("Files read"), columns=_FILE_COLUMNS),
        view.grid("mapping", text("Columns, and which were guessed")),
    ]
    return view.section("read", finding, blocks, "dirt.", "currency", "structure")


_FILE_COLUMNS = "file lines rejected bytes encoding delimiter decimal_mark date_order"


def _warnings(view: View) -> Bullets | None:
    said = tuple(view.speech.sentence(reason) for reason in view.analysis.warnings)
    return Bullets(view.speech.text("What was odd"), said) if said else None


def _rejected(view: View) -> Bullets | None:
    said = tuple(
        view.speech.plural("{n} line: {why}", "{n} lines: {why}", count, why=view.speech.pattern(code))
        for code, count in view.analysis.rejected_by_reason.items()
    )
    title = view.speech.text("Lines that could not be read (in rejected.csv)")
    return Bullets(title, said) if said else None


def _odd_lines(view: View) -> Picture | None:
    rows = [row for row in view.rows("dirt") if row["lines"]]
    if not rows:
        return None
    left, stays = view.speech.text("left out"), view.speech.text("counted")
    items = [
        Bar(
            view.speech.code("rule", str(row["rule"])),
            row["lines"],
            f"{view.speech.words.count(row['lines'])} · {left if row['left_out'] else stays}",
            "bar" if row["left_out"] else "bar quiet",
        )
        for row in rows
    ]
    described = "; ".join(f"{item.name}: {item.text}" for item in items)
    return bars("odd", view.speech.text("Odd lines and what was done with them"), described, items)
