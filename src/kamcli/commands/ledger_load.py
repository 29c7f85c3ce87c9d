"""`kamerton ledger load`: files into the ledger, all at once or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from kamcli.asking import check_choice, ledger_folder, now, read_options, scratch_folder, settings_of
from kamcli.listing import say_batch, say_reading
from kamcli.options import JSON, LEDGER, READING, Said, taking
from kamcli.outputs import check_not_read, inputs, rejects_beside
from kamcli.printing import note, say_json
from kamcli.progress import Progress

if TYPE_CHECKING:
    from kamledger.reading import Reading

MODES = ("auto", "merge", "replace-documents", "replace-period")


@taking(READING, LEDGER, JSON)
def command(
    feed: Annotated[str, typer.Argument(metavar="FEED", help="Name of the source, as accounting.")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="CSV, XLSX or Parquet.")],
    *,
    mode: Annotated[str, typer.Option("--mode", help=f"{', '.join(MODES)}.")] = "auto",
    rejected: Annotated[
        Path | None, typer.Option("--rejected", help="Where to write the lines that could not be read.")
    ] = None,
    said: Said,
) -> None:
    from kamledger.reading import read
    from kamledger.store import Conduct, Ledger
    from kamreport.sources import rejects_kept

    check_choice(mode, MODES, "--mode")
    check_not_read(rejected, inputs(files, said), "--rejected")
    progress = Progress()
    settings = settings_of(said).settings
    with scratch_folder() as scratch:
        options = read_options(said, settings.currency)
        keep = rejected or rejects_beside(ledger_folder(said), feed, inputs(files, said))
        with rejects_kept(scratch, keep):
            reading = read(files, into=scratch, feed=feed, options=options, progress=progress)
        ledger = Ledger.open_or_create(ledger_folder(said), conduct=Conduct(progress=progress))
        batch = ledger.load(reading, feed=feed, mode=mode, at=now())  # type: ignore[arg-type]  # checked
        progress.finish()
        kept = _keep_rejected(reading, keep)
    if said["json_"]:
        say_json(
            {"batch": batch, "rejected_lines": kept, "warnings": [str(w.english) for w in reading.warnings]}
        )
        return
    say_reading(reading.files, reading.warnings, settings.lang)
    say_batch(batch)


def _keep_rejected(reading: Reading, path: Path) -> Path | None:
    if not reading.rejected:
        return None
    shutil.copyfile(reading.rejected_path, path)
    note(f"{reading.rejected:,} lines could not be read; they are in {path} with the reasons.")
    return path
