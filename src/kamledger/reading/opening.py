"""Opening a file: which kind it is, by its first bytes, and whether it can be read at all."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from kamledger.reading import refusals
from kamledger.reading.parquet_source import ParquetSource
from kamledger.reading.text_source import TextSource
from kamledger.reading.workbook_source import WorkbookSource
from kamstats.errors import Invalid

if TYPE_CHECKING:
    from pathlib import Path

    from kamledger.reading.results import ReadOptions

AnySource = TextSource | ParquetSource | WorkbookSource

_NO_DELIMITERS = '"\r\n\0'
_ZIP, _OLD_OFFICE, _PARQUET = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1"
_NOT_TABLES = {b"%PDF": "it is a PDF", b"\x1f\x8b": "it is packed with gzip", b"SQLi": "it is a database"}


_ALLOWED = {
    "decimal_mark": (".", ","),
    "date_order": ("ymd", "dmy", "mdy"),
    "discount": ("fraction", "percent", "amount"),
}


def check_options(options: ReadOptions) -> None:
    """Refuse what no option takes, with what it does take."""
    for option, allowed in _ALLOWED.items():
        value = getattr(options, option)
        if value is not None and value not in allowed:
            raise Invalid(refusals.OPTION_UNKNOWN(value=value, option=option, allowed=", ".join(allowed)))
    delimiter = options.delimiter
    if delimiter is not None and (len(delimiter) != 1 or delimiter in _NO_DELIMITERS):
        one = "one character, such as ; or a tab"
        raise Invalid(refusals.OPTION_UNKNOWN(value=delimiter, option="delimiter", allowed=one))
    if options.encoding is not None and not _is_encoding(options.encoding):
        usual = "utf-8, utf-16, cp1251, cp1252 and whatever else Python knows"
        raise Invalid(refusals.OPTION_UNKNOWN(value=options.encoding, option="encoding", allowed=usual))


def _is_encoding(name: str) -> bool:
    try:
        return codecs.lookup(name)._is_text_encoding  # noqa: SLF001 - bytes-to-bytes codecs are no encodings
    except LookupError:
        return False


def open_source(path: Path, options: ReadOptions) -> AnySource:
    """Open a file as a source of rows, or say why it is none."""
    head = _head(path)
    if not head:
        raise Invalid(refusals.FILE_EMPTY(file=path.name))
    if head.startswith(_PARQUET):
        return _with_lines(ParquetSource.open(path))
    if head.startswith((_ZIP, _OLD_OFFICE)):
        return _with_lines(WorkbookSource.open(path, options))
    if (problem := _NOT_TABLES.get(head[:4]) or _NOT_TABLES.get(head[:2])) is not None:
        raise Invalid(refusals.NOT_A_TABLE(file=path.name, problem=problem))
    return _with_lines(TextSource.open(path, options))


def _head(path: Path) -> bytes:
    if path.is_dir():
        raise Invalid(refusals.FILE_IS_FOLDER(file=str(path)))
    try:
        with path.open("rb") as file:
            return file.read(8)
    except FileNotFoundError as problem:
        raise Invalid(refusals.FILE_NOT_FOUND(file=str(path))) from problem
    except OSError as problem:
        raise Invalid(refusals.FILE_UNREADABLE(file=path.name, problem=problem.strerror or "")) from problem


def _with_lines(source: AnySource) -> AnySource:
    if not source.sample:
        raise Invalid(refusals.HEADER_ONLY(file=source.path.name))
    return source
