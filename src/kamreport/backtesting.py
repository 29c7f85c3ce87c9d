"""Every predictive method judged on the user's own history, and on the hidden truths of a demo company."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from kamreport.run.analysis import ranks
from kamreport.run.behaviour import days_of, positions, segments_of
from kamreport.run.offering import assortment, segment_numbers
from kamreport.run.predicting import demand_series, order_frame, outlook
from kamreport.run.tabulating import table_of_rows
from kamstats.backtest import Potential, Quality, backtest, coverage, judge_demand, recall_precision
from kamstats.errors import Declined, Invalid
from kamstats.next_product import co_purchases, purchase_matrix, recommend
from kamstats.periods import month_at, month_index
from kamstats.potential import find_potential
from kamstats.reasons import sentence
from kamstats.repeat_buying import repeat_buying
from kamstats.rhythm import rhythm

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from kamreport.run.analysis import Run
    from kamreport.tables import Table
    from kamstats.rhythm import AccountDays

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

TRUTH_UNREADABLE = sentence(
    "truth_unreadable", '"{file}" is not the truth.json of a demo company: {fault}. Name another file.'
)

HELD_OUT_MONTHS = 6
SEEN_MONTHS = 12
NEXT_PRODUCTS = 3
MOST_PRODUCTS, MOST_ACCOUNTS = 500, 20_000  # of the matrix of who bought what
GONE = ("drifting", "shrinking", "left")


@dataclass(frozen=True, slots=True)
class Judgement:
    """A run with its orders, to be judged."""

    run: Run
    orders: AccountDays
    days: AccountDays
    segments: NDArray[np.str_] | None
    as_of: int

    def rows(self, progress: Callable[[int, int], None] | None) -> tuple[Quality, ...]:
        """Judge every method that has enough to go on."""
        run = self.run
        found = backtest(
            self.orders,
            self.days,
            as_of=self.as_of,
            segment=self.segments,
            rules=run.settings.rhythm,
            demand=self._demand,
            repeat_buying=lambda: repeat_buying(order_frame(run.book), as_of=run.period.as_of),
            potential=self._offers(),
            progress=progress,
        )
        return found.rows

    def _demand(self) -> tuple[Quality, ...]:
        whole = self.run.full_history
        if whole is None:
            return ()
        series = demand_series(self.run.book, whole)
        return judge_demand(
            series.matrix,
            horizon=self.run.settings.horizon_months,
            segment=np.array(series.line),
            engine=self.run.settings.forecast_engine,
        )

    def _offers(self) -> dict[str, Potential]:
        """Make the two rules for what to offer, with the months they see and those they do not."""
        whole = self.run.full_history
        if whole is None or len(whole) < HELD_OUT_MONTHS + SEEN_MONTHS:
            return {}
        cut = month_index(whole.last) - HELD_OUT_MONTHS
        try:
            seen = assortment(self.run.book, self.run.extraction, until=month_at(cut))
            later = assortment(
                self.run.book,
                self.run.extraction,
                until=whole.last,
                months=HELD_OUT_MONTHS,
                lines=seen.lines,
            )
        except Declined:
            return {}
        segment = segment_numbers(self.segments)
        share = self.run.settings.potential.peer_share

        def potential(history: Floats) -> tuple[Any, Any]:
            found = find_potential(history, segment=segment, minimum_buying=share)
            new = found.kind == "missing"
            return found.account[new], found.line[new]

        return {
            "potential": Potential(potential, seen.revenue, later.revenue),
            "next_product": Potential(_by_lift, *self._products(cut), method="next_product"),
        }

    def _products(self, cut: int) -> tuple[Floats, Floats]:
        """Say who bought which product before and after a month, for the largest accounts."""
        run = self.run
        mix = run.extraction.collect(
            run.extraction.mix()
            .filter(~nw.col("product_key").is_null(), nw.col("order_days") > 0)
            .select("account_key", "product_key", "month")
        )
        rank = ranks(run.book, run.by_revenue())[positions(run.book, mix["account_key"])]
        coded = mix["product_key"].combine_chunks().dictionary_encode()
        column = coded.indices.to_numpy().astype(np.int64)
        popular = np.argsort(-np.bincount(column), kind="stable")[:MOST_PRODUCTS]
        place = np.full(len(coded.dictionary), -1)
        place[popular] = np.arange(popular.size)
        kept = (rank < MOST_ACCOUNTS) & (place[column] >= 0)
        early = mix["month"].to_numpy() <= month_at(cut)
        bought = np.zeros((2, min(len(run.book.keys), MOST_ACCOUNTS), popular.size))
        bought[np.where(early, 0, 1)[kept], rank[kept], place[column][kept]] = 1
        return bought[0], bought[1]


def _by_lift(history: Floats) -> tuple[Any, Any]:
    account, item = np.nonzero(history > 0)
    size = {"accounts": history.shape[0], "products": history.shape[1]}
    matrix = purchase_matrix(account, item, **size)
    found = recommend(matrix, co_purchases(account, item, **size), count=NEXT_PRODUCTS)
    return np.repeat(found.accounts, found.product.shape[1]), found.product.ravel()


def judgement_of(run: Run) -> Judgement:
    """Lay the orders of a run out for judging."""
    book = run.book
    orders, days = days_of(book)
    return Judgement(run, orders, days, segments_of(book), run.as_of)


def quality_table(run: Run, *, truth: Path | None, progress: Callable[[int, int], None] | None) -> Table:
    """Judge every method on this history and, with the truths of a demo company, what was found of them."""
    judged = judgement_of(run)
    rows = judged.rows(progress)
    if truth is not None:
        rows = (*rows, *_truths(judged, _read(truth)))
    return table_of_rows(
        "quality",
        (
            {
                "method": row.method,
                "measure": row.measure,
                "value": row.value,
                "baseline": row.baseline,
                "baseline_method": row.baseline_method,
                "cases": row.cases,
            }
            for row in rows
        ),
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as fault:
        raise Invalid(TRUTH_UNREADABLE(file=str(path), fault=str(fault))) from fault
    missing = [
        key for key in (*GONE, "white_space", "demand") if not isinstance(found, dict) or key not in found
    ]
    if missing:
        raise Invalid(TRUTH_UNREADABLE(file=str(path), fault=f"no {', '.join(missing)}"))
    return dict(found)


def _truths(judged: Judgement, truth: dict[str, Any]) -> list[Quality]:
    return [
        *_drifting_truth(judged, truth),
        *_demand_truth(judged, truth),
        *_potential_truth(judged, truth),
    ]


def _drifting_truth(judged: Judgement, truth: dict[str, Any]) -> list[Quality]:
    """Compare the alarms with who truly drifts, shrinks or has left, among accounts with a rhythm."""
    told = rhythm(
        judged.orders,
        judged.days,
        as_of=judged.as_of,
        segment=judged.segments,
        rules=judged.run.settings.rhythm,
    )
    rhythmic = told.orders >= judged.run.settings.rhythm.least_orders
    flagged = np.logical_or.reduce(list(told.alarms().values()))[rhythmic]
    gone = judged.run.marked(row["account"] for key in GONE for row in truth[key])[rhythmic]
    drifting = judged.run.marked(row["account"] for row in truth["drifting"])[rhythmic]
    size, by_lot = max(flagged.size, 1), "by_lot"
    recall, _ = recall_precision(flagged, drifting)
    everybody, precision = recall_precision(flagged, gone)
    chance = float(flagged.sum() / size)
    return [
        Quality("truth_drifting", "recall", recall, chance, by_lot, int(drifting.sum())),
        Quality("truth_gone", "recall", everybody, chance, by_lot, int(gone.sum())),
        Quality("truth_gone", "precision", precision, float(gone.sum() / size), by_lot, int(flagged.sum())),
    ]


def _demand_truth(judged: Judgement, truth: dict[str, Any]) -> list[Quality]:
    """Say how often the true expectation lies inside the interval, and how far the forecast is from it."""
    run = judged.run
    try:
        found = outlook(run.book, run.full_history, run.settings)
    except Declined:
        return []
    index, series, told = run.book.index, found.series, found.demand
    place = {pair: i for i, pair in enumerate(zip(series.account.tolist(), series.line, strict=True))}
    column = {month: i for i, month in enumerate(found.months)}
    cells, expected = [], []
    for row in truth["demand"]:
        month = int(row["month"].replace("-", ""))
        at = place.get((index.get(row["account"], -1), row["product_line"]))
        if at is not None and month in column and np.isfinite(told.expected[at, column[month]]):
            cells.append((at, column[month]))
            expected.append(float(row[series.measure]))
    if not cells:
        return []
    chosen = tuple(np.array(cells).T)
    real = np.array(expected)
    inside = coverage(real, told.low[chosen], told.high[chosen])
    nominal = told.rules.coverage
    error = float(np.sqrt(np.mean((told.expected[chosen] - real) ** 2)) / real.mean())
    plain = float(np.sqrt(np.mean((told.mean_demand[chosen[0]] - real) ** 2)) / real.mean())
    return [
        Quality("truth_demand", "coverage", inside, nominal, "nominal", real.size),
        Quality("truth_demand", "rmse", error, plain, "mean_of_year", real.size),
    ]


def _potential_truth(judged: Judgement, truth: dict[str, Any]) -> list[Quality]:
    """Say how many of the suggestions are true white space, and how much of it was found."""
    run = judged.run
    try:
        found = assortment(run.book, run.extraction)
        gaps = find_potential(
            found.revenue,
            segment=segment_numbers(judged.segments),
            minimum_buying=run.settings.potential.peer_share,
        )
    except Declined:
        return []
    suggested = np.zeros(found.revenue.shape, bool)
    suggested[gaps.account, gaps.line] = True
    true = np.zeros(found.revenue.shape, bool)
    index, lines = run.book.index, {line: i for i, line in enumerate(found.lines)}
    for row in truth["white_space"]:
        if row["adopted"] is None and row["account"] in index and row["product_line"] in lines:
            true[index[row["account"]], lines[row["product_line"]]] = True
    new = found.revenue <= 0
    recall, precision = recall_precision(suggested[new], true[new])
    by_lot = float(true[new].mean())
    return [
        Quality("truth_potential", "hit_rate", precision, by_lot, "by_lot", int(suggested[new].sum())),
        Quality("truth_potential", "recall", recall, float(suggested[new].mean()), "by_lot", int(true.sum())),
    ]
