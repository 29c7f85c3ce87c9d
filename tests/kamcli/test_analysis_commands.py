"""The commands that analyse, end to end on small data."""

from __future__ import annotations

import json

import pytest

REPORT = (
    "accounts.csv", "accounts.parquet", "bridge.csv", "demand.csv", "dependency.csv", "migration.csv",
    "potential.csv", "rejected.csv", "report.html", "report.xlsx", "run.json",
)  # fmt: skip


def test_analyze_says_the_answers_and_writes_every_file(here, tmp_path, sales):
    done = here("analyze", sales, "--out", "report")

    assert done.code == 0, done.stderr
    assert "account ← Customer (guessed)" in done.stdout
    assert "Key accounts of the company" in done.stdout
    assert {path.name for path in (tmp_path / "report").iterdir()} >= set(REPORT)
    assert "31.02.2025" in (tmp_path / "report" / "rejected.csv").read_text(encoding="utf-8")


def test_analyze_json_is_the_record_of_the_run_alone_and_settings_of_the_folder_count(here, tmp_path, sales):
    (tmp_path / "kamerton.toml").write_text('by = "revenue"\n', encoding="utf-8")

    done = here("analyze", sales, "--json", "--set", "key.threshold=0.15")

    record = json.loads(done.stdout)
    assert done.code == 0
    assert record["base"] == "revenue"
    assert record["total_net"] == "64080.0000"
    assert record["settings"]["key.threshold"] == "0.15"
    assert [path.name for path in tmp_path.iterdir()] == ["kamerton.toml"]


def test_analyze_reads_the_ledger_where_no_file_is_named(here, loaded):
    done = here("analyze", "--ledger", loaded, "--json", "--by", "revenue")

    assert json.loads(done.stdout)["total_net"] == "64080.0000"


def test_a_folder_that_is_not_ours_is_refused_before_the_work(here, tmp_path, sales):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("do not touch", encoding="utf-8")

    done = here("analyze", sales, "--out", "mine")

    assert done.code == 2
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("out", ["sales.csv/report", "sales.csv/a/b"])
def test_a_folder_below_a_file_is_refused_before_the_work(here, tmp_path, out):
    (tmp_path / "sales.csv").write_text("not even sales", encoding="utf-8")

    done = here("analyze", "sales.csv", "--out", out)

    assert done.code == 2
    assert '"sales.csv" is a file, and a folder is expected' in done.stderr


def test_a_report_into_the_ledger_is_refused(here, loaded):
    done = here("analyze", "--ledger", loaded, "--out", loaded / "lines" / "report")

    assert done.code == 2
    assert "lies in the ledger" in done.stderr
    assert not (loaded / "lines" / "report").exists()


def test_a_report_into_a_ledger_is_refused_when_files_are_read_too(here, loaded, sales):
    done = here("analyze", sales, "--ledger", loaded, "--out", loaded)

    assert done.code == 2


@pytest.mark.parametrize("as_of", ["9999-12-31", "0001-01-01"])
def test_a_day_of_looking_beyond_all_calendars_is_bad_input(here, sales, as_of):
    done = here("analyze", sales, "--as-of", as_of)

    assert done.code == 2
    assert "lies outside 1900-01-01 to 2199-12-31" in done.stderr


def test_figures_of_each_account_never_take_the_place_of_what_is_read(here, tmp_path, sales):
    mine = tmp_path / "mine.csv"
    mine.write_bytes(sales.read_bytes())

    done = here("repeat-buying", "mine.csv", "--per-account", mine)

    assert done.code == 2
    assert mine.read_bytes() == sales.read_bytes()


@pytest.fixture
def bad(tmp_path):
    """Give a file without a good line."""
    (tmp_path / "bad.csv").write_text("Customer,Date,Net amount\nA,never,1.00\nB,never,2.00\n", "utf-8")
    return "bad.csv"


def test_where_no_line_is_good_the_rejected_ones_are_kept_beside_the_report_and_named(here, tmp_path, bad):
    done = here("analyze", bad, "--out", "reports/shop")

    assert done.code == 2
    assert 'See "reports/shop-rejected.csv" for each line' in done.stderr
    kept = (tmp_path / "reports" / "shop-rejected.csv").read_text(encoding="utf-8")
    assert kept.count("not_a_date") == 2
    assert not (tmp_path / "reports" / "shop").exists()


@pytest.mark.parametrize("words", [["analyze"], ["explain", "A"]])
def test_where_no_line_is_good_and_nothing_is_written_it_is_said_how_to_get_them(here, tmp_path, bad, words):
    done = here(*words, bad)

    assert done.code == 2
    assert "Say kamerton analyze with --out" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["bad.csv"]


@pytest.mark.parametrize("folder", [".", "some/folder"])
def test_a_folder_among_the_files_is_named_as_it_was_said(here, tmp_path, folder):
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)

    done = here("analyze", folder)

    assert done.code == 2
    assert f'"{folder}" is a folder, not a file' in done.stderr


def test_a_fault_in_the_settings_of_the_working_folder_is_named(here, tmp_path, sales):
    (tmp_path / "kamerton.toml").write_text("[key]\ntreshold = 0.2\n", encoding="utf-8")

    done = here("analyze", sales)

    assert done.code == 2
    assert 'The nearest is "key.threshold"' in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--by", "profit"], 'The setting "by" is "profit"'),
        (["--set", "key.threshold"], '"key.threshold" after --set is not KEY=VALUE'),
        (["--map", "account"], "is not FIELD=COLUMN"),
        (["--map", "acount=Customer"], 'Did you mean "account"?'),
        (["--map", "account=Kundin"], 'No column "Kundin"'),
        (["--period", "tomorrow"], 'The setting "period" is "tomorrow"'),
        (["--lang", "sv"], 'The setting "lang" is "sv"'),
        (["--groups", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_what_is_wrong_with_an_option_is_said_with_what_is_allowed(here, sales, words, said):
    done = here("analyze", sales, *words)

    assert done.code == 2
    assert said in done.stderr
    assert done.stdout == ""


def test_an_anonymised_report_holds_no_name_anywhere(here, tmp_path, sales, monkeypatch):
    monkeypatch.setenv("KAMERTON_ALIAS_SECRET", "tea")

    done = here("analyze", sales, "--anonymise", "--out", "shown")

    assert done.code == 0, done.stderr
    assert "Firm" not in done.stdout + done.stderr
    for path in (tmp_path / "shown").iterdir():
        assert b"Firm 1" not in path.read_bytes(), path.name
        assert b"sales.csv" not in path.read_bytes(), path.name


def test_explain_says_why(here, sales):
    done = here("explain", "firm 9", sales)

    assert done.code == 0, done.stderr
    assert "Firm 9" in done.stdout
    assert "class A" in done.stdout


def test_an_unknown_account_is_refused_with_the_nearest(here, sales):
    done = here("explain", "Frim 9", sales)

    assert done.code == 2
    assert "Firm 9" in done.stderr


def test_repeat_buying_gives_every_model_as_json_and_per_account(here, tmp_path, sales):
    words = ["repeat-buying", sales, "--calibration-end", "2025-03-31", "--json", "--per-account", "each.csv"]

    done = here(*words)

    said = json.loads(done.stdout)
    assert done.code == 0, done.stderr
    assert list(said["models"]) == ["NBD", "BG/NBD", "MBG/NBD", "MBG/CNBD-k", "Pareto/NBD"]
    assert said["chosen"] in said["models"]
    assert len((tmp_path / "each.csv").read_text(encoding="utf-8").splitlines()) == 11


def test_repeat_buying_in_words_names_the_chosen_model_and_why(here, sales):
    done = here("repeat-buying", sales)

    assert done.code == 0, done.stderr
    assert "Pareto/NBD" in done.stdout
    assert done.stdout.rstrip().endswith(".")


def test_repeat_buying_refuses_a_wrong_unit_and_a_wrong_day(here, sales):
    unit = here("repeat-buying", sales, "--unit", "year")
    day = here("repeat-buying", sales, "--calibration-end", "31.3.2025")

    assert (unit.code, day.code) == (2, 2)
    assert "Allowed: week, day, month." in unit.stderr


def test_forecast_gives_each_coming_month(here, sales):
    done = here("forecast", sales, "--horizon", "2", "--json")
    far = here("forecast", sales, "--horizon", "99")

    assert done.code == 0, done.stderr
    assert len({row["month"] for row in json.loads(done.stdout)}) == 2
    assert far.code == 2
    assert "a whole number from 1 to 36" in far.stderr


def test_backtest_is_one_page(here, sales):
    done = here("backtest", sales)

    assert done.code == 0, done.stderr
    assert done.stdout.strip()


HOSTILE = (
    *(b"", b"\n", b"\x00\x00\x00", b"\xff\xfe\xfa", b"a,b,c\n", b"Customer,Date,Net amount\n", b'"'),
    *(b"PK\x03\x04zip", b"PAR1garbagePAR1"),
    b"Customer,Date,Net amount\n\x1b[2J,2025-01-01,1.00\n" * 2,
    b"Customer,Date,Net amount\nA,2025-01-01,1e999\n",
    b"Customer,Date,Net amount\nA,9999-99-99,1\n",
    b"Customer,Date,Net amount\n=cmd|' /C calc'!A0,2025-01-01,10.00\n",
)


@pytest.mark.parametrize("content", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet"])
def test_a_hostile_file_is_analysed_or_refused_and_never_a_fault(here, tmp_path, content, suffix):
    (tmp_path / f"sales{suffix}").write_bytes(content)

    done = here("analyze", f"sales{suffix}")

    assert done.code in {0, 2}, done.stderr
    assert "\x1b[2J" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
