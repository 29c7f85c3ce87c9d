"""`kamerton ledger undo`: take a load back."""

from __future__ import annotations

from typing import Annotated

import typer

from kamcli.asking import ledger_folder, now
from kamcli.options import JSON, LEDGER, Said, taking
from kamcli.printing import say, say_json, table

SHOWN = 20


@taking(LEDGER, JSON)
def command(
    batch: Annotated[str, typer.Argument(metavar="BATCH", help="As kamerton ledger history names it.")],
    *,
    said: Said,
) -> None:
    from kamledger.store import Ledger

    at = now()
    undone = Ledger.open(ledger_folder(said)).undo(batch, at=at)
    left = undone.left_alone.to_pylist()
    repeated = undone.batch.at != at
    if said["json_"]:
        say_json({"batch": undone.batch, "left_alone": left, "already_undone": repeated})
        return
    if repeated:
        say(f"Batch {batch} was already undone on {undone.batch.at:%Y-%m-%d %H:%M} UTC; nothing has changed.")
        return
    say(f"{undone.batch.removed:,} lines removed, {undone.batch.replaced:,} older lines restored.")
    if left:
        say(f"{len(left):,} lines were left alone, as a later load changed them:")
        table(
            ("source", "line", "changed by"),
            [(row["source"], row["line_key"], row["changed_by"]) for row in left[:SHOWN]],
        )
        say(f"  … and {len(left) - SHOWN:,} more (--json lists all)." if len(left) > SHOWN else "")
