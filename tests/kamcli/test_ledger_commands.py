"""The commands of the ledger, end to end."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest
from tests.kamcli.conftest import ROWS


@pytest.fixture
def folder(here, tmp_path, sales):
    """Give a folder with a ledger at its usual place."""
    done = here("ledger", "load", "shop", sales, "--json")
    assert done.code == 0, done.stderr
    return tmp_path


def batches(here):
    return json.loads(here("ledger", "history", "--json").stdout)


def test_a_load_is_json_on_stdout_and_says_on_stderr_what_it_could_not_read(here, tmp_path, sales):
    done = here("ledger", "load", "shop", sales, "--json")

    said = json.loads(done.stdout)
    assert done.code == 0
    assert (said["batch"]["added"], said["batch"]["rejected"]) == (ROWS, 1)
    assert "1 lines could not be read" in done.stderr
    assert "31.02.2025" in (tmp_path / said["rejected_lines"]).read_text(encoding="utf-8")


def test_a_feed_named_like_a_path_is_refused_and_writes_nothing_elsewhere(here, tmp_path, sales):
    done = here("ledger", "load", "../../etc/x", sales, "--ledger", "books/ledger", "--json")

    assert done.code == 2
    assert {path.name for path in tmp_path.iterdir()} <= {"books"}


def test_rejected_lines_are_beside_the_ledger_under_the_name_of_the_feed(here, tmp_path, sales):
    done = here("ledger", "load", "the shop", sales, "--ledger", "books/ledger", "--json")

    assert done.code == 0, done.stderr
    assert json.loads(done.stdout)["rejected_lines"] == "books/the_shop-rejected.csv"
    assert {path.name for path in tmp_path.iterdir()} == {"books"}


def test_the_guess_of_the_columns_is_shown(here, tmp_path, sales):
    shown = here("ledger", "load", "shop", sales).stdout

    assert "account ← Customer (guessed)" in shown
    assert "revenue ← Net amount (guessed)" in shown


def test_the_same_file_twice_adds_nothing(here, folder, sales):
    again = json.loads(here("ledger", "load", "shop", sales, "--json").stdout)["batch"]

    assert (again["added"], again["replaced"], again["unchanged"]) == (0, 0, ROWS)


def test_an_undone_load_is_gone_and_said_in_the_history(here, folder):
    batch = batches(here)[0]["batch"]

    done = here("ledger", "undo", batch)

    assert done.code == 0
    assert f"{ROWS:,} lines removed" in done.stdout
    assert "load, undone" in here("ledger", "history").stdout


def test_an_undo_that_was_done_before_says_so(here, folder):
    batch = batches(here)[0]["batch"]
    here("ledger", "undo", batch)

    again = here("ledger", "undo", batch)

    assert again.code == 0
    assert "was already undone on" in again.stdout
    assert "lines removed" not in again.stdout


def test_a_ledger_whose_only_lines_were_taken_back_is_said_to_be_empty(here, folder, sales):
    here("ledger", "load", "shop", sales)
    for batch in batches(here):
        here("ledger", "undo", batch["batch"])

    done = here("analyze", "--ledger", "kamerton-ledger")

    assert done.code == 2
    assert "holds no lines" in done.stderr


def test_a_file_loaded_twice_is_counted_once_among_what_was_read(here, folder, sales):
    here("ledger", "load", "shop", sales)

    done = here("analyze", "--ledger", "kamerton-ledger")

    assert f"{ROWS} lines were used of {ROWS + 1} read" in done.stdout, done.stdout


def test_an_unknown_batch_and_a_folder_without_a_ledger_are_bad_input(here, folder):
    unknown = here("ledger", "undo", "nope")
    nowhere = here("ledger", "history", "--ledger", "nowhere")

    assert (unknown.code, nowhere.code) == (2, 2)
    assert 'no batch "nope"' in unknown.stderr
    assert "There is no ledger in nowhere" in nowhere.stderr


def test_a_whole_ledger_is_said_to_be_whole_and_a_damaged_one_ends_with_2(here, folder):
    whole = here("ledger", "check")
    next((folder / "kamerton-ledger" / "lines").rglob("*.parquet")).unlink()
    damaged = here("ledger", "check")

    assert (whole.code, whole.stdout.strip()) == (0, "The ledger kamerton-ledger is whole.")
    assert damaged.code == 2


def test_compact_and_export_keep_every_line(here, folder):
    compacted = here("ledger", "compact", "--json")
    done = here("ledger", "export", "all.parquet", "--json")

    assert compacted.code == 0, compacted.stderr
    assert json.loads(done.stdout) == {"file": "all.parquet", "lines": ROWS}
    assert pq.read_table(folder / "all.parquet").num_rows == ROWS


def test_an_export_replaces_a_file_only_with_force(here, folder):
    (folder / "all.csv").write_text("mine", encoding="utf-8")

    refused = here("ledger", "export", "all.csv")
    left = (folder / "all.csv").read_text(encoding="utf-8")
    forced = here("ledger", "export", "all.csv", "--force")

    assert (refused.code, left) == (2, "mine")
    assert "say --force to replace it" in refused.stderr
    assert forced.code == 0, forced.stderr
    assert len((folder / "all.csv").read_text(encoding="utf-8").splitlines()) == ROWS + 1


def test_rejected_lines_never_take_the_place_of_the_file_that_is_read(here, tmp_path, sales):
    mine = tmp_path / "bad.csv"
    mine.write_bytes(sales.read_bytes())

    done = here("ledger", "load", "shop", "bad.csv", "--rejected", "./bad.csv")

    assert done.code == 2
    assert "--rejected would overwrite it" in done.stderr
    assert mine.read_bytes() == sales.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["bad.csv"]


def test_where_no_line_is_good_a_load_keeps_each_with_its_reason_and_says_where(here, tmp_path):
    (tmp_path / "bad.csv").write_text("Customer,Date,Net amount\nA,never,1.00\nB,never,2.00\n", "utf-8")

    done = here("ledger", "load", "shop", "bad.csv", "--ledger", "books/ledger")

    kept = tmp_path / "books" / "shop-rejected.csv"
    assert done.code == 2
    assert 'See "books/shop-rejected.csv" for each line' in done.stderr
    assert kept.read_text(encoding="utf-8").count("not_a_date") == 2
    assert not (tmp_path / "books" / "ledger").exists()


def test_mended_rejects_are_loaded_and_left_alone(here, tmp_path, sales):
    mended = tmp_path / "shop-rejected.csv"
    mended.write_bytes(sales.read_bytes())

    done = here("ledger", "load", "shop", mended.name, "--json")

    assert json.loads(done.stdout)["rejected_lines"] == "shop-rejected2.csv"
    assert mended.read_bytes() == sales.read_bytes()


def test_an_export_into_another_form_is_refused(here, folder):
    done = here("ledger", "export", "all.xlsx")

    assert done.code == 2
    assert "neither .csv nor .parquet" in done.stderr


def test_the_ledger_is_found_by_option_then_variable_then_place(here, folder, loaded, monkeypatch):
    monkeypatch.setenv("KAMERTON_LEDGER", str(loaded))
    by_variable = here("ledger", "history")
    monkeypatch.setenv("KAMERTON_LEDGER", "nowhere")
    by_option = here("ledger", "history", "--ledger", loaded)
    monkeypatch.delenv("KAMERTON_LEDGER")
    by_place = here("ledger", "history")

    assert by_variable.code == by_option.code == by_place.code == 0
    assert by_variable.stdout == by_option.stdout


def test_a_wrong_mode_is_refused_before_anything_is_read(here, tmp_path):
    done = here("ledger", "load", "shop", "nowhere.csv", "--mode", "overwrite")

    assert done.code == 2
    assert "Allowed: auto, merge, replace-documents, replace-period." in done.stderr
