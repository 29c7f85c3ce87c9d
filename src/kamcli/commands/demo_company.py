"""`kamerton demo-company`: the files of an invented company."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

from kamcli.options import JSON, Said, taking
from kamcli.printing import say, say_json
from kamcli.progress import Progress


@taking(JSON)
def command(
    *,
    out: Annotated[Path, typer.Option("--out", help="Folder to write; one that we made is replaced.")],
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same files.")] = 7,
    accounts: Annotated[int, typer.Option("--accounts", help="How many customers, at least 60.")] = 400,
    lines: Annotated[
        int | None, typer.Option("--lines", help="About how many lines of sales, as 10000000.")
    ] = None,
    said: Said,
) -> None:
    from kamreport.demo import make_company

    progress = Progress()
    company = make_company(out, seed=seed, accounts=accounts, lines=lines, progress=progress)
    progress.finish()
    if said["json_"]:
        say_json(company)
        return
    say(f"{company.folder}: {company.lines:,} lines of {accounts:,} customers; the truth is in truth.json.")
    say(
        f"kamerton analyze {company.sales} --accounts {company.accounts} --products {company.products} "
        f"--groups {company.groups} --out report"
    )
