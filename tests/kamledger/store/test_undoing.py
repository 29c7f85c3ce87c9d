"""Undoing: every line goes back to what the other batches say it is."""

from __future__ import annotations

import pytest
from tests.kamledger.store.ledger_maker import NOON, line

from kamstats.errors import Invalid


def test_an_undo_takes_new_lines_away_and_brings_replaced_ones_back(ledger, load, rows, revenues):
    first = load(line("1", "10"))
    second = load(line("1", "11"), line("2", "20", day="2026-02-01"))

    undone = ledger.undo(second.batch, at=NOON)

    assert (undone.batch.removed, undone.batch.replaced, undone.left_alone.num_rows) == (2, 1, 0)
    assert revenues() == {"1": 10}
    assert rows()[0]["batch"] == first.batch
    assert ledger.history()[-1] == undone.batch
    assert ledger.check() == ()


def test_lines_that_a_later_batch_changed_are_left_alone_and_listed(ledger, load, revenues):
    first = load(line("1", "10"), line("2", "20"))
    second = load(line("1", "11"))

    undone = ledger.undo(first.batch, at=NOON)

    assert revenues() == {"1": 11}
    assert undone.left_alone.to_pylist() == [{"source": "erp", "line_key": "1", "changed_by": second.batch}]


def test_undoing_both_in_either_order_leaves_nothing(ledger, load, revenues):
    first = load(line("1", "10"))
    second = load(line("1", "11"))

    ledger.undo(first.batch, at=NOON)
    ledger.undo(second.batch, at=NOON)

    assert revenues() == {}
    assert ledger.check() == ()


def test_removed_lines_come_back(ledger, load, revenues):
    load(line("1", "10"), line("2", "20"))
    batch = load(line("1", "10"), mode="replace-period")

    ledger.undo(batch.batch, at=NOON)

    assert revenues() == {"1": 10, "2": 20}


def test_a_line_that_moved_goes_back_to_its_month(ledger, load, rows):
    load(line("1", day="2026-01-31"))
    batch = load(line("1", day="2026-02-01"))

    ledger.undo(batch.batch, at=NOON)

    assert [each["month"] for each in rows()] == [202601]


def test_a_line_removed_since_is_left_alone(ledger, load, revenues):
    first = load(line("1", "10"), line("2", "20"))
    second = load(line("2", "20"), mode="replace-period")

    undone = ledger.undo(first.batch, at=NOON)

    assert revenues() == {}
    assert undone.left_alone.column("changed_by").to_pylist() == [second.batch]
    ledger.undo(second.batch, at=NOON)
    assert revenues() == {}


def test_an_undo_done_before_is_given_again(ledger, load):
    first = load(line("1", "10"), line("2", "20"))
    load(line("1", "11"))
    undone = ledger.undo(first.batch, at=NOON)
    version = ledger.version

    again = ledger.undo(first.batch, at=NOON)

    assert again == undone
    assert ledger.version == version


def test_the_files_of_an_undone_batch_can_be_loaded_again(ledger, load, revenues):
    first = load(line("1", "10"))
    ledger.undo(first.batch, at=NOON)

    again = load(line("1", "10"))

    assert again.stored
    assert again.batch != first.batch
    assert revenues() == {"1": 10}


def test_unknown_batches_and_undos_are_refused(ledger, load):
    batch = load(line("1"))
    undone = ledger.undo(batch.batch, at=NOON)

    with pytest.raises(Invalid, match='no batch "nix"'):
        ledger.undo("nix", at=NOON)
    with pytest.raises(Invalid, match=r"is not a load \(undo\)"):
        ledger.undo(undone.batch.batch, at=NOON)


def test_an_undo_after_compaction_and_vacuum_still_works(ledger, load, revenues):
    load(line("1", "10"), line("2", "20"))
    batch = load(line("1", "11"))
    ledger.compact(at=NOON)
    ledger.vacuum(at=NOON, days=0)

    ledger.undo(batch.batch, at=NOON)

    assert revenues() == {"1": 10, "2": 20}
    assert ledger.check() == ()


def test_an_undo_takes_master_data_back(ledger, load):
    load(line("1"), accounts=[{"account_key": "A1", "name": "Old name", "segment": "S"}])
    batch = load(line("2"), accounts=[{"account_key": "A1", "name": "New name"}])
    assert _names_and_segments(ledger) == [("New name", "S")]

    ledger.undo(batch.batch, at=NOON)

    assert _names_and_segments(ledger) == [("Old name", "S")]


def _names_and_segments(ledger):
    with ledger.engine() as engine:
        return [(each["name"], each["segment"]) for each in engine.accounts().to_pylist()]
