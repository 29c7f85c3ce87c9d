"""The report as a workbook: a sheet per table, real numbers and dates, and nothing that calculates."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from kamreport.sentences import Speech, published_reason
from kamreport.tables import Kind
from kamreport.words import is_missing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from xlsxwriter.format import Format

    from kamreport.results import Analysis
    from kamreport.tables import Column, Table

# A sheet that nobody can open helps nobody: longer tables go on in the files beside the workbook.
MOST_ACCOUNTS, MOST_ROWS = 100_000, 20_000
MOST_LETTERS, NAME_LETTERS = 32_767, 31
ROWS_AT_ONCE = 10_000
DAY_ZERO = date(1899, 12, 30)  # of the day numbers in a workbook
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

    def sheet(self, key: str) -> _Sheet:
        """Add a sheet under its translated title."""
        title = self.speech.name(f"sheet.{key}") or key
        for sign in "[]:*?/\\'":
            title = title.replace(sign, " ")
        title = title[:NAME_LETTERS]
        if title.casefold() in self.names:
            title = key[:NAME_LETTERS]
        self.names.add(title.casefold())
        sheet: _Sheet = self.book.add_worksheet(title, _Sheet)
        return sheet

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
        if rows:
            self._rows(sheet, table, rows)
        elif table.declined:
            sheet.write_string(1, 0, self.speech.sentence(table.declined))
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

    def _rows(self, sheet: _Sheet, table: Table, count: int) -> None:
        """Write rows, some thousand at a time."""
        sheet.begin_rows(count)
        for start in range(0, count, ROWS_AT_ONCE):
            rows = table.rows.slice(start, min(ROWS_AT_ONCE, count - start))
            sheet.add_rows(
                start + 1, [self._cells(sheet, column, rows[column.key]) for column in table.columns]
            )

    def _cells(self, sheet: _Sheet, column: Column, values: pa.ChunkedArray) -> tuple[str, pa.ChunkedArray]:
        """Give the attributes and the contents of the cells of a column; null where there is nothing."""
        if pa.types.is_floating(values.type):
            values = pc.if_else(pc.is_finite(values), values, None)
        written = self.formats.get(column.kind)
        style = f' s="{written._get_xf_index()}"' if written else ' t="inlineStr"'  # noqa: SLF001 - no other way
        if column.kind in _REAL:
            said = pc.cast(values, pa.string())
            return style, pc.binary_join_element_wise("<v>", said, "</v>", "")
        coded = pc.dictionary_encode(values.combine_chunks())
        if column.kind in {Kind.DAY, Kind.MONTH}:
            contents = [f"<v>{_day_number(value)}</v>" for value in coded.dictionary.to_pylist()]
        else:
            contents = [sheet.inline(self._said(column, value)) for value in coded.dictionary.to_pylist()]
        return style, pa.array(contents, pa.string()).take(coded.indices)

    def _said(self, column: Column, value: Any) -> str:  # noqa: ANN401 - by the column's kind
        if column.kind is Kind.FLAG:
            return self.speech.text("yes") if value else self.speech.text("no")
        if column.kind is Kind.SENTENCE:
            return published_reason(value, self.speech.lang) or ""
        if column.kind in {Kind.CODE, Kind.CODES}:
            return "; ".join(self.speech.code(column.key, code) for code in str(value).split(";"))
        return str(value)

    def _write(self, sheet: Worksheet, row: int, place: int, kind: Kind, value: Any) -> None:  # noqa: ANN401
        if is_missing(value):
            return
        written: Format | None = self.formats.get(kind)
        if kind in _REAL:
            sheet.write_number(row, place, float(value), written)
        elif kind is Kind.DAY:
            sheet.write_datetime(row, place, value, written)
        else:
            sheet.write_string(row, place, str(value)[:MOST_LETTERS])


class _Sheet(Worksheet):  # type: ignore[misc]  # a library without types
    """A sheet that takes rows as columns: a call for each cell costs ten times as much."""

    def begin_rows(self, count: int) -> None:
        """Let the head out, and make room for so many rows under it."""
        self._write_single_row(count + 1)
        self.dim_rowmax = count

    def add_rows(self, first: int, columns: Sequence[tuple[str, pa.ChunkedArray]]) -> None:
        """Write rows from number `first` on: for each column the attributes and the contents of its cells."""
        size = len(columns[0][1])
        numbers = pa.array(range(first + 1, first + 1 + size)).cast(pa.string())
        cells = [
            pc.binary_join_element_wise(
                f'<c r="{xl_col_to_name(place)}', numbers, f'"{style}>', contents, "</c>", ""
            )
            for place, (style, contents) in enumerate(columns)
        ]
        rows = pc.binary_join_element_wise(
            '<row r="', numbers, '">', *cells, "</row>", "", null_handling="replace", null_replacement=""
        )
        self.row_data_fh.writelines(rows.to_pylist())

    def inline(self, text: str) -> str:
        """Write the content of a cell of text."""
        said = self._escape_data(self._escape_control_characters(text[:MOST_LETTERS]))
        return f'<is><t xml:space="preserve">{said}</t></is>'


def _day_number(value: date | int) -> int:
    """Number a day, or the first day of a month given as year * 100 + month."""
    day = value if isinstance(value, date) else date(value // 100, value % 100, 1)
    return (day - DAY_ZERO).days
