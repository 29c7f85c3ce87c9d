"""An analysis in the terminal: what was used, who is key, who is drifting, what to look at next."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kamcli.printing import RED, clean, coloured, heading, note, say, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kamreport.results import Analysis
    from kamreport.sentences import Speech
    from kamreport.tables import Column

SHOWN = 10  # rows of a table


def say_analysis(analysis: Analysis, speech: Speech) -> None:
    """Print the answers that fit a screen; the report has all of them."""
    screen = Screen(analysis, speech)
    screen.totals()
    screen.keys()
    screen.show("dependency", "The ladder of dependency", _LADDER)
    screen.show("drifting", "Accounts with an alarm, by money", _DRIFTING)
    for reason in analysis.warnings:
        note(coloured("! ", RED) + clean(speech.sentence(reason)))


_KEY = ("account", "name", "share", "revenue", "income", "dependency_band", "alarm")
_LADDER = ("level", "level_key", "rank", "account", "name", "share", "dependency_band")
_DRIFTING = ("account", "name", "status", "revenue_12m", "days_silent", "usual_interval_days", "alarm")
_NEAREST = ("account", "name", "share", "distance_to_key")


@dataclass(frozen=True, slots=True)
class Screen:
    """Parts of an analysis in one language."""

    analysis: Analysis
    speech: Speech

    def totals(self) -> None:
        """Print period and sums."""
        words, totals, period = self.speech.words, self.analysis.totals, self.analysis.period
        income = self.analysis.base == "income"
        base = self.speech.text("shares by income") if income else self.speech.text("shares by revenue")
        days = f"{words.day(period.first_day)} – {words.day(period.last_day)}"
        say(f"{clean(self.analysis.title)}: {days} · {base}")
        self._lines()
        revenue = sum(self.analysis.tables["accounts"].rows["revenue"].to_pylist(), Decimal(0))
        self._sum("Revenue, all used lines", revenue)
        if totals.income is not None:
            self._sum("Income", totals.income)
        counts = self.analysis.counts
        ranked, known = counts.get("ranked_accounts"), counts.get("accounts")
        of_all = self.speech.text("of {n} in all", n=words.count(known))
        say(f"{self.speech.text('Ranked accounts')}: {words.count(ranked)} · {of_all}")

    def _lines(self) -> None:
        counts = self.analysis.counts
        say(
            self.speech.plural(
                "{n} line was used of {read} read",
                "{n} lines were used of {read} read",
                counts.get("lines_used", 0),
                read=self.speech.words.count(counts.get("lines_read", 0)),
            )
        )

    def _sum(self, title: str, value: Decimal) -> None:
        currency = self.analysis.currency or ""
        say(f"{self.speech.text(title)}: {self.speech.words.decimal(value)} {currency}".rstrip())

    def keys(self) -> None:
        """Print the key accounts, or who is nearest where there are none."""
        keys = [row for row in self.analysis.tables["accounts"].records() if row["key_account"]]
        if keys:
            self.show("accounts", "Key accounts of the company", _KEY, keys)
        else:
            heading(self._nobody())
            self.show("nearest", "The ten accounts nearest to the threshold", _NEAREST)

    def _nobody(self) -> str:
        threshold = self.speech.words.share(float(str(self.analysis.settings["key.threshold"])), 0)
        if self.analysis.base == "income":
            return self.speech.text("No account reaches {threshold} of income", threshold=threshold)
        return self.speech.text("No account reaches {threshold} of revenue", threshold=threshold)

    def show(
        self, key: str, title: str, shown: Sequence[str], rows: list[dict[str, Any]] | None = None
    ) -> None:
        """Print the first rows of a table under its title; say why there are none where a method declined."""
        found = self.analysis.tables[key]
        rows = found.records() if rows is None else rows
        declined = found.declined or self.analysis.declined.get(key)
        heading(self.speech.text(title))
        if not rows:
            say("  " + (self.speech.sentence(declined) if declined else "–"))
            return
        say_rows(self.speech, [column for column in found.columns if column.key in shown], rows[:SHOWN])
        if len(rows) > SHOWN:
            say(f"  … {self.speech.text('of {n} in all', n=self.speech.words.count(len(rows)))}")


def say_rows(speech: Speech, columns: Sequence[Column], rows: Sequence[dict[str, Any]]) -> None:
    """Print rows of a table of the analysis in columns."""
    table(
        [speech.column(column.key) for column in columns],
        [[cell(speech, column, row[column.key]) for column in columns] for row in rows],
        right=[place for place, column in enumerate(columns) if column.kind in _NUMBERS],
    )


_NUMBERS = ("money", "quantity", "count", "share", "number", "days")


def cell(speech: Speech, column: Column, value: Any) -> str:  # noqa: ANN401 - a cell of any kind
    """Write one cell the way people read it."""
    if value is None or value == "":
        return ""
    words = speech.words
    writers = {
        "money": lambda: words.decimal(value, 0),
        "quantity": lambda: words.number(value),
        "count": lambda: words.count(value),
        "share": lambda: words.share(value),
        "number": lambda: words.number(value),
        "days": lambda: words.decimal(value, 0),
        "day": lambda: words.day(value),
        "month": lambda: words.month(value),
        "code": lambda: speech.code(column.key, value),
        "codes": lambda: ", ".join(speech.code(column.key, code) for code in value.split(";")),
        "flag": lambda: speech.text("yes") if value else speech.text("no"),
    }
    return str(writers.get(str(column.kind), lambda: str(value))())
