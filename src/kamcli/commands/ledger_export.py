"""`kamerton ledger export`: all lines in one file."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from kamcli.asking import ledger_folder
from kamcli.options import JSON, LEDGER, Said, taking
from kamcli.printing import say, say_json

if TYPE_CHECKING:
    from kamledger.store.exporting import Format


@taking(LEDGER, JSON)
def command(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A name that ends in .csv or .parquet.")],
    *,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there already.")] = False,
    said: Said,
) -> None:
    from kamledger.store import Ledger

    lines = Ledger.open(ledger_folder(said)).export(path, form=_form(path), replace=force)
    if said["json_"]:
        say_json({"file": path, "lines": lines})
        return
    say(f"{path}: {lines:,} lines.")


def _form(path: Path) -> Format:
    match path.suffix.lower():
        case ".csv":
            return "csv"
        case ".parquet":
            return "parquet"
    message = f'"{path.name}" ends in neither .csv nor .parquet. Choose one of them.'
    raise typer.BadParameter(message, param_hint="FILE")
