"""`kamerton ledger history`: the loads, undos and compactions."""

from __future__ import annotations

from kamcli.asking import ledger_folder
from kamcli.listing import say_history
from kamcli.options import JSON, LEDGER, Said, taking
from kamcli.printing import say_json


@taking(LEDGER, JSON)
def command(*, said: Said) -> None:
    from kamledger.store import Ledger

    batches = Ledger.open(ledger_folder(said)).history()
    if said["json_"]:
        say_json(batches)
        return
    say_history(batches)
