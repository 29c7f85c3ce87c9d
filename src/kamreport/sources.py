"""Where an analysis gets its lines: files through a temporary ledger, or the ledger itself; one engine."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw

from kamledger.reading import read
from kamledger.reading.refusals import NO_GOOD_LINE
from kamledger.store import Conduct, Ledger
from kamreport.results import InputFile
from kamstats.errors import Invalid
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from kamledger.engine import Engine
    from kamledger.progress import Progress
    from kamledger.reading import ReadOptions
    from kamledger.reading.results import FileRead
    from kamstats.reasons import Reason

EMPTY_LEDGER = sentence(
    "ledger_empty", 'The ledger "{folder}" holds no lines. Load a sales file into it first.'
)
NO_GOOD_LINE_UNKEPT = sentence(
    "no_good_line_unkept",
    "None of the {lines} lines of {files} could be read; most often for the reason {code}. Say kamerton "
    "analyze with --out to keep each line with its reason.",
)

FEED = "files"


@dataclass(frozen=True, slots=True)
class Source:
    """Lines ready for analysis, with what is known of their origin."""

    engine: Engine
    title: str
    inputs: tuple[InputFile, ...]
    files: tuple[FileRead, ...]  # empty for a ledger: its files were read at other times
    lines_read: int
    lines_rejected: int
    rejected_by_reason: Mapping[str, int]
    rejected_path: Path | None
    currency: str | None
    warnings: tuple[Reason, ...]


@contextmanager
def rejects_kept(into: Path, keep: Path | None) -> Iterator[None]:
    """Keep the rejected lines of a reading into `into` where no line is good, and say in which file they are.

    Without a file to keep them in, the refusal says how to get them.
    """
    try:
        yield
    except Invalid as problem:
        if problem.reason.code != NO_GOOD_LINE.code:
            raise
        values = dict(problem.reason.values)
        rejected = into / str(values.pop("rejected"))
        if keep is None:
            raise Invalid(NO_GOOD_LINE_UNKEPT(**values)) from problem
        keep.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(rejected, keep)
        raise Invalid(NO_GOOD_LINE(**values, rejected=str(keep))) from problem


@contextmanager
def open_files(
    files: Sequence[Path],
    *,
    options: ReadOptions,
    at: datetime,
    progress: Progress,
    engine: str = "duckdb",
    keep_rejected: Path | None = None,
) -> Iterator[Source]:
    """Read files into a temporary ledger that is gone at the end of the block.

    Where no line is good, the rejected ones go into the file `keep_rejected`.
    """
    with tempfile.TemporaryDirectory(prefix="kamerton-read-") as folder:
        with rejects_kept(Path(folder), keep_rejected):
            reading = read(files, into=Path(folder), feed=FEED, options=options, progress=progress)
        with Ledger.temporary(conduct=Conduct(durable=False, progress=progress)) as ledger:
            ledger.load(reading, feed=FEED, at=at)
            with _closing(ledger.engine(engine)) as opened:
                yield Source(
                    engine=opened,
                    title=", ".join(path.name for path in files),
                    inputs=tuple(
                        InputFile(read.path.name, read.sha256, read.size_bytes) for read in reading.files
                    ),
                    files=reading.files,
                    lines_read=reading.lines + reading.rejected,
                    lines_rejected=reading.rejected,
                    rejected_by_reason=reading.rejected_by_reason,
                    rejected_path=reading.rejected_path,
                    currency=reading.currency,
                    warnings=reading.warnings,
                )


@contextmanager
def open_ledger(folder: Path, *, progress: Progress, engine: str = "duckdb") -> Iterator[Source]:
    """Open a ledger as it stands."""
    ledger = Ledger.open(folder, conduct=Conduct(progress=progress))
    batches = ledger.history()
    undone = {batch.undoes for batch in batches}
    loads = [batch for batch in batches if batch.kind == "load" and batch.batch not in undone]
    if not loads:
        raise Invalid(EMPTY_LEDGER(folder=str(folder)))
    rejected = sum({load.inputs: load.rejected for load in loads}.values())  # a file loaded twice counts once
    fingerprint = hashlib.sha256("\n".join(batch.batch for batch in batches).encode()).hexdigest()
    with _closing(ledger.engine(engine)) as opened:
        held = _held(opened)
        if not held:
            raise Invalid(EMPTY_LEDGER(folder=str(folder)))
        yield Source(
            engine=opened,
            title=folder.resolve().name,
            inputs=(
                InputFile(f"{folder.name}@{ledger.version}", fingerprint, 0),
                *(
                    InputFile(file.name, file.sha256, file.size_bytes)
                    for load in loads
                    for file in load.inputs
                ),
            ),
            files=(),
            lines_read=sum(part["lines"] for part in held) + rejected,
            lines_rejected=rejected,
            rejected_by_reason={},
            rejected_path=None,
            currency=_own_currency(held),
            warnings=(),
        )


def _held(engine: Engine) -> list[dict[str, Any]]:
    """Count the lines by the currency they are booked in, and whether that is the ledger's own."""
    lines, rate = engine.lines(), nw.col("rate")
    own = lines.with_columns((rate.is_null() | (rate == 1)).alias("own"))
    found = own.group_by("currency", "own").agg(nw.len().alias("lines"))
    return list(engine.collect(found).to_pylist())


def _own_currency(held: list[dict[str, Any]]) -> str | None:
    """Give the currency of the ledger; none where no line names it."""
    named = {part["currency"] for part in held if part["own"] and part["currency"]}
    return named.pop() if len(named) == 1 else None


@contextmanager
def _closing(engine: Engine) -> Iterator[Engine]:
    try:
        yield engine
    finally:
        engine.close()
