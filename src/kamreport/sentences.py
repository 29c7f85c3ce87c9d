"""Everything that is said in words: codes, columns, reasons and the texts of the report, in one language."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from string import Formatter
from typing import TYPE_CHECKING, Any

from kamreport.messages import catalogue, plural_form
from kamreport.words import Words
from kamstats.reasons import Reason
from kamstats.reasons import catalogue as sentences

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kamreport.tables import Table

ALL_LINES = "*"  # stands for the product line where there is none
# Sentence values that are codes themselves are looked up under these columns.
_WORDED_VALUES = (
    "unit",
    "base",
    "level",
    "status",
    "rule",
    "method",
    "measure",
    "frequency_class",
    "dependency_band",
    "alarm",
)
_NUMBERED = ("year", "row", "line")  # numbers that name something are not grouped
_FRACTIONS = ("share", "coverage", "floor")  # read as per cent
_FIRST_MONTH = 190_000


@cache
def _parts(template: str) -> tuple[tuple[str, str | None, str], ...]:
    """Take a template apart: text, the name of the value behind it, and how that is to be written."""
    return tuple((text, name, spec or "") for text, name, spec, _ in Formatter().parse(template))


def _filled(template: str, values: Mapping[str, Any], words: Words) -> str:
    """Fill placeholders with values worded for a language; a value that is not there is an ellipsis."""
    return "".join(
        text if name is None else text + words.formatted(values.get(name, "…"), spec)
        for text, name, spec in _parts(template)
    )


@dataclass(frozen=True, slots=True)
class Speech:
    """One language with the currency of an analysis.

    >>> Speech("en").plural("{n} account", "{n} accounts", 3)
    '3 accounts'
    """

    lang: str
    currency: str | None = None

    @property
    def words(self) -> Words:
        """Give the writer of numbers and dates."""
        return Words(self.lang, self.currency)

    def text(self, english: str, /, **values: object) -> str:
        """Translate a text of the report and fill its values in."""
        said = catalogue(self.lang).text(english)
        return said.format(**values) if values else said

    def plural(self, one: str, many: str, count: int, /, **values: object) -> str:
        """Translate a text in the form that goes with `count`, which is `{n}` in it."""
        said = plural_form(self.lang, one, many, count)
        return said.format(n=self.words.count(count), **values)

    def name(self, key: str) -> str | None:
        """Give the name under a key, in English where this language has none."""
        return catalogue(self.lang).name(key) or catalogue("en").name(key)

    def column(self, key: str) -> str:
        """Give the title of a column."""
        return self.name(f"column.{key}") or key

    def code(self, column: str, code: str) -> str:
        """Give the words of a code that stands in a column; the code itself where it has none."""
        return self.name(f"code.{column}.{code}") or (self.column(code) if column == "field" else code)

    def product_line(self, line: str, *, alone: bool) -> str:
        """Name a product line; `alone` where the ledger knows none, so that all products stand in one.

        >>> Speech("en").product_line(ALL_LINES, alone=False)
        'products without a line'
        """
        if line != ALL_LINES:
            return line
        return self.text("All products") if alone else self.text("products without a line")

    def lines_named(self, rows: Sequence[Mapping[str, Any]], table: Table) -> list[dict[str, Any]]:
        """Give rows of a table with its product lines in words."""
        if "product_line" not in table.rows.column_names:
            return [dict(row) for row in rows]
        alone = set(table.rows["product_line"].unique().to_pylist()) <= {ALL_LINES, None}
        return [
            dict(
                row, product_line=row["product_line"] and self.product_line(row["product_line"], alone=alone)
            )
            for row in rows
        ]

    def setting(self, value: str | None) -> str:
        """Word the value of a setting.

        >>> Speech("en").setting("True"), Speech("en").setting("0.10"), Speech("en").setting(None)
        ('yes', '0.10', '–')
        """
        switch = {"True": self.text("yes"), "False": self.text("no")}
        return switch.get(value or "", value or "–")

    def rule(self, key: str) -> str:
        """Give the title of a setting."""
        return self.name(f"rule.{key}") or key

    def sentence(self, reason: Reason) -> str:
        """Say a reason."""
        declared = sentences().get(reason.code)
        template = catalogue(self.lang).name(reason.code) if self.lang != "en" else None
        template = template or (declared.english if declared else reason.code)
        return _filled(template, self._worded(reason.values), self.words)

    def pattern(self, code: str) -> str:
        """Say what a code is about, without the values of one occurrence."""
        return self.sentence(Reason(code))

    def _worded(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {key: self._worded_value(key, value) for key, value in values.items()}

    def _worded_value(self, key: str, value: object) -> object:
        if isinstance(value, str) and key in _WORDED_VALUES:
            return "; ".join(self.code(key, code) for code in value.split(";"))
        if isinstance(value, int) and key.endswith("month") and value > _FIRST_MONTH:
            return self.words.month(value)
        if isinstance(value, float | Decimal) and key.endswith(_FRACTIONS) and abs(float(value)) <= 1:
            return self.words.share(value)
        return str(value) if isinstance(value, int) and key in _NUMBERED else value


def say(reason: Reason, lang: str, currency: str | None = None) -> str:
    """Turn a reason into its sentence.

    >>> say(Reason("too_few_orders", {"have": 2, "need": 3}), "en")
    'Only 2 orders; a rhythm needs at least 3.'
    """
    return Speech(lang, currency).sentence(reason)


def title_of(column_key: str, lang: str) -> str:
    """Give the title of a column.

    >>> title_of("days_silent", "en")
    'Days silent'
    """
    return Speech(lang).column(column_key)


def _packed(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, date):
        return {"date": value.isoformat()}
    return {"decimal": str(value)} if isinstance(value, Decimal) else value


def _unpacked(value: Any) -> Any:  # noqa: ANN401
    if not isinstance(value, dict):
        return value
    return date.fromisoformat(value["date"]) if "date" in value else Decimal(value["decimal"])


def pack_reasons(reasons: Iterable[tuple[str, Reason]]) -> str | None:
    """Write (column, reason) pairs as one cell of a `reason` column; None where there are none.

    >>> pack_reasons([("cv", Reason("too_few_orders", {"have": 2, "need": 3}))])
    '[["cv", "too_few_orders", {"have": 2, "need": 3}]]'
    """
    cell = [
        [column, reason.code, {key: _packed(value) for key, value in reason.values.items()}]
        for column, reason in reasons
    ]
    return json.dumps(cell, ensure_ascii=False) if cell else None


def unpack_reasons(cell: str | None) -> list[tuple[str, Reason]]:
    """Read a cell that :func:`pack_reasons` wrote.

    >>> unpack_reasons('[["cv", "too_few_orders", {"have": 2, "need": 3}]]')[0][1].english
    'Only 2 orders; a rhythm needs at least 3.'
    """
    return [
        (column, Reason(code, {key: _unpacked(value) for key, value in values.items()}))
        for column, code, values in json.loads(cell or "[]")
    ]


@lru_cache(maxsize=100_000)
def published_reason(cell: str | None, lang: str) -> str | None:
    """Give a `reason` cell as the files print it: `column:code: sentence`, joined by ` | `.

    >>> published_reason('[["cv", "too_few_orders", {"have": 2, "need": 3}]]', "en")
    'cv:too_few_orders: Only 2 orders; a rhythm needs at least 3.'
    """
    if not cell:
        return None
    return " | ".join(
        f"{column}:{reason.code}: {say(reason, lang)}" if column else f"{reason.code}: {say(reason, lang)}"
        for column, reason in unpack_reasons(cell)
    )
