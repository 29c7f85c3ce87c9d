"""Loading: what comes, what is replaced, what goes."""

from __future__ import annotations

import pytest
from tests.kamledger.store.ledger_maker import FEED, NOON, line, reading

from kamstats.errors import Invalid


def test_the_first_load_brings_every_line_with_its_batch(load, rows):
    batch = load(line("1", "10"), line("2", "20", day="2026-02-03"))

    assert (batch.added, batch.replaced, batch.removed, batch.months) == (2, 0, 0, (202601, 202602))
    assert [(each["line_key"], int(each["revenue"]), each["month"], each["batch"]) for each in rows()] == [
        ("1", 10, 202601, batch.batch),
        ("2", 20, 202602, batch.batch),
    ]


def test_the_same_lines_again_write_no_new_version(ledger, load):
    first = load(line("1"), line("2", day="2026-02-03"))
    before = ledger.version

    again = load(line("1"), line("2", day="2026-02-03"))

    assert not again.stored
    assert again.same_as == first.batch
    assert again.unchanged == 2
    assert ledger.version == before


def test_a_changed_line_replaces_the_old_one_and_the_others_keep_their_batch(load, rows):
    first = load(line("1", "10"), line("2", "20"))

    second = load(line("1", "11"), line("2", "20"))

    assert (second.added, second.replaced, second.unchanged) == (0, 1, 1)
    assert [(int(each["revenue"]), each["batch"]) for each in rows()] == [
        (11, second.batch),
        (20, first.batch),
    ]


def test_an_empty_field_that_gets_a_value_is_a_change(load, rows):
    load(line("1", cost=None))

    batch = load(line("1", cost=3))

    assert batch.replaced == 1
    assert int(rows()[0]["cost"]) == 3


def test_a_line_moves_across_months(load, rows):
    load(line("1", day="2026-01-31"), line("2", day="2026-01-30"))

    batch = load(line("1", day="2026-02-01"))

    assert (batch.added, batch.replaced, batch.months) == (0, 1, (202601, 202602))
    assert [(each["line_key"], each["month"]) for each in rows()] == [("1", 202602), ("2", 202601)]


def test_the_last_line_of_a_month_may_move_away(ledger, load, rows):
    load(line("1", day="2026-01-31"), line("2", day="2026-02-01"))

    load(line("1", day="2026-02-01"))

    assert [each["month"] for each in rows()] == [202602, 202602]
    assert ledger.check() == ()


def test_of_two_lines_with_one_key_the_last_of_the_files_counts(load, revenues):
    batch = load(line("1", "10"), line("2", "20"), line("1", "30", day="2026-02-01"))

    assert revenues() == {"1": 30, "2": 20}
    assert (batch.lines, batch.repeated, batch.added) == (3, 1, 2)


def test_a_later_file_wins_over_an_earlier_one(load, revenues):
    load(line("1", "10"), line("1", "20"), line("2", "30"), files=2)

    assert revenues() == {"1": 20, "2": 30}


def test_replacing_documents_removes_the_lines_that_a_document_has_no_more(load, revenues):
    load(line("1", "10"), line("2", "20"), line("3", "30", document_key="D2"), has_line_keys=False)

    batch = load(line("1", "11"), has_line_keys=False)

    assert batch.mode == "replace-documents"
    assert (batch.replaced, batch.removed) == (1, 1)
    assert revenues() == {"1": 11, "3": 30}


def test_replacing_documents_finds_lines_of_a_document_in_another_month(load, revenues):
    load(line("1", day="2026-01-31"), line("2", day="2026-02-01"))

    load(line("2", "20", day="2026-02-01"), mode="replace-documents")

    assert revenues() == {"2": 20}


def test_without_documents_the_day_of_an_account_is_replaced_whole(load, revenues):
    bare = {"document_key": None}
    load(line("1", **bare), line("2", **bare), line("3", account_key="A2", **bare), has_line_keys=False)

    load(line("1", "11", **bare), has_line_keys=False)

    assert revenues() == {"1": 11, "3": 10}


def test_replacing_a_period_removes_what_the_files_do_not_have(load, revenues):
    load(line("1", day="2026-01-05"), line("2", day="2026-01-20"), line("3", day="2026-02-20"))

    batch = load(line("4", day="2026-01-10"), line("5", day="2026-02-10"), mode="replace-period")

    assert batch.removed == 1
    assert set(revenues()) == {"1", "3", "4", "5"}


def test_a_merge_removes_nothing(load, revenues):
    load(line("1"), line("2"))

    load(line("2", "20"), mode="merge")

    assert revenues() == {"1": 10, "2": 20}


def test_feeds_are_kept_apart(ledger, load, revenues, tmp_path):
    load(line("1", "10"))
    other = reading(tmp_path / "other", line("1", "90", source="shop"))

    ledger.load(other, feed="shop", at=NOON, mode="replace-period")

    assert len(revenues()) == 1  # one key, but
    with ledger.engine() as engine:
        assert engine.collect(engine.lines()).num_rows == 2


def test_lines_read_for_another_feed_are_refused(ledger, tmp_path):
    with pytest.raises(Invalid, match='read for the feed "erp", but are to be loaded into "shop"'):
        ledger.load(reading(tmp_path / "staged", line("1")), feed="shop", at=NOON)

    assert ledger.history() == ()


def test_a_reading_without_lines_changes_nothing(ledger, load):
    batch = load()

    assert not batch.stored
    assert ledger.history() == ()


def test_old_versions_can_be_read_again(ledger, load, revenues):
    load(line("1", "10"))
    version = ledger.version
    load(line("1", "11"))

    assert revenues(version) == {"1": 10}
    assert revenues() == {"1": 11}
    with pytest.raises(Invalid, match="versions 0 to 2; 7 is not one of them"):
        revenues(7)


def test_the_history_says_what_each_batch_brought(ledger, load, tmp_path):
    loaded = reading(tmp_path / "staged", line("1"))

    batch = ledger.load(loaded, feed=FEED, at=NOON)

    (kept,) = ledger.history()
    assert kept == batch
    assert kept.inputs[0].sha256 == loaded.files[0].sha256
    assert (kept.feed, kept.mode, kept.at, kept.lines) == (FEED, "merge", NOON, 1)


def test_many_small_loads_of_a_month_do_not_pile_up_files(ledger, load, revenues):
    for n in range(20):
        load(line(str(n), str(n)))

    assert revenues() == {str(n): n for n in range(20)}
    assert len(list((ledger.places.lines / "month=202601").glob("*.parquet"))) > 8  # old ones wait for vacuum
    with ledger.engine() as engine:
        assert len(engine.origin.paths()) <= 8
