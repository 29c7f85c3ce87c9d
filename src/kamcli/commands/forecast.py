"""`kamerton forecast`: the demand of the coming months."""

from __future__ import annotations

from typing import Annotated

import typer

from kamcli import options
from kamcli.asking import check_choice, opened, settings_of
from kamcli.options import JSON, JUDGING, LEDGER, READING, Said, taking
from kamcli.predicting import say_table
from kamcli.printing import say_json
from kamcli.progress import Progress

LEVELS = ("product-line", "account", "account-product-line")


@taking(JUDGING, READING, LEDGER, JSON)
def command(
    files: options.Files = options.NO_FILES,
    *,
    horizon: Annotated[int | None, typer.Option("--horizon", help="How many months ahead.")] = None,
    by: Annotated[str, typer.Option("--by", help=f"{', '.join(LEVELS)}.")] = LEVELS[0],
    engine: Annotated[
        str | None, typer.Option("--engine", help="kamerton, or statsforecast where it is installed.")
    ] = None,
    said: Said,
) -> None:
    check_choice(by, LEVELS, "--by")
    from kamreport.predictions import forecast_of

    own = {"horizon_months": horizon, "forecast_engine": engine}
    given = {key: str(value) for key, value in own.items() if value is not None}
    settings = settings_of(said, given).settings
    progress = Progress()
    with opened(files, said, settings.currency, progress) as source:
        table = forecast_of(source, settings, by=by, progress=progress)  # type: ignore[arg-type]  # checked
    progress.finish()
    if said["json_"]:
        say_json(table.records())
        return
    say_table(table, settings.lang, source.currency)
