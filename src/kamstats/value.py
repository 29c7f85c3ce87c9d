"""What an account is worth: the spend per order (Gamma-Gamma) and the customer lifetime value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import narwhals as nw
import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammaln, zeta

from kamstats.errors import Declined, Invalid
from kamstats.reasons import sentence
from kamstats.repeat_buying.newton import Surface, maximise

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from narwhals.typing import IntoFrame
    from numpy.typing import ArrayLike

    from kamstats.reasons import Reason
    from kamstats.repeat_buying.fitting import Fit, Model
    from kamstats.repeat_buying.summary import Summary

Floats = NDArray[np.float64]

NEED_ACCOUNTS = 10
BOUNDS = np.array([1e-3, 1e-3, 1e-6]), np.array([1e4, 1e4, 1e6])  # p, q, and gamma in mean spends
STARTS = ((1.0, 3.0, 2.0), (5.0, 3.0, 0.5), (30.0, 5.0, 0.15))
YEAR_DAYS = 365.25
CELLS = 500_000  # accounts times draws in one block

TOO_FEW_VALUES = sentence(
    "too_few_values",
    "{have} accounts have a positive value per repeat order; the Gamma-Gamma model needs at least {need}. "
    "Give a longer history.",
)
VALUE_NOT_POSITIVE = sentence(
    "value_not_positive",
    "The mean value of the account's orders is zero or below, which the Gamma-Gamma model does not know. "
    "Look at its returns and costs.",
)
VALUE_UNKNOWN = sentence(
    "value_unknown",
    "Some lines of the account have no cost, so its income per order is unknown. Give costs, "
    "or a margin to assume.",
)
MEAN_SPEND_UNBOUNDED = sentence(
    "mean_spend_unbounded",
    "The spend per order varies so much between accounts that its mean has no limit (q is {q}; more than 1 "
    "is expected), and the account has no repeat order of its own to go by.",
)
VALUES_NOT_ALIGNED = sentence(
    "values_not_aligned",
    "The purchases have {purchases} rows and the values {values}. Give one row per account in both.",
)
HORIZON_NOT_POSITIVE = sentence(
    "value_horizon_not_positive",
    "The horizon is {months} months and the discount rate {rate}; a horizon above 0 and a rate above -1 "
    "are expected.",
)


@dataclass(frozen=True, slots=True)
class GammaGamma:
    """Spend per order is Gamma with shape `p`; its rate is Gamma(`q`, `gamma`) over the accounts.

    >>> law = GammaGamma(p=6.25, q=3.74, gamma=15.44)  # CDNOW: Fader & Hardie (2013), table 1
    >>> round(law.mean, 2)
    35.22
    """

    p: float
    q: float
    gamma: float

    @property
    def mean(self) -> float:
        """Mean spend per order of an account of which nothing is known; infinite where q is not above 1."""
        return self.p * self.gamma / (self.q - 1) if self.q > 1 else float("inf")

    def expected_spend(self, orders: ArrayLike, mean_value: ArrayLike) -> Floats:
        """Give the expected spend per order of each account, (n,): its own mean shrunk to that of all.

        `orders` (n,) behind `mean_value` (n,). Where `orders` is 0 the mean of all. NaN where `mean_value`
        is missing or not positive. Source: Fader & Hardie (2013), eq. 5.
        """
        count, value = np.asarray(orders, np.float64), np.asarray(mean_value, np.float64)
        spent = np.where(count > 0, count * value, 0.0)
        weight = self.p * count + self.q - 1
        known = ((count == 0) | (value > 0)) & (weight > 0)
        return np.where(known, self.p * (self.gamma + spent) / np.where(known, weight, 1.0), np.nan)


@dataclass(frozen=True, slots=True)
class GammaGammaFit:
    """The Gamma-Gamma at its maximum likelihood.

    `correlation` is that of orders and mean value over the fitted accounts: the model takes it to be 0.
    `left_out` accounts have repeat orders, but no positive mean value.
    """

    model: GammaGamma
    log_likelihood: float
    standard_errors: Mapping[str, float | None]
    covariance: Floats | None  # of the logarithms of p, q, gamma
    converged: bool
    accounts: int
    left_out: int
    correlation: float


@dataclass(frozen=True, slots=True)
class OrderValues:
    """Money per order: `orders` (n,) behind `mean_value` (n,), NaN where none or a cost is missing."""

    account: NDArray[np.object_]
    orders: NDArray[np.int64]
    mean_value: Floats

    def aligned(self, account: NDArray[np.object_]) -> OrderValues:
        """Give the rows in the order of `account`; an account that is not here has no orders."""
        place = {key: row for row, key in enumerate(self.account)}
        rows = np.array([place.get(key, -1) for key in account], np.int64)
        found = rows >= 0
        orders = np.where(found, self.orders[rows], 0) if place else np.zeros(len(rows), np.int64)
        value = np.where(found, self.mean_value[rows], np.nan) if place else np.full(len(rows), np.nan)
        return OrderValues(account, orders, value)


def order_values(
    orders: IntoFrame,
    *,
    value: Literal["income", "revenue"] = "income",
    until: int | None = None,
    count_first: bool = False,
) -> OrderValues:
    """Give the mean value per order of each account.

    `orders` holds account-days: `account_key`, `day_no`, `revenue`, and, where there are, `cost`,
    `lines_without_cost` and `is_order`. Credit notes change the money, never the count. The first order is
    left out, as the papers do, unless `count_first`; credit notes up to its day are then left out with it.
    Sums are exact decimals. `until` is the last day_no used. An account with a line without a cost has NaN.

    >>> import pyarrow as pa
    >>> days = pa.table({"account_key": ["a"] * 3, "day_no": [1, 5, 9], "revenue": [10.0, 40.0, -10.0],
    ...                  "is_order": [True, True, False]})
    >>> order_values(days, value="revenue").mean_value.tolist()  # 40 less the credit note, one order
    [30.0]
    """
    frame = _days(orders, value)
    if until is not None:
        frame = frame.filter(nw.col("day_no") <= until)
    first = (
        frame.filter(nw.col("orders") > 0).group_by("account_key").agg(nw.col("day_no").min().alias("first"))
    )
    kept = frame.join(first, on="account_key", how="inner")
    kept = kept.filter(nw.col("day_no") >= nw.col("first") + (0 if count_first else 1))
    summed = kept.group_by("account_key").agg(
        *(nw.col(name).sum() for name in ("orders", "revenue", "cost", "lines_without_cost"))
    )
    return _means(summed.sort("account_key").collect())


def _days(orders: IntoFrame, value: str) -> nw.LazyFrame[Any]:
    """Read the account-days with every column there; revenue alone is income without costs."""
    frame = nw.from_native(orders).lazy().filter(~nw.col("account_key").is_null())
    names = frame.collect_schema().names()
    income = value == "income"
    return frame.select(
        "account_key",
        "day_no",
        "revenue",
        (nw.col("is_order").cast(nw.Int64) if "is_order" in names else nw.lit(1)).alias("orders"),
        (nw.col("cost") if income and "cost" in names else nw.lit(0)).alias("cost"),
        _lines_without_cost(names, income=income).alias("lines_without_cost"),
    )


def _lines_without_cost(names: list[str], *, income: bool) -> nw.Expr:
    if not income:
        return nw.lit(0)
    if "lines_without_cost" in names:
        return nw.col("lines_without_cost")
    return nw.col("cost").is_null().cast(nw.Int64) if "cost" in names else nw.lit(1)


def _means(summed: nw.DataFrame[Any]) -> OrderValues:
    count = summed.get_column("orders").to_numpy().astype(np.int64)
    unknown = summed.get_column("lines_without_cost").to_numpy().astype(np.float64) > 0
    money = zip(summed.get_column("revenue").to_list(), summed.get_column("cost").to_list(), strict=True)
    income = np.array([float(_exact(revenue) - _exact(cost)) for revenue, cost in money], np.float64)
    mean = np.where((count > 0) & ~unknown, income / np.maximum(count, 1), np.nan)
    account = np.asarray(summed.get_column("account_key").to_list(), object)
    return OrderValues(account, count, mean)


def _exact(amount: Decimal | float | None) -> Decimal:
    """Take a number by its shortest decimal text."""
    return Decimal(0) if amount is None else Decimal(str(amount))


def fit_gamma_gamma(orders: ArrayLike, mean_value: ArrayLike) -> GammaGammaFit:
    """Fit the Gamma-Gamma model of spend per order by maximum likelihood.

    Parameters
    ----------
    orders, mean_value
        (n,) each: the repeat orders of an account and their mean value. Accounts without orders, or whose
        mean value is missing, zero or below, are left out of the fit.

    Raises
    ------
    Declined
        With fewer than ten accounts to go by.

    Source: Fader & Hardie (2013), The Gamma-Gamma model of monetary value, eq. 1a.

    >>> rng = np.random.default_rng(1)
    >>> orders = rng.integers(1, 9, 3000)
    >>> mean = rng.gamma(6.0 * orders) / rng.gamma(4.0, 1 / 15.0, 3000) / orders
    >>> fit = fit_gamma_gamma(orders, mean)
    >>> fit.converged, round(fit.model.p), round(fit.model.q)
    (True, 5, 4)
    """
    count, value = _aligned(orders, mean_value)
    again = count > 0
    good = again & np.isfinite(value) & (value > 0)
    if good.sum() < NEED_ACCOUNTS:
        raise Declined(TOO_FEW_VALUES(have=int(good.sum()), need=NEED_ACCOUNTS))
    scale = float(value[good].mean())
    likelihood = _Likelihood(count[good], value[good] / scale)
    start = max(STARTS, key=lambda point: likelihood(np.array(point)).value)
    best = maximise(likelihood, np.array(start), *BOUNDS)
    covariance = _covariance(best.surface.hessian) if not best.on_bound.any() else None
    parameters = best.parameters * (1, 1, scale)
    errors = [None] * 3 if covariance is None else (parameters * np.sqrt(np.diag(covariance))).tolist()
    return GammaGammaFit(
        GammaGamma(*map(float, parameters)),
        best.value - float(good.sum()) * float(np.log(scale)),
        dict(zip(("p", "q", "gamma"), errors, strict=True)),
        covariance,
        best.converged,
        int(good.sum()),
        int(again.sum() - good.sum()),
        _correlation(count[good], value[good]),
    )


def _aligned(orders: ArrayLike, mean_value: ArrayLike) -> tuple[Floats, Floats]:
    count, value = np.asarray(orders, np.float64), np.asarray(mean_value, np.float64)
    if count.shape != value.shape:
        raise Invalid(VALUES_NOT_ALIGNED(purchases=count.size, values=value.size))
    return count, value


def _covariance(hessian: Floats) -> Floats | None:
    curvature, axes = np.linalg.eigh(-hessian)
    return (axes / curvature) @ axes.T if curvature[0] > 1e-9 * curvature[-1] else None


def _correlation(count: Floats, value: Floats) -> float:
    if count.std() == 0 or value.std() == 0:
        return 0.0
    return float(np.corrcoef(count, value)[0, 1])


def _dot(one: Floats, other: Floats) -> float:
    """Sum of products without BLAS, whose threads cost more than they give here."""
    return float(np.einsum("i,i->", one, other))


class _Likelihood:
    """Gamma terms see the orders only and come from their histogram; each account costs one logarithm."""

    def __init__(self, count: Floats, value: Floats) -> None:
        tally = np.bincount(count.astype(np.int64))
        self.x = np.flatnonzero(tally).astype(np.float64)
        self.accounts = tally[tally > 0].astype(np.float64)
        self.count, self.spent = count, count * value
        logs = np.log(value)
        self.by_p = _dot(count, logs) + float((self.accounts * self.x) @ np.log(self.x))
        self.fixed = -float(logs.sum())

    def __call__(self, parameters: Floats) -> Surface:
        p, q, gamma = parameters
        n, accounts, x = float(len(self.count)), self.accounts, self.x
        total = gamma + self.spent
        logs, inverse = np.log(total), 1 / total
        log_sum, log_count = float(logs.sum()), _dot(self.count, logs)
        once, by_count = float(inverse.sum()), _dot(self.count, inverse)
        inverse *= inverse
        twice, by_count_twice = float(inverse.sum()), _dot(self.count, inverse)
        both, own = p * x + q, p * x
        value = accounts @ (gammaln(both) - gammaln(own)) + n * (q * np.log(gamma) - gammaln(q))
        value += self.fixed + p * (self.by_p - log_count) - q * log_sum
        gradient = np.array(
            [
                (accounts * x) @ (digamma(both) - digamma(own)) + self.by_p - log_count,
                accounts @ digamma(both) + n * (np.log(gamma) - digamma(q)) - log_sum,
                n * q / gamma - p * by_count - q * once,
            ]
        )
        bend, square = zeta(2, both), accounts * x * x
        pq, pg, qg = (accounts * x) @ bend, -by_count, n / gamma - once
        pp, qq = square @ (bend - zeta(2, own)), accounts @ bend - n * zeta(2, q)
        gg = -n * q / gamma**2 + p * by_count_twice + q * twice
        return Surface(float(value), gradient, np.array([[pp, pq, pg], [pq, qq, qg], [pg, qg, gg]]))


@dataclass(frozen=True, slots=True)
class LifetimeValue:
    """The present value of the orders to come, one row per account, (n,) each; money.

    `low` and `high` hold the value with the probability asked for: chance of the account and doubt about the
    parameters together. `why` is the code of the reason where `value` is NaN, else empty; `reasons` holds
    the sentences by code.
    """

    value: Floats
    low: Floats
    high: Floats
    discounted_orders: Floats
    expected_spend: Floats
    why: NDArray[np.object_]
    reasons: Mapping[str, Reason]


def lifetime_value(
    fit: Fit[Model],
    summary: Summary,
    spend: GammaGammaFit,
    values: tuple[ArrayLike, ArrayLike],
    *,
    horizon_months: float,
    discount_rate: float,
    rng: np.random.Generator,
    draws: int = 200,
    parameter_draws: int = 20,
    interval: float = 0.9,
) -> LifetimeValue:
    """Give the customer lifetime value of each account over a horizon.

    Parameters
    ----------
    fit, summary
        A model of repeat buying and the accounts, n rows.
    spend, values
        The Gamma-Gamma fit; repeat orders and mean value of the same n accounts.
    horizon_months, discount_rate
        How far ahead; the rate a year, 0.1 is 10 %. Orders are discounted from their own day:
        (1 + rate) to the power of minus the years.
    rng, draws, parameter_draws, interval
        For `low` and `high`: how many futures of each account, under how many sets of parameters drawn from
        the covariance of the fits (the fits' own where it is missing), and their joint probability.

    Raises `Invalid` where shapes differ or the horizon is not above 0.

    >>> from kamstats.repeat_buying import Summary, fit_nbd
    >>> x = np.array([3, 5, 2, 8, 4, 6, 1, 7, 3, 5]); days = np.full(10, 700)
    >>> summary = Summary(x, days - 30, days)
    >>> value = np.array([90., 110, 95, 105, 100, 98, 120, 85, 102, 97])
    >>> spend = fit_gamma_gamma(x, value)
    >>> found = lifetime_value(fit_nbd(summary), summary, spend, (x, value), horizon_months=12,
    ...                        discount_rate=0.1, rng=np.random.default_rng(1))
    >>> bool(np.all((found.low < found.value) & (found.value < found.high)))
    True
    """
    if horizon_months <= 0 or discount_rate <= -1:
        raise Invalid(HORIZON_NOT_POSITIVE(months=horizon_months, rate=discount_rate))
    count, mean = _aligned(*values)
    if len(count) != len(summary):
        raise Invalid(VALUES_NOT_ALIGNED(purchases=len(summary), values=len(count)))
    horizon = horizon_months * YEAR_DAYS / 12 / summary.unit_days
    force = float(np.log1p(discount_rate)) * summary.unit_days / YEAR_DAYS
    rows = summary.x.astype(np.float64), summary.recency, summary.age
    orders = discounted_orders(fit.model, rows, horizon, force)
    expected = spend.model.expected_spend(count, mean)
    futures = _Futures(fit, spend, rows, (count, mean), horizon, force)
    low, high = futures.quantiles(rng, (draws, parameter_draws), interval)
    unknown = np.isnan(expected)
    low[unknown] = high[unknown] = np.nan
    reasons = VALUE_NOT_POSITIVE(), VALUE_UNKNOWN(), MEAN_SPEND_UNBOUNDED(q=round(spend.model.q, 2))
    by_code = {reason.code: reason for reason in reasons}
    why = _why(count, mean, expected)
    return LifetimeValue(orders * expected, low, high, orders, expected, why, by_code)


def discounted_orders(
    model: Model, rows: tuple[Floats, Floats, Floats], horizon: float, force: float
) -> Floats:
    """Expected orders within `horizon`, each discounted by exp(-force t), (n,).

    The integral of exp(-force t) dE(t) by parts, with eight Gauss-Legendre nodes.
    """
    result = np.exp(-force * horizon) * model.expected_purchases(horizon, *rows)
    if force == 0:
        return np.asarray(result)
    at, weight = np.polynomial.legendre.leggauss(8)
    for time, share in zip((at + 1) / 2 * horizon, weight / 2 * horizon, strict=True):
        result += share * force * np.exp(-force * time) * model.expected_purchases(float(time), *rows)
    return np.asarray(result)


def _why(count: Floats, mean: Floats, expected: Floats) -> NDArray[np.object_]:
    why = np.full(len(count), "", object)
    missing = np.isnan(expected)
    why[missing] = MEAN_SPEND_UNBOUNDED.code
    why[missing & (count > 0) & ~(mean > 0)] = VALUE_NOT_POSITIVE.code
    why[missing & (count > 0) & np.isnan(mean)] = VALUE_UNKNOWN.code
    return why


@dataclass(frozen=True, slots=True)
class _Futures:
    """Draws of what the accounts will buy and spend."""

    fit: Fit[Model]
    spend: GammaGammaFit
    rows: tuple[Floats, Floats, Floats]
    values: tuple[Floats, Floats]
    horizon: float
    force: float

    def quantiles(
        self, rng: np.random.Generator, draws: tuple[int, int], interval: float
    ) -> tuple[Floats, Floats]:
        """Give the lower and upper quantile of the value of each account."""
        many, sets = draws
        laws = [self._drawn(rng) for _ in range(sets)]
        tails = (1 - interval) / 2, (1 + interval) / 2
        blocks = []
        for block in self._blocks(many):
            worth = np.stack([self._worth(rng, laws[draw % sets], block) for draw in range(many)])
            blocks.append(np.quantile(worth, tails, axis=0))
        low, high = np.concatenate(blocks, axis=1) if blocks else np.empty((2, 0))
        return low, high

    def _blocks(self, draws: int) -> Iterator[slice]:
        step = max(CELLS // draws, 1)
        return (slice(start, start + step) for start in range(0, len(self.rows[0]), step))

    def _drawn(self, rng: np.random.Generator) -> tuple[Model, GammaGamma]:
        """Draw the parameters of both models from the normal law of their logarithms."""
        model, spend = self.fit.model, self.spend.model
        names = [name for name in model.parameters if name != "k"]
        fitted = np.array([model.parameters[name] for name in names])
        moved = fitted * _factors(rng, self.fit.covariance, len(names))
        law = replace(model, **dict(zip(names, map(float, moved), strict=True)))  # type: ignore[type-var]
        spends = np.array([spend.p, spend.q, spend.gamma]) * _factors(rng, self.spend.covariance, 3)
        return law, GammaGamma(*map(float, spends))

    def _worth(self, rng: np.random.Generator, laws: tuple[Model, GammaGamma], block: slice) -> Floats:
        """Draw the discounted money of each account of a block once."""
        model, spend = laws
        made, span = model.draw_purchases(rng, self.horizon, *(column[block] for column in self.rows))
        count, mean = (column[block] for column in self.values)
        known = (count > 0) & (mean > 0)
        spent = np.where(known, count * mean, 0.0)
        rate = rng.gamma(np.where(known, spend.p * count, 0.0) + spend.q) / (spend.gamma + spent)
        money = rng.gamma(np.maximum(spend.p * made, 1e-300)) / np.maximum(rate, 1e-300)
        return np.where(made > 0, money * _mean_discount(self.force * span), 0.0)


def _factors(rng: np.random.Generator, covariance: Floats | None, size: int) -> Floats:
    if covariance is None:
        return np.ones(size)
    return np.exp(np.clip(rng.multivariate_normal(np.zeros(size), covariance), -5, 5))


def _mean_discount(force: Floats) -> Floats:
    """Mean of exp(-force u) over u in 0 to 1: orders are spread evenly over their span."""
    safe = np.where(force == 0, 1.0, force)
    return np.where(force == 0, 1.0, -np.expm1(-safe) / safe)
