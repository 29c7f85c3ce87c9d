"""Receivables: how old debt is, how long sales stay unpaid, how an account pays, what credit is advisable."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from kamstats.columns import arrow, codes, taken, ten_thousandths
from kamstats.errors import Declined, Invalid
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from kamstats.frames import AnyFrame
    from kamstats.reasons import Reason

AGEING_LIMITS = sentence(
    "ageing_limits",
    "The ageing limits are {limits}; they must be whole days that rise from 1 on. Give for example 30, 60, "
    "90.",
)
NO_SALES_FOR_DSO = sentence(
    "no_sales_for_dso",
    "Sales of {revenue} in {days} days: days sales outstanding need sales above zero. Choose another period.",
)
DSO_BEYOND_HISTORY = sentence(
    "dso_beyond_history",
    "The receivables of {receivable} exceed all sales of the {days} days given. Give more months.",
)
NO_INVOICES_DUE = sentence(
    "no_invoices_due", "No invoice has fallen due up to day {as_of}; payment behaviour needs at least one."
)
TREND_TOO_SHORT = sentence(
    "payment_trend_too_short",
    "Only {have} invoices fell due on different days; a trend of payment needs at least {need}.",
)
CREDIT_BASE = sentence(
    "credit_base",
    "{revenue} bought in 12 months makes {daily} a day; {days} days of it, the term with the days of grace.",
)
CREDIT_NOT_REGULAR = sentence(
    "credit_not_regular",
    "Not a regular customer yet: {factor:.0%} of the limit until the first year is over.",
)
CREDIT_PAYS_LATE = sentence(
    "credit_pays_late",
    "Pays {days_late:.0f} days late on average, weighted by amount: {factor:.0%} of the limit.",
)
CREDIT_PAYS_IN_TIME = sentence(
    "credit_pays_in_time",
    "Pays within {grace} days after the due date ({days_late:.0f} on average): no reduction.",
)
CREDIT_NO_RECORD = sentence(
    "credit_no_record",
    "No invoice has fallen due yet, so there is no record of payment: {factor:.0%} of the limit.",
)
CREDIT_OLD_DEBT = sentence(
    "credit_old_debt",
    "{amount} is overdue for more than {days} days: no further credit until it is paid. Ask for prepayment.",
)
CREDIT_NOTHING_BOUGHT = sentence(
    "credit_nothing_bought",
    "Nothing was bought in 12 months, so there is no measure for a limit. Ask for prepayment.",
)
CREDIT_GETTING_LATER = sentence(
    "credit_getting_later",
    "Payments come {days_per_year:.0f} days later every year. Talk to the account about it.",
)

_INVOICE = ("account_key", "due_day", "open_amount")


def age_receivables(
    invoices: AnyFrame, *, as_of: int, limits: Sequence[int] = (30, 60, 90)
) -> nw.LazyFrame[Any]:
    """Sort what is still open by how long it is overdue, per account; exact.

    invoices : frame with account_key, due_day (days since 1970-01-01) and open_amount (decimal; 0 = settled;
        negative = a credit that is not set off yet).
    limits : the upper ends of the bands in days.

    Returns a lazy frame with account_key, `open` (everything), `not_due` (due on `as_of` or later),
    `overdue_1_30`, `overdue_31_60`, `overdue_61_90`, `overdue_over_90` (named by the limits), `credit`
    (negative amounts, kept apart so that they hide no overdue debt), `overdue` (the sum of the bands) and
    `oldest_days` (0 where nothing is overdue). `open` = `not_due` + `overdue` + `credit`.

    >>> import pyarrow as pa
    >>> open_amount = [Decimal("50.10"), Decimal("20.00")]
    >>> bills = pa.table({"account_key": ["a", "a"], "due_day": [100, 60], "open_amount": open_amount})
    >>> age_receivables(bills, as_of=100).select("not_due", "overdue_31_60", "oldest_days").collect().rows()
    [(Decimal('50.10'), Decimal('20.00'), 40)]
    """
    edges = list(limits)
    if not edges or edges[0] < 1 or any(low >= high for low, high in pairwise(edges)):
        raise Invalid(AGEING_LIMITS(limits=", ".join(map(str, limits))))
    amount, late = nw.col("open_amount"), nw.lit(as_of) - nw.col("due_day")
    debt = amount > 0
    bands = {"not_due": debt & (late <= 0), "credit": amount < 0, "overdue": debt & (late > 0)}
    for low, high in zip([0, *edges], edges, strict=False):
        bands[f"overdue_{low + 1}_{high}"] = debt & (late > low) & (late <= high)
    bands[f"overdue_over_{edges[-1]}"] = debt & (late > edges[-1])
    rows = taken(invoices, *_INVOICE).with_columns(
        *(nw.when(band).then(amount).otherwise(amount - amount).alias(name) for name, band in bands.items()),
        nw.when(bands["overdue"]).then(late).otherwise(nw.lit(0)).alias("oldest_days"),
    )
    sums = [nw.col(name).sum() for name in bands]
    return rows.group_by("account_key").agg(amount.sum().alias("open"), *sums, nw.col("oldest_days").max())


def days_sales_outstanding(receivable: Decimal, revenue: Decimal, days: int) -> float:
    """How many days of average sales are unpaid: receivable / revenue × days.

    Raises Declined where revenue is not above zero.

    >>> days_sales_outstanding(Decimal(150_000), Decimal(900_000), 90)
    15.0
    """
    if revenue <= 0 or days <= 0:
        raise Declined(NO_SALES_FOR_DSO(revenue=revenue, days=days))
    return float(receivable * days / revenue)


def count_back_days(receivable: ArrayLike, revenue: ArrayLike, days: ArrayLike) -> NDArray[np.float64]:
    """Days sales outstanding by exhaustion: the newest sales are taken as unpaid first, month by month.

    receivable : (n,) or one number. revenue : (n, k) or (k,), newest month first. days : (k,) days per month.
    Whole months are counted in full while the receivable exceeds their sales, the last one in proportion; a
    month without sales (or with more returns than sales) counts in full when it is reached.
    Returns (n,) float days; NaN where the receivable exceeds all the sales given (see `count_back`).

    >>> count_back_days(900, [500, 600, 400], [31, 30, 31]).round(1)
    array([51.])
    """
    owed = np.atleast_1d(np.asarray(receivable, dtype=np.float64))[:, None]
    sold = np.maximum(np.atleast_2d(np.asarray(revenue, dtype=np.float64)), 0.0)
    total = np.cumsum(sold, axis=1)
    before = total - sold
    part = (owed - before) / np.where(sold > 0, sold, 1.0)
    share = np.where(sold > 0, np.clip(part, 0.0, 1.0), owed > before)
    counted = (share * np.asarray(days, dtype=np.float64)).sum(axis=1)
    return np.where(owed[:, 0] <= total[:, -1], counted, np.nan)


def count_back(receivable: Decimal, revenue: Sequence[Decimal], days: Sequence[int]) -> float:
    """Count back one receivable (see `count_back_days`); raises Declined where the history is too short.

    >>> count_back(Decimal(500), [Decimal(500), Decimal(600)], [31, 30])
    31.0
    """
    found = count_back_days(
        float(receivable), [float(month) for month in revenue] or [0.0], list(days) or [0]
    )
    if np.isnan(found[0]):
        raise Declined(DSO_BEYOND_HISTORY(receivable=receivable, days=sum(days)))
    return float(found[0])


@dataclass(frozen=True, slots=True)
class PaymentBehaviour:
    """How accounts pay, in the order of their keys; arrays of equal length.

    invoices : how many fell due. days_late : mean of paid − due (negative = early). weighted_days_late : the
    same weighted by amount. late_share : fraction paid later than the days of grace. trend : days per year
    by which payments come later (least squares on the due date), NaN with a reason in `declined`.
    """

    accounts: tuple[str, ...]
    invoices: NDArray[np.int64]
    days_late: NDArray[np.float64]
    weighted_days_late: NDArray[np.float64]
    late_share: NDArray[np.float64]
    trend: NDArray[np.float64]
    declined: tuple[Reason | None, ...]


def payment_behaviour(
    invoices: AnyFrame, *, as_of: int, grace_days: int = 5, minimum_for_trend: int = 5
) -> PaymentBehaviour:
    """How late each account pays, and whether it gets worse.

    invoices : frame with account_key, due_day, paid_day (days since 1970-01-01; missing = not paid) and
        amount (decimal). Invoices due after `as_of` and credit notes (amount ≤ 0) are passed over; an unpaid
        one counts as late as it is up to `as_of`, which is the least that it will be.
    Raises Declined where nothing fell due.

    >>> import pyarrow as pa
    >>> columns = ["account_key", "due_day", "paid_day", "amount"]
    >>> bills = pa.table([["a", "a"], [10, 20], [10, None], [300, 100]], names=columns)
    >>> found = payment_behaviour(bills, as_of=40)
    >>> found.days_late, found.weighted_days_late, found.late_share
    (array([10.]), array([5.]), array([0.5]))
    """
    rows = taken(invoices, "account_key", "due_day", "paid_day", "amount")
    due_rows = rows.filter(nw.col("due_day") <= as_of, nw.col("amount") > 0, ~nw.col("account_key").is_null())
    table = arrow(due_rows.select("account_key", "due_day", nw.col("paid_day").fill_null(as_of), "amount"))
    if table.num_rows == 0:
        raise Declined(NO_INVOICES_DUE(as_of=as_of))
    account, keys = codes(table["account_key"])
    due = table["due_day"].to_numpy().astype(np.float64)
    paid = np.minimum(table["paid_day"].to_numpy().astype(np.float64), as_of)
    lateness = paid - due
    amount = ten_thousandths(table["amount"], "amount")
    return _behaviour(
        keys, account, due, lateness, amount, grace_days=grace_days, minimum_for_trend=minimum_for_trend
    )


def _behaviour(
    keys: list[str],
    account: NDArray[np.int64],
    due: NDArray[np.float64],
    late: NDArray[np.float64],
    amount: NDArray[np.int64],
    *,
    grace_days: int,
    minimum_for_trend: int,
) -> PaymentBehaviour:
    def total(values: NDArray[Any]) -> NDArray[np.float64]:
        return np.bincount(account, weights=values, minlength=len(keys)).astype(np.float64)

    count = np.bincount(account, minlength=len(keys))
    weight = amount.astype(np.float64)
    mean_due, mean_late = total(due) / count, total(late) / count
    off_due, off_late = due - mean_due[account], late - mean_late[account]
    spread = total(off_due**2)
    enough = (count >= minimum_for_trend) & (spread > 0)
    slope = total(off_due * off_late) / np.where(spread > 0, spread, 1.0) * 365.25
    return PaymentBehaviour(
        accounts=tuple(keys),
        invoices=count,
        days_late=mean_late,
        weighted_days_late=total(late * weight) / total(weight),
        late_share=total(late > grace_days) / count,
        trend=np.where(enough, slope, np.nan),
        declined=tuple(
            None if fine else TREND_TOO_SHORT(have=int(n), need=minimum_for_trend)
            for fine, n in zip(enough, count, strict=True)
        ),
    )


@dataclass(frozen=True, slots=True)
class CreditPolicy:
    """The rules of an advisable limit. All are the company's to set.

    lateness : pairs (more than so many days late, part of the limit that remains), rising.
    """

    term_days: int = 30
    grace_days: int = 5
    not_regular: Decimal = Decimal("0.5")
    no_record: Decimal = Decimal("0.5")
    lateness: tuple[tuple[int, Decimal], ...] = ((5, Decimal("0.75")), (30, Decimal("0.5")), (60, Decimal(0)))
    old_debt_days: int = 90
    worsening_days_per_year: float = 10.0
    rounding: Decimal = Decimal(100)


@dataclass(frozen=True, slots=True)
class CreditLimit:
    """An advisable limit, what is left of it, and why, in sentences."""

    limit: Decimal
    headroom: Decimal  # the largest advisable order: the limit less what is open, at least 0
    reasons: tuple[Reason, ...]


def advise_credit(
    *,
    revenue_12m: Decimal,
    open_amount: Decimal,
    old_debt: Decimal,
    is_regular: bool,
    days_late: float | None,
    trend: float | None = None,
    policy: CreditPolicy | None = None,
) -> CreditLimit:
    """How much credit an account may have, by what it buys, how it pays and how long we know it.

    revenue_12m : bought in the last 12 months. open_amount : open now. old_debt : of it overdue for longer
    than `policy.old_debt_days`. days_late : weighted by amount, None or NaN without a record. trend : see
    `PaymentBehaviour`.

    limit = revenue_12m / 365 × (term + grace) × the factors of the reasons, rounded down. Exact decimals.
    Source: B-034, B-036; the steps are settings, not a law of nature.

    >>> found = advise_credit(revenue_12m=Decimal(365_000), open_amount=Decimal(12_000), old_debt=Decimal(0),
    ...                       is_regular=True, days_late=12.0)
    >>> found.limit, found.headroom, [reason.code for reason in found.reasons]
    (Decimal('26200'), Decimal('14200'), ['credit_base', 'credit_pays_late'])
    """
    rules = policy or CreditPolicy()
    if old_debt > 0:
        return _none_left(CREDIT_OLD_DEBT(amount=old_debt, days=rules.old_debt_days))
    if revenue_12m <= 0:
        return _none_left(CREDIT_NOTHING_BOUGHT())
    days = rules.term_days + rules.grace_days
    limit = revenue_12m * days / 365
    reasons = [
        CREDIT_BASE(revenue=revenue_12m, daily=(revenue_12m / 365).quantize(Decimal("0.01")), days=days)
    ]
    if not is_regular:
        limit *= rules.not_regular
        reasons.append(CREDIT_NOT_REGULAR(factor=rules.not_regular))
    factor, reason = _payment_factor(days_late, rules)
    reasons.append(reason)
    if trend is not None and trend > rules.worsening_days_per_year:
        reasons.append(CREDIT_GETTING_LATER(days_per_year=trend))
    steps = (limit * factor / rules.rounding).quantize(Decimal(1), rounding=ROUND_DOWN)
    advised = steps * rules.rounding
    return CreditLimit(advised, max(advised - open_amount, Decimal(0)), tuple(reasons))


def _payment_factor(days_late: float | None, rules: CreditPolicy) -> tuple[Decimal, Reason]:
    if days_late is None or np.isnan(days_late):
        return rules.no_record, CREDIT_NO_RECORD(factor=rules.no_record)
    factor = next((part for above, part in reversed(rules.lateness) if days_late > above), None)
    if factor is None:
        return Decimal(1), CREDIT_PAYS_IN_TIME(grace=rules.grace_days, days_late=days_late)
    return factor, CREDIT_PAYS_LATE(days_late=days_late, factor=factor)


def _none_left(reason: Reason) -> CreditLimit:
    return CreditLimit(Decimal(0), Decimal(0), (reason,))
