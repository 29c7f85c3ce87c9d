"""The report as a workbook: a sheet per table, real numbers and dates, and nothing that calculates."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import xlsxwriter

from kamreport.sentences import Speech, published_reason
from kamreport.tables import Kind
from kamreport.words import is_missing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from kamreport.results import Analysis
    from kamreport.tables import Column, Table

# A sheet that nobody can open helps nobody: longer tables go on in the files beside the workbook.
MOST_ACCOUNTS, MOST_ROWS = 100_000, 20_000
MOST_LETTERS, NAME_LETTERS = 32_767, 31
SHEETS = (
    "accounts",
    "levels",
    "dependency",
    "concentration",
    "nearest",
    "thresholds",
    "pareto",
    "matrix",
    "class_differences",
    "loss",
    "loss_cascade",
    "drifting",
    "alarm_record",
    "regulars",
    "survival",
    "migration",
    "migration_matrix",
    "bridge",
    "demand",
    "potential",
    "next_products",
    "stability",
    "models",
    "calibration",
    "quality",
    "files",
    "mapping",
    "dirt",
    "rules",
)
_FORMATS = {
    Kind.MONEY: "#,##0.00",
    Kind.QUANTITY: "#,##0.##",
    Kind.COUNT: "#,##0",
    Kind.SHARE: "0.0%",
    Kind.NUMBER: "#,##0.000",
    Kind.DAYS: "#,##0",
    Kind.DAY: "yyyy-mm-dd",
    Kind.MONTH: "yyyy-mm",
}
_WIDTHS = {Kind.TEXT: 24, Kind.SENTENCE: 60, Kind.CODES: 20, Kind.MONEY: 16, Kind.CODE: 14}
_REAL = {Kind.MONEY, Kind.QUANTITY, Kind.COUNT, Kind.SHARE, Kind.NUMBER, Kind.DAYS}


def write_workbook(analysis: Analysis, path: Path, lang: str) -> None:
    """Write all tables as sheets with frozen heads, filters and formats.

    Text is written as text even where it looks like a formula or an address.
    """
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "default_date_format": "yyyy-mm-dd",
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"title": analysis.title, "created": _made_at(analysis)})
        writer = _Writer(book, Speech(lang, analysis.currency))
        writer.summary(analysis)
        for key in SHEETS:
            writer.table(analysis.tables[key])


def _made_at(analysis: Analysis) -> datetime:
    return datetime.fromisoformat(analysis.made_at).astimezone(UTC).replace(tzinfo=None)


class _Writer:
    """Writes sheets of one workbook in one language."""

    def __init__(self, book: xlsxwriter.Workbook, speech: Speech) -> None:
        self.book, self.speech = book, speech
        self.head = book.add_format({"bold": True, "text_wrap": True, "valign": "bottom", "bottom": 1})
        self.formats = {kind: book.add_format({"num_format": said}) for kind, said in _FORMATS.items()}
        self.names: set[str] = set()

    def sheet(self, key: str) -> Worksheet:
        """Add a sheet under its translated title."""
        title = self.speech.name(f"sheet.{key}") or key
        for sign in "[]:*?/\\'":
            title = title.replace(sign, " ")
        title = title[:NAME_LETTERS]
        if title.casefold() in self.names:
            title = key[:NAME_LETTERS]
        self.names.add(title.casefold())
        return self.book.add_worksheet(title)

    def summary(self, analysis: Analysis) -> None:
        """Write period, base, currency, totals and counts on the first sheet."""
        sheet, text = self.sheet("summary"), self.speech.text
        sheet.set_column(0, 0, 40)
        sheet.set_column(1, 1, 28)
        period, totals = analysis.period, analysis.totals
        rows: list[tuple[str, object, Kind]] = [
            (analysis.title, None, Kind.TEXT),
            (text("Period from"), period.first_day, Kind.DAY),
            (text("Period to"), period.last_day, Kind.DAY),
            (text("Silence measured on"), period.as_of, Kind.DAY),
            (text("Shares computed on"), self.speech.code("base", analysis.base), Kind.TEXT),
            (text("Currency"), analysis.currency, Kind.TEXT),
            (text("Revenue, all used lines"), totals.net, Kind.MONEY),
            (text("Revenue of ranked accounts"), totals.ranked, Kind.MONEY),
            (text("Revenue of accounts not ranked"), totals.unranked, Kind.MONEY),
            (text("Income"), totals.income, Kind.MONEY),
            (text("Share of revenue with costs"), totals.cost_coverage, Kind.SHARE),
            (text("Run"), analysis.run_id, Kind.TEXT),
            *((self.speech.code("counts", key), count, Kind.COUNT) for key, count in analysis.counts.items()),
        ]
        for number, (title, value, kind) in enumerate(rows):
            sheet.write_string(number, 0, title, self.head if number == 0 else None)
            self._write(sheet, number, 1, kind, value)

    def table(self, table: Table) -> None:
        """Write one table; where a method declined, its sentence stands under the head."""
        sheet = self.sheet(table.key)
        for place, column in enumerate(table.columns):
            sheet.set_column(place, place, _WIDTHS.get(column.kind, 12))
        for place, column in enumerate(table.columns):
            sheet.write_string(0, place, self._title(column), self.head)
        sheet.freeze_panes(1, 2 if table.columns[0].key == "account" else 1)
        rows = min(len(table), MOST_ACCOUNTS if table.key == "accounts" else MOST_ROWS)
        sheet.autofilter(0, 0, max(rows, 1), len(table.columns) - 1)
        if table.declined:
            sheet.write_string(1, 0, self.speech.sentence(table.declined))
        self._rows(sheet, table, rows)
        if rows < len(table):
            more = self.speech.plural(
                "{n} row in all: {file}", "All {n} rows: {file}", len(table), file=f"{table.key}.csv"
            )
            sheet.write_string(rows + 1, 0, more)

    def _title(self, column: Column) -> str:
        title = self.speech.column(column.key)
        return (
            f"{title}, {self.speech.currency}"
            if column.kind is Kind.MONEY and self.speech.currency
            else title
        )

    def _rows(self, sheet: Worksheet, table: Table, count: int) -> None:
        """Write rows; `constant_memory` wants them in order and each one whole."""
        writers = [self._writer(sheet, column) for column in table.columns]
        number = 0
        for batch in table.rows.slice(0, count).to_batches(10_000):
            columns = [batch.column(column.key).to_pylist() for column in table.columns]
            for values in zip(*columns, strict=True):
                number += 1
                for place, value in enumerate(values):
                    if value is not None:
                        writers[place](number, place, value)

    def _writer(self, sheet: Worksheet, column: Column) -> Callable[[int, int, Any], object]:
        """Choose once per column how its cells are written."""
        kind = column.kind
        if kind not in {Kind.CODE, Kind.CODES, Kind.SENTENCE, Kind.FLAG}:
            return lambda row, place, value: self._write(sheet, row, place, kind, value)
        known: dict[Any, str] = {}

        def write(row: int, place: int, value: Any) -> None:  # noqa: ANN401 - by the column's kind
            if value not in known:
                known[value] = self._said(column, value)[:MOST_LETTERS]
            sheet.write_string(row, place, known[value])

        return write

    def _said(self, column: Column, value: Any) -> str:  # noqa: ANN401 - by the column's kind
        if column.kind is Kind.FLAG:
            return self.speech.text("yes") if value else self.speech.text("no")
        if column.kind is Kind.SENTENCE:
            return published_reason(value, self.speech.lang) or ""
        return "; ".join(self.speech.code(column.key, code) for code in str(value).split(";"))

    def _write(self, sheet: Worksheet, row: int, place: int, kind: Kind, value: Any) -> None:  # noqa: ANN401
        if is_missing(value):
            return
        written: Format | None = self.formats.get(kind)
        if kind in _REAL:
            sheet.write_number(row, place, float(value), written)
        elif kind is Kind.DAY:
            sheet.write_datetime(row, place, value, written)
        elif kind is Kind.MONTH:
            sheet.write_datetime(row, place, datetime(value // 100, value % 100, 1), written)  # noqa: DTZ001
        else:
            sheet.write_string(row, place, str(value)[:MOST_LETTERS])
