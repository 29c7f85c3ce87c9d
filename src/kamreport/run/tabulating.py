"""Columns of Python values into the tables of the analysis, typed by their kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from kamreport.tables import COLUMNS, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from kamstats.reasons import Reason

TYPES: Mapping[Kind, pa.DataType] = {
    Kind.TEXT: pa.string(),
    Kind.CODE: pa.string(),
    Kind.CODES: pa.string(),
    Kind.SENTENCE: pa.string(),
    Kind.MONEY: pa.decimal128(38, 4),
    Kind.QUANTITY: pa.decimal128(38, 4),
    Kind.COUNT: pa.int64(),
    Kind.SHARE: pa.float64(),
    Kind.NUMBER: pa.float64(),
    Kind.DAYS: pa.float64(),
    Kind.DAY: pa.date32(),
    Kind.MONTH: pa.int32(),
    Kind.FLAG: pa.bool_(),
}


def table_of(
    key: str, columns: Mapping[str, Sequence[Any] | NDArray[Any]], declined: Reason | None = None
) -> Table:
    """Make a table from columns; NaN becomes empty. Columns that are not given are empty."""
    rows = len(next(iter(columns.values()))) if columns else 0
    unknown = set(columns) - {column.key for column in COLUMNS[key]}
    if unknown:
        msg = f'The table "{key}" has no column {", ".join(sorted(unknown))}.'
        raise KeyError(msg)
    arrays = [
        pa.array(columns.get(column.key, [None] * rows), TYPES[column.kind], from_pandas=True)
        for column in COLUMNS[key]
    ]
    fields = [pa.field(column.key, TYPES[column.kind]) for column in COLUMNS[key]]
    return Table(key, COLUMNS[key], pa.Table.from_arrays(arrays, schema=pa.schema(fields)), declined)


def table_of_rows(key: str, rows: Iterable[Mapping[str, Any]], declined: Reason | None = None) -> Table:
    """Make a table from rows."""
    listed = list(rows)
    names = {name for row in listed for name in row}
    return table_of(key, {name: [row.get(name) for row in listed] for name in names}, declined)


def empty_table(key: str, declined: Reason | None = None) -> Table:
    """Make a table without rows: the header stands, and `declined` says why there is nothing under it."""
    return table_of(key, {}, declined)
