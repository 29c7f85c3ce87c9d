"""`kamerton backtest`: how good every prediction was on these very data."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

from kamcli import options
from kamcli.asking import opened, settings_of
from kamcli.options import JSON, JUDGING, LEDGER, MONEY, READING, Said, taking
from kamcli.predicting import say_table
from kamcli.printing import say_json
from kamcli.progress import Progress


@taking(MONEY, JUDGING, READING, LEDGER, JSON)
def command(
    files: options.Files = options.NO_FILES,
    *,
    truth: Annotated[
        Path | None, typer.Option("--truth", help="truth.json of a demo company: count its truths too.")
    ] = None,
    said: Said,
) -> None:
    from kamreport.predictions import backtest_of

    progress, settings = Progress(), settings_of(said).settings
    with opened(files, said, settings.currency, progress) as source:
        table = backtest_of(source, settings, truth=truth, progress=progress)
    progress.finish()
    if said["json_"]:
        say_json(table.records())
        return
    say_table(table, settings.lang, source.currency)
