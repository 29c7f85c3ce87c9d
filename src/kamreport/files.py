"""The files of an analysis: tables for other programs, and a folder that is whole or not there at all."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import tempfile
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kamreport.html import render_html
from kamreport.sentences import published_reason, say
from kamreport.tables import FILES, Kind
from kamreport.workbook import write_workbook
from kamstats.errors import Invalid
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kamreport.results import Analysis
    from kamreport.tables import Table
    from kamstats.reasons import Reason

RUN_FILE = "run.json"
MADE_BY = "kamerton"
REJECTED_HEADER = "file,row,field,value,reason\n"

FOLDER_IS_NOT_OURS = sentence(
    "folder_is_not_ours",
    'The folder "{folder}" was not written by Kamerton: it has no run.json of ours. '
    "Name another folder, or empty this one.",
)
FOLDER_IS_A_FILE = sentence(
    "folder_is_a_file", '"{folder}" is a file, and a folder is expected. Name a folder to write into.'
)


class Progress(Protocol):
    """Is told how far a stage has come."""

    def __call__(self, stage: str, done: int, total: int | None, /) -> None:
        """Take note."""


# --- tables as files


def published(table: Table, lang: str) -> pa.Table:
    """Give the rows as files print them: codes as they are, reasons with their sentences in a language."""
    rows = table.rows.select([column.key for column in table.columns])
    for place, column in enumerate(table.columns):
        if column.kind is Kind.SENTENCE:
            rows = rows.set_column(place, column.key, _worded(rows[column.key], lang))
    return rows


def _worded(cells: pa.ChunkedArray, lang: str) -> pa.Array:
    """Word each different reason once: a hundred thousand accounts share a few."""
    if not len(cells) or pa.types.is_null(cells.type):
        return pa.nulls(len(cells), pa.string())
    coded = pc.dictionary_encode(cells.combine_chunks())
    said = pa.array([published_reason(cell, lang) for cell in coded.dictionary.to_pylist()], pa.string())
    return said.take(coded.indices)


def write_csv(rows: pa.Table, path: Path) -> None:
    """Write UTF-8 with commas, decimal dots and ISO dates; quotes only where they are needed."""
    with path.open("wb") as file:
        file.write((",".join(rows.column_names) + "\n").encode())
        for batch in rows.to_batches(50_000):
            fields = [_field(column) for column in batch.columns]
            lines = pc.binary_join_element_wise(*fields, ",", null_handling="replace", null_replacement="")
            file.write("".join(f"{line}\n" for line in lines.to_pylist()).encode())


def _field(column: pa.Array) -> pa.Array:
    """Write the values of a column as they stand between two commas."""
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
    text = pc.cast(column, pa.string())
    if not pa.types.is_string(column.type) and not pa.types.is_large_string(column.type):
        return text
    doubled = pc.replace_substring(text, pattern='"', replacement='""')
    quoted = pc.binary_join_element_wise('"', doubled, '"', "")
    return pc.if_else(pc.match_substring_regex(text, '[",\r\n]'), quoted, text)


def write_files(analysis: Analysis, folder: Path, *, lang: str, rejected: Path | None = None) -> None:
    """Write the tables for other programs, `run.json` and `rejected.csv` into a folder.

    Each file is always written; a table whose method declined has its header and no rows.
    """
    for key in FILES:
        write_csv(published(analysis.tables[key], lang), folder / f"{key}.csv")
    if len(analysis.tables["levels"]):
        write_csv(published(analysis.tables["levels"], lang), folder / "levels.csv")
    pq.write_table(published(analysis.tables["accounts"], lang), folder / "accounts.parquet")
    if rejected is not None and rejected.exists():
        shutil.copyfile(rejected, folder / "rejected.csv")
    else:
        (folder / "rejected.csv").write_text(REJECTED_HEADER, "utf-8")
    described = json.dumps(run_record(analysis, lang), ensure_ascii=False, indent=2) + "\n"
    (folder / RUN_FILE).write_text(described, "utf-8")


# --- run.json


def run_record(analysis: Analysis, lang: str) -> dict[str, Any]:
    """Describe the run: what went in, by which rules, and the exact totals as text."""
    totals, period = analysis.totals, analysis.period
    return {
        "made_by": MADE_BY,
        "run_id": analysis.run_id,
        "made_at": analysis.made_at,
        "title": analysis.title,
        "versions": dict(analysis.versions),
        "inputs": [
            {"name": file.name, "sha256": file.sha256, "size_bytes": file.size_bytes}
            for file in analysis.inputs
        ],
        "settings": _plain_values(analysis.settings),
        "lang": lang,
        "currency": analysis.currency,
        "base": analysis.base,
        "period": {
            "first_day": period.first_day.isoformat(),
            "last_day": period.last_day.isoformat(),
            "as_of": period.as_of.isoformat(),
            "whole_months": period.whole_months,
        },
        "total_net": _exact(totals.net),
        "total_ranked": _exact(totals.ranked),
        "total_unranked": _exact(totals.unranked),
        "total_income": _exact(totals.income),
        "total_income_ranked": _exact(totals.income_ranked),
        "total_income_unranked": _exact(totals.income_unranked),
        "cost_coverage": _exact(totals.cost_coverage),
        "counts": dict(analysis.counts),
        "rejected_by_reason": dict(analysis.rejected_by_reason),
        "dirt": _dirt(analysis),
        "facts": _plain_values(analysis.facts),
        "warnings": [_said(reason, lang) for reason in analysis.warnings],
        "declined": {key: _said(reason, lang) for key, reason in _declined(analysis).items()},
    }


def _exact(value: Decimal | None) -> str | None:
    """Write a decimal without an exponent and without losing a place."""
    return None if value is None else f"{value:f}"


def _plain_values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _plain_value(value) for key, value in values.items()}


def _plain_value(value: Any) -> Any:  # noqa: ANN401 - whatever JSON takes
    if isinstance(value, Decimal):
        return _exact(value)
    if isinstance(value, list | tuple):
        return [_plain_value(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _dirt(analysis: Analysis) -> dict[str, Any]:
    return {
        row["rule"]: {"lines": row["lines"], "value": _exact(row["value"]), "left_out": row["left_out"]}
        for row in analysis.tables["dirt"].records()
    }


def _declined(analysis: Analysis) -> dict[str, Reason]:
    """Join what the run declined with what its tables say; a table's own word counts."""
    of_tables = {key: table.declined for key, table in analysis.tables.items() if table.declined}
    return dict(analysis.declined) | of_tables


def _said(reason: Reason, lang: str) -> dict[str, Any]:
    return {"code": reason.code, "values": _plain_values(reason.values), "sentence": say(reason, lang)}


# --- the folder


def check_folder(out: Path) -> None:
    """Refuse a folder that we did not write, or cannot; call it before the work begins.

    A folder that is absent or empty is fine.
    """
    standing = next((path for path in (out, *out.parents) if os.path.lexists(path)), out)
    if os.path.lexists(standing) and not standing.is_dir():
        raise Invalid(FOLDER_IS_A_FILE(folder=str(standing)))
    if standing != out:
        return
    if any(out.iterdir()) and not _is_ours(out):
        raise Invalid(FOLDER_IS_NOT_OURS(folder=str(out)))


def _is_ours(out: Path) -> bool:
    try:
        record = json.loads((out / RUN_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(record, dict) and record.get("made_by") == MADE_BY


@contextmanager
def replace_folder(out: Path) -> Iterator[Path]:
    """Give a new folder to write into; it takes the place of `out` at the end, or leaves no trace.

    The old folder is moved aside and removed only after the new one stands: whoever reads `out` sees the
    old report or the new one, whole. What a killed run left is put right first.
    """
    recover_folder(out)
    check_folder(out)
    out = out.resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    new, old = work / "new", work / "old"
    handle = os.open(work, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)  # before "new" stands: who holds it unlocked is dead
        new.mkdir()
        yield new
        check_folder(out)
        if out.exists():
            out.rename(old)
        _take_place(new, out, old)
    finally:
        shutil.rmtree(work, ignore_errors=True)
        os.close(handle)


def recover_folder(out: Path) -> None:
    """Put back the report that a killed run had moved aside, and remove what dead runs left beside it."""
    out = out.resolve()
    for work in _left_behind(out):
        handle = os.open(work, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if (work / "old").is_dir() and not os.path.lexists(out):
                (work / "old").rename(out)
            shutil.rmtree(work, ignore_errors=True)
        except BlockingIOError:
            continue  # its run is alive
        finally:
            os.close(handle)


def _left_behind(out: Path) -> list[Path]:
    """List the folders in which runs for `out` work or worked; nothing that only has a like name."""
    named = re.compile(rf"\.{re.escape(out.name)}-[a-z0-9_]{{8}}")
    beside = out.parent.iterdir() if out.parent.is_dir() else ()
    found = [path for path in beside if named.fullmatch(path.name) and path.is_dir()]
    return [path for path in sorted(found) if _is_work(path)]


def _is_work(folder: Path) -> bool:
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return False  # somebody else's
    held = {path.name for path in folder.iterdir()}
    return bool(held) and held <= {"new", "old"}


def _take_place(new: Path, out: Path, old: Path) -> None:
    try:
        new.rename(out)
    except BaseException:
        if old.exists():
            old.rename(out)
        raise


def write_report(
    analysis: Analysis,
    out: Path,
    *,
    lang: str = "en",
    rejected: Path | None = None,
    progress: Progress | None = None,
) -> None:
    """Write everything an analysis gives into a folder: files, workbook and page.

    Raises :class:`~kamstats.errors.Invalid` where `out` holds something that is not ours.
    """
    tell = progress or _silent
    with replace_folder(out) as folder:
        tell("write_files", 0, 3)
        write_files(analysis, folder, lang=lang, rejected=rejected)
        tell("write_workbook", 1, 3)
        write_workbook(analysis, folder / "report.xlsx", lang)
        tell("write_page", 2, 3)
        (folder / "report.html").write_text(render_html(analysis, lang), "utf-8")
        tell("write_page", 3, 3)


def _silent(_stage: str, _done: int, _total: int | None, /) -> None:
    """Say nothing."""
