"""How good every predictive method would have been on this very history.

Each method predicts from the days before a cut, and is compared with what came after it, next to the simple
rule that a user would take instead. Nothing after the cut is seen by either.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np

from kamstats.calibration import Reliability, area_under_curve, brier, reliability
from kamstats.demand import DemandRules, forecast, history, mean_of_year, seasonal_naive
from kamstats.errors import Declined
from kamstats.potential import hit_rate
from kamstats.reasons import Reason, sentence
from kamstats.rhythm import Rhythm, RhythmRules, alarm_record, rhythm

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    from kamstats.demand import Demand
    from kamstats.repeat_buying import RepeatBuying
    from kamstats.rhythm import AccountDays

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Rule = Callable[[Floats], tuple[ArrayLike, ArrayLike]]

TOO_SHORT_TO_JUDGE = sentence(
    "too_short_to_judge",
    "Nothing can be held out of {have} months of demand and still be forecast; at least {need} are needed.",
)
NO_RHYTHM_TO_JUDGE = sentence(
    "no_rhythm_to_judge",
    "No account had three orders {days} days before the end of the history, so silence cannot be judged.",
)
NO_HOLDOUT_TO_JUDGE = sentence(
    "no_holdout_to_judge", "The calibration uses all days, so repeat buying has no hold-out to be judged by."
)
NO_SUGGESTION_TO_JUDGE = sentence(
    "no_suggestion_to_judge", "The rule suggested nothing that the account had not bought before."
)
QUARTER_DAYS = 91
QUARTERS = 4
BINS = 10


@dataclass(frozen=True, slots=True)
class Quality:
    """One measure of one method beside the same measure of its baseline; NaN where there is no case.

    cases : what was counted: alarms, accounts, account-quarters, series-months or suggestions.
    """

    method: str
    measure: str
    value: float
    baseline: float
    baseline_method: str
    cases: int


@dataclass(frozen=True, slots=True)
class Potential:
    """A rule for what to offer, with the history it sees and the hold-out it does not.

    rule : takes the (accounts, items) history, gives the suggested pairs (account, item), best first.
    history, later : (accounts, items) float, above zero where bought, before and after the cut.
    """

    rule: Rule
    history: Floats
    later: Floats
    method: str = "potential"


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known to be true of n accounts: only of an invented company, or afterwards."""

    drifting: Flags


@dataclass(frozen=True, slots=True)
class Backtest:
    """All measures; the reliability table of the rhythm; and why a method could not be judged, by method."""

    rows: tuple[Quality, ...]
    silence: Reliability | None = None
    declined: Mapping[str, Reason] = field(default_factory=dict)


def recall_precision(flagged: ArrayLike, truth: ArrayLike) -> tuple[float, float]:
    """Give the share of the true that was flagged, and the share of the flagged that is true; NaN of nothing.

    >>> recall_precision([True, True, False, False], [True, False, True, True])
    (0.3333333333333333, 0.5)
    """
    said, real = np.asarray(flagged, bool), np.asarray(truth, bool)
    hits = int((said & real).sum())
    return _share(hits, int(real.sum())), _share(hits, int(said.sum()))


def coverage(actual: ArrayLike, low: ArrayLike, high: ArrayLike) -> float:
    """Give the share of outcomes inside their interval, bounds included; NaN without outcomes.

    >>> coverage([1.0, 5.0], [0.0, 6.0], [1.0, 9.0])
    0.5
    """
    came = np.asarray(actual, np.float64)
    inside = (came >= np.asarray(low)) & (came <= np.asarray(high))
    return _share(int(inside.sum()), inside.size)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def judge_alarms(
    orders: AccountDays,
    days: AccountDays | None = None,
    *,
    as_of: int,
    segment: ArrayLike | None = None,
    rules: RhythmRules | None = None,
) -> tuple[Quality, ...]:
    """Give the share of false alarms of the past year; the baseline is as many alarms drawn by lot."""
    record = alarm_record(orders, days, as_of=as_of, segment=segment, rules=rules or RhythmRules())
    return tuple(
        Quality(f"alarm_{row.rule}", "false_share", row.false_share, row.base_share, "by_lot", row.fired)
        for row in record
    )


def judge_silence(
    orders: AccountDays, *, as_of: int, segment: ArrayLike | None = None, rules: RhythmRules | None = None
) -> tuple[tuple[Quality, ...], Reliability]:
    """Judge the rhythm's probability of an order in the next 91 days, at the last four quarters' beginnings.

    The baseline is the share of all accounts
    that did order, which already knows the outcome: a rhythm that beats it tells accounts apart.
    Raises Declined where no account had a rhythm by then.
    """
    said, came = [], []
    for back in range(1, QUARTERS + 1):
        cut = as_of - back * QUARTER_DAYS
        told = rhythm(orders, as_of=cut, segment=segment, rules=rules or RhythmRules())
        known = np.isfinite(told.silence_probability)
        said.append(told.order_probability(QUARTER_DAYS)[known])
        came.append((orders.next_after(cut) <= cut + QUARTER_DAYS)[known])
    chance, happened = np.concatenate(said), np.concatenate(came)
    if chance.size == 0:
        raise Declined(NO_RHYTHM_TO_JUDGE(days=QUARTER_DAYS))
    table = reliability(chance, happened, bins=BINS)
    base = float(happened.mean())
    gap = float(np.average(np.abs(table.predicted - table.observed), weights=table.count))
    cases = chance.size
    rows = (
        Quality("rhythm", "brier", brier(chance, happened), base * (1 - base), "base_rate", cases),
        Quality("rhythm", "calibration_error", gap, 0.0, "perfect", cases),
        Quality("rhythm", "auc", _auc(chance, happened), 0.5, "by_lot", cases),
    )
    return rows, table


def _auc(chance: Floats, happened: Flags) -> float:
    try:
        return area_under_curve(chance, happened)
    except Declined:
        return float("nan")


def judge_repeat_buying(found: RepeatBuying) -> tuple[Quality, ...]:
    """Put the hold-out of the chosen model beside simple rules: the base rate, and each account's own rate.

    Raises Declined where there is no hold-out.
    """
    model = found.models[found.chosen]
    if model.holdout is None or found.actual is None:
        raise Declined(NO_HOLDOUT_TO_JUDGE())
    bought = found.actual > 0
    base = float(bought.mean())
    length = (found.as_of - found.calibration_end).days / found.unit_days
    age = found.summary.age
    rate = length * np.divide(found.summary.x, age, out=np.zeros(found.actual.size), where=age > 0)
    missed = rate - found.actual
    recent = found.summary.recency - found.summary.age
    cases, measures = found.actual.size, model.holdout
    alive = float("nan") if measures.auc_alive is None else measures.auc_alive
    root = float(np.sqrt(np.mean(missed**2)))
    return (
        Quality("repeat_buying", "brier", measures.brier, base * (1 - base), "base_rate", cases),
        Quality("repeat_buying", "rmse", measures.rmse, root, "own_rate", cases),
        Quality("repeat_buying", "bias", measures.bias, float(np.mean(missed)), "own_rate", cases),
        Quality("repeat_buying", "auc_alive", alive, _auc(recent, bought), "last_order", cases),
    )


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What was forecast of the rows (series × months) of one basis and one cut, and what came."""

    basis: NDArray[np.str_]
    actual: Floats
    expected: Floats
    low: Floats
    high: Floats
    year: Floats
    naive: Floats


def judge_demand(
    matrix: ArrayLike,
    *,
    horizon: int = 3,
    segment: ArrayLike | None = None,
    rules: DemandRules | None = None,
    cuts: int = QUARTERS,
    engine: Literal["kamerton", "statsforecast"] = "kamerton",
) -> tuple[Quality, ...]:
    """Hold out the last months, `cuts` times one horizon further back, and forecast them.

    matrix, horizon, segment : as for `kamstats.demand.forecast`.
    rmse is over the mean of what came, bias is actual minus forecast over what came, both over all series
    and months of the basis ("demand_own", "demand_segment"). Where seasonal naive needs a year that a series
    has not, its mean stands in. Raises Declined where nothing can be held out.
    """
    values = np.asarray(matrix, np.float64)
    limits = rules or DemandRules()
    outcomes = []
    for cut in range(1, cuts + 1):
        known = values.shape[1] - cut * horizon
        if known < limits.least_total_months:
            break
        try:
            told = forecast(values[:, :known], horizon=horizon, segment=segment, rules=limits, engine=engine)
        except Declined:
            break
        outcomes.append(_outcome(values, known, told))
    if not outcomes:
        raise Declined(TOO_SHORT_TO_JUDGE(have=values.shape[1], need=limits.least_total_months + horizon))
    bases = (("own", "demand_own"), ("segment", "demand_segment"))
    return tuple(row for basis, name in bases for row in _demand_rows(name, basis, outcomes, limits))


def _outcome(values: Floats, known: int, told: Demand) -> _Outcome:
    horizon = told.expected.shape[1]
    past = history(values[:, :known])
    came = np.maximum(np.nan_to_num(values[:, known : known + horizon]), 0)
    year = mean_of_year(past, origins=[known], horizon=horizon)[0].T
    naive = seasonal_naive(past, origins=[known], horizon=horizon)[0].T
    naive = np.where(np.isnan(naive), year, naive)
    return _Outcome(told.basis, came, told.expected, told.low, told.high, year, naive)


def _demand_rows(method: str, basis: str, outcomes: list[_Outcome], rules: DemandRules) -> list[Quality]:
    def gather(name: str) -> Floats:
        return np.concatenate([getattr(each, name)[each.basis == basis].ravel() for each in outcomes])

    actual, told, year, naive = (gather(name) for name in ("actual", "expected", "year", "naive"))
    cases = actual.size
    whole = float(actual.sum())
    if cases == 0 or whole == 0:
        return []

    def rmse(path: Floats) -> float:
        return float(np.sqrt(np.mean((actual - path) ** 2)) / (whole / cases))

    def bias(path: Floats) -> float:
        return float((actual - path).sum() / whole)

    inside = coverage(actual, gather("low"), gather("high"))
    return [
        Quality(method, "rmse", rmse(told), rmse(naive), "seasonal_naive", cases),
        Quality(method, "rmse", rmse(told), rmse(year), "mean_of_year", cases),
        Quality(method, "bias", bias(told), bias(naive), "seasonal_naive", cases),
        Quality(method, "bias", bias(told), bias(year), "mean_of_year", cases),
        Quality(method, "coverage", inside, rules.coverage, "nominal", cases),
    ]


def judge_potential(test: Potential) -> tuple[Quality, ...]:
    """Give the hit rate of a rule: suggested pairs that were never bought before and were bought afterwards.

    The baseline suggests to the same accounts, in the same number, what most others bought among what the
    account never did. Raises Declined where the rule suggests nothing new.
    """
    seen = np.asarray(test.history, np.float64) > 0
    account, item = (np.asarray(each, np.int64) for each in test.rule(test.history))
    fresh = (item >= 0) & ~seen[account, np.maximum(item, 0)]
    account, item = account[fresh], item[fresh]
    if account.size == 0:
        raise Declined(NO_SUGGESTION_TO_JUDGE())
    mine = hit_rate(account, item, test.later)
    plain = hit_rate(*_most_popular_new(seen, account), test.later)
    return (Quality(test.method, "hit_rate", mine.rate, plain.rate, "most_popular_new", mine.suggestions),)


def _most_popular_new(seen: Flags, account: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Suggest to each account as many new items as `account` lists it, those with most buyers first."""
    number = np.bincount(account, minlength=seen.shape[0])
    popular = np.argsort(-seen.sum(axis=0), kind="stable")
    new = ~seen[:, popular]
    taken = new & (np.cumsum(new, axis=1) <= number[:, None])
    rows, places = np.nonzero(taken)
    return rows, popular[places]


def judge_truth(told: Rhythm, truth: Truth) -> tuple[Quality, ...]:
    """Compare the alarms with the accounts that truly drift away; flagged is any alarm of the rhythm.

    The baseline flags the same number by lot: its precision is the share of drifting accounts, its recall
    the share of flagged ones.
    """
    flagged = np.logical_or.reduce(list(told.alarms().values()))
    recall, precision = recall_precision(flagged, truth.drifting)
    size = max(flagged.size, 1)
    return (
        Quality("drifting", "recall", recall, flagged.sum() / size, "by_lot", int(truth.drifting.sum())),
        Quality(
            "drifting", "precision", precision, truth.drifting.sum() / size, "by_lot", int(flagged.sum())
        ),
    )


def backtest(
    orders: AccountDays,
    days: AccountDays | None = None,
    *,
    as_of: int,
    segment: ArrayLike | None = None,
    rules: RhythmRules | None = None,
    demand: Callable[[], tuple[Quality, ...]] | None = None,
    repeat_buying: Callable[[], RepeatBuying] | None = None,
    potential: Mapping[str, Potential] | None = None,
    truth: Truth | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Backtest:
    """Judge every method that was given; a method that declines stands in `declined` with its reason.

    orders, days, as_of, segment, rules : as for `kamstats.rhythm.rhythm`; always judged.
    demand : gives the rows of `judge_demand`. repeat_buying : gives the analysis with its hold-out.
    potential : rules by name. truth : what is known of the accounts of `orders`.
    progress : called with (methods done, methods in all).

    >>> from kamstats.rhythm import account_days
    >>> rng = np.random.default_rng(1)
    >>> gaps = rng.gamma(4.0, 7.0, (30, 40)).round().astype(int) + 1
    >>> orders, _ = account_days(np.repeat(np.arange(30), 40), np.cumsum(gaps, axis=1).ravel())
    >>> told = backtest(orders, as_of=1000)
    >>> sorted({row.method for row in told.rows})
    ['alarm_decline', 'alarm_drifting', 'alarm_lost', 'rhythm']
    """
    tables: list[Reliability] = []

    def silence() -> tuple[Quality, ...]:
        rows, table = judge_silence(orders, as_of=as_of, segment=segment, rules=rules)
        tables.append(table)
        return rows

    steps: dict[str, Callable[[], tuple[Quality, ...]]] = {
        "alarms": lambda: judge_alarms(orders, days, as_of=as_of, segment=segment, rules=rules),
        "rhythm": silence,
    }
    if repeat_buying is not None:
        steps["repeat_buying"] = lambda: judge_repeat_buying(repeat_buying())
    if demand is not None:
        steps["demand"] = demand
    for name, test in (potential or {}).items():
        steps[name] = partial(judge_potential, test)
    if truth is not None:
        steps["truth"] = lambda: judge_truth(
            rhythm(orders, days, as_of=as_of, segment=segment, rules=rules or RhythmRules()), truth
        )
    rows, declined = _run(steps, progress)
    return Backtest(rows, tables[0] if tables else None, declined)


def _run(
    steps: Mapping[str, Callable[[], tuple[Quality, ...]]], progress: Callable[[int, int], None] | None
) -> tuple[tuple[Quality, ...], dict[str, Reason]]:
    rows: list[Quality] = []
    declined: dict[str, Reason] = {}
    for done, (name, step) in enumerate(steps.items(), start=1):
        try:
            rows.extend(step())
        except Declined as why:
            declined[name] = why.reason
        if progress is not None:
            progress(done, len(steps))
    return tuple(rows), declined
