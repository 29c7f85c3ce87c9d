"""From what the user said to what the libraries take: settings, read options, the ledger's folder."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kamcli.printing import note
from kamstats.errors import Invalid
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from kamcli.options import Said
    from kamledger.progress import Progress
    from kamledger.reading.results import ReadOptions
    from kamreport.loading_settings import LoadedSettings
    from kamreport.sources import Source

LEDGER_VARIABLE, LEDGER_FOLDER = "KAMERTON_LEDGER", "kamerton-ledger"
ENGINE_VARIABLE, SECRET_VARIABLE = "KAMERTON_ENGINE", "KAMERTON_ALIAS_SECRET"
# Options that are settings under a name of their own.
_SETTINGS = ("period", "as_of", "by", "assume_margin", "structure", "currency", "lang")

NOT_A_PAIR = sentence(
    "not_a_pair", '"{text}" after {option} is not {form}. Write for example {option} {example}.'
)


def settings_of(said: Said, more: Mapping[str, str] | None = None) -> LoadedSettings:
    """Gather the settings of a run: options, environment, kamerton.toml in the working folder, defaults."""
    from kamreport.loading_settings import FILE_NAME, load_settings

    options = pairs(said["set_"] or (), "--set", "KEY=VALUE", "key.threshold=0.15")
    options |= {name: str(said[name]) for name in _SETTINGS if said[name] is not None}
    if said["anonymise"]:
        options["anonymise"] = "true"
    return load_settings(
        options=options | dict(more or {}), environment=os.environ, file=Path.cwd() / FILE_NAME
    )


def pairs(texts: Sequence[str], option: str, form: str, example: str) -> dict[str, str]:
    """Read NAME=VALUE words.

    >>> pairs(["account=Kunde", "revenue=Netto EUR"], "--map", "FIELD=COLUMN", "account=Kunde")
    {'account': 'Kunde', 'revenue': 'Netto EUR'}
    """
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise Invalid(NOT_A_PAIR(text=text, option=option, form=form, example=example))
        found[name.strip()] = value.strip()
    return found


NOT_A_CHOICE = sentence("not_a_choice", 'The option {option} takes no "{value}". Allowed: {allowed}.')


def check_choice(value: str, choices: Sequence[str], option: str) -> None:
    """Refuse a word that is none of the choices."""
    if value not in choices:
        raise Invalid(NOT_A_CHOICE(option=option, value=value, allowed=", ".join(choices)))


def read_options(said: Said, currency: str | None) -> ReadOptions:
    """Say how the files are to be read."""
    from kamledger.reading import ReadOptions

    return ReadOptions(
        overrides=pairs(said["map_"] or (), "--map", "FIELD=COLUMN", "account=Kunde"),
        currency=currency,
        rates=said["rates"],
        encoding=said["encoding"],
        delimiter=said["delimiter"],
        decimal_mark=said["decimal"],
        date_order=said["date_order"],
        sheet=said["sheet"],
        accounts=said["accounts"],
        products=said["products"],
        groups=said["groups"],
    )


def ledger_folder(said: Said) -> Path:
    """Find the ledger: --ledger, else KAMERTON_LEDGER, else ./kamerton-ledger."""
    return Path(said["ledger"] or os.environ.get(LEDGER_VARIABLE) or LEDGER_FOLDER)


def now() -> datetime:
    """Ask the clock: commands may, libraries may not."""
    return datetime.now(UTC)  # noqa: TID251 - the edge


class _Nowhere:
    """Finds no pandas."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        if name == "pandas":
            raise ImportError(name)


def _spare_pandas() -> None:
    """Let pyarrow look for pandas while it is hidden: where it is installed, its import takes a second.

    pyarrow looks once, at its first array, and again when pandas is really wanted.
    """
    import pyarrow as pa

    if "pandas" not in sys.modules:
        sys.meta_path.insert(0, _Nowhere)
        try:
            pa.array([])
        finally:
            sys.meta_path.remove(_Nowhere)


@contextmanager
def opened(
    files: Sequence[Path] | None,
    said: Said,
    currency: str | None,
    progress: Progress,
    *,
    keep_rejected: Path | None = None,
) -> Iterator[Source]:
    """Open what is to be analysed: the files where there are some, else the ledger.

    Where no line of the files is good, the rejected ones go into the file `keep_rejected`.
    """
    from kamreport.sources import open_files, open_ledger

    _spare_pandas()
    engine = os.environ.get(ENGINE_VARIABLE) or "duckdb"
    if files:
        options = read_options(said, currency)
        source = open_files(
            files,
            options=options,
            at=now(),
            progress=progress,
            engine=engine,
            keep_rejected=keep_rejected,
        )
    else:
        source = open_ledger(ledger_folder(said), progress=progress, engine=engine)
    with source as found:
        yield found


def alias_secret(seed: int) -> bytes:
    """Give the secret behind aliases: KAMERTON_ALIAS_SECRET, else one that the setting `seed` makes."""
    secret = os.environ.get(SECRET_VARIABLE)
    if not secret:
        note(f"The aliases follow from the setting seed; with {SECRET_VARIABLE} set, nobody can guess them.")
    return (secret or f"kamerton {seed}").encode()


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give a folder for intermediate files that is gone at the end, however it ends."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="kamerton-") as folder:
        yield Path(folder)
