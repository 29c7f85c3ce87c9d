"""Who moved between classes, with money."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamstats.abc import abc_classes
from kamstats.errors import Invalid
from kamstats.migration import MOVEMENTS, migration, migration_matrix, movement_sums

from .books import amounts, by_account, fast, money


def classified(rows):
    """Give {account: (amount, class)} as one period."""
    return pa.table(
        {
            "account_key": pa.array(list(rows), pa.string()),
            "revenue": money(amount for amount, _ in rows.values()),
            "abc": pa.array([letter for _, letter in rows.values()], pa.string()),
        }
    )


BEFORE = classified(
    {
        "up": ("5", "B"),
        "down": ("9", "A"),
        "same": ("1", "C"),
        "lost": ("2", "C"),
        "idle": ("0", None),
        "gone": ("7", "A"),
        "back": ("-1", None),
    }
)
AFTER = classified(
    {
        "up": ("9", "A"),
        "down": ("1", "C"),
        "same": ("2", "C"),
        "idle": ("-3", None),
        "gone": ("-2", None),
        "back": ("4", "B"),
        "new": ("4", "B"),
        "returned": ("4", "B"),
    }
)
EARLIER = pa.table({"account_key": ["returned", "returned", "up"]})


def test_every_movement_has_its_name(engine):
    found = migration(engine(BEFORE), engine(AFTER), earlier=engine(EARLIER))

    assert by_account(found, "movement", "change") == {
        "up": ("up", 4),
        "down": ("down", -8),
        "same": ("same", 1),
        "lost": ("lost", -2),
        "idle": ("unranked", -3),
        "gone": ("lost", -9),
        "back": ("returned", 5),
        "new": ("new", 4),
        "returned": ("returned", 4),
    }


def test_without_an_earlier_history_a_stranger_is_new(engine):
    found = by_account(migration(engine(BEFORE), engine(AFTER)), "movement", "abc_before", "abc_after")

    assert found["returned"] == ("new", None, "B")
    assert found["back"] == ("returned", None, "B")


def test_a_second_class_is_carried_along(engine):
    before = BEFORE.append_column("xyz", pa.array(list("XYZXYZX")))
    after = AFTER.append_column("xyz", pa.array(list("ZYXZYXZY")))

    moved = migration(engine(before), engine(after), xyz="xyz")

    assert by_account(moved, "xyz_before", "xyz_after")["up"] == ("X", "Z")
    assert migration_matrix(moved, of="xyz")[0].class_before == "X"


def test_the_matrix_counts_and_adds_each_pair(engine):
    flows = migration_matrix(migration(engine(BEFORE), engine(AFTER)))

    assert [(flow.class_before, flow.class_after, flow.accounts, flow.revenue_after) for flow in flows] == [
        ("A", "C", 1, 1),
        ("A", None, 1, -2),
        ("B", "A", 1, 9),
        ("C", "C", 1, 2),
        ("C", None, 1, 0),
        (None, "B", 3, 12),
        (None, None, 1, -3),
    ]


def test_movements_come_in_a_fixed_order_with_empty_ones(engine):
    sums = movement_sums(migration(engine(BEFORE), engine(BEFORE)))

    assert tuple(row.movement for row in sums) == MOVEMENTS
    assert {row.movement: row.accounts for row in sums if row.accounts} == {"same": 5, "unranked": 2}


def test_two_empty_periods_have_no_movement(engine):
    moved = migration(engine(classified({})), engine(classified({})))

    assert by_account(moved, "movement") == {}
    assert migration_matrix(moved) == ()
    assert sum(row.accounts for row in movement_sums(moved)) == 0


def test_one_account_alone_is_new_or_lost(engine):
    one, none = classified({"a": ("5", "A")}), classified({})

    assert by_account(migration(engine(none), engine(one)), "movement") == {"a": "new"}
    assert by_account(migration(engine(one), engine(none)), "movement", "revenue_after") == {"a": ("lost", 0)}


def test_a_period_without_classes_is_refused(engine):
    with pytest.raises(Invalid, match='no column "abc"'):
        migration(engine(BEFORE.drop_columns(["abc"])), engine(AFTER))


periods = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=1), amounts, max_size=8)


def slow_movement(was, now, known):
    if was is None and now is None:
        return "unranked"
    if now is None:
        return "lost"
    if was is None:
        return "returned" if known else "new"
    return "same" if was == now else "up" if now < was else "down"


@settings(max_examples=40)
@given(periods, periods)
def test_the_sums_reconcile_exactly_and_the_names_are_those_of_the_slow_way(before, after):
    sides = [
        abc_classes(fast(classified({name: (amount, None) for name, amount in side.items()}))).select(
            "account_key", "revenue", "abc"
        )
        for side in (before, after)
    ]
    was, now = (by_account(side, "abc") for side in sides)

    moved = migration(*sides)

    expected = {name: slow_movement(was.get(name), now.get(name), name in before) for name in before | after}
    assert by_account(moved, "movement") == expected
    for sums in (migration_matrix(moved), movement_sums(moved)):
        assert sum(row.accounts for row in sums) == len(expected)
        assert sum((row.revenue_before for row in sums), Decimal(0)) == sum(before.values())
        assert sum((row.revenue_after for row in sums), Decimal(0)) == sum(after.values())
