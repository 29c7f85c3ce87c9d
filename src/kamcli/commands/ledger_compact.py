"""`kamerton ledger compact`: fewer, larger files."""

from __future__ import annotations

from typing import Annotated

import typer

from kamcli.asking import ledger_folder, now
from kamcli.options import JSON, LEDGER, Said, taking
from kamcli.printing import say, say_json
from kamcli.progress import Progress


@taking(LEDGER, JSON)
def command(
    *,
    keep_days: Annotated[
        int, typer.Option("--keep-days", min=0, help="Older versions can be read again for so many days.")
    ] = 30,
    said: Said,
) -> None:
    from kamledger.store import Conduct, Ledger

    progress = Progress()
    ledger = Ledger.open(ledger_folder(said), conduct=Conduct(progress=progress))
    batch = ledger.compact(at=now())
    deleted = ledger.vacuum(at=now(), days=keep_days)
    progress.finish()
    if said["json_"]:
        say_json({"batch": batch, "deleted_files": len(deleted)})
        return
    say(f"{len(batch.months):,} months put together, {len(deleted):,} old files deleted.")
