"""Where results may be written: never onto what is read, never into the ledger."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kamstats.errors import Invalid
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from kamcli.options import Said

OUTPUT_IS_INPUT = sentence(
    "output_is_input",
    '"{file}" is one of the files to be read, and {option} would overwrite it. Name another file after '
    "{option}.",
)
FOLDER_INSIDE_LEDGER = sentence(
    "folder_inside_ledger",
    '"{folder}" lies in the ledger {ledger}, which is for its own files. Name a folder outside it.',
)


def inputs(files: Iterable[Path] | None, said: Said) -> list[Path]:
    """List every file that a command reads."""
    more = (said[name] for name in ("accounts", "products", "groups", "rates"))
    return [*(files or ()), *(path for path in more if path is not None)]


def check_not_read(path: Path | None, read: Iterable[Path], option: str) -> None:
    """Refuse to write onto a file that is read, by whatever path it is named."""
    if path is not None and _is_among(path, read):
        raise Invalid(OUTPUT_IS_INPUT(file=str(path), option=option))


def rejects_beside(folder: Path, stem: str, read: Iterable[Path]) -> Path:
    """Name the file of rejected lines beside a folder; mended rejects that are read are left alone."""
    stem, read = re.sub(r"[^\w.-]", "_", stem), list(read)
    named = (folder.parent / f"{stem}-rejected{number}.csv" for number in ("", *range(2, len(read) + 3)))
    return next(path for path in named if not _is_among(path, read))


def check_outside(out: Path, ledger: Path) -> None:
    """Refuse a folder inside a ledger: nothing but its own files belongs there."""
    if out.resolve().is_relative_to(ledger.resolve()) and ledger.is_dir():
        raise Invalid(FOLDER_INSIDE_LEDGER(folder=str(out), ledger=str(ledger)))


def _is_among(path: Path, read: Iterable[Path]) -> bool:
    return path.exists() and any(other.exists() and path.samefile(other) for other in read)
