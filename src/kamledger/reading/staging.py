"""From text cells to lines of the ledger: the SQL that casts, computes, checks and writes one piece."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import pyarrow as pa

from kamledger.reading.days import FIRST_YEAR, LAST_YEAR, day_sql
from kamledger.reading.dirt import OddProducts, flags_sql
from kamledger.reading.mapping import NUMBERS, net_of
from kamledger.reading.numerals import MISSING, money, number_sql, plain_text, plain_text_sql

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import duckdb

    from kamledger.reading.results import DateOrder, DiscountKind
    from kamledger.reading.sources import Piece

EXTRA = pa.schema(
    [
        pa.field("account_name", pa.string()),
        pa.field("group_key", pa.string()),
        pa.field("segment", pa.string()),
        pa.field("product_name", pa.string()),
        pa.field("product_line", pa.string()),
        pa.field("launched", pa.date32()),
        pa.field("differs", pa.bool_()),  # the amount is not quantity times price less discount
    ]
)
"""Columns of a staged file beside those of schema.LINE, `file` and `row`."""

_MONEY = "DECIMAL(18,4)"
# wide enough that quantity times price times discount is exact in 38 digits
_KINDS = {"quantity": "DECIMAL(20,6)", "unit_price": "DECIMAL(24,10)", "discount": "DECIMAL(14,8)"}
_DECIMALS = {"quantity": 6, "unit_price": 10, "discount": 6}
_LARGEST = "1e13"
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
    mark: str
    order: DateOrder
    discount: DiscountKind | None
    currency: str | None
    wordy_documents: bool


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
        quantity: pa.Array, price: pa.Array, discount: pa.Array, kind: pa.Array, mark: pa.Array
    ) -> pa.Array:
        columns = (each.to_pylist() for each in (quantity, price, discount, kind, mark))
        return pa.array([_exact_net(*row) for row in zip(*columns, strict=True)], pa.decimal128(18, 4))

    connection.create_function(
        "exact_net", exact_net, ["VARCHAR"] * 5, _MONEY, type="arrow", null_handling="special"
    )


def _exact_net(
    quantity: str | None, price: str | None, discount: str | None, kind: DiscountKind | None, mark: str
) -> Decimal | None:
    texts = {"quantity": quantity, "unit_price": price, "discount": discount}
    plain = {field: plain_text(text, mark) for field, text in texts.items() if text}
    try:
        values = {field: Decimal(text) for field, text in plain.items() if text is not None}
        net = money(net_of(values, kind))
    except (InvalidOperation, KeyError):
        return None
    return net if abs(net) < Decimal(10) ** 14 else None


def text_sql(position: int, kind: pa.DataType, field: str) -> str:
    """Give a column of a piece as trimmed text; keys stored as floats lose their point."""
    column = f"c{position}"
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return f"nullif(trim({column}), '')"
    if pa.types.is_floating(kind):
        whole = f"WHEN {column} = floor({column}) AND abs({column}) < 1e15 THEN {column}::BIGINT::VARCHAR"
        return f"CASE WHEN isnan({column}) THEN NULL {'' if field in NUMBERS else whole} ELSE {column}::VARCHAR END"
    return f"{column}::VARCHAR"


def checked_sql(plan: Plan, view: str, schema: pa.Schema, flags: str) -> str:
    """Give the query over one piece that has the lines and, per line, why it is rejected (else NULL)."""
    texts = {
        field: text_sql(position, schema.field(f"c{position}").type, field)
        for field, position in plan.columns.items()
    }
    for field in NUMBERS:
        if field in texts:
            listed = ", ".join(f"'{word}'" for word in MISSING)
            texts[field] = (
                f"(SELECT CASE WHEN t IN ({listed}) THEN NULL ELSE t END FROM (SELECT {texts[field]} AS t))"
            )
    said = ", ".join(f"{text} AS t_{field}" for field, text in texts.items())
    typed = ", ".join(_typed(plan, schema))
    return f"""
        WITH said AS (SELECT row, {said} FROM {view}),
        typed AS (SELECT *, {typed} FROM said),
        netted AS (SELECT *, {_net(plan)} AS net FROM typed),
        valued AS (SELECT *, {_revenue(plan)} AS revenue FROM netted),
        checked AS (SELECT *, {_code(plan)} AS code FROM valued)
        SELECT *, {flags} AS flags FROM checked"""


def _typed(plan: Plan, schema: pa.Schema) -> list[str]:
    columns = plan.columns
    date_kind = schema.field(f"c{columns['date']}").type
    if pa.types.is_date(date_kind) or pa.types.is_timestamp(date_kind):
        day = f"TRY_CAST(t_date AS TIMESTAMP)::DATE"
    else:
        day = day_sql("t_date", plan.order)
    found = [f"{day} AS date"]
    for field in NUMBERS:
        kind = _KINDS.get(field, _MONEY)
        name = f"read_{field}" if field == "revenue" else field
        mark = "." if field in columns and _is_typed(schema, columns[field]) else plan.mark
        value = number_sql(f"t_{field}", mark, kind) if field in columns else f"NULL::{kind}"
        found.append(f"{value} AS {name}")
    found += [
        f"{f't_{field}' if field in columns else 'NULL::VARCHAR'} AS {name}"
        for field, name in _TEXT_FIELDS.items()
    ]
    launched = day_sql("t_launched", plan.order) if "launched" in columns else "NULL::DATE"
    return [*found, f"{launched} AS launched"]


def _is_typed(schema: pa.Schema, position: int) -> bool:
    kind = schema.field(f"c{position}").type
    return not (pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _net(plan: Plan) -> str:
    if not {"quantity", "unit_price"} <= set(plan.columns):
        return f"NULL::{_MONEY}"
    gross = "quantity * unit_price"
    off = "coalesce(discount, 0)"
    if "discount" not in plan.columns:
        exact = gross
    elif plan.discount == "amount":
        exact = f"{gross} - {off}::{_MONEY}"
    elif plan.discount == "percent":
        exact = f"{gross} * (100 - {off}) * 0.01"
    else:
        exact = f"{gross} * (1 - {off})"
    fields = [field for field in _DECIMALS if field in plan.columns]
    fits = " AND ".join(
        [f"abs(quantity::DOUBLE * unit_price::DOUBLE) < {_LARGEST}", *(_few_decimals(f) for f in fields)]
    )
    discount = "t_discount" if "discount" in plan.columns else "NULL::VARCHAR"
    slow = f"exact_net(t_quantity, t_unit_price, {discount}, '{plan.discount or 'fraction'}', '{plan.mark}')"
    return f"CASE WHEN quantity IS NOT NULL AND unit_price IS NOT NULL THEN CASE WHEN {fits} THEN ({exact})::{_MONEY} ELSE {slow} END END"


def _few_decimals(field: str) -> str:
    """True where the text has no more decimals than the column's type: then nothing was rounded."""
    text = f"t_{field}"
    behind = f"length({text}) - greatest(instr({text}, '.'), instr({text}, ','))"
    short = f"(NOT contains({text}, '.') AND NOT contains({text}, ',')) OR {behind} <= {_DECIMALS[field]}"
    return f"({text} IS NULL OR (({short}) AND NOT contains(lower({text}), 'e')))"


def _revenue(plan: Plan) -> str:
    return "coalesce(read_revenue, net)" if "revenue" in plan.columns else "net"


def _code(plan: Plan) -> str:
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
            wide = f"WHEN {plain_text_sql(f't_{field}', plan.mark)} IS NOT NULL THEN 'number_out_of_range:{field}'"
            cases.append(
                f"WHEN t_{field} IS NOT NULL AND {value} IS NULL THEN CASE {wide} ELSE 'not_a_number:{field}' END"
            )
            if field == "quantity":
                cases.append("WHEN abs(quantity) >= 1e14 THEN 'number_out_of_range:quantity'")
    cases.append("WHEN revenue IS NULL THEN 'amount_missing:revenue'")
    return f"CASE {' '.join(cases)} END"


def line_sql(plan: Plan) -> str:
    """Give the select list of a staged line."""
    differs = (
        "abs(read_revenue - net) > 0.01"
        if {"revenue", "quantity", "unit_price"} <= set(plan.columns)
        else "false"
    )
    currency = f"'{plan.currency}'" if plan.currency else "NULL"
    return f"""
        {_quoted(plan.feed)} AS source, {_key(plan)} AS line_key, account_key, date,
        (date - DATE '1970-01-01')::INTEGER AS day_no, (year(date) * 100 + month(date))::INTEGER AS month,
        document_key, product_key, quantity::{_MONEY} AS quantity, revenue, cost, list_revenue,
        coalesce(upper(currency), {currency}) AS currency, revenue AS amount, 1::DECIMAL(18,8) AS rate,
        manager_key, department_key, flags, {_quoted(plan.file)} AS file, row,
        account_name, group_key, segment, product_name, product_line, launched, coalesce({differs}, false) AS differs"""


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


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


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
    checked = checked_sql(plan, view, piece.table.schema, flags)
    cursor.register(view, piece.table)
    try:
        good = cursor.execute(
            f"COPY (SELECT {line_sql(plan)} FROM ({checked}) WHERE code IS NULL) "
            f"TO {_quoted(str(target))} (FORMAT parquet, COMPRESSION snappy)"
        ).fetchall()[0][0]
        bad = [] if good == len(piece.table) else _bad_cells(cursor, plan, checked)
    finally:
        cursor.unregister(view)
    return int(good), bad


def _bad_cells(cursor: duckdb.DuckDBPyConnection, plan: Plan, checked: str) -> list[BadCell]:
    value = " ".join(f"WHEN '{field}' THEN t_{field}" for field in plan.columns)
    rows = cursor.execute(
        f"SELECT row, split_part(code, ':', 1), split_part(code, ':', 2), CASE split_part(code, ':', 2) {value} END "
        f"FROM ({checked}) WHERE code IS NOT NULL AND code <> 'blank:' ORDER BY row"
    ).fetchall()
    return [BadCell(*row) for row in rows]


def _distinct(table: pa.Table, position: int) -> list[str | None]:
    column = table.column(f"c{position}")
    return column.unique().to_pylist() if pa.types.is_string(column.type) else []
