"""A text file as a stream of UTF-8 blocks that end where a record ends."""

from __future__ import annotations

import codecs
import csv
import hashlib
from typing import TYPE_CHECKING, BinaryIO

from kamledger.reading import refusals
from kamledger.reading.dialect import guess_narrow_encoding
from kamstats.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK_BYTES = 8 << 20
LONGEST_RECORD = 1 << 16  # a quoted field that runs on longer was never closed
LONGEST_LINE = 64 << 20


class Decoder:
    """Turns the bytes of a file into UTF-8, deciding late where the start of the file is plain ASCII."""

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self._decode = None if encoding in {"ascii", "utf-8", "utf-8-sig"} else _incremental(encoding)
        self._at_start = True

    def feed(self, chunk: bytes, *, last: bool = False) -> bytes:
        """Give the next bytes in UTF-8."""
        if self._at_start:
            chunk, self._at_start = chunk.removeprefix(codecs.BOM_UTF8), False
        if self.encoding == "ascii" and not chunk.isascii():
            self.encoding = guess_narrow_encoding(chunk)
            self._decode = None if self.encoding == "utf-8" else _incremental(self.encoding)
        return chunk if self._decode is None else self._decode.decode(chunk, last).encode("utf-8", "replace")


def _incremental(encoding: str) -> codecs.IncrementalDecoder:
    return codecs.getincrementaldecoder(encoding)("replace")


class Blocks:
    """Reads a file once, by blocks of whole records, and takes its fingerprint on the way."""

    def __init__(self, file: BinaryIO, name: str, encoding: str, delimiter: str) -> None:
        self._file, self._name, self._delimiter = file, name, delimiter
        self.decoder = Decoder(encoding)
        self.fingerprint = hashlib.sha256()
        self.done = 0  # bytes
        self.lines = 0  # given so far

    def __iter__(self) -> Iterator[tuple[bytes, bool]]:
        """Give each block, and whether its quotes are sound so that the fast parser may have it."""
        rest = b""
        while chunk := self._file.read(BLOCK_BYTES):
            self.fingerprint.update(chunk)
            self.done += len(chunk)
            rest = _unix_lines(rest + self.decoder.feed(chunk))
            end, sound = self._end_of_records(rest)
            if end:
                self.lines += rest.count(b"\n", 0, end)
                yield rest[:end], sound
            rest = rest[end:]
            if len(rest) > LONGEST_LINE:
                raise Invalid(refusals.LINE_TOO_LONG(file=self._name, limit=LONGEST_LINE, row=self.lines))
        rest += self.decoder.feed(b"", last=True)
        if rest.strip(b"\r\n"):
            yield rest, rest.count(b'"') % 2 == 0

    def _end_of_records(self, block: bytes) -> tuple[int, bool]:
        end = block.rfind(b"\n") + 1
        if block.count(b'"', 0, end) % 2 == 0:
            return end, True
        return end_of_whole_records(block[:end], self._delimiter), False


def _unix_lines(block: bytes) -> bytes:
    """Old files end their lines with a carriage return alone."""
    return block.replace(b"\r", b"\n") if b"\n" not in block and block.count(b"\r") > 1 else block


def end_of_whole_records(block: bytes, delimiter: str) -> int:
    """Find where the last record of a block ends that is surely whole; the rest waits for the next block."""
    end = 0
    for lines, closed in records(block, delimiter):
        if closed is None:
            break
        end += sum(map(len, lines))
    return end


def records(block: bytes, delimiter: str, *, last: bool = False) -> Iterator[tuple[list[bytes], bool | None]]:
    """Group the lines of a block into records.

    With each comes True; False for a line that opens a quote which is never closed; None for the end of a
    block whose quote may be closed in the next one.
    """
    lines = block.split(b"\n")
    whole = [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    at = 0
    while at < len(whole):
        used, closed = _one_record(whole, at, delimiter)
        if closed is None and last:
            used, closed = 1, False
        yield whole[at : at + used], closed
        at += used


def _one_record(lines: list[bytes], at: int, delimiter: str) -> tuple[int, bool | None]:
    if b'"' not in lines[at]:
        return 1, True
    size, waiting = 0, []
    for line in lines[at:]:
        size += len(line)
        waiting.append(line.decode("utf-8", "replace"))
        if b'"' in line and _is_closed("".join(waiting), delimiter):
            return len(waiting), True
        if size > LONGEST_RECORD:
            return 1, False
    return len(waiting), None


def _is_closed(text: str, delimiter: str) -> bool:
    try:
        list(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error as problem:
        return "unexpected end" not in str(problem)
    return True
