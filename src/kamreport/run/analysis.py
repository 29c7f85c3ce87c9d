"""The whole run: settings and a source of lines in, an :class:`~kamreport.results.Analysis` out."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

import narwhals as nw
import numpy as np

from kamledger.schema import Flag
from kamreport.period import day_from, day_number, edge_months, resolve, whole_months_within
from kamreport.results import Analysis
from kamreport.run.accounts import Judged, accounts_table
from kamreport.run.behaviour import behaviour
from kamreport.run.book import Extraction, open_book
from kamreport.run.comparing import compare
from kamreport.run.levels import standings, tables_of_levels
from kamreport.run.losing import losses, stability
from kamreport.run.money import (
    INCOMPLETE_COSTS,
    MARGIN_ASSUMED,
    choose_base,
    costs_of,
    sums_by,
    totals_of,
    years_of,
)
from kamreport.run.offering import (
    assortment,
    next_products_table,
    or_declined,
    potential_table,
    regulars_tables,
)
from kamreport.run.predicting import calibration_table, demand_table, models_table, outlook, repeat
from kamreport.run.structure import structure_of
from kamreport.run.summing import FLAGS, describe, summaries
from kamreport.settings import flat
from kamstats.periods import whole_months
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from numpy.typing import NDArray

    from kamreport.results import Period
    from kamreport.run.behaviour import Behaviour
    from kamreport.run.book import Book
    from kamreport.run.levels import Standing
    from kamreport.run.money import Costs
    from kamreport.settings import DirtRule, Settings
    from kamreport.sources import Source
    from kamreport.tables import Table
    from kamstats.periods import Months
    from kamstats.reasons import Reason

LIBRARIES = ("kamerton", "duckdb", "narwhals", "numpy", "scipy", "pyarrow", "deltalake")
PERIOD_SHORTER = sentence(
    "period_shorter",
    "{asked} months were asked for; the ledger holds {have} whole months up to {last_day}, which are used.",
)
LEFT_OUT = sentence(
    "lines_left_out",
    "{lines} lines worth {value:,.2f} are left out ({rule}): {share:.1%} beside the money that counts.",
)
STAGES = ("extract", "classes", "rhythm", "repeat_buying", "demand", "potential", "comparison", "stability")


def no_progress(stage: str, done: int, total: int | None) -> None:
    """Tell nobody: the default."""
    del stage, done, total


def left_out(rule: DirtRule) -> Flag:
    """Give the flags of the lines that the rules leave out; lines without an account always are."""
    out = Flag.NO_ACCOUNT
    for name, flag in FLAGS.items():
        if not getattr(rule, name):
            out |= flag
    return out


def extract(source: Source, settings: Settings) -> Extraction:
    """Decide which lines count, for whom, and over which days."""
    engine = source.engine
    out = left_out(settings.dirt)
    edges = engine.collect(
        engine.lines().select(
            first=nw.col("day_no").min(), last=nw.col("day_no").max(), feeds=nw.col("source").n_unique()
        )
    ).to_pylist()[0]
    first, last = day_from(edges["first"]), day_from(edges["last"])
    period = resolve(settings.period, settings.as_of, first, last)
    feeds = engine.collect(engine.lines().select("source").unique())["source"].to_pylist()
    structure = structure_of(
        engine.group_members(), engine.accounts(), feeds=feeds, as_of=period.as_of, mode=settings.structure
    )
    return Extraction(
        engine=engine,
        structure=structure,
        period=period,
        left_out=out,
        assume_margin=settings.assume_margin,
        booked_first=first,
        booked_last=last,
    )


def analyse(
    source: Source,
    settings: Settings,
    *,
    at: datetime,
    origins: Mapping[str, str] | None = None,
    progress: Callable[[str, int, int | None], None] = no_progress,
) -> Analysis:
    """Analyse a ledger.

    `at` is the moment of the run, for its record only: nothing is computed from it. `origins` says per
    setting where it was set. Raises Invalid where the settings do not fit the data; a method with too little
    to go on leaves its table empty and says why.
    """
    steps = iter(range(len(STAGES)))

    def step() -> None:
        place = next(steps)
        progress(STAGES[place], place, len(STAGES))

    step()
    extraction = extract(source, settings)
    run = Run(extraction, open_book(extraction), settings)
    step()
    tables, company = run.levels()
    step()
    how = behaviour(run.book, extraction.period, run.whole, settings)
    step()
    predicted = repeat(run.book, extraction.period, settings)
    judged = Judged(run.book, extraction.period, settings, company, how, predicted)
    tables["accounts"] = accounts_table(judged)
    tables |= {"models": models_table(predicted), "calibration": calibration_table(predicted)}
    step()
    tables |= or_declined(["demand"], lambda: {"demand": run.demand(tables["accounts"])})
    step()
    warnings = run.offers(tables, how)
    step()
    compared = compare(run.book, extraction, run.full_history, settings)
    tables |= compared.tables
    step()
    totals = totals_of(company.sums, run.costs)
    tables |= {"stability": stability(company, run.book, extraction.period), **losses(company, totals)}
    tables |= summaries(judged, tables["accounts"].rows, source, extraction, origins=origins or {})
    counts, facts = describe(judged, tables, source, totals, compared)
    return Analysis(
        run_id=run_id(source, settings),
        made_at=at.isoformat(),
        title=source.title,
        inputs=source.inputs,
        versions={name: version(name) for name in LIBRARIES},
        settings=flat(settings),
        currency=settings.currency or source.currency,
        base=company.base,
        period=extraction.period,
        totals=totals,
        counts=counts,
        rejected_by_reason=source.rejected_by_reason,
        tables=tables,
        facts=facts,
        warnings=(*source.warnings, *run.warnings(tables["dirt"], totals.net), *warnings, *compared.warnings),
        declined={key: table.declined for key, table in tables.items() if table.declined},
    )


@dataclass(frozen=True, slots=True)
class Run:
    """The parts of a run that several steps share."""

    extraction: Extraction
    book: Book
    settings: Settings

    @property
    def period(self) -> Period:
        return self.extraction.period

    @property
    def whole(self) -> Months | None:
        """Give the whole months of the period."""
        return whole_months_within(self.period, self.extraction.booked_first)

    @property
    def full_history(self) -> Months | None:
        """Give the whole months of all data up to the day of looking."""
        if self.period.as_of < self.extraction.booked_first:
            return None
        return whole_months(self.extraction.booked_first, self.period.as_of)

    @property
    def costs(self) -> Costs:
        """Say how far the costs of the period are known."""
        return costs_of(self.book.months)

    def levels(self) -> tuple[dict[str, Table], Standing]:
        """Judge the three levels; gives the tables and the company's standing."""
        sums = sums_by(self.book.months, ("account",), self.settings.assume_margin)
        base = choose_base(self.settings, self.costs)
        found = standings(self.book, sums, self.settings, base, years_of(self.period))
        return tables_of_levels(found), found[0]

    @property
    def as_of(self) -> int:
        """Give the day number on which silence is measured."""
        return day_number(self.period.as_of)

    def marked(self, accounts: Iterable[str]) -> NDArray[np.bool_]:
        """Mark some accounts among those of the book; unknown ones are passed over."""
        index = self.book.index
        marks = np.zeros(len(self.book.keys), bool)
        marks[[index[account] for account in accounts if account in index]] = True
        return marks

    def by_revenue(self) -> list[str]:
        """Give all accounts, the largest revenue of all time first."""
        sums = np.bincount(self.book.orders.account, self.book.orders.revenue, len(self.book.keys))
        return [self.book.keys[place] for place in np.argsort(-sums, kind="stable")]

    def demand(self, accounts: Table) -> Table:
        """Forecast the next months, the largest accounts first."""
        found = outlook(self.book, self.full_history, self.settings)
        return demand_table(self.book, found, ranks(self.book, accounts.rows["account"].to_pylist()))

    def offers(self, tables: dict[str, Table], how: Behaviour) -> tuple[Reason, ...]:
        """Fill the tables about products; gives what stood in for what."""
        said: list[Reason] = []

        def potential() -> dict[str, Table]:
            found = assortment(self.book, self.extraction)
            table, warnings = potential_table(self.book, found, how, self.settings)
            said.extend(warnings)
            return {"potential": table}

        index = self.book.index
        places = [index[key] for key in tables["accounts"].rows["account"].to_pylist()[:200]]
        tables |= or_declined(["potential"], potential)
        tables |= or_declined(
            ["next_products"],
            lambda: {"next_products": next_products_table(self.book, self.extraction, places)},
        )
        tables |= or_declined(
            ["regulars", "survival"],
            lambda: regulars_tables(self.book, self.extraction, how, self.settings),
        )
        return tuple(said)

    def warnings(self, dirt: Table, net: Decimal) -> tuple[Reason, ...]:
        """Say what was taken for granted or left out."""
        found: list[Reason] = []
        for row in dirt.records():
            if row["left_out"] and abs(row["value"]) > abs(net) / 100:
                share = float(abs(row["value"] / net)) if net else 1.0
                found.append(LEFT_OUT(rule=row["rule"], lines=row["lines"], value=row["value"], share=share))
        asked = re.fullmatch(r"(\d+)m", self.settings.period)
        if asked and int(asked[1]) > self.period.whole_months:
            have, last = self.period.whole_months, self.period.last_day
            found.append(PERIOD_SHORTER(asked=int(asked[1]), have=have, last_day=last))
        if self.full_history is not None:
            found += edge_months(self.full_history, self.extraction.booked_first, self.period.as_of)
        costs, margin = self.costs, self.settings.assume_margin
        if costs.lines_without and margin is not None:
            assumed = float(1 - costs.coverage)
            found.append(MARGIN_ASSUMED(margin=float(margin), assumed=assumed))
        elif 0 < costs.lines_without < costs.lines:
            found.append(INCOMPLETE_COSTS(coverage=float(costs.coverage)))
        return tuple(found)


def ranks(book: Book, accounts: Sequence[str]) -> NDArray[np.int64]:
    """Give the rank of each account of the book in a list of all."""
    rank = np.zeros(len(book.keys), np.int64)
    index = book.index
    for place, key in enumerate(accounts):
        rank[index[key]] = place
    return rank


def run_id(source: Source, settings: Settings) -> str:
    """Name the run by what went in: the same files, settings and program give the same id."""
    said = [
        [file.sha256 for file in source.inputs],
        {key: str(value) for key, value in flat(settings).items()},
        version("kamerton"),
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]
