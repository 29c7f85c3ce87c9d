"""Several currencies in one read: the rates of the days, and the lines in the ledger's currency."""

# ruff: noqa: S608 - values go into SQL by quoted(), names are our own

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from kamledger.reading import refusals
from kamledger.reading.days import guess_date_order, read_day
from kamledger.reading.names import rank
from kamledger.reading.numerals import guess_decimal_mark, read_number
from kamledger.reading.opening import open_source
from kamledger.reading.results import ReadOptions
from kamledger.reading.sql import parquet_list, quoted, write_again
from kamstats.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import duckdb

RATES = pa.schema([("date", pa.date32()), ("currency", pa.string()), ("rate", pa.decimal128(18, 8))])


def settle_currency(
    connection: duckdb.DuckDBPyConnection, staged: Sequence[Path], options: ReadOptions
) -> str | None:
    """Give the currency of the ledger, after putting every line into it where a file of rates was given."""
    query = (
        f"SELECT DISTINCT currency FROM {parquet_list(staged)} WHERE currency IS NOT NULL ORDER BY currency"
    )
    found = [row[0] for row in connection.execute(query).fetchall()]
    wanted = options.currency.upper() if options.currency else None
    if (len(found) <= 1 and wanted in {None, *found}) or not found:
        return wanted or next(iter(found), None)
    if options.rates is None:
        if len(found) > 1:
            raise Invalid(refusals.SEVERAL_CURRENCIES(currencies=", ".join(found)))
        raise Invalid(refusals.CURRENCY_DIFFERS(found=found[0], wanted=wanted))
    rates = read_rates(options.rates)
    ledger = wanted or _without_rate(found, rates)
    _convert(connection, staged, rates, ledger, options.rates.name)
    return ledger


def _without_rate(found: Sequence[str], rates: pa.Table) -> str:
    """The ledger's currency is the one that needs no rate."""
    rated = set(rates.column("currency").to_pylist())
    rest = [currency for currency in found if currency not in rated]
    if len(rest) == 1:
        return rest[0]
    raise Invalid(refusals.SEVERAL_CURRENCIES(currencies=", ".join(found)))


def read_rates(path: Path) -> pa.Table:
    """Read a file of date, currency and rate: units of the ledger's currency for one of the named."""
    source = open_source(path, ReadOptions())
    columns = {field: _column(source.columns, field, path) for field in ("date", "currency", "rate")}
    rows = [
        {field: (row[position] or "") for field, position in columns.items()}
        for piece in source.pieces(range(len(source.columns)))
        for row in piece.originals(range(len(piece.table)))
    ]
    order, _ = guess_date_order(row["date"] for row in rows)
    mark = guess_decimal_mark((row["rate"] for row in rows), source.delimiter)
    read = [
        (read_day(row["date"], order), row["currency"].strip().upper(), read_number(row["rate"], mark))
        for row in rows
    ]
    for raw, (day, _currency, rate) in zip(rows, read, strict=True):
        if day is None:
            raise Invalid(refusals.NOT_A_DATE(value=raw["date"]))
        if rate is None or rate <= 0:
            raise Invalid(refusals.NOT_A_NUMBER(value=raw["rate"]))
    return pa.Table.from_pylist([dict(zip(RATES.names, row, strict=True)) for row in read], schema=RATES)


def _column(names: Sequence[str], field: str, path: Path) -> int:
    ranked = [
        (found, number) for number, name in enumerate(names) if (found := rank(field, name)) is not None
    ]
    if not ranked:
        raise Invalid(refusals.FIELD_MISSING(file=path.name, field=field, columns=", ".join(names)))
    return min(ranked)[1]


def _convert(
    connection: duckdb.DuckDBPyConnection, staged: Sequence[Path], rates: pa.Table, ledger: str, file: str
) -> None:
    connection.register("rates", rates)
    rated = f"""SELECT lines.*, CASE WHEN lines.currency IS NULL OR lines.currency = {quoted(ledger)}
            THEN 1::DECIMAL(18,8) ELSE rates.rate END AS day_rate
        FROM {{lines}} AS lines ASOF LEFT JOIN rates
        ON lines.currency = rates.currency AND lines.date >= rates.date"""
    missing = connection.execute(
        f"SELECT currency, min(date) FROM ({rated.format(lines=parquet_list(staged))}) "
        "WHERE day_rate IS NULL GROUP BY currency ORDER BY currency LIMIT 1"
    ).fetchall()
    if missing:
        raise Invalid(refusals.RATE_MISSING(currency=missing[0][0], date=missing[0][1], file=file))
    changed = ", ".join(f"{_times_rate(name)} AS {name}" for name in ("revenue", "cost", "list_revenue"))
    for path in staged:
        lines = f"({rated.format(lines=parquet_list([path]))})"
        query = f"SELECT * EXCLUDE (day_rate) REPLACE ({changed}, day_rate AS rate) FROM {lines} ORDER BY row"
        write_again(connection, query, path)
    connection.unregister("rates")


def _times_rate(column: str) -> str:
    return f"({column}::DECIMAL(18,4) * day_rate)::DECIMAL(18,4)"
