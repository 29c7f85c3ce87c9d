"""Tables of the page: rows of an analysis as cells that are ready to print."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from kamreport.sentences import unpack_reasons
from kamreport.tables import Kind
from kamreport.words import MISSING, is_missing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from kamreport.sentences import Speech
    from kamreport.tables import Column, Table

FIRST_ROWS, MOST_ROWS, MOST_NOTES = 20, 200, 12

_RIGHT = {Kind.MONEY, Kind.QUANTITY, Kind.COUNT, Kind.SHARE, Kind.NUMBER, Kind.DAYS}
_BADGES = {"abc", "abc_income", "xyz", "abc_before", "abc_after", "class_before", "class_after"}
_SIGNED = {"change", "new", "lost", "assortment", "volume", "mix", "price"}
_HARM = {"lost", "mono", "mono_red", "critical", "loss_making", "one_order", "alarm"}
_ATTENTION = {"drifting", "act", "severe", "watch", "decline", "band", "borderline", "above"}


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one place of a table; `note` is the number of its footnote."""

    text: str
    class_: str = ""
    detail: str = ""  # said smaller behind the text
    note: int | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column."""

    text: str
    class_: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """One table: the rows shown, those shown on demand, and how many there are in all."""

    key: str
    caption: str
    heads: tuple[Head, ...]
    first: tuple[tuple[Cell, ...], ...]
    more: tuple[tuple[Cell, ...], ...] = ()
    count: int = 0
    file: str = ""  # where all rows are
    notes: tuple[str, ...] = ()
    declined: str = ""


@dataclass(slots=True)
class _Notes:
    """Footnotes of one table: each reason once."""

    said: list[str] = field(default_factory=list)

    def number(self, sentence: str) -> int | None:
        if sentence not in self.said:
            if len(self.said) >= MOST_NOTES:
                return None
            self.said.append(sentence)
        return self.said.index(sentence) + 1


def shown(column: Column, value: object, speech: Speech) -> str:
    """Word one value by the kind of its column."""
    if is_missing(value) or value == "":
        return MISSING
    words = speech.words
    writers: dict[Kind, Callable[[Any], str]] = {
        Kind.CODE: lambda code: speech.code(column.key, str(code)),
        Kind.CODES: lambda codes: "; ".join(speech.code(column.key, code) for code in str(codes).split(";")),
        Kind.SENTENCE: lambda cell: _sentences(cell, speech),
        Kind.MONEY: words.change if column.key in _SIGNED else words.money,
        Kind.QUANTITY: words.quantity,
        Kind.COUNT: words.count,
        Kind.SHARE: words.share,
        Kind.NUMBER: words.number,
        Kind.DAYS: words.count,
        Kind.DAY: words.day,
        Kind.MONTH: words.month,
        Kind.FLAG: lambda flag: speech.text("yes") if flag else speech.text("no"),
    }
    return writers.get(column.kind, str)(value)


def _sentences(cell: str, speech: Speech) -> str:
    return " ".join(speech.sentence(reason) for _, reason in unpack_reasons(cell))


def _tone(code: str) -> str:
    if code in _HARM:
        return "harm"
    return "attention" if code in _ATTENTION else ""


def _class_of(column: Column, value: object) -> str:
    if column.kind in _RIGHT:
        return "number"
    if column.kind in {Kind.DAY, Kind.MONTH}:
        return "date"
    if column.key in _BADGES and isinstance(value, str):
        return f"badge class-{value[:1]}" if value[:1] in "ABCXYZ" else ""
    if column.kind in {Kind.CODE, Kind.CODES} and isinstance(value, str):
        tones = {_tone(code) for code in value.split(";")}
        return "harm" if "harm" in tones else "attention" if "attention" in tones else ""
    return "prose" if column.kind is Kind.SENTENCE else ""


def _cells(
    record: Mapping[str, Any], columns: Sequence[Column], speech: Speech, notes: _Notes
) -> tuple[Cell, ...]:
    reasons = dict(unpack_reasons(record.get("reason")))
    cells = []
    for column in columns:
        value = record[column.key]
        text = shown(column, value, speech)
        reason = reasons.get(column.key) if text == MISSING else None
        note = notes.number(f"{speech.column(column.key)}: {speech.sentence(reason)}") if reason else None
        detail = _key_behind(record) if column.key == "name" else ""
        cells.append(Cell(text, _class_of(column, value), detail, note))
    return tuple(cells)


def _key_behind(record: Mapping[str, Any]) -> str:
    key = str(record.get("account") or "")
    return "" if key == str(record.get("name") or "") else key


def _head(column: Column, speech: Speech) -> Head:
    unit = speech.words.currency_sign if column.kind is Kind.MONEY else ""
    return Head(speech.column(column.key), "number" if column.kind in _RIGHT else "", unit)


def _chosen(table: Table, keys: str) -> list[Column]:
    by_key = {column.key: column for column in table.columns}
    if keys:
        return [by_key[key] for key in keys.split()]
    named = "name" in by_key
    return [column for column in table.columns if not (named and column.key == "account")]


def grid(
    table: Table,
    speech: Speech,
    *,
    caption: str,
    columns: str = "",
    rows: Sequence[Mapping[str, Any]] | pa.Table | None = None,
    first: int = FIRST_ROWS,
    file: str = "",
) -> Grid:
    """Make the printed form of a table; `rows` narrows it, `columns` chooses and orders what is shown.

    Only the rows that are shown are read, whatever the size of the table.
    """
    chosen = _chosen(table, columns)
    rows = table.rows if rows is None else rows
    records = rows.slice(0, MOST_ROWS).to_pylist() if isinstance(rows, pa.Table) else rows[:MOST_ROWS]
    records = speech.lines_named(records, table)
    notes = _Notes()
    cells = [_cells(record, chosen, speech, notes) for record in records]
    count = len(rows)
    first = first if len(cells) > first + 5 else len(cells)
    return Grid(
        key=table.key,
        caption=caption,
        heads=tuple(_head(column, speech) for column in chosen),
        first=tuple(cells[:first]),
        more=tuple(cells[first:]),
        count=count,
        file=file if count > MOST_ROWS else "",
        notes=tuple(notes.said),
        declined=speech.sentence(table.declined) if table.declined else "",
    )
