"""The command `kamerton`: it builds the commands and gives their exit codes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.main import get_command

from kamcli.faults import answering
from kamcli.group import LazyGroup, LedgerGroup

if TYPE_CHECKING:
    from collections.abc import Sequence

HELP = "Key account management: who is key, what the company depends on, who is drifting away."
MORE = (
    "Settings come from an option, else the environment (KAMERTON_…), else kamerton.toml in the working "
    "folder. Exit codes: 0 done, 2 bad input, 1 fault, 130 stopped by Ctrl-C."
)


def _say_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"kamerton {version('kamerton')}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_say_version, is_eager=True)
    ] = False,
) -> None:
    del version


def _nothing() -> None:
    """Take no options: the group is only a name."""


def build() -> Any:  # noqa: ANN401 - typer does not publish the type of its commands
    """Give the whole command, with its groups; the modules of the commands are not imported."""
    plain = {"rich_markup_mode": None, "pretty_exceptions_enable": False}
    app = typer.Typer(name="kamerton", cls=LazyGroup, help=HELP, epilog=MORE, **plain)  # type: ignore[arg-type]
    app.callback()(_root)
    ledger = typer.Typer(name="ledger", cls=LedgerGroup, add_completion=False, **plain)  # type: ignore[arg-type]
    ledger.callback(help="Load, undo, list, check and export the lines of the sales ledger.")(_nothing)
    app.add_typer(ledger)
    return get_command(app)


def run(arguments: Sequence[str]) -> int:
    """Run one command line and give its exit code."""
    with answering(arguments) as answer:
        given = list(arguments) or ["--help"]
        code = build().main(args=given, prog_name="kamerton", standalone_mode=False)
        answer.code = code if isinstance(code, int) else 0
    return answer.code


def main() -> None:
    """Run as the program `kamerton`."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
