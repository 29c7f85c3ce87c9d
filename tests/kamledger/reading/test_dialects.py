"""Lines written in any dialect come back equal, and equal to what plain Python reads."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from kamledger.reading import read
from kamledger.reading.days import read_day
from kamledger.reading.numerals import money, plain_text, read_number

HEADERS = {
    "en": ("Customer", "Date", "Invoice", "Product", "Quantity", "Amount"),
    "ru": ("Контрагент", "Дата", "Накладная", "Номенклатура", "Кол-во", "Сумма без НДС"),
    "fi": ("Asiakas", "Päivämäärä", "Laskunro", "Tuote", "Määrä", "Veroton summa"),
    "ka": ("კლიენტი", "თარიღი", "ინვოისის ნომერი", "საქონელი", "რაოდენობა", "თანხა"),
    "hy": ("Հաճախորդ", "Ամսաթիվ", "Հաշվի համար", "Ապրանք", "Քանակ", "Գումար"),
    "de": ("Kunde", "Rechnungsdatum", "Rechnungsnummer", "Artikel", "Menge", "Nettobetrag"),
}
FORMS = {"ymd": "%Y-%m-%d", "dmy": "%d.%m.%Y", "mdy": "%m/%d/%Y", "compact": "%Y%m%d"}
WORDS = st.text(alphabet="abcXYZäö Öљшჯկ';,\"&-", min_size=1, max_size=12).map(str.strip).filter(bool)


@dataclass(frozen=True)
class Dialect:
    language: str
    encoding: str
    delimiter: str
    mark: str
    grouper: str
    form: str
    line_end: str

    def number(self, value: Decimal) -> str:
        text = f"{value:,.2f}".replace(",", "\0").replace(".", self.mark)
        return text.replace("\0", self.grouper)


@st.composite
def dialects(draw) -> Dialect:
    mark = draw(st.sampled_from(".,"))
    return Dialect(
        language=draw(st.sampled_from(sorted(HEADERS))),
        encoding=draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])),
        delimiter=draw(st.sampled_from(",;\t|")),
        mark=mark,
        grouper=draw(st.sampled_from(["", " ", "\u00a0", "\u202f", "'", "," if mark == "." else "."])),
        form=draw(st.sampled_from(sorted(FORMS))),
        line_end=draw(st.sampled_from(["\n", "\r\n"])),
    )


LINES = st.lists(
    st.tuples(
        WORDS,
        st.dates(min_value=date(1995, 1, 13), max_value=date(2035, 12, 28)),
        st.integers(1, 9999).map(str),
        WORDS,
        st.decimals(min_value=-9999, max_value=9999, places=2),
        st.decimals(min_value=-(10**8), max_value=10**8, places=2),
    ),
    min_size=3,
    max_size=25,
)
TELLING = ("Telling", date(2020, 12, 28), "1", "P", Decimal("1.25"), Decimal("1234567.25"))


def written(dialect: Dialect, lines) -> bytes:
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=dialect.delimiter, lineterminator=dialect.line_end)
    writer.writerow(HEADERS[dialect.language])
    for account, day, document, product, quantity, amount in lines:
        row = [account, day.strftime(FORMS[dialect.form]), document, product]
        writer.writerow([*row, dialect.number(quantity), dialect.number(amount)])
    return target.getvalue().encode(dialect.encoding)


def lines_from(content: bytes):
    with TemporaryDirectory() as folder:
        path = Path(folder, "sales.csv")
        path.write_bytes(content)
        reading = read([path], into=Path(folder, "staged"), feed="shop")
        tables = [parquet.read_table(each).sort_by("row") for each in reading.staged]
    return reading, pa.concat_tables(tables, promote_options="default").to_pylist()


@settings(max_examples=30)
@given(dialects(), LINES)
def test_lines_written_in_a_dialect_come_back_equal(dialect, lines) -> None:
    lines = [TELLING, *lines]

    reading, rows = lines_from(written(dialect, lines))

    assert reading.rejected == 0
    assert [
        (
            row["account_key"],
            row["date"],
            row["document_key"],
            row["product_key"],
            row["quantity"],
            row["revenue"],
        )
        for row in rows
    ] == lines


CELLS = st.sampled_from(
    [
        "1",
        "-2.5",
        "1,234.50",
        "(7.25)",
        "3-",
        "1e2",
        "12.34.5",
        "x",
        "",
        "NA",
        " 4 ",
        "€5",
        "0.00005",
        "1'000",
    ]
)
DAYS = st.sampled_from(["2026-01-13", "13.01.2026", "20260113", "31.02.2026", "", "soon", "2026-1-3 10:00"])


def oracle(rows) -> tuple[list[tuple[int, date, Decimal]], int]:
    """Read the plain Python way: what a line is, and how many are rejected."""
    good, bad = [], 0
    for number, (day, quantity, price, amount) in enumerate(rows, 3):
        cells = [None if cell.strip() in {"", "NA"} else cell for cell in (quantity, price, amount)]
        unread = any(cell is not None and plain_text(cell, ".") is None for cell in cells)
        values = [read_number(cell, ".") for cell in cells]
        read_to = read_day(day.strip() or None, "dmy")
        if values[2] is not None:
            revenue = money(values[2])
        elif values[0] is not None and values[1] is not None:
            revenue = money(values[0] * values[1])
        else:
            revenue = None
        if unread or read_to is None or revenue is None:
            bad += 1
        else:
            good.append((number, read_to, revenue))
    return good, bad


@settings(max_examples=30)
@given(st.lists(st.tuples(DAYS, CELLS, CELLS, CELLS), min_size=1, max_size=12))
def test_the_engine_reads_what_plain_python_reads(rows) -> None:
    target = io.StringIO(newline="")
    csv.writer(target).writerows(
        [
            ("customer", "date", "quantity", "unit price", "amount"),
            ("A", "13.01.2026", "1", "1.25", "1.25"),
            *(("A", *row) for row in rows),
        ]
    )

    reading, lines = lines_from(target.getvalue().encode())

    good, bad = oracle(rows)
    assert [(line["row"], line["date"], line["revenue"]) for line in lines[1:]] == good
    assert reading.rejected == bad
