"""The options that several commands share, said once, and what the user said with them."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

READ, RULES, WHERE, OUTPUT = "Reading the files", "Rules", "Ledger", "Output"


@dataclass(frozen=True, slots=True)
class Said:
    """What the user said with the shared options, by name; what was not said is None or empty."""

    values: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - each option has its own type
        """Give what was said, or None."""
        return self.values.get(name)


def _option(kind: Any, *names: str, help: str) -> Any:  # noqa: A002, ANN401 - typer's word; a type as a value
    return Annotated[kind, typer.Option(*names, help=help)]


OptionalText, OptionalPath, Texts = str | None, Path | None, list[str] | None

# Name → annotation. The default of a switch is False, of everything else None.
READING: Mapping[str, Any] = {
    "map_": _option(Texts, "--map", help="FIELD=COLUMN where the guess is wrong; may be repeated."),
    "accounts": _option(
        OptionalPath, "--accounts", help="File of customers: account, name, segment, manager …"
    ),
    "products": _option(OptionalPath, "--products", help="File of products: product, name, line, launched."),
    "groups": _option(OptionalPath, "--groups", help="File of holdings: account, group, from, to."),
    "currency": _option(OptionalText, "--currency", help="Currency of the ledger, as EUR."),
    "rates": _option(OptionalPath, "--rates", help="File of exchange rates: date, currency, rate."),
    "encoding": _option(OptionalText, "--encoding", help="Encoding of the files, as utf-8 or cp1251."),
    "delimiter": _option(OptionalText, "--delimiter", help="What stands between the fields of a CSV file."),
    "decimal": _option(OptionalText, "--decimal", help='Decimal mark: "." or ",".'),
    "date_order": _option(OptionalText, "--date-order", help="Order of dates: ymd, dmy or mdy."),
    "sheet": _option(OptionalText, "--sheet", help="Sheet of a workbook."),
}
LEDGER: Mapping[str, Any] = {
    "ledger": _option(
        OptionalPath, "--ledger", help="Folder of the ledger; else KAMERTON_LEDGER, else ./kamerton-ledger."
    ),
}
JUDGING: Mapping[str, Any] = {
    "period": _option(OptionalText, "--period", help="Money of which days: all, 12m, or FROM:TO."),
    "as_of": _option(OptionalText, "--as-of", help="Day on which silence is measured, as 2026-02-28."),
    "structure": _option(
        OptionalText, "--structure", help="Groups as they are now (as_of) or were then (then)."
    ),
    "set_": _option(Texts, "--set", help="KEY=VALUE of any setting, as key.threshold=0.15; may be repeated."),
    "lang": _option(OptionalText, "--lang", help="Language: en, fi, ka, hy, ru."),
}
MONEY: Mapping[str, Any] = {
    "by": _option(OptionalText, "--by", help="What shares and ranks count: income, revenue, or auto."),
    "assume_margin": _option(
        OptionalText, "--assume-margin", help="Margin of lines without a cost, as 0.25 for 25 %."
    ),
}
JSON: Mapping[str, Any] = {
    "json_": _option(bool, "--json", help="Print one JSON document instead of text."),
}
ANONYMISE: Mapping[str, Any] = {
    "anonymise": _option(bool, "--anonymise", help="Stable aliases instead of names: a report one may show."),
}

Files = Annotated[
    list[Path] | None,
    typer.Argument(metavar="FILE", help="CSV, XLSX or Parquet; without a file, the ledger is read."),
]
NO_FILES: None = None


def taking(*tables: Mapping[str, Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of the tables; it gets what was said as its argument `said`."""
    shared = {name: annotation for table in tables for name, annotation in table.items()}

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command, eval_str=True)
        own = [parameter for name, parameter in signature.parameters.items() if name != "said"]
        added = [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=False if name in _SWITCHES else None,
                annotation=kind,
            )
            for name, kind in shared.items()
        ]

        @wraps(command)
        def wrapper(*args: Any, **values: Any) -> None:  # noqa: ANN401 - handed on as they are
            said = Said({name: values.pop(name) for name in shared if name in values})
            command(*args, **values, said=said)

        parameters = [*own, *added]
        wrapper.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        wrapper.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        del wrapper.__wrapped__  # its annotations are texts of another module
        return wrapper

    return decorate


_SWITCHES = frozenset({"json_", "anonymise"})
