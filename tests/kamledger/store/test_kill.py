"""A process killed at any step of a change leaves a sound ledger, and the repeated command completes it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.kamledger.store import kill
from tests.kamledger.store.ledger_maker import FEED, NOON, reading

from kamledger.store import Conduct, Ledger

pytestmark = pytest.mark.kill
ROOT = Path(__file__).parents[3]
COMMANDS = ("load", "undo", "undo-last", "compact")


def _run(folder, command, step):
    return subprocess.run(
        [sys.executable, "-m", "tests.kamledger.store.kill", str(folder), command, str(step)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )


def _lines(folder):
    ledger = Ledger.open(folder)
    with ledger.engine() as engine:
        found = engine.collect(engine.lines()).to_pylist()
        named = engine.accounts().num_rows
    return sorted((each["line_key"], each["revenue"], each["month"]) for each in found), named


@pytest.fixture(params=COMMANDS)
def command(request):
    return request.param


@pytest.fixture
def prepared(tmp_path, command):
    """Make the ledger that the command starts from."""
    ledger = Ledger.create(tmp_path / "before", conduct=Conduct(durable=False))
    ledger.load(reading(tmp_path / "staged", *kill.FIRST), feed=FEED, at=NOON)
    if command != "load":
        ledger.load(kill.second(ledger.places.folder), feed=FEED, at=NOON)
    return ledger.places.folder


def test_a_killed_command_leaves_a_sound_ledger_and_is_completed_by_repeating_it(prepared, command, tmp_path):
    whole = tmp_path / "whole"
    shutil.copytree(prepared, whole)
    steps = _run(whole, command, 0).stdout.splitlines()
    before, after = _lines(prepared), _lines(whole)
    assert len(steps) >= 3
    assert "before commit" in steps

    for step in range(1, len(steps) + 1):
        folder = tmp_path / f"killed-{step}"
        shutil.copytree(prepared, folder)

        died = _run(folder, command, step)

        assert died.returncode == -signal.SIGKILL, died.stderr
        ledger = Ledger.open(folder, conduct=Conduct(patience_seconds=0))
        assert ledger.check() == (), steps[step - 1]
        assert _lines(folder) == (after if "after commit" in steps[:step] else before), steps[step - 1]
        kill.run(ledger, command)
        assert _lines(folder) == after
        assert ledger.check() == ()
    batches = len(ledger.history())
    kill.run(ledger, command)
    assert len(ledger.history()) == batches
    assert _lines(folder) == after
