"""Export: the lines of a version as one file for other programs."""

# ruff: noqa: S608 - values go into SQL by session.text, names are our own

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from kamledger.session import partitioned, session, text
from kamledger.store.table import STORED
from kamstats.errors import Invalid
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from pathlib import Path

    from kamledger.store.places import Places
    from kamledger.store.table import Version

NO_FOLDER = sentence("export_folder_missing", "There is no folder {folder} to export into. Create it first.")
FILE_EXISTS = sentence(
    "export_file_exists",
    "There is a file {file} already. Name another one, or say --force to replace it.",
)

Format: TypeAlias = Literal["csv", "parquet"]
_HOW: dict[Format, str] = {"csv": "FORMAT csv, HEADER true", "parquet": "FORMAT parquet"}


def export(
    places: Places, base: Version, path: Path, form: Format, *, memory: str, replace: bool = False
) -> int:
    """Write all lines, month by month, and give their number. The file appears when it is whole.

    A file that is there already is refused, unless it is to be replaced.
    """
    if not path.parent.is_dir():
        raise Invalid(NO_FOLDER(folder=str(path.parent)))
    if path.exists() and (path.is_dir() or not replace):
        raise Invalid(FILE_EXISTS(file=str(path)))
    unfinished = path.with_name(f".{path.name}.unfinished")
    with session(
        [places.folder, path.parent], scratch=places.scratch / "export", memory=memory
    ) as connection:
        try:
            done = connection.execute(
                f"COPY ({_query(base)}) TO {text(unfinished)} ({_HOW[form]})"
            ).fetchall()
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    return int(done[0][0])


def _query(base: Version) -> str:
    paths = [base.path(file) for files in base.by_month().values() for file in files]
    if not paths:
        return "SELECT " + ", ".join(f"NULL AS {name}" for name in STORED.names) + " LIMIT 0"
    return f"SELECT {', '.join(STORED.names)} FROM {partitioned(paths)}"
