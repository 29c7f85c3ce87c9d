"""Master data beside the lines: accounts, products, groups, from files of their own or the sales file."""

# ruff: noqa: S608 - values go into SQL by quoted(), names are our own

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa

from kamledger.reading import refusals
from kamledger.reading.days import guess_date_order, read_day
from kamledger.reading.names import rank
from kamledger.reading.opening import open_source
from kamledger.reading.results import ReadOptions
from kamledger.reading.sql import file_order, parquet_list, quoted
from kamledger.schema import ACCOUNT, GROUP_MEMBER, PRODUCT
from kamstats.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    import duckdb

Kind = Literal["accounts", "products", "groups"]

# field of the dictionary -> column of the schema, in the order in which they choose; the first are demanded
_FIELDS: Mapping[Kind, tuple[pa.Schema, int, Mapping[str, str]]] = {
    "accounts": (
        ACCOUNT,
        1,
        {
            "account": "account_key",
            "name": "name",
            "group": "group_key",
            "department": "department_key",
            "manager": "manager_key",
            "segment": "segment",
        },
    ),
    "products": (
        PRODUCT,
        1,
        {
            "product": "product_key",
            "product_name": "name",
            "product_line": "product_line",
            "launched": "launched",
        },
    ),
    "groups": (
        GROUP_MEMBER,
        2,
        {"account": "account_key", "group": "group_key", "from": "valid_from", "to": "valid_to"},
    ),
}
_DAYS = ("launched", "valid_from", "valid_to")
_SHORT = {"product_name": ("name",), "product_line": ("line",)}  # what a product file may call them


def read_master(kind: Kind, path: Path, *, feed: str = "", options: ReadOptions | None = None) -> pa.Table:
    """Read a file of accounts, products or groups; its columns are found by their names.

    Returns a table in the form of schema.ACCOUNT, PRODUCT or GROUP_MEMBER, one row per key (a group member:
    per membership), the last row of a key winning. Rows without a key are passed over. A missing name is the
    key.
    Raises Invalid where the key column is not there.
    """
    schema, demanded, fields = _FIELDS[kind]
    source = open_source(path, options or ReadOptions())
    columns = _columns(source.columns, fields)
    for field in list(fields)[:demanded]:
        if field not in columns:
            listed = ", ".join(source.columns)
            raise Invalid(refusals.FIELD_MISSING(file=path.name, field=field, columns=listed))
    rows: list[dict[str, Any]] = []
    for piece in source.pieces(range(len(source.columns))):
        cells = piece.originals(range(len(piece.table)))
        rows += [
            {name: _text(row[columns[field]]) for field, name in fields.items() if field in columns}
            for row in cells
        ]
    _read_days(rows, path)
    return _table(rows, schema, feed, kind)


def _read_days(rows: list[dict[str, Any]], path: Path) -> None:
    """Turn the days of a master file into dates; a span that cannot be is refused, not passed over."""
    for column in _DAYS:
        order, _ = guess_date_order(str(row[column]) for row in rows if row.get(column))
        for row in rows:
            if row.get(column):
                said = row[column]
                row[column] = read_day(said, order)
                if row[column] is None:
                    raise Invalid(refusals.MASTER_DAY(file=path.name, key=_key(row), value=said))
    for row in rows:
        first, last = row.get("valid_from"), row.get("valid_to")
        if first and last and last < first:
            raise Invalid(refusals.SPAN_REVERSED(file=path.name, key=_key(row), first=first, last=last))


def _key(row: Mapping[str, Any]) -> str:
    return str(row.get("account_key") or row.get("product_key") or "")


def _columns(names: Sequence[str], fields: Mapping[str, str]) -> dict[str, int]:
    chosen: dict[str, int] = {}
    for field in fields:
        wanted = [*_SHORT.get(field, ()), field]
        ranked = [
            (found, number)
            for number, name in enumerate(names)
            for each in wanted
            if number not in chosen.values() and (found := rank(each, name)) is not None
        ]
        if ranked:
            chosen[field] = min(ranked)[1]
    return chosen


def _text(cell: str | None) -> str | None:
    return (cell or "").strip() or None


def _table(rows: list[dict[str, Any]], schema: pa.Schema, feed: str, kind: Kind) -> pa.Table:
    key = "account_key" if kind != "products" else "product_key"
    keyed = [{"source": feed, **row} for row in rows if row.get(key)]
    if kind == "groups":
        keyed = [row for row in keyed if row.get("group_key")]
        identity = ("account_key", "group_key", "valid_from")
        last = {tuple(row.get(each) for each in identity): row for row in keyed}
    else:
        last = {(row[key],): {**row, "name": row.get("name") or row[key]} for row in keyed}
    return pa.Table.from_pylist(list(last.values()), schema=schema)


def accounts_in(
    connection: duckdb.DuckDBPyConnection,
    staged: Sequence[Path],
    files: Sequence[str],
    feed: str,
    has: AbstractSet[str],
) -> pa.Table:
    """Give the accounts met in the lines: the latest name, group, department, manager and segment of each.

    `has` names the columns that are filled at all: the others are not looked at.
    """
    latest = _latest_of(files, has)
    query = f"""SELECT {quoted(feed)} AS source, account_key,
            coalesce({latest("account_name")}, account_key) AS name, {latest("group_key")} AS group_key,
            {latest("department_key")} AS department_key, {latest("manager_key")} AS manager_key,
            {latest("segment")} AS segment
        FROM {parquet_list(staged)} WHERE account_key IS NOT NULL GROUP BY account_key ORDER BY account_key"""
    return connection.sql(query).to_arrow_table().cast(ACCOUNT)


def products_in(
    connection: duckdb.DuckDBPyConnection,
    staged: Sequence[Path],
    files: Sequence[str],
    feed: str,
    has: AbstractSet[str],
) -> pa.Table:
    """Give the products met in the lines: the latest name and line of each, and its launch where said."""
    latest = _latest_of(files, has)
    launched = "min(launched)" if "launched" in has else "NULL::DATE"
    query = f"""SELECT {quoted(feed)} AS source, product_key,
            coalesce({latest("product_name")}, product_key) AS name, {latest("product_line")} AS product_line,
            {launched} AS launched
        FROM {parquet_list(staged)} WHERE product_key IS NOT NULL GROUP BY product_key ORDER BY product_key"""
    return connection.sql(query).to_arrow_table().cast(PRODUCT)


def _latest_of(files: Sequence[str], has: AbstractSet[str]) -> Callable[[str], str]:
    """Give SQL for the last filled value; day, file and row make one number of 17, 12 and 34 bits."""
    place = f"(day_no::BIGINT + 32768) * 70368744177664 + ({file_order(files)})::BIGINT * 17179869184 + row"
    return lambda column: f"arg_max({column}, {place})" if column in has else "NULL::VARCHAR"


def overlaid(base: pa.Table, master: pa.Table, key: str) -> pa.Table:
    """Let what a master file says win over what the lines say; what it leaves empty stays."""
    rows = {row[key]: row for row in base.to_pylist()}
    for said in master.to_pylist():
        known = rows.get(said[key], {})
        name_is_key = said.get("name") == said[key] and known.get("name")
        filled = {
            name: value
            for name, value in said.items()
            if value is not None and not (name == "name" and name_is_key)
        }
        rows[said[key]] = {**known, **filled}
    return pa.Table.from_pylist([rows[each] for each in sorted(rows)], schema=base.schema)


def members_of(accounts: pa.Table) -> pa.Table:
    """Give the memberships that the accounts themselves name, without dates."""
    named = accounts.select(["source", "account_key", "group_key"]).filter(
        accounts.column("group_key").is_valid()
    )
    always = pa.nulls(len(named), pa.date32())
    return named.append_column("valid_from", always).append_column("valid_to", always).cast(GROUP_MEMBER)
