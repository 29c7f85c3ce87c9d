"""Compaction and vacuum: fewer files, the same lines."""

from __future__ import annotations

import pytest
from tests.kamledger.store.ledger_maker import NOON, line

from kamstats.errors import Invalid


def test_compaction_leaves_one_sorted_file_per_month_and_the_same_lines(ledger, load, rows):
    for n in range(5):
        load(line(str(n), account_key=f"A{9 - n}"), line(f"x{n}", day="2026-02-01"))
    before = rows()

    batch = ledger.compact(at=NOON)

    assert rows() == before
    assert batch.months == (202601, 202602)
    with ledger.engine() as engine:
        assert len(engine.origin.paths()) == 2
        keys = _january(engine.collect(engine.lines()))
    assert keys == sorted(keys)
    assert ledger.check() == ()


def _january(rows):
    return [each["account_key"] for each in rows.to_pylist() if each["month"] == 202601]


def test_a_compact_ledger_is_left_as_it_is(ledger, load):
    load(line("1"))
    before = ledger.version

    assert not ledger.compact(at=NOON).stored
    assert ledger.version == before


def test_vacuum_deletes_files_of_old_versions_only(ledger, load, revenues):
    load(line("1", "10"))
    load(line("1", "11"))

    assert ledger.vacuum(at=NOON, days=30) == ()
    assert len(ledger.vacuum(at=NOON, days=0)) == 1

    assert revenues() == {"1": 11}
    assert ledger.check() == ()
    with pytest.raises(Invalid, match=r"Version 1 .* cannot be read any more"):
        revenues(1)


def test_vacuum_takes_derived_files_of_old_versions_along(ledger, load):
    load(line("1", "10"))
    ledger.refresh_derived()
    load(line("1", "11"))
    ledger.refresh_derived()
    assert len(list(ledger.places.derived.iterdir())) == 6

    ledger.vacuum(at=NOON)

    assert len(list(ledger.places.derived.iterdir())) == 3
