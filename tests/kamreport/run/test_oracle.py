"""The whole run against the slow oracle, on random nasty ledgers."""

from __future__ import annotations

import csv
import random
from datetime import date

import pytest
from tests.kamreport.run.conftest import AT, nobody
from tests.kamreport.run.oracle import (
    COLUMNS,
    DIRT,
    Expected,
    grouped,
    named,
    positive,
    random_groups,
    random_lines,
    random_settings,
    status,
)

from kamledger.reading import ReadOptions, read
from kamledger.store import Ledger
from kamreport.run import analyse
from kamreport.sources import open_ledger

SEEDS = range(4)
CLOSE = ("share", "cumulative_share", "cv")


def write(path, header, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


@pytest.fixture
def judged_twice(tmp_path):
    """Give a function from a seed to what the definitions say of a random ledger, and its analysis."""

    def run(seed):
        dice = random.Random(seed)
        first, span = (
            date(2021, dice.randint(1, 12), dice.choice((1, 4, 5, 17))),
            dice.choice((60, 200, 400, 1100)),
        )
        feeds, ledger, lines = dice.choice((("one",), ("one", "two"))), Ledger.create(tmp_path / "ledger"), []
        groups = list(random_groups(dice, first, span))
        file = write(tmp_path / "groups.csv", ("account", "group", "from", "to"), groups) if groups else None
        for feed in feeds:
            booked = random_lines(dice, first, span, feed)
            sales = write(
                tmp_path / f"{feed}.csv", COLUMNS, ([line[name] for name in COLUMNS] for line in booked)
            )
            (tmp_path / feed).mkdir()
            options = ReadOptions(date_order="ymd", groups=file)
            ledger.load(read([sales], into=tmp_path / feed, feed=feed, options=options), feed=feed, at=AT)
            lines += booked
        settings = random_settings(dice, sorted(line["date"] for line in lines))
        with open_ledger(tmp_path / "ledger", progress=nobody) as source:
            found = analyse(source, settings, at=AT)
        return Expected(named(lines, groups, settings, several=len(feeds) > 1), settings), found

    return run


def rows(analysis, table, *keys):
    names = keys if len(keys) > 1 else keys[0]
    records = analysis.tables[table].records()
    return {tuple(row[key] for key in names) if names is keys else row[names]: row for row in records}


def differences(wanted, got):
    """List (row, column, wanted, got) of all figures that differ."""
    found = [(key, "row", key in wanted, key in got) for key in wanted.keys() ^ got.keys()]
    for key in wanted.keys() & got.keys():
        for column, value in wanted[key].items():
            loose = column in CLOSE and value is not None
            if got[key][column] != (pytest.approx(value, rel=1e-9, abs=1e-12) if loose else value):
                found.append((key, column, value, got[key][column]))
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_every_figure_of_a_random_ledger_is_that_of_the_slow_oracle(judged_twice, seed):
    expected, found = judged_twice(seed)

    assert_totals(expected, found)
    assert_accounts(expected.accounts(), rows(found, "accounts", "account"), expected.as_of)
    for manager, lines in grouped(expected.inside, "manager").items():
        inside = {
            key[1]: row
            for key, row in rows(found, "levels", "level_key", "account").items()
            if key[0] == manager
        }
        assert not differences(expected.level(lines), inside)
    if expected.compared() is None:
        assert found.declined["migration"].code == "too_few_whole_months"
        return
    assert not differences(expected.migration(), rows(found, "migration", "account"))
    assert not differences(expected.bridge(), rows(found, "bridge", "account"))


def assert_totals(expected, found):
    money = expected.level(expected.inside).values()
    revenues, incomes = ([row[name] for row in money] for name in ("revenue", "income"))
    ranked = sum(positive(revenues))
    assert (found.base, found.counts["lines_used"]) == (expected.base, len(expected.inside))
    assert (found.totals.net, found.totals.ranked) == (sum(revenues), ranked)
    assert found.totals.unranked == sum(revenues) - ranked
    assert found.totals.income == (None if None in incomes or not incomes else sum(incomes))
    said = {row["rule"]: (row["lines"], row["value"]) for row in found.tables["dirt"].records()}
    booked = [line for line in expected.lines if expected.first <= line["date"] <= expected.last]
    for name, is_odd in DIRT.items():
        odd = [line["revenue"] for line in booked if is_odd(line)]
        assert said[name] == (len(odd), sum(odd))


def assert_accounts(wanted, got, as_of):
    days = {key: row.pop("days") for key, row in wanted.items()}
    assert not differences(wanted, got)
    for key, row in got.items():
        rhythm = (row["silence_probability"], row["usual_interval_days"])
        assert row["status"] == status(days[key], *rhythm, as_of)
        alarms = [row["status"]] * (row["status"] in ("drifting", "lost"))
        alarms += ["loss_making"] * (row["abc"] in ("A", "B") and (row["income"] or 0) < 0)
        alarms += ["band"] * (row["dependency_band"] not in (None, "watch"))
        assert [alarm for alarm in (row["alarm"] or "").split(";") if alarm not in ("", "decline")] == alarms
