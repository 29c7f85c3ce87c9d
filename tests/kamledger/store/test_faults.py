"""Full disks, forbidden folders and two loads at once: told clearly, and nothing is lost."""

from __future__ import annotations

import errno
import resource
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest
from tests.kamledger.store.ledger_maker import FEED, NOON, line, reading

from kamledger.store import Conduct, Ledger, table
from kamledger.store.batches import Batch
from kamledger.store.faults import explained
from kamledger.store.locking import locked
from kamstats.errors import Invalid

MANY = [line(str(n), str(n), product_key=f"P{n * 7919 % 10007}", document_key=f"D{n}") for n in range(3000)]


@pytest.fixture
def small_files():
    """Forbid files of more than a few kilobytes, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(size):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))

    yield limit
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_told_and_nothing_is_lost(ledger, load, revenues, small_files, tmp_path):
    load(line("old", "1"))
    many = reading(tmp_path / "staged", *MANY)
    before = sorted(path for path in ledger.places.folder.rglob("*.parquet"))
    small_files(9000)

    with pytest.raises(Invalid, match="no room left") as said:
        ledger.load(many, feed=FEED, at=NOON)

    small_files(resource.RLIM_INFINITY)
    assert said.value.reason.code == "ledger_disk_full"
    assert ledger.check() == ()
    assert revenues() == {"old": 1}
    assert sorted(path for path in ledger.places.folder.rglob("*.parquet")) == before
    ledger.load(many, feed=FEED, at=NOON)
    assert len(revenues()) == len(MANY) + 1


def test_a_full_disk_at_the_commit_is_told_and_nothing_is_lost(ledger, load, revenues, small_files):
    load(line("1", "1"))
    fill = Conduct(steps=lambda step: small_files(0) if step == "before commit" else None)
    full = Ledger.open(ledger.places.folder, conduct=fill)
    undone = ledger.history()[0].batch

    with pytest.raises(Invalid, match="no room left"):
        full.undo(undone, at=NOON)

    small_files(resource.RLIM_INFINITY)
    assert revenues() == {"1": 1}
    assert ledger.check() == ()
    ledger.undo(undone, at=NOON)
    assert revenues() == {}


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "ledger_disk_full"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "ledger_disk_full"),
        (duckdb.IOException("Could not write file: No space left on device"), "ledger_disk_full"),
        (PermissionError(errno.EACCES, "Permission denied"), "ledger_unreadable"),
        (duckdb.IOException('Cannot open file "x": Permission denied'), "ledger_unreadable"),
        (duckdb.OutOfMemoryException("could not allocate block"), "ledger_out_of_memory"),
        (FileNotFoundError(errno.ENOENT, "No such file"), "ledger_damaged"),
        (duckdb.InvalidInputException("No magic bytes found"), "ledger_damaged"),
    ],
)
def test_faults_of_the_disk_have_their_sentences(fault, code, tmp_path):
    with pytest.raises(Invalid) as said, explained(tmp_path):
        raise fault

    assert said.value.reason.code == code
    assert said.value.reason.english.endswith(".")


def test_other_faults_are_bugs_and_stay_what_they_are(tmp_path):
    with pytest.raises(duckdb.CatalogException), explained(tmp_path):
        raise duckdb.CatalogException("no such table")


def test_an_unreadable_folder_is_told(tmp_path):
    file = tmp_path / "file"
    file.write_text("not a folder")

    with pytest.raises(Invalid, match=r"cannot be read or written|damaged or missing"):
        Ledger.create(file / "ledger")


def test_a_folder_with_other_things_is_not_taken(tmp_path):
    (tmp_path / "letter.txt").write_text("Dear Ann")

    with pytest.raises(Invalid, match="holds other things"):
        Ledger.create(tmp_path)


def test_a_ledger_is_not_made_twice(ledger):
    with pytest.raises(Invalid, match="already"):
        Ledger.create(ledger.places.folder)


def test_a_creation_that_was_interrupted_is_completed(tmp_path):
    (tmp_path / "lock").touch()
    (tmp_path / "lines").mkdir()

    Ledger.create(tmp_path)

    assert Ledger.open(tmp_path).check() == ()


def test_a_second_writer_is_told_who_is_at_work(ledger, load):
    with locked(ledger.places.folder, patience_seconds=0), pytest.raises(Invalid, match="changed by process"):
        load(line("1"))

    assert ledger.history() == ()


def test_the_lock_of_a_killed_owner_does_not_hold(ledger, load):
    code = (
        "import sys,os; from pathlib import Path; from kamledger.store.locking import locked\n"
        "with locked(Path(sys.argv[1]), patience_seconds=0): os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(ledger.places.folder)], check=False)

    assert load(line("1")).stored


def test_two_loads_at_once_wait_for_each_other_and_none_is_lost(ledger, tmp_path, revenues):
    faults = []

    def load(name):
        patient = Ledger.open(ledger.places.folder, conduct=Conduct(patience_seconds=60, durable=False))
        try:
            for n in range(3):
                made = reading(tmp_path / name, line(f"{name}{n}", str(n)), line("shared", str(n)))
                patient.load(made, feed=FEED, at=NOON)
        except Exception as fault:  # noqa: BLE001 - shown by the assertion
            faults.append(fault)

    threads = [threading.Thread(target=load, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []
    assert set(revenues()) == {"a0", "a1", "a2", "b0", "b1", "b2", "shared"}
    assert ledger.check() == ()


def _write_past_the_lock(ledger):
    base = table.read(ledger.places.lines)
    batch = Batch(f"else-{base.number}", "compact", "", None, NOON, base.number + 1)
    table.commit(base, batch, new=[], gone=[])


def test_a_commit_from_elsewhere_makes_the_change_start_again(ledger, tmp_path, revenues):
    elsewhere = iter([True, True, False])
    overtake = Conduct(
        steps=lambda step: (
            _write_past_the_lock(ledger) if step == "before commit" and next(elsewhere) else None
        )
    )
    overtaken = Ledger.open(ledger.places.folder, conduct=overtake)

    overtaken.load(reading(tmp_path / "staged", line("1", "10")), feed=FEED, at=NOON)

    assert revenues() == {"1": 10}
    assert [batch.kind for batch in ledger.history()] == ["compact", "compact", "load"]
    assert ledger.check() == ()


def test_a_ledger_that_is_always_overtaken_gives_up_and_says_so(ledger, tmp_path):
    conduct = Conduct(steps=lambda step: _write_past_the_lock(ledger) if step == "before commit" else None)
    overtaken = Ledger.open(ledger.places.folder, conduct=conduct)

    with pytest.raises(Invalid, match="changed 5 times meanwhile"):
        overtaken.load(reading(tmp_path / "staged", line("1", "10")), feed=FEED, at=NOON)

    assert ledger.check() == ()


def test_a_temporary_ledger_is_gone_at_the_end(tmp_path):
    with Ledger.temporary(tmp_path) as ledger:
        ledger.load(reading(tmp_path / "staged", line("1", "10")), feed=FEED, at=NOON)
        with ledger.engine() as engine:
            assert engine.collect(engine.orders()).num_rows == 1
        folder = ledger.places.folder

    assert not folder.exists()
    assert isinstance(folder, Path)
