"""`kamerton explain`: why an account is in its class, band and alarm."""

from __future__ import annotations

from typing import Annotated

import typer

from kamcli import options
from kamcli.asking import alias_secret, now, opened, settings_of
from kamcli.options import ANONYMISE, JSON, JUDGING, LEDGER, MONEY, READING, Said, taking
from kamcli.printing import clean, say, say_json
from kamcli.progress import Progress


@taking(MONEY, JUDGING, READING, LEDGER, ANONYMISE, JSON)
def command(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Key or name of the account.")],
    files: options.Files = options.NO_FILES,
    *,
    said: Said,
) -> None:
    from kamreport.aliases import anonymised
    from kamreport.explain import explain
    from kamreport.run import analyse
    from kamreport.sentences import Speech

    progress, loaded = Progress(), settings_of(said)
    with opened(files, said, loaded.settings.currency, progress) as source:
        analysis = analyse(source, loaded.settings, origins=loaded.origins, at=now(), progress=progress)
    progress.finish()
    shown = None
    if loaded.settings.anonymise:
        shown = anonymised(analysis, secret=alias_secret(loaded.settings.seed), lang=loaded.settings.lang)
    reasons = explain(analysis, account, shown=shown)
    speech = Speech(loaded.settings.lang, analysis.currency)
    if said["json_"]:
        say_json([{"code": r.code, "values": r.values, "sentence": speech.sentence(r)} for r in reasons])
        return
    for reason in reasons:
        say(clean(speech.sentence(reason)))
