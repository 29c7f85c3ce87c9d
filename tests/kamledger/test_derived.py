"""The derived tables add up to the lines, on every engine, whatever is left out."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import duckdb
import hypothesis.strategies as st
import narwhals as nw
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from tests.kamledger.store.ledger_maker import line

from kamledger.derived import kept, mix_of, mix_on_duckdb, months_of, orders_of
from kamledger.schema import LINE, MIX, MONTHS, ORDERS, Flag

MONEY = st.decimals(min_value=-999, max_value=999, places=4)
LINES = st.lists(
    st.fixed_dictionaries(
        {
            "account_key": st.sampled_from(["A1", "A2", None]),
            "day": st.sampled_from(["2026-01-05", "2026-01-06", "2026-02-01"]),
            "product_key": st.sampled_from(["P1", None]),
            "manager_key": st.sampled_from(["M1", None]),
            "revenue": MONEY,
            "quantity": st.none() | MONEY,
            "cost": st.none() | MONEY,
            "list_revenue": st.none() | MONEY,
            "flags": st.sampled_from(
                [0, int(Flag.RETURN), int(Flag.POSTAGE), int(Flag.RETURN | Flag.POSTAGE)]
            ),
        }
    ),
    max_size=12,
)


def _table(lines):
    rows = [line(str(n), **{**each, "revenue": str(each["revenue"])}) for n, each in enumerate(lines)]
    for row in rows:
        row["flags"] |= 0 if row["account_key"] else int(Flag.NO_ACCOUNT)
    return pa.Table.from_pylist(rows, schema=LINE)


def _sum(values):
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if known else None


def _is_sale(each):
    return (each["revenue"] if each["quantity"] is None else each["quantity"]) > 0


def _slowly(rows, keys, **measures):
    groups = defaultdict(list)
    for row in rows:
        groups[tuple(row[key] for key in keys)].append(row)
    return {
        group: {name: measure(members) for name, measure in measures.items()}
        for group, members in groups.items()
    }


def _column(name):
    return lambda members: _sum(each[name] for each in members)


COMMON = {
    "revenue": _column("revenue"),
    "cost": _column("cost"),
    "lines": len,
    "lines_without_cost": lambda members: sum(each["cost"] is None for each in members),
    "revenue_with_cost": lambda members: _sum(
        each["revenue"] for each in members if each["cost"] is not None
    ),
}
CASES = {
    "months": (
        months_of,
        MONTHS,
        ("source", "account_key", "manager_key", "department_key", "month"),
        {**COMMON, "list_revenue": _column("list_revenue")},
    ),
    "orders": (
        orders_of,
        ORDERS,
        ("source", "account_key", "day_no", "month"),
        {**COMMON, "is_order": lambda members: any(map(_is_sale, members))},
    ),
    "mix": (
        mix_of,
        MIX,
        ("source", "account_key", "product_key", "month"),
        {
            **COMMON,
            "quantity": _column("quantity"),
            "first_day_no": lambda members: min(each["day_no"] for each in members),
            "last_day_no": lambda members: max(each["day_no"] for each in members),
            "order_days": lambda members: len({each["day_no"] for each in members if _is_sale(each)}),
        },
    ),
}


@pytest.mark.parametrize("case", CASES)
@settings(max_examples=40)
@given(lines=LINES)
def test_a_derived_table_equals_the_slow_one(case, lines):
    expressions, schema, keys, measures = CASES[case]
    table = _table(lines)
    used = [row for row in table.to_pylist() if row["account_key"] and not row["flags"] & Flag.POSTAGE]

    found = expressions(kept(table, Flag.NO_ACCOUNT | Flag.POSTAGE)).collect().to_arrow()

    assert found.column_names == schema.names
    rows = found.cast(schema).to_pylist()
    assert {
        tuple(row[key] for key in keys): {name: row[name] for name in measures} for row in rows
    } == _slowly(used, keys, **measures)


@settings(max_examples=40, deadline=None)
@given(lines=LINES)
def test_one_pass_on_duckdb_gives_the_same_mix(lines):
    with duckdb.connect() as connection:
        connection.register("given", _table(lines))
        used = connection.sql("FROM given")

        quick = connection.sql(mix_on_duckdb(used)).to_arrow_table()

    slow = mix_of(_table(lines)).collect().to_arrow().cast(MIX)
    order = [(key, "ascending") for key in ("account_key", "product_key", "month")]
    assert quick.cast(MIX).sort_by(order).to_pylist() == slow.sort_by(order).to_pylist()
    assert quick.schema.names == MIX.names


@pytest.mark.parametrize("case", CASES)
def test_engines_agree_to_the_last_digit(case):
    expressions, schema, keys, _ = CASES[case]
    table = _table(
        [
            {
                "account_key": f"A{n % 3}",
                "day": f"2026-01-{n % 28 + 1:02}",
                "product_key": f"P{n % 2}",
                "revenue": f"{n}.{n * 163:04}",
            }
            for n in range(60)
        ]
    )
    order = [(key, "ascending") for key in keys]
    arrow = expressions(table).collect().to_arrow().cast(schema).sort_by(order)
    duck = nw.to_native(expressions(duckdb.from_arrow(table))).to_arrow_table().cast(schema).sort_by(order)
    polars = expressions(pl.from_arrow(table)).collect().to_arrow().cast(schema).sort_by(order)

    assert duck.equals(arrow)
    assert polars.equals(arrow)


def test_nothing_is_left_out_where_no_flag_says_so():
    lines = pa.table({"flags": pa.array([0, 4, 255], pa.int32())})

    assert kept(lines, Flag(0)).collect().shape == (3, 1)


@pytest.mark.parametrize("case", CASES)
def test_no_lines_give_an_empty_table(case):
    expressions, schema, _, _ = CASES[case]

    assert expressions(LINE.empty_table()).collect().to_arrow().cast(schema).num_rows == 0
