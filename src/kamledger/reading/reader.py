"""Reading sales files into staged lines: the whole way from the files to a :class:`Reading`."""

# ruff: noqa: S608 - values go into SQL by quoted(), names are our own

from __future__ import annotations

import errno
import shutil
from collections import Counter, deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow as pa

from kamledger.progress import silent
from kamledger.reading import refusals
from kamledger.reading.columns import whole_numbers
from kamledger.reading.days import guess_date_order
from kamledger.reading.dirt import OddProducts, is_wordy
from kamledger.reading.engine import THREADS, engine
from kamledger.reading.identity import number_equal_keys
from kamledger.reading.mapping import NUMBERS, ColumnMap, guess_discount, map_columns
from kamledger.reading.masters import accounts_in, members_of, overlaid, products_in, read_master
from kamledger.reading.numerals import currency_of, guess_decimal_mark
from kamledger.reading.opening import AnySource, check_options, open_source
from kamledger.reading.rates import settle_currency
from kamledger.reading.rejects import Rejects
from kamledger.reading.results import DateOrder, DiscountKind, FileRead, Reading, ReadOptions
from kamledger.reading.sql import parquet_list
from kamledger.reading.staging import EXTRA, BadCell, Plan, stage
from kamledger.schema import Flag
from kamstats.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence
    from pathlib import Path

    from kamledger.progress import Progress
    from kamledger.reading.sources import Broken, Piece
    from kamstats.reasons import Reason

REJECTED = "rejected.csv"


def read(
    files: Sequence[Path],
    *,
    into: Path,
    feed: str,
    options: ReadOptions | None = None,
    progress: Progress = silent,
) -> Reading:
    """Read sales files of any usual form into staged lines of the ledger.

    files : CSV, XLSX or Parquet files of one feed; what is not said in `options` is guessed.
    into : a folder, made if need be; gets the staged Parquet files and `rejected.csv`; nothing if it fails.
    feed : the `source` of the lines.
    progress : hears of stage "read" in bytes (text) or rows (others), and of stage "check" in lines.

    Every line that can be read is staged, odd ones with their :class:`~kamledger.schema.Flag`; every other
    line is in `rejected.csv` with its reason. Memory does not grow with CSV and Parquet files.
    Raises Invalid where a file, a column or a currency is not clear, or no line is good.

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "sales.csv")
    ...     _ = file.write_text("Kunde;Datum;Netto EUR\\nMeyer;13.01.2026;1.234,50\\nKoch;nie;9,90\\n")
    ...     reading = read([file], into=Path(folder, "staged"), feed="shop")
    >>> dict(reading.files[0].mapping)
    {'date': 'Datum', 'account': 'Kunde', 'revenue': 'Netto EUR'}
    >>> reading.lines, dict(reading.rejected_by_reason)
    (1, {'not_a_date': 1})
    """
    check_options(options or ReadOptions())
    into.mkdir(parents=True, exist_ok=True)
    before = set(into.iterdir())
    try:
        with _room(into), engine(into) as connection:
            return _Read(tuple(files), into, feed, options or ReadOptions(), progress, connection).result()
    except BaseException as problem:
        _clear(into, before, keep_rejected=_is_no_good_line(problem))
        raise


@contextmanager
def _room(into: Path) -> Iterator[None]:
    """Say in plain words that the disk is full, whoever noticed it."""
    try:
        yield
    except duckdb.IOException as problem:
        raise Invalid(refusals.DISK_FULL(file=into.name, problem=str(problem).splitlines()[0])) from problem
    except OSError as problem:
        if problem.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG}:
            raise
        raise Invalid(refusals.DISK_FULL(file=into.name, problem=problem.strerror or "")) from problem


def _is_no_good_line(problem: BaseException) -> bool:
    return isinstance(problem, Invalid) and problem.reason.code == refusals.NO_GOOD_LINE.code


def _clear(into: Path, before: set[Path], *, keep_rejected: bool) -> None:
    for path in set(into.iterdir()) - before:
        if keep_rejected and path.name == REJECTED:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


@dataclass
class _Read:
    """One read under way."""

    paths: tuple[Path, ...]
    into: Path
    feed: str
    options: ReadOptions
    progress: Progress
    connection: duckdb.DuckDBPyConnection
    odd: OddProducts = field(default_factory=OddProducts)
    staged: list[Path] = field(default_factory=list)
    warnings: list[Reason] = field(default_factory=list)
    fields: frozenset[str] = frozenset()  # mapped in any of the files

    @property
    def extra(self) -> tuple[str, ...]:
        """Columns beside those of the ledger; `differs` where amounts can be checked."""
        columns = tuple(column for each, column in EXTRA.items() if each in self.fields)
        return (*columns, "differs") if self._amounts_can_be_checked else columns

    @property
    def _amounts_can_be_checked(self) -> bool:
        return {"revenue", "quantity", "unit_price"} <= self.fields

    def result(self) -> Reading:
        sources = [open_source(path, self.options) for path in self.paths]
        maps = [map_columns(source, self.options.overrides) for source in sources]
        names = _file_names(self.paths)
        rejected_path = self.into / REJECTED
        with rejected_path.open("w", encoding="utf-8", newline="") as target:
            rejects = Rejects(target, [source.columns for source in sources])
            self.fields = frozenset(each for one in maps for each in one.columns)
            read = [self._file(*each, rejects) for each in zip(sources, maps, names, strict=True)]
        lines = sum(file.lines for file in read)
        if not lines:
            self._refuse_all(read, rejects)
        self.progress("check", 0, lines)
        self._drop_empty()
        number_equal_keys(self.connection, self.staged, lines, names, self.extra)
        currency = settle_currency(self.connection, self.staged, self.options)
        self._warn_of_differences()
        accounts, products, members = self._masters(names)
        self.progress("check", lines, lines)
        return Reading(
            staged=tuple(self.staged),
            files=tuple(read),
            rejected_path=rejected_path,
            rejected_by_reason=dict(sorted(rejects.by_reason.items())),
            dirt=self._dirt(),
            accounts=accounts,
            products=products,
            group_members=members,
            currency=currency,
            has_line_keys=all("line" in each.columns for each in maps),
            has_documents=all("document" in each.columns for each in maps),
            warnings=tuple(self.warnings),
        )

    def _file(self, source: AnySource, columns: ColumnMap, name: str, rejects: Rejects) -> FileRead:
        plan = self._plan(source, columns, name)
        rejected_before = rejects.by_reason.total()
        lines = 0
        with closing(self._staged_pieces(source, plan)) as pieces:  # no thread writes on after a fault
            for piece, (good, bad) in pieces:
                lines += good
                _note_rejects(rejects, source, name, piece, bad)
        return FileRead(
            path=source.path,
            sha256=source.fingerprint,
            size_bytes=source.path.stat().st_size,
            encoding=source.encoding,
            delimiter=source.delimiter,
            decimal_mark=Counter(plan.marks.values()).most_common(1)[0][0],
            date_order=plan.order,
            discount=plan.discount,
            mapping={each: source.columns[number] for each, number in columns.columns.items()},
            guessed=dict(columns.guessed),
            lines=lines,
            rejected=rejects.by_reason.total() - rejected_before,
            original_columns=source.columns,
        )

    def _plan(self, source: AnySource, columns: ColumnMap, name: str) -> Plan:
        self.warnings += columns.warnings
        cells = {each: _sampled(source, number) for each, number in columns.columns.items()}
        marks = self._marks(source, cells)
        order = self.options.date_order or self._date_order(source, columns.columns["date"], cells["date"])
        return Plan(
            feed=self.feed,
            file=name,
            columns=columns.columns,
            marks=marks,
            order=order,
            discount=self._discount(source, columns, marks),
            currency=_written_currency(cells),
            wordy_documents=any(map(is_wordy, cells.get("document", []))),
            extra=self.extra,
        )

    def _date_order(self, source: AnySource, position: int, sample: Sequence[str]) -> DateOrder:
        """Guess from the sample; where that leaves it open, look on until a date tells.

        A sorted file may begin with thousands of lines of the first days of a month.
        """
        order, ambiguous = guess_date_order(sample)
        if not ambiguous:
            return order
        for piece in source.pieces([position]):
            days = piece.table.column(f"c{position}").cast(pa.string()).unique().drop_null().to_pylist()
            order, ambiguous = guess_date_order(days)
            if order != "ymd" and not ambiguous:
                return order
        column = source.columns[position]
        self.warnings.append(refusals.DATES_AMBIGUOUS(column=column, file=source.path.name))
        return "dmy"

    def _marks(self, source: AnySource, cells: Mapping[str, list[str]]) -> dict[str, str]:
        """One mark for a text file, one for each column of the others, whose cells may be numbers already."""
        numbers = {each: cells[each] for each in NUMBERS if each in cells}
        if self.options.decimal_mark is not None:
            return dict.fromkeys(numbers, self.options.decimal_mark)
        if source.delimiter is None:
            return {each: guess_decimal_mark(texts, None) for each, texts in numbers.items()}
        together = (text for texts in numbers.values() for text in texts)
        return dict.fromkeys(numbers, guess_decimal_mark(together, source.delimiter))

    def _discount(
        self, source: AnySource, columns: ColumnMap, marks: Mapping[str, str]
    ) -> DiscountKind | None:
        if "discount" not in columns.columns:
            return None
        name = source.columns[columns.columns["discount"]]
        return self.options.discount or guess_discount(name, source.sample, columns.columns, marks)

    def _staged_pieces(
        self, source: AnySource, plan: Plan
    ) -> Generator[tuple[Piece, tuple[int, list[BadCell]]], None, None]:
        """Stage pieces on two threads while the next is parsed; give them in order."""
        waiting: deque[tuple[Piece, Future[tuple[int, list[BadCell]]]]] = deque()
        with ThreadPoolExecutor(THREADS) as pool:
            try:
                for piece in source.pieces(sorted(set(plan.columns.values()))):
                    waiting.append((piece, pool.submit(self._stage, plan, piece, self._next_target())))
                    self.progress("read", piece.done, source.size)
                    if len(waiting) > THREADS:
                        first, staged = waiting.popleft()
                        yield first, staged.result()
                while waiting:
                    first, staged = waiting.popleft()
                    yield first, staged.result()
            finally:
                for _, staged in waiting:
                    staged.cancel()

    def _next_target(self) -> Path:
        target = self.into / f"part-{len(self.staged):06d}.parquet"
        self.staged.append(target)
        return target

    def _stage(self, plan: Plan, piece: Piece, target: Path) -> tuple[int, list[BadCell]]:
        if not len(piece.table):
            return 0, []
        cursor = self.connection.cursor()
        try:
            return stage(cursor, plan, piece, self.odd, target)
        finally:
            cursor.close()

    def _drop_empty(self) -> None:
        kept = [path for path in self.staged if path.exists()]
        self.staged[:] = kept

    def _refuse_all(self, files: Sequence[FileRead], rejects: Rejects) -> None:
        names = ", ".join(file.path.name for file in files)
        if not rejects.by_reason:
            raise Invalid(refusals.HEADER_ONLY(file=names))
        (code, _), *_ = rejects.by_reason.most_common(1)
        lines = rejects.by_reason.total()
        raise Invalid(refusals.NO_GOOD_LINE(lines=lines, files=names, code=code, rejected=REJECTED))

    def _warn_of_differences(self) -> None:
        if not self._amounts_can_be_checked:
            return
        query = f"SELECT count(*) FROM {parquet_list(self.staged)} WHERE differs"
        differing = self.connection.execute(query).fetchall()[0][0]
        if differing:
            self.warnings.append(refusals.AMOUNTS_DIFFER(lines=differing))

    def _masters(self, names: Sequence[str]) -> tuple[pa.Table, pa.Table, pa.Table]:
        has = {*self.extra, *(f"{each}_key" for each in ("manager", "department") if each in self.fields)}
        accounts = accounts_in(self.connection, self.staged, names, self.feed, has)
        products = products_in(self.connection, self.staged, names, self.feed, has)
        if self.options.accounts:
            master = read_master("accounts", self.options.accounts, feed=self.feed)
            accounts = overlaid(accounts, master, "account_key")
        if self.options.products:
            master = read_master("products", self.options.products, feed=self.feed)
            products = overlaid(products, master, "product_key")
        if self.options.groups:
            return accounts, products, read_master("groups", self.options.groups, feed=self.feed)
        return accounts, products, members_of(accounts)

    def _dirt(self) -> dict[str, tuple[int, Decimal]]:
        query = f"SELECT flags, count(*), sum(revenue) FROM {parquet_list(self.staged)} GROUP BY flags"
        rows = self.connection.execute(query).fetchall()
        return {
            str(flag.name): (
                sum(count for flags, count, _ in rows if flags & flag),
                sum((total for flags, _, total in rows if flags & flag), Decimal("0.0000")),
            )
            for flag in Flag
        }


def _note_rejects(rejects: Rejects, source: AnySource, name: str, piece: Piece, bad: list[BadCell]) -> None:
    """Write the rejected rows of a piece in the order of the file."""
    if not (bad or piece.broken):
        return
    rows = whole_numbers(piece.table.column("row").combine_chunks())
    positions = np.searchsorted(rows, [each.row for each in bad]).tolist() if bad else []
    cells = dict(zip((each.row for each in bad), piece.originals(positions) if bad else [], strict=True))
    found: list[BadCell | Broken] = [*bad, *piece.broken]
    for each in sorted(found, key=lambda each: each.row):
        if isinstance(each, BadCell):
            rejects.add_bad(name, source.columns, each, cells[each.row])
        else:
            rejects.add_broken(name, source.columns, each)


def _file_names(paths: Sequence[Path]) -> list[str]:
    """Name files as people do, and by their whole path only where two share a name."""
    names = [path.name for path in paths]
    return [str(path) if names.count(path.name) > 1 else path.name for path in paths]


def _written_currency(cells: Mapping[str, list[str]]) -> str | None:
    """Give the currency that stands beside the numbers themselves."""
    texts = (text for field in NUMBERS for text in cells.get(field, []))
    return next((found for text in texts if (found := currency_of(text))), None)


def _sampled(source: AnySource, number: int) -> list[str]:
    return [cell for row in source.sample if number < len(row) and (cell := row[number])]
