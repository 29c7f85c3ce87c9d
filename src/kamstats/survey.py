"""Surveys: the net promoter score with an honest interval, and what satisfaction depends on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from kamstats.errors import Declined, Invalid
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

NO_ANSWERS = sentence("no_answers", "Nobody has answered, so there is no index. Ask at least one account.")
COVERAGE_TOO_LOW = sentence(
    "survey_coverage_too_low",
    "{answers} of {asked} answered, {coverage:.0%} of them; below {floor:.0%} those who answer do not "
    "speak for the rest. Ask those who are silent.",
)
ANSWER_OUT_OF_RANGE = sentence(
    "answer_out_of_range", "An answer of {value} was given; answers are whole numbers from 0 to 10. Mend it."
)
WEIGHTS_INVALID = sentence(
    "survey_weights_invalid",
    "{have} weights came with {answers} answers, the least is {least}; each answer needs one, zero or "
    "more, and they may not all be zero.",
)
ROLE_UNKNOWN = sentence(
    "survey_role_unknown",
    'The role "{role}" has no weight; weights are set for {known}. Add it or correct it.',
)
TOO_FEW_RATINGS = sentence(
    "too_few_ratings",
    "Only {have} complete questionnaires; the drivers of satisfaction need at least {need}. Collect more.",
)
RATING_CONSTANT = sentence(
    "rating_constant", 'All answers to "{factor}" are equal, so nothing can depend on it. Leave it out.'
)
NOTHING_TO_COMPARE = sentence(
    "no_comparable_lifetimes",
    "No two lifetimes can be compared, since none has ended before another. Wait for more history.",
)

MINIMUM_RATINGS = 10


@dataclass(frozen=True, slots=True)
class Nps:
    """A net promoter score in points from −100 to +100, with its interval."""

    answers: int
    promoters: int  # 9 and 10
    passives: int  # 7 and 8
    detractors: int  # 0 to 6
    index: float
    low: float
    high: float
    coverage: float | None  # answers / asked, where it is known


def net_promoter_score(
    answers: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    asked: int | None = None,
    floor: float = 0.30,
    confidence: float = 0.95,
) -> Nps:
    """Share of promoters less share of detractors, with an interval that holds for few answers.

    answers : (n,) whole numbers 0…10; NaN = not answered. 9–10 promoters, 7–8 passives, 0–6 detractors.
    weights : (n,) ≥ 0, for example by the role of who answered (`role_weights`); counts stay unweighted.
    asked, floor : where `asked` is given, fewer than `floor` × asked answers are declined.
    Interval: adjusted Wald, 3/4 of an answer added to promoters and to detractors and 3/2 to passives; with
    weights on the effective number of answers (Σw)² / Σw² (Kish 1965), an approximation. Cut at ±100.
    Raises Declined without answers or below the floor, Invalid for answers or weights out of range.
    Source: Reichheld 2003; interval of Rocks 2016, The American Statistician 70 (arXiv 1601.07235).

    >>> found = net_promoter_score([9, 10, 8, 7, 6, 0])
    >>> (found.promoters, found.passives, found.detractors), found.index
    ((2, 2, 2), 0.0)
    """
    given = np.asarray(answers, dtype=np.float64)
    answered = ~np.isnan(given)
    score = _checked(given[answered])
    coverage = _coverage(score.size, asked, floor)
    weight = _weights(weights, given.size)[answered]
    promoter, detractor = score >= 9, score <= 6
    share = np.array([weight[promoter].sum(), weight[detractor].sum()]) / weight.sum()
    low, high = _adjusted_wald(share, weight.sum() ** 2 / (weight**2).sum(), confidence)
    return Nps(
        answers=score.size,
        promoters=int(promoter.sum()),
        passives=int((~promoter & ~detractor).sum()),
        detractors=int(detractor.sum()),
        index=100 * float(share[0] - share[1]),
        low=low,
        high=high,
        coverage=coverage,
    )


def _checked(score: NDArray[np.float64]) -> NDArray[np.float64]:
    if score.size == 0:
        raise Declined(NO_ANSWERS())
    wrong = (score < 0) | (score > 10) | (score != np.floor(score))
    if wrong.any():
        raise Invalid(ANSWER_OUT_OF_RANGE(value=float(score[wrong][0])))
    return score


def _coverage(answers: int, asked: int | None, floor: float) -> float | None:
    if not asked:
        return None
    coverage = answers / asked
    if coverage < floor:
        raise Declined(COVERAGE_TOO_LOW(answers=answers, asked=asked, coverage=coverage, floor=floor))
    return coverage


def _weights(weights: ArrayLike | None, answers: int) -> NDArray[np.float64]:
    if weights is None:
        return np.ones(answers)
    weight = np.asarray(weights, dtype=np.float64)
    if weight.size != answers or not (weight >= 0).all() or not weight.sum() > 0:
        least = float(weight.min()) if weight.size else None
        raise Invalid(WEIGHTS_INVALID(have=weight.size, answers=answers, least=least))
    return weight


def _adjusted_wald(share: NDArray[np.float64], effective: float, confidence: float) -> tuple[float, float]:
    size = effective + 3
    promoters, detractors = (share * effective + 0.75) / size
    net = promoters - detractors
    spread = np.sqrt((promoters + detractors - net**2) / size)
    half = float(special.ndtri(0.5 + confidence / 2)) * spread
    return max(100 * float(net - half), -100.0), min(100 * float(net + half), 100.0)


def role_weights(roles: Sequence[str], weights: Mapping[str, float]) -> NDArray[np.float64]:
    """Give each answer the weight of the role of who gave it; an unknown role raises Invalid.

    >>> role_weights(["decides", "uses"], {"decides": 3, "uses": 1})
    array([3., 1.])
    """
    for role in roles:
        if role not in weights:
            raise Invalid(ROLE_UNKNOWN(role=role, known=", ".join(weights)))
    return np.array([float(weights[role]) for role in roles])


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well our own people guess what the customer answers."""

    pairs: int
    mean_difference: float  # guessed − answered, in points of the scale
    same_group: float  # fraction in the same group of promoters, passives, detractors


def compare_estimates(answers: ArrayLike, estimates: ArrayLike) -> Agreement:
    """Compare the answers of customers with what the employees thought that they would answer (B-151).

    answers, estimates : (n,) 0…10, NaN where missing; only pairs count. Raises Declined without a pair.

    >>> compare_estimates([9, 6, 8], [10, 9, 8])
    Agreement(pairs=3, mean_difference=1.3333333333333333, same_group=0.6666666666666666)
    """
    given, guessed = np.asarray(answers, dtype=np.float64), np.asarray(estimates, dtype=np.float64)
    both = ~np.isnan(given) & ~np.isnan(guessed)
    given, guessed = _checked(given[both]), _checked(guessed[both])
    limits = [6.5, 8.5]
    same = np.digitize(given, limits) == np.digitize(guessed, limits)
    return Agreement(int(given.size), float((guessed - given).mean()), float(same.mean()))


def spearman(first: ArrayLike, second: ArrayLike) -> float:
    """Rank correlation with mid-ranks for ties, in [−1, 1]; NaN where one side is constant.

    Source: Spearman 1904; with ties the correlation of Pearson of the mid-ranks.

    >>> spearman([1, 2, 3], [1, 4, 9])
    1.0
    """
    columns = np.column_stack([np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)])
    return float(_rank_correlations(columns, np.ones((1, len(columns))))[0, 0])


@dataclass(frozen=True, slots=True)
class Driver:
    """One factor of satisfaction: how closely it goes with the outcome."""

    factor: str
    correlation: float  # Spearman
    low: float
    high: float
    importance: float  # share of the explained variance, 0 to 1; all factors together 1


@dataclass(frozen=True, slots=True)
class Drivers:
    """What satisfaction depends on, the most important first."""

    questionnaires: int
    explained: float  # R² of the outcome on all factors
    drivers: tuple[Driver, ...]


def find_drivers(
    ratings: Mapping[str, ArrayLike],
    outcome: ArrayLike,
    *,
    rng: np.random.Generator,
    resamples: int = 2000,
    confidence: float = 0.95,
) -> Drivers:
    """Which factors (quality, punctuality, attention, price, …) go with satisfaction, loyalty or lifetime.

    ratings : (n,) numbers per factor, NaN where not answered. outcome : (n,) numbers.
    Only complete questionnaires count. The interval is the percentile bootstrap over questionnaires;
    importance is the relative weight of Johnson, which shares what correlated factors explain together.
    Raises Declined below 10 complete questionnaires, Invalid where a factor or the outcome never varies.
    Correlation is not cause: the answer says where to look first.
    Source: Spearman 1904; Efron 1979; Johnson 2000, Multivariate Behavioral Research 35, 1–19.

    >>> quality = np.tile([5.0, 3, 4, 1, 2], 4)
    >>> price = np.repeat([1.0, 2, 3, 4], 5)
    >>> found = find_drivers({"quality": quality, "price": price}, quality * 2, rng=np.random.default_rng(1))
    >>> found.drivers[0].factor, round(found.drivers[0].importance, 2)
    ('quality', 1.0)
    """
    names = [*ratings, "outcome"]
    table = np.column_stack([np.asarray(column, dtype=np.float64) for column in (*ratings.values(), outcome)])
    table = table[~np.isnan(table).any(axis=1)]
    if len(table) < MINIMUM_RATINGS:
        raise Declined(TOO_FEW_RATINGS(have=len(table), need=MINIMUM_RATINGS))
    for name, column in zip(names, table.T, strict=True):
        if np.ptp(column) == 0:
            raise Invalid(RATING_CONSTANT(factor=name))
    correlation = _rank_correlations(table, np.ones((1, len(table))))[0]
    drawn = rng.multinomial(len(table), np.full(len(table), 1 / len(table)), size=resamples).astype(
        np.float64
    )
    tail = (1 - confidence) / 2
    low, high = np.nanquantile(_rank_correlations(table, drawn), [tail, 1 - tail], axis=0)
    weight, explained = relative_weights(table[:, :-1], table[:, -1])
    order = np.argsort(-weight, kind="stable")
    found = tuple(
        Driver(names[i], float(correlation[i]), float(low[i]), float(high[i]), float(weight[i]))
        for i in order
    )
    return Drivers(len(table), explained, found)


def _rank_correlations(table: NDArray[np.float64], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Spearman of each column with the last, when row i is taken `counts[b, i]` times, (b, columns − 1)."""
    ranks = [_mid_ranks(column, counts) for column in table.T]
    total = counts.sum(axis=1)
    centred = [rank - ((rank * counts).sum(axis=1) / total)[:, None] for rank in ranks]
    variance = [(counts * part**2).sum(axis=1) for part in centred]
    last = centred[-1] * counts
    with np.errstate(invalid="ignore", divide="ignore"):
        found = [
            (last * part).sum(axis=1) / np.sqrt(own * variance[-1])
            for part, own in zip(centred[:-1], variance[:-1], strict=True)
        ]
    return np.column_stack(found)


def _mid_ranks(column: NDArray[np.float64], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mid-rank of each row's value in each resample, (b, n)."""
    _, group = np.unique(column, return_inverse=True)
    per_group = np.zeros((counts.shape[0], int(group.max()) + 1))
    np.add.at(per_group.T, group, counts.T)
    middle = np.cumsum(per_group, axis=1) - (per_group - 1) / 2
    ranks: NDArray[np.float64] = middle[:, group]
    return ranks


def relative_weights(factors: ArrayLike, outcome: ArrayLike) -> tuple[NDArray[np.float64], float]:
    """Share of the explained variance that belongs to each factor, and R².

    factors : (n, m), outcome : (n,), no missing values, no constant columns. Returns ((m,) ≥ 0 with sum 1,
        R²).
    Source: Johnson 2000: the factors are replaced by the nearest orthogonal ones (Z = P Qᵀ of the singular
    value decomposition), whose squared loadings share out their squared correlations with the outcome.

    >>> weight, explained = relative_weights([[1, 1], [1, -1], [-1, 1], [-1, -1]], [3, 1, -1, -3])
    >>> weight.round(2), round(explained, 6)
    (array([0.8, 0.2]), 1.0)
    """
    x, y = np.asarray(factors, dtype=np.float64), np.asarray(outcome, dtype=np.float64)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    y = (y - y.mean()) / y.std()
    values, vectors = np.linalg.eigh(x.T @ x / len(y))
    root = np.sqrt(np.maximum(values, 0))
    loading = vectors * root @ vectors.T
    solid = root > 1e-6
    inverse = (vectors[:, solid] / root[solid]) @ vectors[:, solid].T
    beta = inverse @ (x.T @ y / len(y))
    raw = loading**2 @ beta**2
    explained = float(raw.sum())
    return (raw / explained if explained > 0 else np.full(raw.size, 1 / raw.size)), explained


@dataclass(frozen=True, slots=True)
class Concordance:
    """How often, of two accounts, the more satisfied one stays longer."""

    index: float  # 0.5: no relation, 1: always
    pairs: int  # comparable pairs
    low: float
    high: float


def satisfaction_and_lifetime(
    score: ArrayLike,
    lifetime: ArrayLike,
    ended: ArrayLike,
    *,
    rng: np.random.Generator,
    resamples: int = 500,
    confidence: float = 0.95,
) -> Concordance:
    """Whether satisfied accounts stay longer, with those still active counted rightly (B-020).

    score, lifetime : (n,) numbers; ended : (n,) bool, False where the account is still active.
    A pair is comparable where the shorter lifetime has ended; equal scores count one half.
    The interval is the percentile bootstrap over accounts. Memory n²: meant for some thousands of answers.
    Raises Declined where no pair is comparable.
    Source: Harrell, Califf, Pryor, Lee & Rosati 1982.

    >>> rng = np.random.default_rng(1)
    >>> satisfaction_and_lifetime([2, 5, 9], [10, 20, 30], [True, True, False], rng=rng).index
    1.0
    """
    happy, lasting = np.asarray(score, dtype=np.float64), np.asarray(lifetime, dtype=np.float64)
    end = np.asarray(ended).astype(bool)
    longer = (lasting[:, None] < lasting) | ((lasting[:, None] == lasting) & ~end)
    comparable = (end[:, None] & longer).astype(np.float64)
    np.fill_diagonal(comparable, 0.0)
    if not comparable.any():
        raise Declined(NOTHING_TO_COMPARE())
    agrees = comparable * ((happy[:, None] < happy) + 0.5 * (happy[:, None] == happy))
    drawn = rng.multinomial(happy.size, np.full(happy.size, 1 / happy.size), size=resamples).astype(
        np.float64
    )
    good, all_pairs = (((drawn @ part) * drawn).sum(axis=1) for part in (agrees, comparable))
    ratio = good[all_pairs > 0] / all_pairs[all_pairs > 0]
    tail = (1 - confidence) / 2
    low, high = np.quantile(ratio, [tail, 1 - tail]) if ratio.size else (np.nan, np.nan)
    pairs = int(comparable.sum())
    return Concordance(float(agrees.sum() / pairs), pairs, float(low), float(high))
