"""Which column is what: by the user's word, by the dictionary of names, then by content."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from kamledger.reading import refusals
from kamledger.reading.days import looks_like_day
from kamledger.reading.names import normal, rank, words
from kamledger.reading.numerals import looks_numeric, read_number
from kamledger.reading.results import FIELDS, DiscountKind
from kamstats.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from kamledger.reading.sources import Cells, Source
    from kamstats.reasons import Reason

NUMBERS = ("quantity", "unit_price", "discount", "revenue", "cost", "list_revenue")
MASTER_FIELDS = ("group", "segment", "launched")  # may stand inside a sales file
# the order in which fields choose among columns: names that belong to one field only come first
_CHOOSERS = (
    "date",
    "account",
    "document",
    "product",
    "line",
    "quantity",
    "unit_price",
    "discount",
    "revenue",
    "cost",
    "list_revenue",
    "currency",
    "manager",
    "department",
    "product_line",
    "name",
    "product_name",
    *MASTER_FIELDS,
)
_MOSTLY = 0.8


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Field -> position of its column, and which of them were guessed."""

    columns: Mapping[str, int]
    guessed: Mapping[str, bool]
    warnings: tuple[Reason, ...] = ()


def map_columns(source: Source, overrides: Mapping[str, str]) -> ColumnMap:
    """Give each field its column; Invalid where the account, the date or the amount has none."""
    said = {field: _said(source, field, column) for field, column in overrides.items()}
    guess = _by_names(source, said)
    warnings = _by_content(source, guess)
    _by_names_alone(source, guess)
    _check_complete(source, guess)
    return ColumnMap(guess, {field: field not in said for field in guess}, tuple(warnings))


def _said(source: Source, field: str, column: str) -> int:
    if field not in FIELDS:
        nearest = _nearest(field, FIELDS)
        raise Invalid(refusals.FIELD_UNKNOWN(field=field, nearest=nearest, fields=", ".join(FIELDS)))
    return find_column(column, source.columns, source.path.name)


def find_column(column: str, columns: Sequence[str], file: str) -> int:
    """Find a column that the user named: exactly, else without case and punctuation."""
    if column in columns:
        return columns.index(column)
    loose = [number for number, name in enumerate(columns) if normal(name) == normal(column)]
    if len(loose) == 1:
        return loose[0]
    nearest = _nearest(column, columns)
    listed = ", ".join(columns)
    raise Invalid(refusals.COLUMN_NOT_FOUND(column=column, file=file, nearest=nearest, columns=listed))


def _nearest(word: str, among: Sequence[str]) -> str:
    by_form = {normal(name): name for name in among}
    close = difflib.get_close_matches(normal(word), by_form, n=1, cutoff=0.0)
    return by_form[close[0]] if close else among[0]


def _by_names(source: Source, said: Mapping[str, int]) -> dict[str, int]:
    chosen = dict(said)
    content = [_Content.of(column) for column in _columns(source.sample, len(source.columns))]
    for field in _CHOOSERS:
        if field in chosen:
            continue
        taken = set(chosen.values())
        ranked = [
            (found, number)
            for number, name in enumerate(source.columns)
            if number not in taken
            and (found := rank(field, name)) is not None
            and content[number].suits(field)
        ]
        free = [each for each in ranked if not _belongs_elsewhere(source.columns[each[1]], field, each[0])]
        if free:
            chosen[field] = min(free)[1]
    if "account" not in chosen and "name" in chosen and "name" not in said:
        chosen["account"] = chosen.pop("name")  # a name alone is the key
    return chosen


def _belongs_elsewhere(name: str, field: str, found: int) -> bool:
    """A name of a later tier gives way to a field for which it is a first choice."""
    if found < 1000 or field in {"name", "product_name"}:
        return False
    others = (rank(other, name) for other in FIELDS if other not in {field, "name", "product_name"})
    return any(other is not None and other < 1000 for other in others) and found >= 1000


@dataclass(frozen=True, slots=True)
class _Content:
    """What the cells of a sample look like, as shares of the filled ones."""

    filled: int
    days: float
    numbers: float

    @classmethod
    def of(cls, cells: Sequence[str | None]) -> _Content:
        filled = [cell for cell in cells if cell][:200]
        count = max(len(filled), 1)
        days = sum(looks_like_day(cell) for cell in filled) / count
        return cls(len(filled), days, sum(map(looks_numeric, filled)) / count)

    def suits(self, field: str) -> bool:
        """Say whether such cells can be what the name says."""
        if not self.filled:
            return field not in {"revenue", "date"}
        if field in {"date", "launched"}:
            return self.days > 0.3 or (self.numbers > _MOSTLY and field == "date")
        if field in NUMBERS:
            return self.numbers > 0.3
        if field in {"name", "product_name", "currency"}:
            return self.numbers < _MOSTLY
        return self.days < _MOSTLY


def _columns(sample: Sequence[Cells], width: int) -> list[list[str | None]]:
    return [[row[number] if number < len(row) else None for row in sample] for number in range(width)]


def _by_content(source: Source, chosen: dict[str, int]) -> list[Reason]:
    """Let what columns hold decide where their names say nothing."""
    content = [_Content.of(column) for column in _columns(source.sample, len(source.columns))]
    free = [
        number
        for number in range(len(source.columns))
        if number not in chosen.values() and content[number].filled
    ]
    warnings = []
    for field, fits in _CONTENT_RULES:
        if field in chosen or (field == "revenue" and {"quantity", "unit_price"} <= set(chosen)):
            continue
        candidates = [number for number in free if fits(content[number])]
        if len(candidates) == 1 or (candidates and field == "date"):
            chosen[field] = candidates[0]
            free.remove(candidates[0])
            column = source.columns[candidates[0]]
            warnings.append(refusals.FIELD_BY_CONTENT(column=column, file=source.path.name, field=field))
    return warnings


def _by_names_alone(source: Source, chosen: dict[str, int]) -> None:
    """Believe the name of a column that must be there even where its cells look wrong: each will say why."""
    for field in ("date", "revenue"):
        if field in chosen or (field == "revenue" and {"quantity", "unit_price"} <= set(chosen)):
            continue
        free = [number for number in range(len(source.columns)) if number not in chosen.values()]
        ranked = [
            (found, number) for number in free if (found := rank(field, source.columns[number])) is not None
        ]
        if ranked:
            chosen[field] = min(ranked)[1]


_CONTENT_RULES: tuple[tuple[str, Callable[[_Content], bool]], ...] = (
    ("date", lambda content: content.days > _MOSTLY),
    ("revenue", lambda content: content.numbers > _MOSTLY and content.days < 0.5),
    ("account", lambda content: content.numbers < _MOSTLY and content.days < 0.5),
)


def _check_complete(source: Source, chosen: Mapping[str, int]) -> None:
    amount = "revenue" in chosen or {"quantity", "unit_price"} <= set(chosen)
    missing = [field for field in ("account", "date") if field not in chosen] + (
        [] if amount else ["revenue"]
    )
    if missing:
        listed = ", ".join(source.columns)
        raise Invalid(refusals.FIELD_MISSING(file=source.path.name, field=missing[0], columns=listed))


def guess_discount(
    name: str, sample: Sequence[Cells], columns: Mapping[str, int], marks: Mapping[str, str]
) -> DiscountKind:
    """Tell whether a discount is a fraction, a percentage or an amount.

    The name decides first, then which reading explains the amounts of the sample best, then the size.
    """
    said = set(words(name))
    if said & {"%", "percent", "percentage", "pct", "prozent", "prosentti", "alennusprosentti", "процент"}:
        return "percent"
    rows = [_numbers(row, columns, marks) for row in sample]
    sizes = [abs(row["discount"]) for row in rows if row.get("discount")]
    if not sizes:
        return "fraction"
    by_fit = _best_fit(rows)
    if by_fit is not None:
        return by_fit
    if said & {
        "amount",
        "sum",
        "summa",
        "сумма",
        "betrag",
        "თანხა",
        "գումար",
        "alennussumma",
        "rabattbetrag",
    }:
        return "amount"
    return "fraction" if max(sizes) <= 1 else "percent"


def _numbers(row: Cells, columns: Mapping[str, int], marks: Mapping[str, str]) -> dict[str, Decimal]:
    found = {
        field: read_number(row[columns[field]], mark)
        for field, mark in marks.items()
        if columns[field] < len(row)
    }
    return {field: value for field, value in found.items() if value is not None}


def _best_fit(rows: Iterable[Mapping[str, Decimal]]) -> DiscountKind | None:
    full = [row for row in rows if {"quantity", "unit_price", "revenue"} <= set(row) and row.get("discount")]
    misses = {kind: sum(abs(net_of(row, kind) - row["revenue"]) for row in full) for kind in _KINDS}
    best = min(_KINDS, key=misses.__getitem__)
    explained = sum(abs(row["revenue"]) for row in full) / 100
    return best if full and misses[best] <= explained else None


_KINDS: tuple[DiscountKind, ...] = ("fraction", "percent", "amount")


def net_of(row: Mapping[str, Decimal], kind: DiscountKind | None) -> Decimal:
    """Give quantity times unit price less discount, unrounded."""
    gross = row["quantity"] * row["unit_price"]
    discount = row.get("discount", Decimal(0))
    if kind == "amount":
        return gross - discount
    return gross * (1 - discount / (100 if kind == "percent" else 1))
