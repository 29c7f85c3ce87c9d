"""What holds for every command: help with an example, documentation, exit codes, JSON, quiet pipes."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from tests.kamcli.program import KAMERTON, bare_environment, kamerton

from kamcli.main import build, run
from kamcli.table import COMMANDS, LEDGER_COMMANDS

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "command-line.md"
EVERY = [(entry, entry.name) for entry in COMMANDS] + [(e, f"ledger {e.name}") for e in LEDGER_COMMANDS]


def words_of(name: str) -> list[str]:
    return name.split()


@pytest.mark.parametrize(("entry", "name"), EVERY, ids=lambda value: str(getattr(value, "name", value)))
def test_every_command_has_help_with_an_example(entry, name, capsys):
    code = run([*words_of(name), "--help"])

    shown = " ".join(capsys.readouterr().out.split())
    assert code == 0
    assert entry.help in shown
    assert f"Example: {entry.example}" in shown


@pytest.mark.parametrize(("entry", "name"), EVERY, ids=lambda value: str(getattr(value, "name", value)))
def test_the_example_of_a_command_is_a_command_line_that_it_takes(entry, name):
    first, *words = shlex.split(entry.example)

    assert first == "kamerton"
    assert words[: len(words_of(name))] == words_of(name)
    command = build()
    for word in words_of(name):
        command = command.get_command(None, word)
    command.make_context(name, words[len(words_of(name)) :], resilient_parsing=False)


@pytest.mark.parametrize(("entry", "name"), EVERY, ids=lambda value: str(getattr(value, "name", value)))
def test_every_command_and_every_option_of_it_is_in_the_guide(entry, name):
    del entry
    guide = GUIDE.read_text(encoding="utf-8")
    command = build()
    for word in words_of(name):
        command = command.get_command(None, word)

    assert f"kamerton {name}" in guide
    for parameter in command.params:
        for option in [o for o in parameter.opts if o.startswith("--") and o != "--help"]:
            assert f"`{option}" in guide, f"{option} of kamerton {name} is not in {GUIDE.name}"


def test_the_list_of_commands_comes_without_importing_any_of_them():
    program = "import sys; from kamcli.main import run; run(['--help']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert not {"kamcli.commands", "kamreport", "numpy"} & set(done.stderr.split())


def test_without_a_word_the_help_is_shown(capsys):
    assert run([]) == 0
    assert "Commands:" in capsys.readouterr().out


def test_an_unknown_command_is_refused_with_the_nearest(capsys):
    code = run(["analyse"])

    assert code == 2
    assert "Did you mean 'analyze'?" in capsys.readouterr().err


def test_an_unknown_option_is_refused_with_the_nearest(capsys):
    code = run(["demo-company", "--out", "x", "--seeds", "1"])

    assert code == 2
    assert "--seed" in capsys.readouterr().err


def test_the_version_is_that_of_the_package(capsys):
    from importlib.metadata import version

    assert run(["--version"]) == 0
    assert capsys.readouterr().out.strip() == f"kamerton {version('kamerton')}"


def test_completion_offers_the_commands():
    environment = bare_environment() | {
        "_KAMERTON_COMPLETE": "complete_bash", "COMP_WORDS": "kamerton an", "COMP_CWORD": "1"
    }  # fmt: skip
    done = subprocess.run([KAMERTON], env=environment, capture_output=True, text=True, check=False)

    assert done.stdout.split() == ["analyze"]


def test_bad_input_ends_with_2_and_says_what_where_and_what_to_do(here):
    done = here("analyze", "nowhere.csv")

    assert done.code == 2
    assert done.stdout == ""
    assert re.fullmatch(r'kamerton: There is no file "nowhere\.csv"\. Check the path\.\n', done.stderr)


def test_bad_input_is_said_in_the_language_asked_for(here):
    english = here("analyze", "nowhere.csv").stderr
    finnish = here("analyze", "nowhere.csv", "--lang", "fi").stderr

    assert "nowhere.csv" in finnish
    assert "Traceback" not in finnish
    assert english.startswith("kamerton: There is no file")


def test_a_fault_ends_with_1_and_shows_no_traceback_unless_asked(monkeypatch, capsys):
    def broken(*_args, **_values):
        raise RuntimeError("a wheel came off")

    monkeypatch.setattr("kamreport.demo.make_company", broken)
    code = run(["demo-company", "--out", "x"])
    quiet = capsys.readouterr().err
    monkeypatch.setenv("KAMERTON_DEBUG", "1")
    run(["demo-company", "--out", "x"])
    loud = capsys.readouterr().err

    assert code == 1
    assert "a wheel came off" in quiet
    assert "KAMERTON_DEBUG=1" in quiet
    assert "Traceback" not in quiet
    assert "Traceback" in loud


def test_a_full_disk_is_said_and_not_called_a_fault_of_ours(monkeypatch, capsys):
    def full(*_args, **_values):
        raise OSError(28, "No space left on device", "demo/sales.csv")

    monkeypatch.setattr("kamreport.demo.make_company", full)
    code = run(["demo-company", "--out", "x"])

    said = capsys.readouterr().err
    assert code == 1
    assert 'refused "demo/sales.csv": No space left on device. Free some space' in said


def test_an_error_under_json_is_json_on_stdout_and_words_on_stderr(here):
    done = here("analyze", "nowhere.csv", "--json")

    assert done.code == 2
    assert json.loads(done.stdout)["error"]["code"] == "file_not_found"
    assert done.stderr.startswith("kamerton: ")


def test_a_usage_error_under_json_is_json_too(here):
    done = here("forecast", "--json", "--horizon", "three")

    assert done.code == 2
    assert json.loads(done.stdout)["error"]["code"] == "usage"


def test_nothing_is_coloured_in_a_pipe_or_under_no_color(tmp_path, loaded):
    done = kamerton(tmp_path, "ledger", "history", "--ledger", loaded)

    assert done.returncode == 0
    assert "\x1b" not in done.stdout + done.stderr


def test_a_reader_that_goes_away_is_no_fault(tmp_path, loaded):
    words = shlex.join([KAMERTON, "ledger", "history", "--ledger", str(loaded)])
    command = f"{words} | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=tmp_path,
        env=bare_environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.strip() == "0"
    assert done.stderr == ""
