"""Predictions in the terminal: models of repeat buying, tables of demand and quality."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kamcli.printing import clean, say, table
from kamcli.summary import say_rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kamreport.sentences import Speech
    from kamreport.tables import Table

_HOLDOUT = ("mae", "rmse", "bias", "auc_alive", "brier")


def say_table(found: Table, lang: str, currency: str | None) -> None:
    """Print a table of the analysis whole, or why it has no rows."""
    from kamreport.sentences import Speech

    speech = Speech(lang, currency)
    if found.declined is not None:
        say(speech.sentence(found.declined))
        return
    said = [column for column in found.columns if found.rows[column.key].null_count < len(found)]
    say_rows(speech, said, speech.lines_named(found.records(), found))


def say_models(found: Any, lang: str) -> None:  # noqa: ANN401 - RepeatBuying, whose module is heavy
    """Print each model with its parameters and how it did on the held-back days."""
    from kamreport.sentences import Speech

    record, speech = found.as_dict(), Speech(lang)
    table(
        [speech.column(key) for key in ("model", "log_likelihood", "identified", *_HOLDOUT, "parameters")],
        [_model(name, model, speech) for name, model in record["models"].items()],
        right=(1, 3, 4, 5, 6, 7),
    )
    say(clean(speech.sentence(found.reason)))


def _model(name: str, model: Mapping[str, Any], speech: Speech) -> list[str]:
    holdout = model.get("holdout") or {}
    parameters = ", ".join(f"{key} {value:.4g}" for key, value in model["parameters"].items())
    figures = [holdout.get(key) for key in _HOLDOUT]
    shown = ["" if figure is None else f"{figure:.4f}" for figure in figures]
    identified = speech.text("yes") if model["identified"] else speech.text("no")
    return [name, f"{model['log_likelihood']:,.1f}", identified, *shown, parameters]


def write_per_account(columns: Mapping[str, Any], path: Path) -> None:
    """Write one row per account, whole or not at all."""
    import pyarrow as pa

    from kamreport.files import write_csv

    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        write_csv(pa.table({name: pa.array(column) for name, column in columns.items()}), unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
