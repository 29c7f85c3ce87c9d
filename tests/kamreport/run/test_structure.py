"""Which account a line counts for."""

from __future__ import annotations

from datetime import date

import narwhals as nw
import pyarrow as pa
import pytest

from kamledger.schema import ACCOUNT, GROUP_MEMBER
from kamreport.period import day_number
from kamreport.run.structure import spans_table, structure_of, with_account

AS_OF = date(2024, 12, 31)


def members(*rows):
    columns = list(zip(*rows, strict=True)) or [()] * 4
    names = ("account_key", "group_key", "valid_from", "valid_to")
    source = {"source": ["feed"] * len(rows)}
    return pa.table({**source, **dict(zip(names, map(list, columns), strict=True))}, schema=GROUP_MEMBER)


def structure(*rows, feeds=("feed",), mode="as_of", accounts=None):
    masters = accounts if accounts is not None else ACCOUNT.empty_table()
    return structure_of(members(*rows), masters, feeds=feeds, as_of=AS_OF, mode=mode)


def accounts_of(found, lines):
    frame = nw.from_native(pa.table(lines)).lazy("duckdb")
    spans = nw.from_native(spans_table(found)).lazy("duckdb")
    named = with_account(frame, found, spans).sort("day_no", "account_key").collect()
    return named["account"].to_list()


@pytest.fixture
def lines():
    days = [day_number(date(2024, month, 15)) for month in (2, 5, 8, 11)]
    return {"source": ["feed"] * 4, "account_key": ["a"] * 4, "day_no": days}


def test_without_groups_an_account_stands_for_itself(lines):
    assert accounts_of(structure(), lines) == ["a"] * 4


def test_equal_keys_of_two_feeds_are_two_accounts(lines):
    lines["source"] = ["north", "south"] * 2

    found = accounts_of(structure(feeds=("north", "south")), lines)

    assert found == ["north/a", "south/a"] * 2


def test_a_group_of_today_counts_for_all_days(lines):
    joined = structure(("a", "Group", date(2024, 6, 1), None))

    assert accounts_of(joined, lines) == ["Group"] * 4


def test_a_group_that_was_left_counts_for_no_day(lines):
    left = structure(("a", "Group", None, date(2024, 6, 30)))

    assert accounts_of(left, lines) == ["a"] * 4


def test_then_each_day_counts_for_its_own_group(lines):
    moved = structure(
        ("a", "First", date(2024, 4, 1), date(2024, 6, 30)),
        ("a", "Second", date(2024, 10, 1), None),
        mode="then",
    )

    assert accounts_of(moved, lines) == ["a", "First", "a", "Second"]


def test_where_two_memberships_overlap_the_earlier_one_counts_and_no_line_is_doubled(lines):
    overlapping = structure(
        ("a", "First", date(2024, 1, 1), date(2024, 9, 1)),
        ("a", "Second", date(2024, 4, 1), None),
        mode="then",
    )

    assert accounts_of(overlapping, lines) == ["First", "First", "First", "Second"]


def test_the_group_of_the_account_master_counts_where_no_dated_one_is_given(lines):
    master = pa.table(
        {
            **{name: [None] for name in ACCOUNT.names},
            "source": ["feed"],
            "account_key": ["a"],
            "group_key": ["Holding"],
        },
        schema=ACCOUNT,
    )

    assert accounts_of(structure(accounts=master), lines) == ["Holding"] * 4
    assert accounts_of(structure(("a", "Dated", None, None), accounts=master), lines) == ["Dated"] * 4
