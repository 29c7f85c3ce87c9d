"""The predictive methods one by one, for the commands that ask for one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kamreport.backtesting import quality_table
from kamreport.run.analysis import Run, extract, ranks
from kamreport.run.book import open_book
from kamreport.run.offering import or_declined
from kamreport.run.predicting import demand_table, order_frame_by_key, outlook
from kamstats.repeat_buying import repeat_buying

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from pathlib import Path

    from kamreport.run.predicting import By
    from kamreport.settings import Settings
    from kamreport.sources import Source
    from kamreport.tables import Table
    from kamstats.repeat_buying import RepeatBuying

    Progress = Callable[[str, int, int | None], None]


def run_of(source: Source, settings: Settings) -> Run:
    """Extract a source as columns, once for any number of methods."""
    extraction = extract(source, settings)
    return Run(extraction, open_book(extraction), settings)


def repeat_buying_of(
    source: Source, settings: Settings, *, unit: str = "week", calibration_end: date | None = None
) -> RepeatBuying:
    """Fit, judge and choose among the models of repeat buying.

    Raises Declined where there is too little to go on, Invalid where the calibration ends before the first
    order.
    """
    run = run_of(source, settings)
    return repeat_buying(
        order_frame_by_key(run.book), unit=unit, calibration_end=calibration_end, as_of=run.period.as_of
    )


def forecast_of(source: Source, settings: Settings, *, by: By, progress: Progress | None = None) -> Table:
    """Forecast demand per account and product line, per account, or per product line over all accounts."""
    run = run_of(source, settings)
    tell = None if progress is None else lambda done, total: progress("demand", done, total)

    def made() -> dict[str, Table]:
        found = outlook(run.book, run.full_history, settings, by=by, progress=tell)
        return {"demand": demand_table(run.book, found, ranks(run.book, run.by_revenue()))}

    return or_declined(["demand"], made)["demand"]


def backtest_of(
    source: Source, settings: Settings, *, truth: Path | None = None, progress: Progress | None = None
) -> Table:
    """Judge every predictive method on this very history, next to the simple rule one would take instead.

    `truth` is the truth.json of a demo company, whose hidden truths are then counted too.
    """
    tell = None if progress is None else lambda done, total: progress("backtest", done, total)
    return quality_table(run_of(source, settings), truth=truth, progress=tell)
