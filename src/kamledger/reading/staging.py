"""From text cells to lines of the ledger: the SQL that casts, computes, checks and writes one piece."""

# ruff: noqa: S608 - values go into SQL by quoted(), names are our own

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import pyarrow as pa

from kamledger.reading.columns import one_text, ones
from kamledger.reading.days import FIRST_YEAR, LAST_YEAR, day_sql
from kamledger.reading.dirt import OddProducts, flags_sql
from kamledger.reading.mapping import NUMBERS, net_of
from kamledger.reading.numerals import MISSING, money, number_sql, plain_text, plain_text_sql
from kamledger.reading.sql import by_month, quoted, write_lines
from kamledger.schema import LINE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import duckdb

    from kamledger.reading.results import DateOrder, DiscountKind
    from kamledger.reading.sources import Piece

EXTRA = {
    "name": "account_name",
    "group": "group_key",
    "segment": "segment",
    "product_name": "product_name",
    "product_line": "product_line",
    "launched": "launched",
}
"""Field -> column that a staged file has beside schema.LINE, `file` and `row`, where the field is mapped."""

_MONEY = "DECIMAL(18,4)"
# wide enough that quantity times price times discount is exact in 38 digits
_KINDS = {"quantity": "DECIMAL(20,6)", "unit_price": "DECIMAL(24,10)", "discount": "DECIMAL(14,8)"}
_DECIMALS = {"quantity": 6, "unit_price": 10, "discount": 6}
_LARGEST = "1e9"
_TEXT_FIELDS = {
    "account": "account_key",
    "document": "document_key",
    "product": "product_key",
    "line": "line_no",
    "currency": "currency",
    "manager": "manager_key",
    "department": "department_key",
    "name": "account_name",
    "group": "group_key",
    "segment": "segment",
    "product_name": "product_name",
    "product_line": "product_line",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """How one file is to be read."""

    feed: str
    file: str
    columns: Mapping[str, int]  # field -> position
    marks: Mapping[str, str]  # field -> decimal mark of its column
    order: DateOrder
    discount: DiscountKind | None
    currency: str | None
    wordy_documents: bool
    extra: tuple[str, ...] = ()  # further columns that some file of this read has


@dataclass(frozen=True, slots=True)
class BadCell:
    """Why one row of a piece was rejected."""

    row: int
    code: str
    field: str
    value: str | None


def register_exact_net(connection: duckdb.DuckDBPyConnection) -> None:
    """Teach the engine the product of numbers with more decimals than its own types can carry."""

    def exact_net(
        quantity: pa.Array, price: pa.Array, discount: pa.Array, kind: pa.Array, marks: pa.Array
    ) -> pa.Array:
        columns = (each.to_pylist() for each in (quantity, price, discount, kind, marks))
        return pa.array([_exact_net(*row) for row in zip(*columns, strict=True)], pa.decimal128(18, 4))

    connection.create_function(  # type: ignore[call-overload] # it takes these words for its enumerations
        "exact_net", exact_net, ["VARCHAR"] * 5, _MONEY, type="arrow", null_handling="special"
    )


def _exact_net(
    quantity: str | None, price: str | None, discount: str | None, kind: DiscountKind | None, marks: str
) -> Decimal | None:
    texts = zip(("quantity", "unit_price", "discount"), (quantity, price, discount), marks, strict=True)
    plain = {field: plain_text(text, mark) for field, text, mark in texts if text}
    try:
        values = {field: Decimal(text) for field, text in plain.items() if text is not None}
        net = money(net_of(values, kind))
    except (InvalidOperation, KeyError):
        return None
    return net if abs(net) < Decimal(10) ** 14 else None


def text_sql(position: int, kind: pa.DataType, field: str, *, trimmed: bool) -> str:
    """Give a column of a piece as trimmed text; keys stored as floats lose their point."""
    column = f"c{position}"
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return column if trimmed else f"nullif(trim({column}), '')"
    if pa.types.is_floating(kind):
        whole = f"WHEN {column} = floor({column}) AND abs({column}) < 1e15 THEN {column}::BIGINT::VARCHAR"
        cases = f"WHEN isnan({column}) THEN NULL {'' if field in NUMBERS else whole}"
        return f"CASE {cases} ELSE {column}::VARCHAR END"
    return f"{column}::VARCHAR"


def checked_sql(plan: Plan, view: str, schema: pa.Schema, flags: str, *, trimmed: bool) -> str:
    """Give the query over one piece that has the lines and, per line, why it is rejected (else NULL)."""
    texts = {
        field: text_sql(position, schema.field(f"c{position}").type, field, trimmed=trimmed)
        for field, position in plan.columns.items()
    }
    found = ", ".join(f"{text} AS x_{field}" for field, text in texts.items())
    said = ", ".join(f"{_without_missing(field)} AS t_{field}" for field in texts)
    typed = ", ".join(_typed(plan, schema))
    return f"""
        WITH found AS (SELECT row, {found} FROM {view}),
        said AS (SELECT row, {said} FROM found),
        typed AS (SELECT *, {typed} FROM said),
        netted AS (SELECT *, {_net(plan, schema)} AS net FROM typed),
        valued AS (SELECT *, {_revenue(plan)} AS revenue FROM netted),
        checked AS (SELECT *, {_code(plan, schema)} AS code FROM valued)
        SELECT *, {flags} AS flags FROM checked"""


def _without_missing(field: str) -> str:
    """Take words such as NA in a column of numbers for an empty cell."""
    if field not in NUMBERS:
        return f"x_{field}"
    listed = ", ".join(map(quoted, MISSING))
    return f"CASE WHEN x_{field} IN ({listed}) THEN NULL ELSE x_{field} END"


def _typed(plan: Plan, schema: pa.Schema) -> list[str]:
    columns = plan.columns
    date_kind = schema.field(f"c{columns['date']}").type
    if pa.types.is_date(date_kind) or pa.types.is_timestamp(date_kind):
        day = "TRY_CAST(t_date AS TIMESTAMP)::DATE"
    else:
        day = day_sql("t_date", plan.order)
    found = [f"{day} AS date"]
    for field in NUMBERS:
        kind = _kind(plan, field)
        name = f"read_{field}" if field == "revenue" else field
        mark = _mark(plan, schema, field)
        value = number_sql(f"t_{field}", mark, kind) if field in columns else f"NULL::{kind}"
        found.append(f"{value} AS {name}")
    found += [
        f"{f't_{field}' if field in columns else 'NULL::VARCHAR'} AS {name}"
        for field, name in _TEXT_FIELDS.items()
    ]
    launched = day_sql("t_launched", plan.order) if "launched" in columns else "NULL::DATE"
    return [*found, f"{launched} AS launched"]


def _kind(plan: Plan, field: str) -> str:
    """Give the SQL type of a number: wide only where a product is taken, as wide ones are slow."""
    return _KINDS.get(field, _MONEY) if "unit_price" in plan.columns else _MONEY


def _mark(plan: Plan, schema: pa.Schema, field: str) -> str:
    """Give the decimal mark of a column; typed ones are turned into text with a dot."""
    if field not in plan.columns:
        return "."
    kind = schema.field(f"c{plan.columns[field]}").type
    return plan.marks.get(field, ".") if pa.types.is_string(kind) or pa.types.is_large_string(kind) else "."


def _net(plan: Plan, schema: pa.Schema) -> str:
    """Give quantity times unit price less discount, rounded once; exact whatever the number of decimals."""
    if not {"quantity", "unit_price"} <= set(plan.columns):
        return f"NULL::{_MONEY}"
    few = [_few_decimals(field) for field in _DECIMALS if field in plan.columns]
    fits = " AND ".join([f"abs(quantity::DOUBLE * unit_price::DOUBLE) < {_LARGEST}", *few])
    discount = "t_discount" if "discount" in plan.columns else "NULL::VARCHAR"
    marks = "".join(_mark(plan, schema, field) for field in _DECIMALS)
    slow = f"exact_net(t_quantity, t_unit_price, {discount}, '{plan.discount or 'fraction'}', '{marks}')"
    return f"""CASE WHEN quantity IS NOT NULL AND unit_price IS NOT NULL
        THEN CASE WHEN {fits} THEN ({_NETS[plan.discount]})::{_MONEY} ELSE {slow} END END"""


_NETS = {
    None: "quantity * unit_price",
    "fraction": "quantity * unit_price * (1 - coalesce(discount, 0))",
    "percent": "quantity * unit_price * (100 - coalesce(discount, 0)) * 0.01",
    "amount": "quantity * unit_price - coalesce(discount, 0)",
}


def _few_decimals(field: str) -> str:
    """True where the text has no more decimals than the column's type: then nothing was rounded."""
    text = f"t_{field}"
    behind = f"length({text}) - greatest(instr({text}, '.'), instr({text}, ','))"
    short = f"(NOT contains({text}, '.') AND NOT contains({text}, ',')) OR {behind} <= {_DECIMALS[field]}"
    return f"({text} IS NULL OR (({short}) AND NOT contains(lower({text}), 'e')))"


def _revenue(plan: Plan) -> str:
    return "coalesce(read_revenue, net)" if "revenue" in plan.columns else "net"


def _code(plan: Plan, schema: pa.Schema) -> str:
    """Say what is wrong with a line as `code:field`, the first fault winning; NULL for a good line."""
    said = " AND ".join(f"t_{field} IS NULL" for field in plan.columns)
    cases = [
        f"WHEN {said} THEN 'blank:'",
        "WHEN t_date IS NULL THEN 'date_missing:date'",
        "WHEN date IS NULL THEN 'not_a_date:date'",
        f"WHEN year(date) NOT BETWEEN {FIRST_YEAR} AND {LAST_YEAR} THEN 'date_out_of_range:date'",
    ]
    for field in NUMBERS:
        if field in plan.columns:
            value = f"read_{field}" if field == "revenue" else field
            plain = plain_text_sql(f"t_{field}", _mark(plan, schema, field))
            wide = f"WHEN {plain} IS NOT NULL THEN 'number_out_of_range:{field}'"
            unread = f"t_{field} IS NOT NULL AND {value} IS NULL"
            cases.append(f"WHEN {unread} THEN CASE {wide} ELSE 'not_a_number:{field}' END")
            if field == "quantity":
                cases.append("WHEN abs(quantity) >= 1e14 THEN 'number_out_of_range:quantity'")
    cases.append("WHEN revenue IS NULL THEN 'amount_missing:revenue'")
    return f"CASE {' '.join(cases)} END"


_DIFFERS = "abs(read_revenue - net) > 0.01"


def line_sql(plan: Plan) -> str:
    """Give the select list of a staged line, without what is the same in every line (`_whole`)."""
    currency = quoted(plan.currency) if plan.currency else "NULL"
    columns = {
        "line_key": _key(plan),
        "account_key": "account_key",
        "date": "date",
        "month": "(year(date) * 100 + month(date))::INTEGER",
        "quantity": f"quantity::{_MONEY}",
        "revenue": "revenue",
        "currency": f"coalesce(upper(currency), {currency})",
        "flags": "flags",
        "row": "row",
        **{column: column for column in plan.extra},
        "differs": f"coalesce({_DIFFERS}, false)",
    }
    wanted = [*_varying(plan), "row", *plan.extra]
    return ", ".join(f"{columns.get(name, name)} AS {name}" for name in wanted)


_SAME = {"source", "rate", "day_no", "amount"}  # in every line, or as in another column
_FIELD_OF = {column: field for field, column in _TEXT_FIELDS.items()} | {
    name: name for name in ("quantity", "cost", "list_revenue")
}


def _varying(plan: Plan) -> list[str]:
    """Name the columns of the ledger that differ from line to line: the others need no computing."""
    return [name for name in LINE.names if name not in _SAME and _FIELD_OF.get(name, "date") in plan.columns]


def _whole(plan: Plan, found: pa.Table) -> pa.Table:
    """Add the columns that are the same in every line."""
    times = len(found)
    same = {
        "source": one_text(plan.feed, times),
        "file": one_text(plan.file, times),
        "rate": ones(times, LINE.field("rate").type),
    }
    if plan.currency is not None:
        same["currency"] = one_text(plan.currency, times)
    columns = {each: found.column(each) for each in found.column_names}
    columns |= {"day_no": columns["date"].cast(pa.int32()), "amount": columns["revenue"]}
    columns = same | columns
    nothing = {each.name: pa.nulls(times, each.type) for each in LINE if each.name not in columns}
    names = [*LINE.names, "file", "row", *plan.extra]
    return pa.table({name: columns.get(name, nothing.get(name)) for name in names})


def _key(plan: Plan) -> str:
    """Give the identity of a line; equal ones get their ordinal later (`identity.py`)."""
    product = "product_key" if "product" in plan.columns else None
    tail = "line_no" if "line" in plan.columns else product
    without_document = _joined("account_key", "date::VARCHAR", tail)
    if "document" not in plan.columns:
        return without_document
    return f"CASE WHEN document_key IS NULL THEN {without_document} ELSE {_joined('document_key', tail)} END"


def _joined(*columns: str | None) -> str:
    return "concat_ws('|', " + ", ".join(f"coalesce({column}, '')" for column in columns if column) + ")"


def stage(
    cursor: duckdb.DuckDBPyConnection, plan: Plan, piece: Piece, odd: OddProducts, target: Path
) -> tuple[int, list[BadCell]]:
    """Write the good lines of a piece; give their number and the bad ones."""
    view = f"piece_{target.stem.replace('-', '_')}"
    columns = [("product_key", "product", True), ("product_name", "product_name", False)]
    listed = [
        (name, odd.among(_distinct(piece.table, plan.columns[field]), is_key=is_key))
        for name, field, is_key in columns
        if field in plan.columns
    ]
    flags = flags_sql(listed, wordy_documents=plan.wordy_documents, has_price="unit_price" in plan.columns)
    checked = checked_sql(plan, view, piece.table.schema, flags, trimmed=piece.trimmed)
    cursor.register(view, piece.table)
    try:
        query = f"SELECT {line_sql(plan)} FROM ({checked}) WHERE code IS NULL"
        found = by_month(cursor.sql(query).to_arrow_table())
        good = len(found)
        if good:
            write_lines(_whole(plan, found), target)
        bad = [] if good == len(piece.table) else _bad_cells(cursor, plan, checked)
    finally:
        cursor.unregister(view)
    return good, bad


def _bad_cells(cursor: duckdb.DuckDBPyConnection, plan: Plan, checked: str) -> list[BadCell]:
    value = " ".join(f"WHEN '{field}' THEN t_{field}" for field in plan.columns)
    rows = cursor.execute(
        f"""SELECT row, code[:colon - 1], code[colon + 1:], CASE code[colon + 1:] {value} END
            FROM (SELECT *, instr(code, ':') AS colon FROM ({checked}) WHERE code <> 'blank:') ORDER BY row"""
    ).fetchall()
    return [BadCell(*row) for row in rows]


def _distinct(table: pa.Table, position: int) -> list[str | None]:
    column = table.column(f"c{position}")
    return column.unique().to_pylist() if pa.types.is_string(column.type) else []
