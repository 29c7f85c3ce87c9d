"""Sales for the tests of the command line, made once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from tests.kamcli.program import kamerton

from kamreport.demo import make_company

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 240


@pytest.fixture(scope="session")
def company(tmp_path_factory):
    """Give the demo company of 60 accounts."""
    return make_company(tmp_path_factory.mktemp("company") / "demo", seed=7, accounts=60)


@pytest.fixture(scope="session")
def sales(tmp_path_factory) -> Path:
    """Give two years of sales to ten customers, small enough for a command in a second or two."""
    path = tmp_path_factory.mktemp("sales") / "sales.csv"
    lines = ["Invoice no,Date,Customer,Product,Quantity,Net amount,Cost"]
    for n in range(ROWS):
        day = f"{2024 + n // 120}-{n // 10 % 12 + 1:02d}-{n % 10 + 1:02d}"
        lines.append(
            f"F{n},{day},Firm {n % 10},P{n % 4},{n % 5 + 1},{100 + 37 * (n % 10)}.50,{60 + n % 10}.25"
        )
    lines.append("F999,31.02.2025,Firm 1,P1,1,10.00,5.00")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def loaded(tmp_path_factory, sales) -> Path:
    """Give a ledger that holds these sales."""
    folder = tmp_path_factory.mktemp("ledger")
    done = kamerton(folder, "ledger", "load", "shop", sales, "--ledger", folder / "ledger")
    assert done.returncode == 0, done.stderr
    return folder / "ledger"


@dataclass(frozen=True)
class Done:
    """What one command line gave."""

    code: int
    stdout: str
    stderr: str


@pytest.fixture
def here(tmp_path, monkeypatch, capfd):
    """Give a function that runs a command line in this process, in an empty folder and a bare environment."""
    from kamcli.main import run

    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("KAMERTON_"):
            monkeypatch.delenv(name)

    def done(*words: object) -> Done:
        code = run([str(word) for word in words])
        shown = capfd.readouterr()
        return Done(code, shown.out, shown.err)

    return done
