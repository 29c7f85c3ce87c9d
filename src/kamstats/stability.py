"""How sure is it that an account is key: other thresholds, other windows, other luck with its orders.

An account just above the limit by one large order is not key in the way that one far above it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

import narwhals as nw
import numpy as np

from kamstats import frames
from kamstats.concentration import KeyTest, is_key, key_accounts, key_limit
from kamstats.errors import Declined, Invalid
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kamstats.frames import AnyFrame

NO_ORDERS_TO_RESAMPLE = sentence(
    "no_orders_to_resample",
    "No account has orders with a sum above zero, so there is no selection to test. Choose a longer period.",
)
REPLICATES_TOO_FEW = sentence(
    "replicates_too_few",
    "{replicates} replicates give no interval; ask for at least {need}, for example 200.",
)

Verdict = Literal["robust", "borderline", "one_order"]
LEAST_REPLICATES = 20
EXACT_UP_TO = 20_000  # account-days of the others that are resampled one by one; more of them by their law
AT_ONCE = 2_000_000  # draws held in memory at a time
SURE = 0.95


@dataclass(frozen=True, slots=True)
class Stability:
    """How firmly one account is, or is not, key."""

    account_key: str
    value: Decimal
    share: float
    low: float  # of the share over the replicates
    high: float
    key_account: bool
    key_probability: float  # share of the replicates in which it is key
    without_largest_order: float  # its share if its largest order had not come
    key_without_largest_order: bool
    key_at: tuple[bool, ...]  # under each of the other thresholds
    key_in: tuple[bool, ...]  # in each of the other windows
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Selection:
    """The accounts near the limit with their verdicts, largest first, and what was tried."""

    accounts: tuple[Stability, ...]
    limits: tuple[Decimal, ...]  # the other thresholds (or amounts a year)
    windows: tuple[tuple[int, int], ...]
    replicates: int


def selection_stability(
    orders: AnyFrame,
    *,
    rng: np.random.Generator,
    key: str = "account_key",
    day_no: str = "day_no",
    value: str = "revenue",
    test: KeyTest | None = None,
    years: Fraction = Fraction(1),
    around: Sequence[Decimal] = (Decimal("0.9"), Decimal("1.1")),
    windows: Sequence[tuple[int, int]] = (),
    replicates: int = 200,
    interval: float = 0.95,
    near: int = 10,
) -> Selection:
    """Say for every account near the key limit whether the answer is robust, borderline or one order's luck.

    Parameters
    ----------
    orders : one row per account and day with its exact amount, of the period; credit notes with their sign.
    around : the limit is also tried at these multiples of itself.
    windows : the selection is also made inside each (first day_no, last day_no), at the same share; an
        absolute limit is scaled to the window's length.
    replicates : resamplings of account-days with replacement; at least 20.
    near : all accounts with half of the limit are examined, and at least so many of the largest.

    Returns
    -------
    `one_order`: key, but not without its largest order. `robust`: the same answer at every threshold around,
    in every window, and in at least 95 % of the replicates. Else `borderline`. The share interval holds the
    middle `interval` of the replicates.

    Notes
    -----
    Each account-day enters a replicate Poisson(1) times: B. Efron and R. J. Tibshirani, An Introduction to
    the Bootstrap, 1993, ch. 6, in the independent form of J. A. Hanley and B. MacGibbon, "Creating
    non-parametric bootstrap samples using Poisson frequencies", Computer Methods and Programs in Biomedicine
    83(1), 2006. Of all other accounts only the sum matters: beyond 20,000 account-days it is drawn from the
    normal law with the same mean and variance (the sum, and the sum of squares), so memory does not grow
    with the book.

    Examples
    --------
    >>> import pyarrow as pa
    >>> book = pa.table({"account_key": ["a"] + ["b"] * 9, "day_no": range(10), "revenue": [50] + [10] * 9})
    >>> found = selection_stability(book, rng=np.random.default_rng(1),
    ...                             test=KeyTest(threshold=Decimal("0.30")))
    >>> [(row.account_key, row.verdict) for row in found.accounts]
    [('b', 'robust'), ('a', 'one_order')]
    """
    if replicates < LEAST_REPLICATES:
        raise Invalid(REPLICATES_TOO_FEW(replicates=replicates, need=LEAST_REPLICATES))
    given, test = frames.lazy(orders), test or KeyTest()
    frames.require(given, key, day_no, exact=(value,))
    days = given.select(account_key=nw.col(key), day_no=nw.col(day_no), value=nw.col(value))
    book = _book(days, test, years, near)
    shares, passed = _replicates(book, test, years, replicates, rng)
    low, high = np.quantile(shares, ((1 - interval) / 2, (1 + interval) / 2), axis=0)
    keys_in = [_keys_in(days, window, test) for window in windows]
    others = tuple(_scaled(test, factor) for factor in around)
    accounts = tuple(
        Stability(
            account_key=name,
            low=float(low[place]),
            high=float(high[place]),
            key_probability=float(passed[:, place].mean()),
            key_in=tuple(name in keys for keys in keys_in),
            **_exact_answers(book.amounts[place], book.total, test, others, years),
            verdict="borderline",
        )
        for place, name in enumerate(book.names)
    )
    return Selection(
        accounts=tuple(replace(account, verdict=_verdict(account)) for account in accounts),
        limits=tuple(
            other.threshold if other.amount_a_year is None else other.amount_a_year for other in others
        ),
        windows=tuple(windows),
        replicates=replicates,
    )


def _verdict(account: Stability) -> Verdict:
    if account.key_account and not account.key_without_largest_order:
        return "one_order"
    agreed = account.key_probability if account.key_account else 1 - account.key_probability
    same = all(answer == account.key_account for answer in (*account.key_at, *account.key_in))
    return "robust" if same and agreed >= SURE else "borderline"


def _exact_answers(
    amounts: Sequence[Decimal], total: Decimal, test: KeyTest, others: Sequence[KeyTest], years: Fraction
) -> dict[str, Any]:
    """Decide what money decides, in exact amounts."""
    value, largest = sum(amounts, Decimal(0)), max(amounts)
    # An account that falls to nothing without its largest order leaves the ranked total altogether.
    left = max(value - largest, Decimal(0))
    rest = total - value + left
    return {
        "value": value,
        "share": float(Fraction(value) / Fraction(total)),
        "key_account": is_key(value, total, test, years),
        "without_largest_order": float(Fraction(left) / Fraction(rest)) if rest else 0.0,
        "key_without_largest_order": is_key(left, rest, test, years),
        "key_at": tuple(is_key(value, total, other, years) for other in others),
    }


def _scaled(test: KeyTest, factor: Decimal) -> KeyTest:
    amount = test.amount_a_year
    return replace(
        test, threshold=test.threshold * factor, amount_a_year=None if amount is None else amount * factor
    )


def _keys_in(days: nw.LazyFrame[Any], window: tuple[int, int], test: KeyTest) -> frozenset[str]:
    inside = days.filter(nw.col("day_no").is_between(*window))
    sums = inside.group_by("account_key").agg(nw.col("value").sum())
    years = Fraction(4 * (window[1] - window[0] + 1), 1461)
    tested = key_accounts(sums, value="value", test=test, years=years)
    return frozenset(row["account_key"] for row in frames.rows(tested.filter(nw.col("key_account"))))


@dataclass(frozen=True, slots=True)
class _Book:
    """The candidates with their account-days, and all others as one."""

    total: Decimal  # of the ranked accounts
    names: tuple[str, ...]
    amounts: tuple[tuple[Decimal, ...], ...]  # of each candidate, by day
    others: NDArray[np.float64] | None  # their account-days, where they are few
    others_sum: float
    others_squares: float


def _book(days: nw.LazyFrame[Any], test: KeyTest, years: Fraction, near: int) -> _Book:
    """Take the largest accounts and all that have half of the limit as candidates."""
    value, square = nw.col("value"), nw.col("value").cast(nw.Float64)
    sums = (
        days.with_columns(_square=square * square)
        .group_by("account_key")
        .agg(value.sum(), nw.len().alias("_days"), nw.col("_square").sum())
    )
    ranked = frames.ranked(sums, key="account_key", value="value").filter(~nw.col("rank").is_null())
    whole = frames.rows(ranked.select(nw.col("total").max(), nw.col("_days", "_square").sum()))[0]
    if whole["total"] is None:
        raise Declined(NO_ORDERS_TO_RESAMPLE())
    total = Decimal(whole["total"])
    half = key_limit(total, test, years) / 2
    reaches = (nw.col("rank") <= near) | (value * half.denominator >= nw.lit(Decimal(half.numerator)))
    chosen = sorted(frames.rows(ranked.filter(reaches)), key=lambda row: int(row["rank"]))
    names = [row["account_key"] for row in chosen]
    few = int(whole["_days"]) - sum(int(row["_days"]) for row in chosen) <= EXACT_UP_TO
    return _Book(
        total=total,
        names=tuple(names),
        amounts=_amounts(days, names),
        others=_other_amounts(days, ranked, names) if few else None,
        others_sum=float(total - sum(Decimal(row["value"]) for row in chosen)),
        others_squares=float(whole["_square"]) - sum(float(row["_square"]) for row in chosen),
    )


def _amounts(days: nw.LazyFrame[Any], names: Sequence[str]) -> tuple[tuple[Decimal, ...], ...]:
    found: dict[str, list[Decimal]] = {name: [] for name in names}
    wanted = days.filter(nw.col("account_key").is_in(names)).sort("account_key", "day_no", "value")
    for row in frames.rows(wanted):
        found[row["account_key"]].append(Decimal(row["value"]))
    return tuple(tuple(amounts) for amounts in found.values())


def _other_amounts(
    days: nw.LazyFrame[Any], ranked: nw.LazyFrame[Any], names: Sequence[str]
) -> NDArray[np.float64]:
    counted = ranked.filter(~nw.col("account_key").is_in(names)).select("account_key")
    kept = days.join(counted, on="account_key", how="inner").sort("account_key", "day_no", "value")
    return np.array([float(row["value"]) for row in frames.rows(kept.select("value"))])


def _replicates(
    book: _Book, test: KeyTest, years: Fraction, replicates: int, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Give shares and key answers, both (replicates, candidates)."""
    drawn = np.column_stack([_resampled(np.array(own, float), replicates, rng) for own in book.amounts])
    if book.others is not None:
        rest = _resampled(book.others, replicates, rng)
    else:
        rest = rng.normal(book.others_sum, max(book.others_squares, 0.0) ** 0.5, replicates)
    # An account that comes out at nothing or less is not ranked in that replicate.
    drawn = np.maximum(drawn, 0.0)
    totals = drawn.sum(axis=1, keepdims=True) + np.maximum(rest, 0.0)[:, None]
    shares = np.divide(drawn, totals, out=np.zeros_like(drawn), where=totals > 0)
    limit = float(test.threshold) if test.amount_a_year is None else float(key_limit(book.total, test, years))
    measure = shares if test.amount_a_year is None else drawn
    passed = measure >= limit if test.comparison == "at_least" else measure > limit
    return shares, passed & (drawn > 0)


def _resampled(
    amounts: NDArray[np.float64], replicates: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Sum Poisson(1)-weighted amounts, `AT_ONCE` draws at a time."""
    width = max(AT_ONCE // replicates, 1)
    sums = np.zeros(replicates)
    for start in range(0, len(amounts), width):
        part = amounts[start : start + width]
        sums += rng.poisson(1.0, (replicates, len(part))) @ part
    return sums
