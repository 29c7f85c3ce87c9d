"""Text for terminals and JSON for programs."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamcli.printing import RED, clean, coloured, plain, say_json, table, width


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Colour(StrEnum):
    GREEN = "green"


@dataclass(frozen=True, slots=True)
class Shelf:
    books: int
    since: date


def test_colours_are_for_terminals_only(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout", io.StringIO())
    in_a_pipe = coloured("x", RED)
    monkeypatch.setattr("sys.stdout", Terminal())
    on_a_terminal = coloured("x", RED)
    monkeypatch.setenv("NO_COLOR", "1")
    under_no_color = coloured("x", RED)

    assert (in_a_pipe, on_a_terminal, under_no_color) == ("x", "\x1b[31mx\x1b[0m", "x")


@given(st.text())
def test_nothing_that_a_terminal_obeys_comes_through(text):
    assert all(character.isprintable() for character in clean(text))


def test_columns_stand_in_line_in_every_script(capsys):
    table(("name", "share"), [("ოქროს მელა", "1.5%"), ("日本", "12%"), ("Հյուսիս", "3%")], right=[1])

    lines = capsys.readouterr().out.splitlines()
    assert len({width(line) for line in lines}) == 1


def test_a_table_without_rows_has_its_titles(capsys):
    table(("name", "share"), [])

    assert capsys.readouterr().out.split() == ["name", "share"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (Decimal("1E+3"), "1000"),
        (float("inf"), None),
        (np.float64("nan"), None),
        (np.array([1, 2]), [1, 2]),
        (np.int32(3), 3),
        (datetime(2026, 1, 2, 3, tzinfo=UTC), "2026-01-02T03:00:00+00:00"),
        (Path("a/b"), "a/b"),
        (Colour.GREEN, "green"),
        (Shelf(3, date(2026, 2, 28)), {"books": 3, "since": "2026-02-28"}),
        ({1: (None, True)}, {"1": [None, True]}),
    ],
)
def test_values_of_the_libraries_become_json(value, said):
    assert plain(value) == said


def test_json_is_one_document_with_letters_as_they_are(capsys):
    say_json({"name": "Äänekoski", "net": Decimal("0.10")})

    shown = capsys.readouterr().out
    assert json.loads(shown) == {"name": "Äänekoski", "net": "0.10"}
    assert "Äänekoski" in shown
