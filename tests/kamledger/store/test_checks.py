"""The check names each thing that can be wrong with a ledger."""

from __future__ import annotations

import json
import shutil

import pyarrow.parquet as pq
import pytest
from tests.kamledger.store.ledger_maker import line

from kamledger.store import Ledger
from kamledger.store.table import DataFile, Version, commit, read
from kamstats.errors import Invalid


def _codes(ledger):
    findings = ledger.check()
    assert all(str(finding).endswith(".") for finding in findings)
    return [finding.code for finding in findings]


@pytest.fixture
def data_file(ledger, load):
    load(line("1", "10"), line("2", "20"))
    ledger.refresh_derived()
    base = read(ledger.places.lines)
    return base.path(base.files[0])


def test_a_sound_ledger_has_no_findings(ledger, data_file):
    assert data_file.exists()
    assert ledger.check() == ()


def test_an_empty_ledger_is_sound(ledger):
    assert ledger.check() == ()


def test_a_missing_data_file_is_found(ledger, data_file):
    data_file.unlink()

    assert _codes(ledger) == ["ledger_file_missing"]


def test_a_truncated_data_file_is_found(ledger, data_file):
    data_file.write_bytes(data_file.read_bytes()[:-9])

    assert _codes(ledger) == ["ledger_file_damaged"]


def test_a_data_file_of_the_right_size_and_wrong_bytes_is_found(ledger, data_file):
    data_file.write_bytes(b"x" * data_file.stat().st_size)

    assert _codes(ledger) == ["ledger_file_damaged"]


def test_a_truncated_data_file_is_said_to_be_damaged_when_it_is_read(ledger, data_file, load, rows):
    data_file.write_bytes(data_file.read_bytes()[:-9])

    with pytest.raises(Invalid, match="damaged or missing") as said:
        load(line("1", "11"))

    assert said.value.reason.code == "ledger_damaged"
    assert len(ledger.history()) == 1


def test_a_gap_in_the_log_is_found(ledger, load):
    load(line("1"))
    load(line("2"))
    (ledger.places.lines / "_delta_log" / f"{1:020d}.json").write_text("")

    assert _codes(ledger) == ["ledger_log_gap"]


def test_missing_replaced_lines_and_masters_are_found(ledger, load):
    load(line("1"), accounts=[{"account_key": "A1", "name": "Ann"}])
    load(line("1", "11"))
    shutil.rmtree(ledger.places.replaced)
    shutil.rmtree(ledger.places.folder / "masters")

    assert _codes(ledger) == ["ledger_masters_missing", "ledger_replaced_missing"]


def test_derived_tables_that_do_not_add_up_are_found_and_made_anew(ledger, data_file):
    (wrong,) = ledger.places.derived.glob("*.orders.parquet")
    rows = pq.read_table(wrong)
    pq.write_table(rows.slice(0, 0), wrong)

    (finding,) = ledger.check()

    assert finding.code == "ledger_derived_differ"
    wrong.unlink()
    ledger.refresh_derived()
    assert ledger.check() == ()


def _add_again(ledger, **changes):
    """Commit the first data file once more under another name, as a fault of some program might."""
    base = read(ledger.places.lines)
    file = base.files[0]
    again = DataFile(f"{file.path}.again.parquet", file.month, file.lines, file.size_bytes)
    shutil.copy(base.path(file), base.folder / again.path)
    batch = ledger.history()[0]
    commit(Version(base.folder, base.number, ()), batch, new=[again], gone=[])


def test_lines_and_batches_that_stand_twice_are_found(ledger, data_file):
    _add_again(ledger)

    codes = _codes(ledger)

    assert "ledger_batch_twice" in codes
    assert "ledger_key_twice" in codes


def test_a_wrong_count_in_the_log_is_found(ledger, data_file):
    log = ledger.places.lines / "_delta_log" / f"{1:020d}.json"
    log.write_text(log.read_text().replace(r"\"numRecords\": 2", r"\"numRecords\": 3"))

    assert _codes(ledger) == ["ledger_lines_differ"]


def test_lines_of_another_month_are_found(ledger, data_file):
    log = ledger.places.lines / "_delta_log" / f"{1:020d}.json"
    log.write_text(
        log.read_text().replace(
            '"partitionValues":{"month":"202601"}', '"partitionValues":{"month":"202602"}'
        )
    )

    assert _codes(ledger) == ["ledger_wrong_month"]


def test_lines_of_a_batch_that_is_not_in_the_log_are_found(ledger, data_file):
    log = ledger.places.lines / "_delta_log" / f"{1:020d}.json"
    entries = [json.loads(row) for row in log.read_text().splitlines()]
    for entry in entries:
        entry.get("commitInfo", {}).pop("kamerton", None)
    log.write_text("\n".join(json.dumps(entry) for entry in entries))

    assert _codes(ledger) == ["ledger_lines_of_no_batch"]


def test_a_folder_without_a_ledger_says_so(tmp_path):
    with pytest.raises(Invalid, match="There is no ledger in"):
        Ledger.open(tmp_path)
