"""What comes next: repeat buying and value per account, demand per account and product line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kamreport.run.behaviour import positions
from kamreport.run.book import floats
from kamreport.run.tabulating import table_of
from kamstats.calibration import reliability
from kamstats.demand import forecast, pivot
from kamstats.errors import Declined
from kamstats.periods import Months, month_at, month_index
from kamstats.reasons import sentence
from kamstats.repeat_buying import repeat_buying
from kamstats.value import fit_gamma_gamma, lifetime_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from kamreport.results import Period
    from kamreport.run.book import Book
    from kamreport.settings import Settings
    from kamreport.tables import Table
    from kamstats.demand import Demand
    from kamstats.reasons import Reason
    from kamstats.repeat_buying import Refit, RepeatBuying

    Floats = NDArray[np.float64]

NO_WHOLE_MONTH = sentence(
    "no_whole_month",
    "The ledger holds no whole month, so there is no demand per month. Load a longer history.",
)
NO_REPEAT_MODEL_FOR_ACCOUNT = sentence(
    "no_order_to_predict_from",
    "The account has no order, so nothing can be expected of it by its own history.",
)

By = Literal["account-product-line", "account", "product-line"]
ALL_LINES = "*"  # where no product line is known
BINS = 10


@dataclass(frozen=True, slots=True)
class Repeat:
    """Repeat buying in the order of the book; NaN where there is nothing, with the reason."""

    p_alive: Floats
    expected_orders: Floats
    expected_value: Floats
    lifetime_value: Floats
    found: RepeatBuying | None
    declined: Reason | None
    no_p_alive: Reason | None
    no_value: Reason | None


def order_frame(book: Book) -> pa.Table:
    """Give the account-days of the book as repeat buying takes them; accounts are their places."""
    orders = book.orders
    return pa.table({"account_key": orders.account, "day_no": orders.day_no, "is_order": orders.is_order})


def order_frame_by_key(book: Book) -> pa.Table:
    """Give the same with the accounts' keys, for people to read."""
    frame = order_frame(book)
    return frame.set_column(0, "account_key", pa.array(book.keys, pa.string()).take(frame["account_key"]))


def repeat(book: Book, period: Period, settings: Settings) -> Repeat:
    """Fit, judge and choose among the models, and say what each account will bring in twelve months."""
    size = len(book.keys)
    nothing = np.full(size, np.nan)
    try:
        found = repeat_buying(order_frame(book), as_of=period.as_of)
    except Declined as declined:
        return Repeat(nothing, nothing, nothing, nothing, None, declined.reason, None, None)
    refit = found.refit
    place = refit.account.astype(np.int64)
    count, mean = _values(book, place)
    per_order, worth, why = _worth(refit, count, mean, settings)
    return Repeat(
        p_alive=_spread(refit.p_alive, place, size),
        expected_orders=_spread(refit.expected_purchases, place, size),
        expected_value=_spread(refit.expected_purchases * per_order, place, size),
        lifetime_value=_spread(worth, place, size),
        found=found,
        declined=None,
        no_p_alive=refit.why_no_p_alive,
        no_value=why,
    )


def _spread(values: Floats, place: NDArray[np.int64], size: int) -> Floats:
    spread = np.full(size, np.nan)
    spread[place] = values
    return spread


def _values(book: Book, place: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Count the orders of each account, and give its net income per order, NaN where not known."""
    orders = book.orders
    count = np.bincount(orders.account[orders.is_order], minlength=len(book.keys))[place].astype(np.float64)
    total = np.bincount(orders.account, orders.income, len(book.keys))[place]
    return count, np.divide(total, count, out=np.full(total.size, np.nan), where=count > 0)


def _worth(
    refit: Refit, count: Floats, mean: Floats, settings: Settings
) -> tuple[Floats, Floats, Reason | None]:
    """Expected value per order and lifetime value; NaN with the reason where the spend has no law."""
    nothing = np.full(count.size, np.nan)
    try:
        spend = fit_gamma_gamma(count, mean)
        worth = lifetime_value(
            refit.fit,
            refit.summary,
            spend,
            (count, mean),
            horizon_months=settings.value.horizon_months,
            discount_rate=settings.value.discount_rate_a_year,
            rng=np.random.default_rng(settings.seed),
        )
    except Declined as declined:
        return nothing, nothing, declined.reason
    return worth.expected_spend, worth.value, None


def models_table(repeat: Repeat) -> Table:
    """List the models with their figures, the chosen one marked."""
    if repeat.found is None:
        return table_of("models", {}, repeat.declined)
    rows: dict[str, list[Any]] = {}
    for name, fitted in repeat.found.models.items():
        holdout = fitted.holdout
        figures = {
            "model": name,
            "parameters": ", ".join(
                f"{key} {value:.4g}" for key, value in fitted.fit.model.parameters.items()
            ),
            "log_likelihood": fitted.fit.log_likelihood,
            "bic": fitted.fit.bic,
            "converged": fitted.fit.converged,
            "identified": fitted.identified,
            "chosen": name == repeat.found.chosen,
            **{key: getattr(holdout, key, None) for key in ("mae", "rmse", "bias", "auc_alive", "brier")},
        }
        for key, value in figures.items():
            rows.setdefault(key, []).append(value)
    return table_of("models", rows)


def calibration_table(repeat: Repeat) -> Table:
    """Set what the chosen model said of the hold-out beside what came."""
    found = repeat.found
    if found is None or found.actual is None:
        return table_of("calibration", {}, repeat.declined)
    said = found.models[found.chosen].prediction.p_purchase
    bins = reliability(said, found.actual > 0, bins=BINS)
    halfway = (bins.predicted[:-1] + bins.predicted[1:]) / 2  # classes are of equal size, not of equal width
    return table_of(
        "calibration",
        {
            "from_probability": np.concatenate(([0.0], halfway)),
            "predicted": bins.predicted,
            "observed": bins.observed,
            "accounts": bins.count,
        },
    )


@dataclass(frozen=True, slots=True)
class Series:
    """Demand of n series by whole month."""

    account: NDArray[np.int64]  # place in the book, -1 for the sum of all accounts
    line: tuple[str, ...]
    measure: str  # "quantity" or "revenue"
    matrix: Floats  # (n, months)


@dataclass(frozen=True, slots=True)
class Outlook:
    """Demand of every series in the next months."""

    series: Series
    months: tuple[int, ...]
    demand: Demand


def outlook(
    book: Book,
    whole: Months | None,
    settings: Settings,
    *,
    by: By = "account-product-line",
    progress: Callable[[int, int], None] | None = None,
) -> Outlook:
    """Forecast every series of account and product line, or their sums; Declined without a whole month."""
    if whole is None:
        raise Declined(NO_WHOLE_MONTH())
    series = demand_series(book, whole, by)
    told = forecast(
        series.matrix,
        horizon=settings.horizon_months,
        segment=np.array(series.line),
        engine=settings.forecast_engine,
        progress=progress,
    )
    last = month_index(whole.last)
    months = tuple(month_at(last + step) for step in range(1, settings.horizon_months + 1))
    return Outlook(series, months, told)


def demand_series(book: Book, whole: Months, by: By = "account-product-line") -> Series:
    """Lay out demand by series and whole month."""
    column = book.lines["month"]
    inside = pc.and_(pc.greater_equal(column, whole.first), pc.less_equal(column, whole.last))
    rows = book.lines.filter(inside)
    names, number = _line_numbers(book, rows, by)
    account = np.zeros(rows.num_rows, np.int64) if by == "product-line" else positions(book, rows["account"])
    series, index = np.unique(account * len(names) + number, return_inverse=True)
    measure = "quantity" if book.has_quantities else "revenue"
    matrix = pivot(
        index,
        rows["month"].to_numpy(),
        np.nan_to_num(floats(rows[measure])),
        first_month=whole.first,
        last_month=whole.last,
        count=series.size,
    )
    owner, line = np.divmod(series, len(names))
    if by == "product-line":
        owner = np.full(series.size, -1)
    return Series(owner, tuple(names[i] for i in line), measure, matrix)


def _line_numbers(book: Book, rows: pa.Table, by: By) -> tuple[list[str], NDArray[np.int64]]:
    """Number the product lines of rows; without lines, or for whole accounts, there is one."""
    if by == "account" or not book.product_lines_known:
        return [ALL_LINES], np.zeros(rows.num_rows, np.int64)
    coded = pc.fill_null(rows["product_line"], ALL_LINES).combine_chunks().dictionary_encode()
    return coded.dictionary.to_pylist() or [ALL_LINES], coded.indices.to_numpy().astype(np.int64)


def demand_table(book: Book, found: Outlook, rank: NDArray[np.int64]) -> Table:
    """List the demand of each series and month, the largest accounts first; `rank` is the place of each."""
    told, series = found.demand, found.series
    # Products without a line, such as freight, stand below the lines of the account.
    lines = np.array(series.line)
    order = np.lexsort((lines, lines == ALL_LINES, np.append(rank, -1)[series.account]))
    known: NDArray[np.bool_] = np.all(np.isfinite(told.expected), axis=1)
    order = order[known[order]]
    each = np.repeat(order, len(found.months))
    keys, names = (*book.keys, None), (*book.names, None)
    return table_of(
        "demand",
        {
            "account": [keys[series.account[i]] for i in each],
            "name": [names[series.account[i]] for i in each],
            "product_line": [series.line[i] for i in each],
            "month": list(found.months) * order.size,
            "measure": [series.measure] * each.size,
            **{
                name: _four_places(getattr(told, name)[order].ravel()) for name in ("expected", "low", "high")
            },
            "method": told.method[each].tolist(),
            "basis": told.basis[each].tolist(),
            "history_months": told.history_months[each],
            "pattern": [pattern or None for pattern in told.pattern[each].tolist()],
        },
    )


def _four_places(values: Floats) -> pa.Array:
    return pa.array(np.round(values, 4)).cast(pa.decimal128(38, 4), safe=False)
