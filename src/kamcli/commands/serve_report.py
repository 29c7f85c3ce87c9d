"""`kamerton serve-report`: a finished report in the browser."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

from kamcli.options import Said, taking
from kamcli.printing import say


@taking()
def command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a finished report.")],
    *,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any free port.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the browser.")] = True,
    said: Said,
) -> None:
    from kamcli.serving import Served

    del said
    with Served.of(folder, port) as served:
        say(f"The report is at {served.address} — Ctrl-C stops.")
        if browser:
            import webbrowser

            webbrowser.open(served.address)
        served.wait()
