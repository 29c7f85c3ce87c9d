"""The files beside the report, and the folder they stand in."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from decimal import Decimal

import pyarrow.parquet as pq
import pytest
from tests.kamreport import made_analysis

from kamreport.files import check_folder, recover_folder, replace_folder, write_files, write_report
from kamreport.tables import COLUMNS
from kamstats.errors import Invalid

NAMED = {
    "accounts.csv",
    "accounts.parquet",
    "bridge.csv",
    "demand.csv",
    "dependency.csv",
    "migration.csv",
    "potential.csv",
    "rejected.csv",
    "report.html",
    "report.xlsx",
    "run.json",
}


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_file_is_written_and_nothing_else_is_left(tmp_path):
    write_report(made_analysis.made(), tmp_path / "report")

    assert {path.name for path in (tmp_path / "report").iterdir()} == {*NAMED, "levels.csv"}
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


@pytest.mark.parametrize("made", [made_analysis.empty, made_analysis.all_declined])
def test_a_table_without_rows_still_has_its_header(tmp_path, made):
    write_report(made(), tmp_path / "report")

    for key in ("accounts", "migration", "demand", "potential", "bridge", "dependency"):
        header = ",".join(column.key for column in COLUMNS[key]) + "\n"
        assert (tmp_path / "report" / f"{key}.csv").read_text() == header
    assert {path.name for path in (tmp_path / "report").iterdir()} == NAMED


def test_accounts_are_exact_and_unescaped(tmp_path):
    analysis = made_analysis.made()
    write_files(analysis, tmp_path, lang="en")

    rows = rows_of(tmp_path / "accounts.csv")

    assert [row["name"] for row in rows] == analysis.tables["accounts"].rows["name"].to_pylist()
    assert sum(Decimal(row["revenue"]) for row in rows) == analysis.totals.ranked
    assert rows[0]["first_order"] == "2022-01-10"
    assert rows[0]["key_account"] == "true"
    assert rows[6]["usual_interval_days"] == ""
    assert rows[6]["reason"].startswith(
        "xyz:too_few_orders: Only 2 orders; a rhythm needs at least 3. | usual_"
    )


def test_parquet_holds_the_same_rows_with_their_types(tmp_path):
    analysis = made_analysis.made()
    write_files(analysis, tmp_path, lang="en")

    read = pq.read_table(tmp_path / "accounts.parquet")

    assert read.column_names == [column.key for column in COLUMNS["accounts"]]
    assert read["revenue"].to_pylist() == analysis.tables["accounts"].rows["revenue"].to_pylist()


def test_codes_do_not_depend_on_the_language(tmp_path):
    for lang in ("en", "ka"):
        (tmp_path / lang).mkdir()
        write_files(made_analysis.made(), tmp_path / lang, lang=lang)

    english, georgian = rows_of(tmp_path / "en" / "accounts.csv"), rows_of(tmp_path / "ka" / "accounts.csv")

    assert [row["status"] for row in english] == [row["status"] for row in georgian]
    assert english[6]["reason"] != georgian[6]["reason"]


def test_the_run_record_gives_totals_as_text_and_declined_methods_with_their_sentences(tmp_path):
    write_files(made_analysis.all_declined(), tmp_path, lang="en")

    record = json.loads((tmp_path / "run.json").read_text("utf-8"))

    assert record["total_unranked"] == "-25000.0000"
    assert Decimal(record["total_net"]) == Decimal(record["total_ranked"]) + Decimal(record["total_unranked"])
    assert record["inputs"][0]["sha256"] == "ab" * 32
    assert record["declined"]["demand"] == {
        "code": "too_few_orders",
        "values": {"have": 1, "need": 3},
        "sentence": "Only 1 orders; a rhythm needs at least 3.",
    }


def test_rejected_lines_are_copied_as_they_are(tmp_path):
    rejected = tmp_path / "found.csv"
    rejected.write_text("file,row,field,value,reason,Kunde\na.csv,7,date,x,bad,Aster\n")

    write_report(made_analysis.made(), tmp_path / "report", rejected=rejected)

    assert (tmp_path / "report" / "rejected.csv").read_text() == rejected.read_text()


def test_our_own_folder_is_replaced_whole(tmp_path):
    out = tmp_path / "report"
    write_report(made_analysis.made(), out)
    (out / "note.txt").write_text("stale")

    write_report(made_analysis.flat(), out, lang="fi")

    assert not (out / "note.txt").exists()
    assert json.loads((out / "run.json").read_text("utf-8"))["lang"] == "fi"


def test_a_folder_that_is_not_ours_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")

    with pytest.raises(Invalid, match="was not written by Kamerton"):
        write_report(made_analysis.made(), tmp_path / "thesis")

    assert (tmp_path / "thesis" / "chapter.txt").read_text() == "years of work"
    assert [path.name for path in tmp_path.iterdir()] == ["thesis"]


@pytest.mark.parametrize("content", ["{}", "[]", "not json", '{"made_by": "somebody"}'])
def test_a_run_record_of_somebody_else_does_not_make_a_folder_ours(tmp_path, content):
    (tmp_path / "run.json").write_text(content)

    with pytest.raises(Invalid, match=r"no run\.json of ours"):
        check_folder(tmp_path)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "report").write_text("")

    with pytest.raises(Invalid, match="is a file"):
        check_folder(tmp_path / "report")


def test_an_empty_folder_may_be_used(tmp_path):
    (tmp_path / "report").mkdir()

    write_report(made_analysis.empty(), tmp_path / "report")

    assert (tmp_path / "report" / "run.json").exists()


def interrupted(out, fault):
    with replace_folder(out) as folder:
        (folder / "half.csv").write_text("half")
        raise fault


@pytest.mark.parametrize("fault", [KeyboardInterrupt, OSError])
def test_an_interruption_leaves_the_old_report_and_no_trace(tmp_path, fault):
    out = tmp_path / "report"
    write_report(made_analysis.made(), out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}

    with pytest.raises(fault):
        interrupted(out, fault)

    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_the_old_report_comes_back_when_the_new_one_cannot_take_its_place(tmp_path, monkeypatch):
    out = tmp_path / "report"
    write_report(made_analysis.made(), out)
    rename = type(out).rename

    def fail_for_the_new_one(self, target):
        if self.name == "new":
            raise OSError("no room")
        return rename(self, target)

    monkeypatch.setattr(type(out), "rename", fail_for_the_new_one)

    with pytest.raises(OSError, match="no room"):
        write_report(made_analysis.flat(), out)

    assert (out / "run.json").exists()


KILLED_BETWEEN_THE_RENAMES = """
import os, sys
from pathlib import Path
from kamreport.files import replace_folder

rename = Path.rename

def killed(self, target):
    if self.name == "new":
        os.kill(os.getpid(), 9)
    return rename(self, target)

Path.rename = killed
with replace_folder(Path(sys.argv[1])) as folder:
    (folder / "half.csv").write_text("half")
"""


def test_a_run_killed_between_the_two_renames_is_put_right_by_the_next(tmp_path):
    out = tmp_path / "report"
    write_report(made_analysis.empty(), out)
    subprocess.run([sys.executable, "-c", KILLED_BETWEEN_THE_RENAMES, out], check=False)
    assert not out.exists()

    recover_folder(out)

    assert (out / "run.json").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_a_killed_run_leaves_nothing_beside_the_next_report(tmp_path):
    left = tmp_path / ".report-ab1_cd2e" / "new"
    left.mkdir(parents=True)
    (left / "half.csv").write_text("half")

    write_report(made_analysis.empty(), tmp_path / "report")

    assert [path.name for path in tmp_path.iterdir()] == ["report"]


@pytest.mark.parametrize(
    "kept",
    [".report-my-notes/new", ".report-2026-ab1_cd2e/new", ".report-ab1_cd2e/chapter", "report-ab1_cd2e/new"],
)
def test_a_folder_that_only_looks_like_one_of_ours_is_left_alone(tmp_path, kept):
    (tmp_path / kept).mkdir(parents=True)

    recover_folder(tmp_path / "report")

    assert (tmp_path / kept).exists()


def test_a_run_under_way_is_left_alone_by_another(tmp_path):
    out = tmp_path / "report"

    with replace_folder(out) as folder:
        recover_folder(out)

        assert folder.exists()


def test_progress_is_told_from_beginning_to_end(tmp_path):
    told = []

    write_report(made_analysis.empty(), tmp_path / "report", progress=lambda *step: told.append(step))

    assert told[0] == ("write_files", 0, 3)
    assert told[-1] == ("write_page", 3, 3)
