"""Export: the lines for other programs."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.kamledger.store.ledger_maker import FEED, NOON, line, reading

from kamledger.store import Ledger
from kamledger.store.table import STORED
from kamstats.errors import Invalid


@pytest.fixture
def filled(ledger, load):
    load(line("1", "10.5", document_key='D "1", x'), line("2", "-3", day="2026-02-01", account_key=None))
    load(line("1", "11", document_key='D "1", x'))
    return ledger


def test_a_csv_file_has_every_line_with_points_and_iso_dates(filled, tmp_path):
    path = tmp_path / "lines.csv"

    assert filled.export(path, form="csv") == 2

    with path.open(encoding="utf-8", newline="") as file:
        first, second = sorted(csv.DictReader(file), key=lambda row: row["line_key"])
    assert (first["document_key"], first["date"], first["revenue"]) == ('D "1", x', "2026-01-05", "11.0000")
    assert (second["account_key"], second["month"]) == ("", "202602")


def test_a_parquet_file_has_the_types_of_the_ledger(filled, tmp_path):
    path = tmp_path / "lines.parquet"

    filled.export(path, form="parquet")

    assert pq.read_schema(path).types == STORED.types
    assert pq.read_schema(path).names == STORED.names


def test_an_older_version_can_be_exported(filled, tmp_path):
    path = tmp_path / "lines.csv"

    filled.export(path, form="csv", version=1)

    assert ",10.5000," in path.read_text()


def test_an_empty_ledger_gives_a_header(ledger, tmp_path):
    path = tmp_path / "lines.csv"

    assert ledger.export(path, form="csv") == 0
    assert path.read_text().strip() == ",".join(STORED.names)


def test_a_file_that_is_there_is_replaced_only_where_that_is_said(filled, tmp_path):
    path = tmp_path / "lines.csv"
    path.write_text("years of work")

    with pytest.raises(Invalid, match=r"There is a file .*lines\.csv already"):
        filled.export(path, form="csv")

    assert path.read_text() == "years of work"
    assert filled.export(path, form="csv", replace=True) == 2


def test_a_folder_is_never_replaced_by_a_file(filled, tmp_path):
    (tmp_path / "lines.csv").mkdir()

    with pytest.raises(Invalid, match=r"lines\.csv already"):
        filled.export(tmp_path / "lines.csv", form="csv", replace=True)


def test_an_export_into_a_folder_that_is_not_there_is_refused_and_leaves_nothing(filled, tmp_path):
    with pytest.raises(Invalid, match=r"no folder .*none to export into"):
        filled.export(tmp_path / "none" / "lines.csv", form="csv")

    assert not (tmp_path / "none").exists()


def test_relative_paths_will_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    staged = reading(Path("staged"), line("1"))

    ledger = Ledger.create(Path("ledger"))
    ledger.load(staged, feed=FEED, at=NOON)

    assert ledger.export(Path("lines.csv"), form="csv") == 1
