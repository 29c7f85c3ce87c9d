"""A group of commands that imports a command only when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from kamcli.table import COMMANDS, LEDGER_COMMANDS, Entry

if TYPE_CHECKING:
    from collections.abc import Sequence


def _made(entry: Entry) -> Any:  # noqa: ANN401 - typer does not publish the type of its commands
    """Import the module of a command and build the command."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    epilog = f"Example: {entry.example}"
    app.command(entry.name, help=entry.help, epilog=epilog)(import_module(entry.module).command)
    return get_command(app)


class LazyGroup(TyperGroup):
    """The commands of `entries`, beside those registered in the usual way."""

    entries: Sequence[Entry] = COMMANDS

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401 - as above
        """Name the commands in the order of the table."""
        return [*(entry.name for entry in self.entries), *super().list_commands(ctx)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401 - as above
        """Build the command of that name."""
        for entry in self.entries:
            if entry.name == cmd_name and cmd_name not in self.commands:
                self.commands[cmd_name] = _made(entry)
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - as above
        """List the commands without importing one."""
        del ctx
        rows = [(entry.name, entry.help) for entry in self.entries]
        names = {name for name, _ in rows}
        rows += [(name, c.help or "") for name, c in self.commands.items() if name not in names]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - as above
        """Find the command; an unknown one is refused with the nearest of all names, imported or not."""
        if args and args[0] not in self.list_commands(ctx):
            for entry in self.entries:
                self.get_command(ctx, entry.name)
        return super().resolve_command(ctx, args)


class LedgerGroup(LazyGroup):
    """The commands under `kamerton ledger`."""

    entries = LEDGER_COMMANDS
