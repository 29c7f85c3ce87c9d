"""Workbooks: the sheet with the sales, real dates, and files that are traps."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest
import xlsxwriter

from kamledger.reading import workbook_source
from kamstats.errors import Invalid


@pytest.fixture
def workbook(tmp_path):
    """Make a workbook of sheets of rows."""

    def make(**sheets):
        path = tmp_path / "sales.xlsx"
        with xlsxwriter.Workbook(path, {"default_date_format": "dd.mm.yyyy"}) as book:
            for name, rows in sheets.items():
                sheet = book.add_worksheet(name)
                for number, row in enumerate(rows):
                    sheet.write_row(number, 0, row)
        return path

    return make


SALES = [
    ["Sales report"],
    [],
    ["Customer No.", "Customer", "Date", "Invoice", "Quantity", "Amount"],
    [10000, "Meyer", date(2026, 1, 13), 501, 2, 2001.6],
    [10001, "Koch", date(2026, 1, 14), 502, 1, 0.1],
    ["Total", "", "", "", 3, 2001.7],
]


def test_the_sheet_that_looks_like_sales_is_read(workbook, load, rejected) -> None:
    path = workbook(Notes=[["hello"], ["world"]], Data=SALES)

    reading, rows = load(path)

    assert [(row["row"], row["account_key"], row["document_key"], row["date"]) for row in rows] == [
        (4, "10000", "501", date(2026, 1, 13)),
        (5, "10001", "502", date(2026, 1, 14)),
    ]
    assert [row["revenue"] for row in rows] == [Decimal("2001.6000"), Decimal("0.1000")]
    assert [(each["row"], each["value"]) for each in rejected(reading)] == [("6", "Total")]


def test_a_sheet_may_be_named(workbook, load) -> None:
    other = [[*SALES[2]], [7, "Other", date(2025, 1, 1), 1, 1, 5]]
    path = workbook(Data=SALES, Other=other)

    assert load(path, sheet="Other")[0].lines == 1
    with pytest.raises(Invalid, match=r'"Sheet9" is no sheet. Allowed: Data, Other'):
        load(path, sheet="Sheet9")


def test_columns_of_numbers_and_days_may_have_gaps_and_texts(workbook, load, rejected) -> None:
    rows = [
        ["customer", "date", "quantity", "amount"],
        ["A", date(2026, 1, 13), 1, 1.5],
        ["B", "14.01.2026", "", 2.5],
        ["C", date(2026, 1, 15), 2, "much"],
        ["D", 46037, 2, 4],
    ]

    reading, read = load(workbook(Data=rows))

    assert [(row["account_key"], row["date"]) for row in read] == [
        ("A", date(2026, 1, 13)),
        ("B", date(2026, 1, 14)),
        ("D", date(2026, 1, 15)),
    ]
    assert [(each["field"], each["value"]) for each in rejected(reading)] == [("revenue", "much")]


def test_an_empty_workbook_has_no_header(workbook, load) -> None:
    with pytest.raises(Invalid, match="no row of column names"):
        load(workbook(Data=[]))


def bomb(size: int, declared: int | None = None) -> bytes:
    """Make a workbook whose sheet unpacks to `size` bytes; the directory may lie about it."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(size))
    packed = bytearray(target.getvalue())
    if declared is not None:
        true, false = size.to_bytes(4, "little"), declared.to_bytes(4, "little")
        packed = bytearray(bytes(packed).replace(true, false))
    return bytes(packed)


@pytest.mark.parametrize("declared", [None, 1000])
def test_a_zip_bomb_is_refused_before_it_is_unpacked(declared, write, load, monkeypatch) -> None:
    monkeypatch.setattr(workbook_source, "LARGEST_UNPACKED", 20 << 20)
    path = write(bomb(40 << 20, declared), "bomb.xlsx")

    with pytest.raises(Invalid) as refusal:
        load(path)

    assert refusal.value.reason.code == "workbook_too_large"


def test_a_workbook_cut_off_is_refused(workbook, load, write) -> None:
    whole = workbook(Data=SALES).read_bytes()

    for content in (whole[:-200], whole[: len(whole) // 2]):
        with pytest.raises(Invalid) as refusal:
            load(write(content, "cut.xlsx"))
        assert refusal.value.reason.code == "file_truncated"


def test_a_zip_that_is_no_workbook_is_refused(write, load) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("readme.txt", "hello")

    with pytest.raises(Invalid) as refusal:
        load(write(target.getvalue(), "other.zip"))

    assert refusal.value.reason.code == "file_truncated"
