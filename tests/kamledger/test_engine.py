"""Engines read the same ledger and give the same numbers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from importlib.util import find_spec

import pytest
from tests.conftest import missing
from tests.kamledger.store.ledger_maker import FEED, NOON, line, reading

from kamledger.schema import ACCOUNT, GROUP_MEMBER, MIX, MONTHS, ORDERS, PRODUCT, Flag
from kamledger.store import Conduct, Ledger
from kamstats.errors import Invalid

LINES = [
    line(
        str(n),
        f"{n * 37 % 101 - 20}.{n:04d}",
        day=f"2026-0{n % 3 + 1}-{n % 27 + 1:02}",
        account_key=f"A{n % 7}" if n % 11 else None,
        product_key=f"P{n % 5}" if n % 13 else None,
        manager_key=f"M{n % 2}",
        quantity=None if n % 4 else n % 3 - 1,
        cost=None if n % 5 == 0 else n,
        flags=int(Flag.NO_ACCOUNT) if not n % 11 else int(Flag.POSTAGE) * (n % 2),
    )
    for n in range(200)
]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    folder = tmp_path_factory.mktemp("engines")
    made = Ledger.create(folder / "ledger", conduct=Conduct(durable=False))
    masters = {
        "accounts": [{"account_key": "A1", "name": "Ann"}],
        "products": [{"product_key": "P1", "name": "Board"}],
        "group_members": [{"account_key": "A1", "group_key": "G"}],
    }
    made.load(reading(folder / "staged", *LINES[:150], **masters), feed=FEED, at=NOON)
    made.load(reading(folder / "staged", *LINES[140:]), feed=FEED, at=NOON)
    return made


@pytest.fixture
def engine(ledger):
    with ledger.engine() as started:
        yield started


@pytest.mark.parametrize(("table", "schema"), [("months", MONTHS), ("orders", ORDERS), ("mix", MIX)])
def test_derived_tables_have_their_schema_and_the_totals_of_the_lines(engine, table, schema):
    frame = getattr(engine, table)()

    rows = engine.collect(frame)

    assert rows.schema.names == schema.names
    assert rows.schema.types == schema.types
    expected = sum(each["revenue"] for each in LINES if each["account_key"])
    assert sum(rows.column("revenue").to_pylist()) == expected


def test_other_rules_leave_other_lines_out(engine):
    left_out = Flag.NO_ACCOUNT | Flag.POSTAGE

    rows = engine.collect(engine.orders(left_out))

    assert sum(rows.column("revenue").to_pylist()) == sum(
        each["revenue"] for each in LINES if not each["flags"] & left_out
    )


def test_lines_without_an_account_are_never_in_the_derived_tables(engine):
    rows = engine.collect(engine.months(Flag(0)))

    assert None not in rows.column("account_key").to_pylist()


def test_masters_come_with_their_schemas(engine):
    assert engine.accounts().schema == ACCOUNT
    assert engine.products().schema == PRODUCT
    assert engine.group_members().schema == GROUP_MEMBER
    assert engine.accounts().column("name").to_pylist() == ["Ann"]


def test_derived_tables_are_made_anew_only_for_the_months_that_changed(ledger, tmp_path):
    folder = tmp_path / "ledger"
    shutil.copytree(ledger.places.folder, folder)
    copy = Ledger.open(folder, conduct=Conduct(durable=False))
    copy.refresh_derived()
    before = set(copy.places.derived.iterdir())

    copy.load(reading(tmp_path / "staged", line("new", "1", day="2026-02-05")), feed=FEED, at=NOON)
    copy.refresh_derived()

    made = set(copy.places.derived.iterdir()) - before
    assert {path.name.split("-")[0] for path in made} == {"202602"}
    assert len(made) == 3
    with copy.engine() as engine:
        total = sum(engine.collect(engine.orders()).column("revenue").to_pylist())
    assert total == 1 + sum(each["revenue"] for each in LINES if each["account_key"])


def test_an_empty_ledger_gives_empty_tables(tmp_path):
    with Ledger.create(tmp_path / "ledger").engine() as engine:
        for table, schema in (("lines", None), ("months", MONTHS), ("orders", ORDERS), ("mix", MIX)):
            rows = engine.collect(getattr(engine, table)())
            assert rows.num_rows == 0
            assert schema is None or rows.schema.names == schema.names
        assert engine.accounts().num_rows == 0


def test_each_thread_has_a_cursor_of_its_own(engine):
    totals = []

    def total():
        other = engine.in_thread()
        totals.append(sum(other.collect(other.orders()).column("revenue").to_pylist()))

    threads = [threading.Thread(target=total) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert totals == [sum(each["revenue"] for each in LINES if each["account_key"])] * 4


def test_an_engine_sees_nothing_but_the_ledger(engine, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")

    with pytest.raises(Exception, match=r"Permission|allowed|does not exist|disabled"):
        engine.connection.read_csv(str(secret)).fetchall()


def test_a_ledger_that_cannot_be_written_can_be_read(ledger, engine, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)

    with ledger.engine() as reader:
        assert not reader.room.is_relative_to(ledger.places.folder)
        assert reader.collect(reader.orders()).num_rows == engine.collect(engine.orders()).num_rows


def test_an_unknown_engine_is_refused_with_the_names_of_the_others(ledger):
    with pytest.raises(Invalid, match='no engine "sqlite"'):
        ledger.engine("sqlite")


def test_spark_without_pyspark_says_what_to_install(ledger, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)

    with pytest.raises(Invalid, match="needs pyspark and Java"):
        ledger.engine("spark:local[2]")


@pytest.mark.spark
@pytest.mark.filterwarnings("ignore")  # pyspark's own
def test_spark_gives_the_same_tables_to_the_last_digit(ledger, engine):
    if find_spec("pyspark") is None:
        missing("pyspark is not installed: pip install 'kamerton[spark]'")
    if shutil.which("java") is None:
        missing("Java is not installed: Spark needs Java 17")
    with ledger.engine("spark:local[2]") as spark:
        for table, schema in (("months", MONTHS), ("orders", ORDERS), ("mix", MIX)):
            order = [(key, "ascending") for key in schema.names[:5]]
            for left_out in (Flag.NO_ACCOUNT, Flag.NO_ACCOUNT | Flag.POSTAGE):
                ours = engine.collect(getattr(engine, table)(left_out)).cast(schema)
                theirs = spark.collect(getattr(spark, table)(left_out)).cast(schema)
                assert theirs.sort_by(order).equals(ours.sort_by(order)), table
        lines = engine.collect(engine.lines())
        theirs = spark.collect(spark.lines()).cast(lines.schema)
        assert theirs.sort_by("line_key").equals(lines.sort_by("line_key"))
        assert spark.accounts().equals(engine.accounts())


def test_opening_an_engine_does_not_load_spark():
    code = "import sys, kamledger.store; sys.exit('pyspark' in sys.modules or 'scipy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
