"""Every command: its name, the module that holds it, one line of help, an example."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One command; `module` has a function `command` and is imported when the command is asked for."""

    name: str
    module: str
    help: str
    example: str


COMMANDS = (
    Entry(
        "analyze",
        "kamcli.commands.analyze",
        "Say who is key, what the company depends on and who is drifting away.",
        "kamerton analyze sales.csv --out report",
    ),
    Entry(
        "explain",
        "kamcli.commands.explain",
        "Say in sentences why an account is in its class, band and alarm.",
        "kamerton explain C00017 sales.csv",
    ),
    Entry(
        "repeat-buying",
        "kamcli.commands.repeat_buying",
        "Fit the models of repeat buying and choose one on held-back data.",
        "kamerton repeat-buying sales.csv --calibration-end 2025-06-30 --json",
    ),
    Entry(
        "forecast",
        "kamcli.commands.forecast",
        "Forecast the demand of each account for the coming months.",
        "kamerton forecast sales.csv --horizon 3 --by product-line",
    ),
    Entry(
        "backtest",
        "kamcli.commands.backtest",
        "Show how good every prediction was on these very data.",
        "kamerton backtest sales.csv",
    ),
    Entry(
        "demo-company",
        "kamcli.commands.demo_company",
        "Make the files of an invented company with known hidden truths.",
        "kamerton demo-company --out demo --seed 7 --accounts 400",
    ),
    Entry(
        "serve-report",
        "kamcli.commands.serve_report",
        "Show a finished report in the browser.",
        "kamerton serve-report report",
    ),
)

LEDGER_COMMANDS = (
    Entry(
        "load",
        "kamcli.commands.ledger_load",
        "Load files into the ledger; the same file twice changes nothing.",
        "kamerton ledger load accounting sales-2026.csv",
    ),
    Entry(
        "undo",
        "kamcli.commands.ledger_undo",
        "Take a load back.",
        "kamerton ledger undo 4f2a9c1e",
    ),
    Entry(
        "history",
        "kamcli.commands.ledger_history",
        "List the loads, undos and compactions.",
        "kamerton ledger history",
    ),
    Entry(
        "compact",
        "kamcli.commands.ledger_compact",
        "Put small files together and delete old ones that nothing needs.",
        "kamerton ledger compact --keep-days 30",
    ),
    Entry(
        "check",
        "kamcli.commands.ledger_check",
        "Look whether the ledger is whole.",
        "kamerton ledger check",
    ),
    Entry(
        "export",
        "kamcli.commands.ledger_export",
        "Write all lines into one CSV or Parquet file.",
        "kamerton ledger export lines.parquet",
    ),
)
