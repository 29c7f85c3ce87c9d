"""`kamerton repeat-buying`: the five models of repeat buying on one history."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - typer reads the annotations
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

from kamcli import options
from kamcli.asking import check_choice, opened, settings_of
from kamcli.options import JSON, JUDGING, LEDGER, READING, Said, taking
from kamcli.outputs import check_not_read, inputs
from kamcli.predicting import say_models, write_per_account
from kamcli.printing import note, say_json
from kamcli.progress import Progress

UNITS = ("week", "day", "month")


@taking(JUDGING, READING, LEDGER, JSON)
def command(
    files: options.Files = options.NO_FILES,
    *,
    calibration_end: Annotated[
        datetime | None,
        typer.Option("--calibration-end", formats=["%Y-%m-%d"], help="Last day the fits may see."),
    ] = None,
    unit: Annotated[str, typer.Option("--unit", help="week, day or month.")] = "week",
    per_account: Annotated[
        Path | None, typer.Option("--per-account", help="CSV file for the figures of each account.")
    ] = None,
    said: Said,
) -> None:
    check_choice(unit, UNITS, "--unit")
    check_not_read(per_account, inputs(files, said), "--per-account")
    from kamreport.predictions import repeat_buying_of

    progress, settings = Progress(), settings_of(said).settings
    end = calibration_end.date() if calibration_end else None
    with opened(files, said, settings.currency, progress) as source:
        found = repeat_buying_of(source, settings, unit=unit, calibration_end=end)
    progress.finish()
    if per_account is not None:
        write_per_account(found.per_account(), per_account)
        note(f"{per_account}: {len(found.account):,} accounts.")
    if said["json_"]:
        say_json(found.as_dict())
        return
    say_models(found, settings.lang)
