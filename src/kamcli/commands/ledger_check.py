"""`kamerton ledger check`: is the ledger whole?"""

from __future__ import annotations

import typer

from kamcli.asking import ledger_folder
from kamcli.faults import BAD_INPUT, language
from kamcli.options import JSON, LEDGER, Said, taking
from kamcli.printing import say, say_json


@taking(LEDGER, JSON)
def command(*, said: Said) -> None:
    from kamledger.store import Ledger
    from kamreport.sentences import say as worded

    findings = Ledger.open(ledger_folder(said)).check()
    texts = [worded(finding.reason, language(())) for finding in findings]
    if said["json_"]:
        say_json([{"code": f.code, "sentence": text} for f, text in zip(findings, texts, strict=True)])
    else:
        say("\n".join(texts) or f"The ledger {ledger_folder(said)} is whole.")
    if findings:
        raise typer.Exit(BAD_INPUT)
