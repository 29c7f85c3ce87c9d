"""The ledger: reading, loading again, undoing, against bare reads, Polars and bare writes in the same run."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import lines as invented
from benchmarks.measuring import Row, in_own_process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

AT = datetime(2030, 1, 1, tzinfo=UTC)
XLSX_LINES = 100_000
CHANGED_SHARE = 0.01


def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="run-", dir=invented.FOLDER))


def _load(path: Path, folder: Path) -> object:
    from kamledger.reading import read
    from kamledger.store import Ledger

    staged = Path(tempfile.mkdtemp(dir=folder))
    reading = read([path], into=staged, feed="sales")
    ledger = Ledger.open_or_create(folder / "ledger")
    batch = ledger.load(reading, feed="sales", at=AT)
    shutil.rmtree(staged)
    return batch


def csv_to_ledger(lines: int) -> Callable[[], object]:
    """Read, check and store a CSV file, everything guessed."""
    path, folder = invented.csv(lines), _folder()

    def job() -> object:
        batch = _load(path, folder)
        shutil.rmtree(folder)
        return batch.lines

    return job


def csv_by_polars(lines: int) -> Callable[[], object]:
    """CSV to Parquet by Polars with the schema given: no check, no rejected line, no identity."""
    import polars as pl

    path, folder = invented.csv(lines), _folder()
    schema = {
        "document": pl.String,
        "date": pl.Date,
        "account": pl.String,
        "product": pl.String,
        "quantity": pl.Int64,
        "revenue": pl.Decimal(18, 4),
    }

    def job() -> object:
        pl.scan_csv(path, schema=schema, try_parse_dates=True).sink_parquet(folder / "lines.parquet")
        shutil.rmtree(folder)
        return lines

    return job


def xlsx(lines: int) -> Path:
    """Give the lines as a workbook."""
    path = invented.FOLDER / f"lines-{lines}.xlsx"
    if not path.exists():
        import duckdb
        import xlsxwriter

        book = xlsxwriter.Workbook(path, {"constant_memory": True, "default_date_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet("Sales")
        columns = "document, date, account, product, quantity, CAST(revenue AS DOUBLE) AS revenue"
        source = duckdb.sql(f"SELECT {columns} FROM '{invented.parquet(1_000_000)}' LIMIT {lines}")
        sheet.write_row(0, 0, source.columns)
        for row, values in enumerate(source.fetchall(), start=1):
            sheet.write_row(row, 0, values)
        book.close()
    return path


def read_xlsx(lines: int) -> Callable[[], object]:
    """Read, guess and check a workbook into staged lines."""
    from kamledger.reading import read

    path, folder = xlsx(lines), _folder()

    def job() -> object:
        reading = read([path], into=folder, feed="sales")
        shutil.rmtree(folder)
        return reading.lines

    return job


def bare_xlsx(lines: int) -> Callable[[], object]:
    """The reader of workbooks alone."""
    from python_calamine import CalamineWorkbook

    path = xlsx(lines)
    return lambda: len(CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python())


def _changed_csv(lines: int, *, scattered: bool) -> Path:
    """Give the documents of 1 % of the lines with other money: of the last month, or of all months."""
    import duckdb

    path = invented.FOLDER / f"changed-{lines}-{'all' if scattered else 'last'}.csv"
    if not path.exists():
        read = f"read_csv('{invented.csv(lines)}')"
        month = "" if scattered else "WHERE date >= DATE '2024-12-01'"
        wanted = f"ORDER BY hash(document) LIMIT {int(lines * CHANGED_SHARE / 3)}"
        some = f"SELECT DISTINCT document FROM {read} {month} {wanted}"
        query = f"SELECT * REPLACE (revenue + 1 AS revenue) FROM {read} WHERE document IN ({some})"
        duckdb.execute(f"COPY ({query}) TO '{path}' (FORMAT csv, HEADER)")
    return path


def load_again(lines: int, scattered: bool) -> Callable[[], object]:  # noqa: FBT001 - JSON has no names
    """Load 1 % changed lines into a ledger that is there; reading the file is not counted."""
    from kamledger.reading import read
    from kamledger.store import Ledger

    folder = _folder()
    _load(invented.csv(lines), folder)
    staged = folder / "staged"
    reading = read([_changed_csv(lines, scattered=scattered)], into=staged, feed="sales")
    ledger = Ledger.open(folder / "ledger")

    def job() -> object:
        batch = ledger.load(reading, feed="sales", at=AT)
        shutil.rmtree(folder)
        return [batch.replaced, batch.added, batch.removed]

    return job


def bare_merge(lines: int, scattered: bool) -> Callable[[], object]:  # noqa: FBT001 - JSON has no names
    """The peer: one bare Delta merge with the month in the predicate, or a rewrite by anti-join."""
    import duckdb
    from deltalake import DeltaTable, write_deltalake

    folder = _folder()
    columns = "document || '/' || product AS line_key, *, year(date) * 100 + month(date) AS month"
    whole = duckdb.sql(f"SELECT {columns} FROM read_csv('{invented.csv(lines)}')")
    place = folder / "table"
    write_deltalake(str(place), whole.to_arrow_table(), partition_by=["month"])
    changed = duckdb.sql(
        f"SELECT {columns} FROM read_csv('{_changed_csv(lines, scattered=scattered)}')"
    ).to_arrow_table()
    months = ", ".join(map(str, sorted(set(changed["month"].to_pylist()))))

    def merge() -> object:
        table = DeltaTable(str(place))
        merger = table.merge(
            changed, f"t.line_key = s.line_key AND t.month = s.month AND t.month IN ({months})",
            source_alias="s", target_alias="t",
        )  # fmt: skip
        found = merger.when_matched_update_all().when_not_matched_insert_all().execute()
        shutil.rmtree(folder)
        return str(found)

    def rewrite() -> object:
        files = DeltaTable(str(place)).file_uris()
        duckdb.register("changed", changed)
        table = f"read_parquet({files}, hive_partitioning = true)"
        rest = f"SELECT * FROM {table} WHERE line_key NOT IN (SELECT line_key FROM changed)"
        both = f"SELECT {', '.join(changed.column_names)} FROM ({rest}) UNION ALL SELECT * FROM changed"
        duckdb.execute(f"COPY ({both}) TO '{folder / 'again'}' (FORMAT parquet, PARTITION_BY (month))")
        shutil.rmtree(folder)
        return 0

    return rewrite if scattered else merge


def write_batch(lines: int) -> Callable[[], object]:
    """Write a batch of lines into an empty ledger; reading the file is not counted."""
    from kamledger.reading import read
    from kamledger.store import Ledger

    folder = _folder()
    reading = read([invented.csv(lines)], into=folder / "staged", feed="sales")
    ledger = Ledger.create(folder / "ledger")

    def job() -> object:
        batch = ledger.load(reading, feed="sales", at=AT)
        shutil.rmtree(folder)
        return batch.added

    return job


def undo_batch(lines: int) -> Callable[[], object]:
    """Take that batch back."""
    from kamledger.store import Ledger

    folder = _folder()
    batch = _load(invented.csv(lines), folder)
    ledger = Ledger.open(folder / "ledger")

    def job() -> object:
        undone = ledger.undo(batch.batch, at=AT)
        shutil.rmtree(folder)
        return str(undone.batch)

    return job


def _pair(
    name: str, ours: str, peer: str, peer_name: str, budget: float, *args: object, repeats: int = 3
) -> Row:
    mine = in_own_process(f"benchmarks.ledger:{ours}", *args, repeats=repeats)
    other = in_own_process(f"benchmarks.ledger:{peer}", *args, repeats=repeats)
    kept = mine.median <= budget * other.median
    return Row(
        name, mine.median, peer_name, other.median, f"≤ {budget:g} ×", kept, mine.peak_mib, mine.spread
    )


def rows(*, big: bool = False) -> Iterator[Row]:
    """Give the rows of the area "ledger"."""
    for lines in (1_000_000, 10_000_000, *((100_000_000,) if big else ())):
        name = f"CSV → ledger, {lines // 1_000_000} M lines"
        repeats = 3 if lines < 10_000_000 else 1
        yield _pair(name, "csv_to_ledger", "csv_by_polars", "Polars CSV → Parquet", 2, lines, repeats=repeats)
    yield _pair("XLSX, 100 k lines", "read_xlsx", "bare_xlsx", "python-calamine", 2, XLSX_LINES)
    million = 1_000_000
    yield _pair(
        "load again, 1 % changed, last month", "load_again", "bare_merge", "Delta merge", 1.5, million, False
    )
    yield _pair(
        "load again, 1 % changed, all months",
        "load_again",
        "bare_merge",
        "rewrite by anti-join",
        2,
        million,
        True,
    )
    yield _pair("undo of 1 M lines", "undo_batch", "write_batch", "writing them", 1, million)
