"""The workbook: the same tables with real numbers and dates, and no formula in it."""

from __future__ import annotations

import zipfile
from datetime import date, datetime

import pytest
from python_calamine import CalamineWorkbook
from tests.kamreport import made_analysis

from kamreport import workbook
from kamreport.words import LANGUAGES
from kamreport.workbook import SHEETS, write_workbook


def sheet(path, name):
    return CalamineWorkbook.from_path(str(path)).get_sheet_by_name(name).to_python()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_table_has_its_sheet_in_each_language(tmp_path, lang):
    write_workbook(made_analysis.made(), tmp_path / "report.xlsx", lang)

    names = CalamineWorkbook.from_path(str(tmp_path / "report.xlsx")).sheet_names

    assert len(names) == len(set(names)) == len(SHEETS) + 1


def test_numbers_and_dates_are_real(tmp_path):
    write_workbook(made_analysis.made(), tmp_path / "report.xlsx", "en")

    head, first, *_ = sheet(tmp_path / "report.xlsx", "Accounts")
    row = dict(zip(head, first, strict=True))

    assert row["Revenue, EUR"] == 340_000
    assert row["First order"] in {date(2022, 1, 10), datetime(2022, 1, 10)}  # noqa: DTZ001
    assert row["Share"] == pytest.approx(0.3248, abs=1e-4)
    assert row["Key account"] == "yes"
    assert row["Status"] == "active"


def test_no_name_becomes_a_formula_or_a_link(tmp_path):
    analysis = made_analysis.made()
    rows = analysis.tables["accounts"].rows
    hostile = ["=1+1", "@SUM(A1)", "http://example.org", "+cmd", *rows["name"].to_pylist()[4:]]
    analysis.tables["accounts"] = made_analysis.table(
        "accounts", [dict(row, name=name) for row, name in zip(rows.to_pylist(), hostile, strict=True)]
    )

    write_workbook(analysis, tmp_path / "report.xlsx", "en")

    with zipfile.ZipFile(tmp_path / "report.xlsx") as package:
        sheets = [package.read(name) for name in package.namelist() if name.startswith("xl/worksheets/sheet")]
    assert not any(b"<f>" in content or b"hyperlink" in content for content in sheets)
    assert sheet(tmp_path / "report.xlsx", "Accounts")[1][1] == "=1+1"


def test_texts_and_figures_come_back_as_they_were(tmp_path):
    analysis = made_analysis.made()
    first, *others = analysis.tables["accounts"].rows.to_pylist()
    odd = {
        "name": " <r>A & B</r> \x07",
        "cv": 0.1 + 0.2,
        "first_order": None,
        "silence_probability": float("nan"),
    }
    analysis.tables["accounts"] = made_analysis.table("accounts", [first | odd, *others])

    write_workbook(analysis, tmp_path / "report.xlsx", "en")

    head, row, *rows = sheet(tmp_path / "report.xlsx", "Accounts")
    written = dict(zip(head, row, strict=True))
    assert written["Account"] == " <r>A & B</r> \x07"
    assert written["Variation"] == 0.1 + 0.2
    assert written["First order"] == written["Chance of this silence"] == ""
    assert len(rows) == len(others)


def test_heads_are_frozen_and_filtered(tmp_path):
    write_workbook(made_analysis.made(), tmp_path / "report.xlsx", "en")

    with zipfile.ZipFile(tmp_path / "report.xlsx") as package:
        content = package.read("xl/worksheets/sheet2.xml")

    assert b'state="frozen"' in content
    assert b"<autoFilter" in content


def test_a_declined_table_says_why(tmp_path):
    write_workbook(made_analysis.all_declined(), tmp_path / "report.xlsx", "en")

    assert sheet(tmp_path / "report.xlsx", "Demand")[1][0] == "Only 1 orders; a rhythm needs at least 3."


def test_a_table_too_long_for_a_sheet_says_where_it_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "MOST_ROWS", 10)

    write_workbook(made_analysis.made(), tmp_path / "report.xlsx", "en")

    rows = sheet(tmp_path / "report.xlsx", "Migration")
    assert len(rows) == 12
    assert rows[-1][0] == "All 30 rows: migration.csv"
