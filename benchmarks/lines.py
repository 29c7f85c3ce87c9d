"""Invented sales lines of any number, kept between runs in the system's temporary folder."""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb

ACCOUNTS, PRODUCTS, DAYS = 100_000, 2_000, 1096  # three years
FIRST_DAY = "DATE '2022-01-01'"
FOLDER = Path(tempfile.gettempdir()) / "kamerton-benchmarks"


def _query(lines: int) -> str:
    """Few large accounts and few popular products, many small ones; one invoice in ten has several lines."""
    return f"""
        SELECT 'D' || (i // 3) AS document,
               CAST({FIRST_DAY} + CAST(((i // 3) * 2654435761) % {DAYS} AS INTEGER) AS DATE) AS date,
               'C' || CAST(pow((i // 3 * 40503 % 1000003) / 1000003.0, 2) * {ACCOUNTS} AS INTEGER) AS account,
               'P' || CAST(pow((i * 48271 % 1000033) / 1000033.0, 2) * {PRODUCTS} AS INTEGER) AS product,
               1 + i * 7919 % 20 AS quantity,
               CAST(1 + (i * 104729 % 99991) / 100.0 AS DECIMAL(18, 4)) AS revenue,
               CAST(0.7 * (1 + (i * 104729 % 99991) / 100.0) AS DECIMAL(18, 4)) AS cost
        FROM range({lines}) AS t(i)"""


def parquet(lines: int) -> Path:
    """Give the lines as one Parquet file with a day number, sorted as the ledger sorts them."""
    path = FOLDER / f"lines-{lines}.parquet"
    if not path.exists():
        FOLDER.mkdir(exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        columns = (
            "*, CAST(date - DATE '1970-01-01' AS INTEGER) AS day_no, year(date) * 100 + month(date) AS month"
        )
        duckdb.execute(
            f"COPY (SELECT {columns} FROM ({_query(lines)}) ORDER BY month, account) "
            f"TO '{unfinished}' (FORMAT parquet)"
        )
        unfinished.rename(path)
    return path


def csv(lines: int) -> Path:
    """Give the lines as one CSV file."""
    path = FOLDER / f"lines-{lines}.csv"
    if not path.exists():
        FOLDER.mkdir(exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        query = f"SELECT document, date, account, product, quantity, revenue FROM ({_query(lines)})"
        duckdb.execute(f"COPY ({query}) TO '{unfinished}' (FORMAT csv, HEADER)")
        unfinished.rename(path)
    return path
