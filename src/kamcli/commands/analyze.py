"""`kamerton analyze`: the whole answer, in the terminal and as a folder of files."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

from kamcli import options
from kamcli.asking import alias_secret, ledger_folder, now, opened, settings_of
from kamcli.listing import say_reading
from kamcli.options import ANONYMISE, JSON, JUDGING, LEDGER, MONEY, READING, Said, taking
from kamcli.outputs import check_outside, inputs, rejects_beside
from kamcli.printing import say, say_json
from kamcli.progress import Progress
from kamcli.summary import say_analysis


@taking(MONEY, JUDGING, READING, LEDGER, ANONYMISE, JSON)
def command(
    files: options.Files = options.NO_FILES,
    *,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the report and its files.")] = None,
    said: Said,
) -> None:
    from kamreport.aliases import anonymised
    from kamreport.files import check_folder, recover_folder, run_record, write_report
    from kamreport.run import analyse
    from kamreport.sentences import Speech

    progress, loaded = Progress(), settings_of(said)
    settings = loaded.settings
    if out is not None:
        check_outside(out, ledger_folder(said))
        recover_folder(out)
        check_folder(out)
    keep = out and rejects_beside(out, out.resolve().name, inputs(files, said))
    with opened(files, said, settings.currency, progress, keep_rejected=keep) as source:
        analysis = analyse(source, settings, origins=loaded.origins, at=now(), progress=progress)
        if settings.anonymise:
            analysis = anonymised(analysis, secret=alias_secret(settings.seed), lang=settings.lang)
        if out is not None:
            rejected = None if settings.anonymise else source.rejected_path
            write_report(analysis, out, lang=settings.lang, rejected=rejected, progress=progress)
    progress.finish()
    if said["json_"]:
        say_json(run_record(analysis, settings.lang))
        return
    if not settings.anonymise:
        say_reading(source.files, (), settings.lang)
    say_analysis(analysis, Speech(settings.lang, analysis.currency))
    if out is not None:
        say(f"\n{out / 'report.html'}")
