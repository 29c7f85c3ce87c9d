"""Revenue, income, share, ABC, XYZ by month, frequency and RFM, from bare lines and from derived tables."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import lines as invented
from benchmarks.measuring import Measured, Row, in_own_process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

AS_OF = 19_358  # the last day of the invented lines
MONTHS = (202201, 202412)
DATA = Path(os.environ.get("KAMERTON_DATA", Path(__file__).parents[2] / "shared" / "data"))


def scan(path: str) -> Callable[[], object]:
    """The floor: read the four columns once."""
    import duckdb

    query = f"SELECT count(account), sum(day_no), sum(revenue), sum(cost) FROM '{path}'"
    return lambda: str(duckdb.execute(query).fetchall())


def ours(path: str) -> Callable[[], object]:
    """Everything by our expressions on DuckDB, account-days first."""
    import duckdb
    import narwhals as nw

    from kamstats.abc import abc_side_by_side
    from kamstats.evenness import evenness, period_matrix
    from kamstats.periods import Months
    from kamstats.rfm import rfm
    from kamstats.xyz import Window, frequency_classes

    _let_pyarrow_look_for_pandas()
    months_of_window = Months(*MONTHS)
    window = Window("month", months_of_window, 36, (0.5, 1.0))

    def job() -> object:
        connection = duckdb.connect(config={"memory_limit": "1GB"})
        read = nw.from_native(connection.sql(f"FROM '{path}'"))
        sold = nw.col("quantity") > 0
        days = read.group_by("account", "month", "day_no").agg(
            nw.col("revenue").sum(), nw.col("cost").sum(), sold.max().alias("is_order")
        )
        connection.execute(f"CREATE TEMP TABLE days AS {nw.to_native(days).sql_query()}")
        kept = nw.from_native(connection.table("days"))
        months = kept.group_by("account", "month").agg(nw.col("revenue").sum())
        sums = kept.group_by("account").agg(nw.col("revenue").sum(), nw.col("cost").sum())
        sums = sums.with_columns(income=nw.col("revenue") - nw.col("cost"))
        found = (
            abc_side_by_side(sums, key="account"),
            frequency_classes(kept.filter(nw.col("is_order")), months_of_window, key="account"),
            rfm(kept, AS_OF + 1000, key="account", is_order="is_order"),
        )
        even = evenness(period_matrix(months, window, key="account"), window)
        return [*(nw.to_native(frame).to_arrow_table().num_rows for frame in found), len(even.account_keys)]

    return job


def derived(path: str) -> Callable[[], object]:
    """The arithmetic alone: months and account sums are there already."""
    import duckdb
    import narwhals as nw

    from kamstats.abc import abc_classes
    from kamstats.evenness import evenness, period_matrix
    from kamstats.periods import Months
    from kamstats.xyz import Window

    _let_pyarrow_look_for_pandas()
    connection = duckdb.connect()
    connection.execute(
        f"CREATE TABLE months AS SELECT account, month, sum(revenue) AS revenue FROM '{path}' GROUP BY ALL"
    )
    window = Window("month", Months(*MONTHS), 36, (0.5, 1.0))

    def job() -> object:
        months = nw.from_native(connection.table("months"))
        sums = months.group_by("account").agg(nw.col("revenue").sum())
        classes = nw.to_native(abc_classes(sums, key="account")).to_arrow_table()
        even = evenness(period_matrix(months, window, key="account"), window)
        return [classes.num_rows, len(even.account_keys)]

    return job


def _let_pyarrow_look_for_pandas() -> None:
    """Pyarrow imports pandas at its first array, which is here for the peers only; our commands hide it."""
    import pyarrow as pa

    pa.array([])


def with_polars(path: str) -> Callable[[], object]:
    """The same as one would write it with Polars, in floats."""
    import polars as pl

    def job() -> object:
        days = (
            pl.scan_parquet(path)
            .group_by("account", "month", "day_no")
            .agg(pl.col("revenue").cast(pl.Float64).sum(), pl.col("cost").cast(pl.Float64).sum())
            .collect()
        )
        months = days.group_by("account", "month").agg(pl.col("revenue").sum())
        sums = days.group_by("account").agg(
            pl.col("revenue").sum(), pl.col("cost").sum(), pl.len().alias("orders"), pl.col("day_no").max()
        )
        sums = sums.sort("revenue", descending=True).with_columns(
            share=pl.col("revenue") / pl.col("revenue").sum(),
            cumulative=pl.col("revenue").cum_sum() / pl.col("revenue").sum(),
        )
        cv = months.group_by("account").agg(
            pl.col("revenue").sum() / 36, pl.col("revenue").pow(2).sum().alias("squares")
        )
        quantiles = [
            sums[name].quantile(q) for name in ("day_no", "orders", "revenue") for q in (0.2, 0.4, 0.6, 0.8)
        ]
        active = months.group_by("account").agg(pl.len())
        return [sums.height, cv.height, active.height, len(quantiles)]

    return job


def with_pandas(path: str) -> Callable[[], object]:
    """The same as one would write it with pandas, in floats."""
    import pandas as pd
    from pyarrow import parquet

    def job() -> object:
        table = parquet.read_table(path, columns=["account", "month", "day_no", "revenue", "cost"])
        frame = table.to_pandas(types_mapper=None)
        frame["revenue"], frame["cost"] = frame["revenue"].astype(float), frame["cost"].astype(float)
        days = (
            frame.groupby(["account", "month", "day_no"], sort=False)[["revenue", "cost"]].sum().reset_index()
        )
        months = days.groupby(["account", "month"], sort=False)["revenue"].sum()
        sums = days.groupby("account").agg(
            revenue=("revenue", "sum"),
            cost=("cost", "sum"),
            orders=("day_no", "size"),
            last=("day_no", "max"),
        )
        sums = sums.sort_values("revenue", ascending=False)
        sums["cumulative"] = sums["revenue"].cumsum() / sums["revenue"].sum()
        cv = months.groupby("account").agg(["sum", "std"])
        ranks = [
            pd.qcut(sums[name], 5, labels=False, duplicates="drop") for name in ("revenue", "orders", "last")
        ]
        return [len(sums), len(cv), len(ranks)]

    return job


def command(*words: str) -> Measured:
    """Time a command of ours, or a bare interpreter, as a whole process: compiled, as pip installs it."""
    seconds, compiled = [], {"PYTHONPYCACHEPREFIX": str(invented.FOLDER / "compiled")}
    others = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    for _ in range(5):
        started = time.perf_counter()
        subprocess.run(words, check=True, capture_output=True, env=others | compiled)
        seconds.append(time.perf_counter() - started)
    return Measured(tuple(seconds), float("nan"))


def rows(*, big: bool = False) -> Iterator[Row]:
    """Give the rows of the area "analysis"."""
    for lines in (1_000_000, 10_000_000, *((100_000_000,) if big else ())):
        yield from _of(lines)
    mine = in_own_process("benchmarks.analysis:derived", str(invented.parquet(10_000_000)))
    yield Row(
        "from months, 10 M lines",
        mine.median,
        "-",
        None,
        "≤ 1 s",
        mine.median <= 1,
        mine.peak_mib,
        mine.spread,
    )
    yield from _commands()


def _of(lines: int) -> Iterator[Row]:
    path = str(invented.parquet(lines))
    mine = in_own_process("benchmarks.analysis:ours", path)
    floor = in_own_process("benchmarks.analysis:scan", path)
    name = f"ABC, XYZ, frequency, RFM from {lines // 1_000_000} M lines"
    kept = mine.median <= 8 * floor.median
    yield Row(name, mine.median, "scan", floor.median, "≤ 8 × scan", kept, mine.peak_mib, mine.spread)
    polars = in_own_process("benchmarks.analysis:with_polars", path)
    yield Row(name, mine.median, "Polars", polars.median, "-", None, polars.peak_mib, mine.spread)
    if lines <= 10_000_000:
        pandas = in_own_process("benchmarks.analysis:with_pandas", path, repeats=1)
        kept = mine.median * 8 <= pandas.median
        yield Row(
            name, mine.median, "pandas", pandas.median, "≤ 1/8 at 100 M", kept, pandas.peak_mib, mine.spread
        )


def _commands() -> Iterator[Row]:
    kamerton = shutil.which("kamerton", path=str(Path(sys.executable).parent)) or "kamerton"
    mine, bare = command(kamerton, "--help"), command(sys.executable, "-c", "import argparse, json")
    kept = mine.median <= 12 * bare.median
    yield Row("kamerton --help", mine.median, "python", bare.median, "≤ 12 ×", kept, None, mine.spread)
    gifts = DATA / "online_retail" / "online_retail.parquet"
    if gifts.exists():
        out = str(invented.FOLDER / "report")
        whole = command(kamerton, "analyze", str(gifts), "--out", out)
        kept = whole.median <= 10
        yield Row("analyze the gift wholesaler", whole.median, "-", None, "≤ 10 s", kept, None, whole.spread)
