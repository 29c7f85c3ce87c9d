"""Concentration and dependency: who is key, how much hangs on whom, and what would loosen it.

Shares are fractions of the sum of the ranked accounts of a level (exact value above zero). Every test of a
share is exact: value * denominator is compared with total * numerator.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal, localcontext
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING, Any, Literal

import narwhals as nw

from kamstats import frames
from kamstats.errors import Declined, Invalid
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kamstats.frames import AnyFrame, Limit

NO_RANKED_ACCOUNT = sentence(
    "no_ranked_account",
    "No account has a {measure} above zero, so there are no shares. "
    "Choose a longer period or the other measure.",
)
TARGET_OUT_OF_RANGE = sentence(
    "target_out_of_range", "The share {share} is not between 0 and 1. Give a fraction, for example 0.20."
)
SIZE_NOT_POSITIVE = sentence(
    "size_not_positive", "A new account of {size} closes no gap. Give an amount above zero."
)

Comparison = Literal["at_least", "more_than"]
MONEY_STEP = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class KeyTest:
    """When an account is key by size: a share of its level, or an absolute amount a year instead."""

    threshold: Decimal = Decimal("0.10")
    comparison: Comparison = "at_least"
    amount_a_year: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Bands:
    """From which share on an account is in which band of dependency."""

    watch: Decimal = Decimal("0.20")
    act: Decimal = Decimal("0.30")
    severe: Decimal = Decimal("0.40")
    critical: Decimal = Decimal("0.50")
    mono: Decimal = Decimal("0.70")
    mono_red: Decimal = Decimal("0.75")

    def rising(self) -> tuple[tuple[str, Decimal], ...]:
        """Give the codes with their limits, lowest first."""
        names = ("watch", "act", "severe", "critical", "mono", "mono_red")
        return tuple((name, getattr(self, name)) for name in names)


@dataclass(frozen=True, slots=True)
class Corridor:
    """Which share of all key accounts together is usual, and from where on it is an alarm."""

    low: Decimal = Decimal("0.30")
    high: Decimal = Decimal("0.55")
    alarm: Decimal = Decimal("0.75")


def key_limit(total: Decimal, test: KeyTest, years: Fraction = Fraction(1)) -> Fraction:
    """Give the amount that makes an account key on a level of `total`, over a period of `years`.

    >>> key_limit(Decimal(500), KeyTest())
    Fraction(50, 1)
    """
    if test.amount_a_year is not None:
        return Fraction(test.amount_a_year) * years
    return Fraction(test.threshold) * Fraction(total)


def is_key(value: Decimal, total: Decimal, test: KeyTest, years: Fraction = Fraction(1)) -> bool:
    """Test one account: key when its value reaches (or passes) the limit; never at zero or below.

    >>> is_key(Decimal(10), Decimal(100), KeyTest())
    True
    >>> is_key(Decimal(10), Decimal(100), KeyTest(comparison="more_than"))
    False
    """
    limit = key_limit(total, test, years)
    reached = Fraction(value) >= limit if test.comparison == "at_least" else Fraction(value) > limit
    return value > 0 and reached


def dependency_band(value: Decimal, total: Decimal, bands: Bands) -> str | None:
    """Give the highest band whose limit the share reaches, or None below the lowest.

    >>> [dependency_band(Decimal(share), Decimal(100), Bands()) for share in (19, 22, 41, 51, 75)]
    [None, 'watch', 'severe', 'critical', 'mono_red']
    """
    reached = [name for name, limit in bands.rising() if value > 0 and value >= limit * total]
    return reached[-1] if reached else None


def dependence_signs(
    value: Decimal,
    total: Decimal,
    bands: Bands,
    *,
    dictates_terms: bool = False,
    carries_supplier_discount: bool = False,
) -> tuple[str, ...]:
    """Name every sign of dependence: the band, and the two that need no share.

    An account we depend on may be small: it dictates the terms, or losing it costs us a supplier's discount.

    >>> dependence_signs(Decimal(1), Decimal(100), Bands(), carries_supplier_discount=True)
    ('carries_supplier_discount',)
    """
    band = dependency_band(value, total, bands)
    signs = {
        band: band is not None,
        "dictates_terms": dictates_terms,
        "carries_supplier_discount": carries_supplier_discount,
    }
    return tuple(name for name, seen in signs.items() if name and seen)


def corridor_code(key_value: Decimal, total: Decimal, corridor: Corridor) -> str:
    """Place the joint share of the key accounts: `below`, `normal` (both ends), `above` or `alarm`.

    >>> [corridor_code(Decimal(share), Decimal(100), Corridor()) for share in (29, 30, 55, 56, 76)]
    ['below', 'normal', 'normal', 'above', 'alarm']
    """
    if key_value > corridor.alarm * total:
        return "alarm"
    if key_value > corridor.high * total:
        return "above"
    return "normal" if key_value >= corridor.low * total else "below"


def largest_number_of_keys(threshold: Limit, comparison: Comparison = "at_least") -> int:
    """Say how many accounts can pass the share test at once: 10 % or more, ten; more than 10 %, nine.

    >>> largest_number_of_keys(0.10), largest_number_of_keys(0.10, "more_than")
    (10, 9)
    """
    share = Fraction(*frames.ratio(threshold))
    if not 0 < share <= 1:
        raise Invalid(TARGET_OUT_OF_RANGE(share=Decimal(str(threshold))))
    return floor(1 / share) if comparison == "at_least" else ceil(1 / share) - 1


def managers_needed(key_accounts: int, each: int = 3) -> int:
    """Count the managers for so many key accounts, at most three each.

    >>> managers_needed(7)
    3
    """
    return -(-key_accounts // each)


def growth_needed(value: Decimal, others: Decimal, target: Limit) -> Decimal:
    """Say by how much the others must grow to bring an account down to the share `target`.

    others needed = value * (1 - t) / t; growth = others needed - others now, rounded up to 4 places so that
    the target is met; zero where it is met already. The large account is not asked to buy less.

    >>> growth_needed(Decimal(45), Decimal(55), Decimal("0.20"))
    Decimal('125.0000')
    """
    share = Fraction(*frames.ratio(target))
    if not 0 < share <= 1:
        raise Invalid(TARGET_OUT_OF_RANGE(share=Decimal(str(target))))
    return max(_money_up(Fraction(value) * (1 - share) / share - Fraction(others)), Decimal("0.0000"))


def new_accounts_needed(growth: Decimal, size: Decimal) -> int:
    """Count the new accounts of `size` that bring the growth needed.

    >>> new_accounts_needed(Decimal(125), Decimal(10))
    13
    """
    if size <= 0:
        raise Invalid(SIZE_NOT_POSITIVE(size=size))
    return ceil(Fraction(growth) / Fraction(size))


def distance_to_key(value: Decimal, total: Decimal, test: KeyTest, years: Fraction = Fraction(1)) -> Decimal:
    """Say how much more an account must buy to reach the limit, the others unchanged, rounded up.

    By share: (t * total - value) / (1 - t), since its own growth raises the total too. Negative: by how much
    it may shrink and still reach it.

    >>> distance_to_key(Decimal(5), Decimal(50), KeyTest(threshold=Decimal("0.20")))
    Decimal('6.2500')
    """
    gap = key_limit(total, test, years) - Fraction(value)
    if test.amount_a_year is None and test.threshold < 1:
        gap /= 1 - Fraction(test.threshold)
    return _money_up(gap)


def _money_up(amount: Fraction) -> Decimal:
    """Round up to the ledger's four places."""
    with localcontext(prec=60):
        return (Decimal(amount.numerator) / amount.denominator).quantize(MONEY_STEP, ROUND_CEILING)


def hhi(values: Iterable[Decimal | float]) -> float:
    """Measure concentration by the Herfindahl-Hirschman index: the sum of squared shares.

    values : amounts above zero are counted, others left out. In [1/n, 1]; 1 means one account carries all.
    Declined without any. Source: A. O. Hirschman, "The Paternity of an Index", American Economic Review
    54(5), 1964, p. 761.

    >>> round(hhi([5, 3, 2]), 10)
    0.38
    """
    counted = [float(value) for value in values if value > 0]
    if not counted:
        raise Declined(NO_RANKED_ACCOUNT(measure="value"))
    return sum(value * value for value in counted) / sum(counted) ** 2


def key_accounts(
    frame: AnyFrame,
    *,
    key: str = "account_key",
    value: str = "revenue",
    test: KeyTest | None = None,
    bands: Bands | None = None,
    by: Sequence[str] = (),
    years: Fraction = Fraction(1),
) -> nw.LazyFrame[Any]:
    """Test all accounts of all levels at once.

    Adds the columns of :func:`kamstats.abc.abc_classes` but the class, and `key_account` (false where
    unranked) and `dependency_band` (null below the lowest band and where unranked). Give a group's key as
    `key` to count companies under common control as one customer.

    >>> import pyarrow as pa
    >>> book = pa.table({"account_key": ["a", "b", "c"], "revenue": [90, 10, -3]})
    >>> tested = key_accounts(book).sort("account_key").collect()
    >>> tested.select("account_key", "key_account", "dependency_band").rows()
    [('a', True, 'mono_red'), ('b', True, None), ('c', False, None)]
    """
    listed = frames.ranked(frames.lazy(frame), key=key, value=value, by=by).drop("_before")
    passed = _passes(nw.col(value), nw.col("total"), test or KeyTest(), years)
    band = nw.lit(None, dtype=nw.String)
    for name, limit in (bands or Bands()).rising():
        at_band = frames.at_least(nw.col(value), limit, nw.col("total"))
        band = nw.when(at_band).then(nw.lit(name)).otherwise(band)
    is_ranked = ~nw.col("rank").is_null()
    return listed.with_columns(
        key_account=nw.when(is_ranked & passed).then(nw.lit(value=True)).otherwise(nw.lit(value=False)),
        dependency_band=nw.when(is_ranked).then(band).otherwise(nw.lit(None, dtype=nw.String)),
    )


def _passes(value: nw.Expr, total: nw.Expr, test: KeyTest, years: Fraction) -> nw.Expr:
    if test.amount_a_year is None:
        compare = frames.at_least if test.comparison == "at_least" else frames.above
        return compare(value, test.threshold, total)
    limit = key_limit(Decimal(0), test, years)
    scaled, amount = value * limit.denominator, nw.lit(Decimal(limit.numerator))
    return scaled >= amount if test.comparison == "at_least" else scaled > amount


@dataclass(frozen=True, slots=True)
class Concentration:
    """How concentrated one level is. `level` holds the values of the `by` columns, empty for the company."""

    level: tuple[str | None, ...]
    accounts: int  # ranked
    total: Decimal  # of the ranked accounts
    top_1: float
    top_3: float
    top_10: float
    hhi: float
    key_accounts: int
    key_share: float
    corridor: str


def concentrations(
    frame: AnyFrame,
    *,
    key: str = "account_key",
    value: str = "revenue",
    test: KeyTest | None = None,
    corridor: Corridor | None = None,
    by: Sequence[str] = (),
    years: Fraction = Fraction(1),
) -> tuple[Concentration, ...]:
    """Sum up every level: shares of the first 1, 3 and 10, HHI, the key accounts together and their corridor.

    One row per level with a ranked account, ordered by its keys. Without any: an empty tuple.

    >>> import pyarrow as pa
    >>> concentrations(pa.table({"account_key": ["a", "b"], "revenue": [9, 1]}))[0].key_share
    1.0
    """
    tested = key_accounts(frame, key=key, value=value, test=test, by=by, years=years)
    amount, rank = nw.col(value), nw.col("rank")
    ranked = tested.filter(~rank.is_null())
    parts = ranked.with_columns(
        *(nw.when(rank <= n).then(amount).alias(f"_top_{n}") for n in (1, 3, 10)),
        _square=nw.col("share") * nw.col("share"),
        _key=nw.when(nw.col("key_account")).then(amount),
        _is_key=nw.when(nw.col("key_account")).then(1).otherwise(0),
    )
    sums = [nw.len().alias("_accounts"), nw.col("total").max()]
    sums += [nw.col(f"_{name}").sum() for name in ("top_1", "top_3", "top_10", "square", "key", "is_key")]
    summed = parts.group_by(*by).agg(*sums) if by else parts.select(*sums)
    found = [
        _concentration(row, by, corridor or Corridor()) for row in frames.rows(summed) if row["_accounts"]
    ]
    return tuple(sorted(found, key=lambda level: [part or "" for part in level.level]))


def _concentration(row: dict[str, Any], by: Sequence[str], corridor: Corridor) -> Concentration:
    total = Decimal(row["total"])
    key_value = Decimal(row["_key"] or 0)
    return Concentration(
        level=tuple(row[column] for column in by),
        accounts=int(row["_accounts"]),
        total=total,
        top_1=float(Fraction(row["_top_1"]) / Fraction(total)),
        top_3=float(Fraction(row["_top_3"]) / Fraction(total)),
        top_10=float(Fraction(row["_top_10"]) / Fraction(total)),
        hhi=float(row["_square"]),
        key_accounts=int(row["_is_key"]),
        key_share=float(key_value / total),
        corridor=corridor_code(key_value, total, corridor),
    )


@dataclass(frozen=True, slots=True)
class Rung:
    """One account on the ladder of dependency of its level."""

    level: tuple[str | None, ...]
    account_key: str
    rank: int
    value: Decimal
    total: Decimal
    share: float
    key_account: bool
    dependency_band: str | None
    distance_to_key: Decimal  # negative: room below
    target_share: Decimal | None  # the limit to get under: the lowest band, where the account is in one
    growth_needed: Decimal | None  # of the others, to reach the target


def ladder(
    frame: AnyFrame,
    *,
    key: str = "account_key",
    value: str = "revenue",
    test: KeyTest | None = None,
    bands: Bands | None = None,
    by: Sequence[str] = (),
    years: Fraction = Fraction(1),
    first: int = 10,
) -> tuple[Rung, ...]:
    """List, per level, every account that is key, in a band or among the `first`, largest first.

    >>> import pyarrow as pa
    >>> ladder(pa.table({"account_key": ["a", "b"], "revenue": [45, 55]}))[1].growth_needed
    Decimal('125.0000')
    """
    test, bands = test or KeyTest(), bands or Bands()
    tested = key_accounts(frame, key=key, value=value, test=test, bands=bands, by=by, years=years)
    listed = (nw.col("rank") <= first) | nw.col("key_account") | ~nw.col("dependency_band").is_null()
    found = frames.rows(tested.filter(~nw.col("rank").is_null()).filter(listed))
    rungs = [
        Rung(
            level=tuple(row[column] for column in by),
            account_key=row[key],
            rank=int(row["rank"]),
            value=Decimal(row[value]),
            total=Decimal(row["total"]),
            share=float(row["share"]),
            key_account=bool(row["key_account"]),
            dependency_band=row["dependency_band"],
            distance_to_key=distance_to_key(Decimal(row[value]), Decimal(row["total"]), test, years),
            **_way_down(Decimal(row[value]), Decimal(row["total"]), row["dependency_band"], bands),
        )
        for row in found
    ]
    return tuple(sorted(rungs, key=lambda rung: ([part or "" for part in rung.level], rung.rank)))


def _way_down(value: Decimal, total: Decimal, band: str | None, bands: Bands) -> dict[str, Decimal | None]:
    """Aim at the limit of the lowest band, where the account is in one."""
    if band is None:
        return {"target_share": None, "growth_needed": None}
    return {"target_share": bands.watch, "growth_needed": growth_needed(value, total - value, bands.watch)}


def nearest(
    frame: AnyFrame,
    *,
    key: str = "account_key",
    value: str = "revenue",
    test: KeyTest | None = None,
    years: Fraction = Fraction(1),
    count: int = 10,
) -> tuple[Rung, ...]:
    """List the accounts that come nearest to being key without being it, nearest first.

    >>> import pyarrow as pa
    >>> flat = pa.table({"account_key": list("abcdefghijkl"), "revenue": [9] * 11 + [1]})
    >>> nearest(flat, count=1)[0].distance_to_key
    Decimal('1.1112')
    """
    test = test or KeyTest()
    most = largest_number_of_keys(test.threshold) if test.amount_a_year is None else None
    if most is None:
        tested = key_accounts(frame, key=key, value=value, test=test, years=years)
        most = len(frames.rows(tested.filter(nw.col("key_account")).select(key)))
    rungs = ladder(frame, key=key, value=value, test=test, years=years, first=most + count)
    return tuple(rung for rung in rungs if not rung.key_account)[:count]


@dataclass(frozen=True, slots=True)
class ThresholdFor:
    """A threshold that gives so many key accounts; `reached` differs from `wanted` only by equal values."""

    wanted: int
    threshold: Decimal
    reached: int


def thresholds_for(
    frame: AnyFrame,
    *,
    key: str = "account_key",
    value: str = "revenue",
    counts: Sequence[int] = (3, 5, 10),
    comparison: Comparison = "at_least",
) -> tuple[ThresholdFor, ...]:
    """Say which threshold would give so many key accounts: the one with the fewest digits.

    Counts beyond the number of ranked accounts are left out.

    >>> import pyarrow as pa
    >>> book = pa.table({"account_key": list("abcd"), "revenue": [31, 29, 22, 18]})
    >>> thresholds_for(book, counts=[3])
    (ThresholdFor(wanted=3, threshold=Decimal('0.2'), reached=3),)
    """
    listed = frames.ranked(frames.lazy(frame), key=key, value=value)
    through = listed.filter(nw.col("rank") <= max(counts)).select(lowest=nw.col(value).min())
    lowest = frames.rows(through)[0]["lowest"]
    if lowest is None:
        return ()
    # All accounts tied with the last one, and the next one below.
    below = frames.rows(
        listed.filter((nw.col(value) < lowest) & (nw.col(value) > 0)).select(nw.col(value).max())
    )
    top = frames.rows(listed.filter(nw.col(value) >= lowest).select(value, "total"))
    total = Fraction(top[0]["total"])
    shares = sorted((Fraction(row[value]) / total for row in top), reverse=True)
    tail = [Fraction(row[value]) / total for row in below if row[value] is not None] or [Fraction(0)]
    return tuple(_threshold_for(count, shares + tail, comparison) for count in counts if count <= len(shares))


def _threshold_for(wanted: int, shares: list[Fraction], comparison: Comparison) -> ThresholdFor:
    """Take the shortest decimal between the last share that passes and the first that does not."""
    last = shares[wanted - 1]
    reached = sum(share >= last for share in shares)
    following = shares[reached]
    exclusive = comparison == "more_than"
    digits = 1
    while True:
        scale = 10**digits
        steps = ceil(following * scale) if exclusive else floor(last * scale)
        share = Fraction(steps, scale)
        if following <= share < last if exclusive else following < share <= last:
            return ThresholdFor(wanted, Decimal(steps).scaleb(-digits), reached)
        digits += 1
