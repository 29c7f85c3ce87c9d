"""What every section of the page is made of, and how it looks into the analysis."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow.compute as pc

from kamreport.html.grid import Grid, grid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kamreport.html.drawing import Picture
    from kamreport.results import Analysis
    from kamreport.sentences import Speech
    from kamreport.tables import Table


@dataclass(frozen=True, slots=True)
class Note:
    """A paragraph; `tone` is "", "attention" or "harm"."""

    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Bullets:
    """A short list with its title."""

    title: str
    items: tuple[str, ...]


Block: TypeAlias = "Note | Bullets | Picture | Grid"


@dataclass(frozen=True, slots=True)
class Section:
    """One chapter of the page: what the reader learns, the evidence, and how it was computed."""

    key: str
    title: str
    finding: str
    blocks: tuple[Note | Bullets | Picture | Grid, ...]
    how: str = ""
    rules: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """An analysis seen in one language."""

    analysis: Analysis
    speech: Speech
    _rules: dict[str, str] = field(default_factory=dict)

    def table(self, key: str) -> Table:
        """Give a table."""
        return self.analysis.tables[key]

    def rows(self, key: str, count: int | None = None, **equal: object) -> list[dict[str, Any]]:
        """Give the rows of a table whose columns have the values asked for."""
        rows = self.table(key).rows
        for column, value in equal.items():
            rows = rows.filter(pc.equal(rows[column], value))
        return list((rows if count is None else rows.slice(0, count)).to_pylist())

    def grid(self, key: str, caption: str, **how: Any) -> Grid:  # noqa: ANN401 - handed on to grid()
        """Print a table."""
        return grid(self.table(key), self.speech, caption=caption, **how)

    def share_rule(self, key: str, default: float) -> float:
        """Give a rule that is a fraction, as it was set for this run."""
        if not self._rules:
            self._rules.update({row["key"]: row["value"] for row in self.rows("rules")})
        try:
            return float(self._rules.get(key, default))
        except ValueError:
            return default

    def rules(self, *prefixes: str) -> tuple[tuple[str, str], ...]:
        """Give title and value of the rules whose key begins so."""
        return tuple(
            (self.speech.rule(row["key"]), self.speech.setting(row["value"]))
            for row in self.rows("rules")
            if str(row["key"]).startswith(prefixes)
        )

    def money(self, value: object) -> str:
        """Write money short with its currency, for headings and pictures."""
        words = self.speech.words
        return words.with_currency(words.short(value))  # type: ignore[arg-type]  # numbers by the column's kind

    def by_base(self, of_revenue: str, of_income: str) -> str:
        """Choose the text that names what shares are computed on."""
        return of_income if self.analysis.base == "income" else of_revenue

    def section(
        self,
        key: str,
        finding: str,
        blocks: Sequence[Note | Bullets | Picture | Grid | None],
        *rules: str,
    ) -> Section:
        """Put a section together; blocks that are None are left out."""
        return Section(
            key=key,
            title=self.speech.name(f"section.{key}") or key,
            finding=finding,
            blocks=tuple(block for block in blocks if block is not None),
            how=self.speech.name(f"how.{key}") or "",
            rules=self.rules(*rules) if rules else (),
        )


def number(value: object) -> float:
    """Give a figure for drawing; nothing counts as zero."""
    return float(value) if value is not None else 0.0  # type: ignore[arg-type]  # numbers by the column's kind
