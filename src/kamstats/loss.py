"""What the loss of an account, or of several, would do: from the ledger alone, and as a cascade.

The cascade follows one chain: a volume buyer earns us a supplier's discount; without him the discount falls,
so our prices rise for everybody, and some of the others leave as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from kamstats import columns, frames
from kamstats.concentration import Concentration, Corridor, KeyTest, corridor_code, key_limit
from kamstats.errors import Invalid
from kamstats.reasons import Reason, sentence

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from kamstats.frames import AnyFrame

NOT_IN_BOOK = sentence(
    "account_not_in_book", "No account {account} in the book. Use a key as it stands in the sales files."
)
INPUTS_MISSING = sentence(
    "loss_inputs_missing",
    "The cascade after the loss needs {missing} too. Set the missing inputs under [loss] in the settings, "
    "and load costs where income is missing.",
)
STEPS_FALL = sentence(
    "supplier_steps_fall",
    "The supplier's steps do not rise: {steps}. Give (yearly purchases from, discount) in rising order, with "
    "discounts from 0 to below 1.",
)


@dataclass(frozen=True, slots=True)
class ShareAfter:
    """One of the others: its share before and after the loss."""

    account_key: str
    value: Decimal
    share_before: float
    share_after: float


@dataclass(frozen=True, slots=True)
class Loss:
    """What is lost with the accounts, and how the book looks without them."""

    account_keys: tuple[str, ...]
    lost_revenue: Decimal
    lost_income: Decimal | None  # None where a lost account has no income
    lost_value: Decimal  # of the measure that shares are computed on
    share: float  # of the ranked total before
    before: Concentration | None  # None where no account is ranked
    after: Concentration | None
    largest: tuple[ShareAfter, ...]  # the largest of the others
    new_keys: tuple[str, ...]  # accounts that become key only because the total shrinks


def loss_of(
    frame: AnyFrame,
    account_keys: Collection[str],
    *,
    key: str = "account_key",
    value: str = "revenue",
    revenue: str = "revenue",
    income: str | None = None,
    test: KeyTest | None = None,
    years: Fraction = Fraction(1),
    corridor: Corridor | None = None,
    first: int = 10,
) -> Loss:
    """Take accounts out of the book: lost revenue and income, the others' shares, who becomes key, HHI.

    frame : one row per account; a group's companies go together when `key` is the group.
    first : how many of the others are listed with both shares.
    Invalid when a key is not in the book.

    >>> import pyarrow as pa
    >>> book = pa.table({"account_key": ["a", "b", "c"], "revenue": [50, 45, 5]})
    >>> found = loss_of(book, ["a"])
    >>> int(found.lost_revenue), found.share, found.largest[0].share_after, found.new_keys
    (50, 0.5, 0.9, ('c',))
    """
    losses = losses_of(
        frame,
        [account_keys],
        key=key,
        value=value,
        revenue=revenue,
        income=income,
        test=test,
        years=years,
        corridor=corridor,
        first=first,
    )
    return losses[0]


def losses_of(
    frame: AnyFrame,
    losses: Sequence[Collection[str]],
    *,
    key: str = "account_key",
    value: str = "revenue",
    revenue: str = "revenue",
    income: str | None = None,
    test: KeyTest | None = None,
    years: Fraction = Fraction(1),
    corridor: Corridor | None = None,
    first: int = 10,
) -> tuple[Loss, ...]:
    """Simulate several losses, each for itself, reading the book once; see :func:`loss_of`.

    >>> import pyarrow as pa
    >>> book = pa.table({"account_key": ["a", "b", "c"], "revenue": [50, 45, 5]})
    >>> [found.share for found in losses_of(book, [["a"], ["a", "b"]])]
    [0.5, 0.95]
    """
    given, test = frames.lazy(frame), test or KeyTest()
    exact = (value, revenue, *([income] if income else []))
    frames.require(given, key, exact=exact)
    wanted = sorted({name for loss in losses for name in loss})
    gone = {row[key]: row for row in frames.rows(given.filter(nw.col(key).is_in(wanted)))}
    absent = [name for name in wanted if name not in gone]
    if absent:
        raise Invalid(NOT_IN_BOOK(account=", ".join(absent)))
    book, rules = _Ranked.of(given, key, value), _Rules(test, years, corridor or Corridor())
    found = []
    for loss in losses:
        rows = [gone[name] for name in sorted(set(loss))]
        no_income = income is None or any(row[income] is None for row in rows)
        found.append(
            Loss(
                account_keys=tuple(row[key] for row in rows),
                lost_revenue=_sum(rows, revenue),
                lost_income=None if no_income else _sum(rows, str(income)),
                lost_value=_sum(rows, value),
                **_difference(book, book.without(loss), rules, first),
            )
        )
    return tuple(found)


def _sum(rows: Sequence[dict[str, Any]], column: str) -> Decimal:
    return sum((Decimal(row[column] or 0) for row in rows), Decimal(0))


def _difference(before: _Ranked, after: _Ranked, rules: _Rules, first: int) -> dict[str, Any]:
    """Compare the book with what is left of it."""
    old_keys = {before.name(place) for place in range(before.keys_among(rules))}
    names = [after.name(place) for place in range(after.keys_among(rules))]
    return {
        "share": (before.total - after.total) / before.total if before.total else 0.0,
        "before": before.summary(rules),
        "after": after.summary(rules),
        "largest": tuple(
            ShareAfter(
                after.name(place),
                columns.as_decimal(after.values[place]),
                int(after.values[place]) / before.total,
                int(after.values[place]) / after.total,
            )
            for place in range(min(first, len(after.values)))
        ),
        "new_keys": tuple(name for name in names if name not in old_keys),
    }


@dataclass(frozen=True, slots=True)
class _Rules:
    test: KeyTest
    years: Fraction
    corridor: Corridor


@dataclass(frozen=True, slots=True)
class _Ranked:
    """The ranked accounts, largest first, in ten-thousandths."""

    keys: Any  # a pyarrow column
    places: NDArray[np.int64]  # of the accounts left, in `keys`
    values: NDArray[np.int64]
    total: int

    @classmethod
    def of(cls, book: nw.LazyFrame[Any], key: str, value: str) -> _Ranked:
        ranked = book.filter(nw.col(value) > 0).select(_key=nw.col(key), _value=nw.col(value))
        table = columns.arrow(ranked.sort("_value", "_key", descending=[True, False]))
        values = columns.ten_thousandths(table["_value"], value)
        return cls(table["_key"], np.arange(len(values)), values, _exact_sum(values))

    def without(self, account_keys: Collection[str]) -> _Ranked:
        gone = [self.keys.index(name).as_py() for name in account_keys]
        left = np.setdiff1d(self.places, gone)
        return _Ranked(self.keys, left, self.values[left], _exact_sum(self.values[left]))

    def name(self, place: int) -> str:
        return str(self.keys[int(self.places[place])].as_py())

    def keys_among(self, rules: _Rules) -> int:
        """Count the key accounts: they are the first ones."""
        limit = key_limit(columns.as_decimal(self.total), rules.test, rules.years) * columns.UNIT
        least = ceil(limit) if rules.test.comparison == "at_least" else floor(limit) + 1
        return int((self.values >= min(least, np.iinfo(np.int64).max)).sum())

    def summary(self, rules: _Rules) -> Concentration | None:
        if not self.total:
            return None
        key_accounts = self.keys_among(rules)
        key_value = columns.as_decimal(_exact_sum(self.values[:key_accounts]))
        total = columns.as_decimal(self.total)
        return Concentration(
            level=(),
            accounts=len(self.values),
            total=total,
            top_1=_exact_sum(self.values[:1]) / self.total,
            top_3=_exact_sum(self.values[:3]) / self.total,
            top_10=_exact_sum(self.values[:10]) / self.total,
            hhi=float(np.square(self.values / self.total).sum()),
            key_accounts=key_accounts,
            key_share=float(key_value / total),
            corridor=corridor_code(key_value, total, rules.corridor),
        )


def _exact_sum(values: NDArray[np.int64]) -> int:
    """Add without overflow: high and low halves apart."""
    return (int((values >> 32).sum()) << 32) + int((values & 0xFFFFFFFF).sum())


@dataclass(frozen=True, slots=True)
class LossRules:
    """What the ledger cannot know; the cascade runs only when all four are given."""

    fixed_costs: Decimal | None = None  # a year
    supplier_steps: tuple[tuple[Decimal, Decimal], ...] = ()  # (yearly purchases from, discount), rising
    price_rise: Decimal | None = None  # fraction, for the remaining accounts
    further_loss: Decimal | None = None  # fraction of the remaining sales that leaves because of it

    def missing(self) -> tuple[str, ...]:
        """Name the inputs that are not given."""
        given = {
            "fixed_costs": self.fixed_costs is not None,
            "supplier_steps": bool(self.supplier_steps),
            "price_rise": self.price_rise is not None,
            "further_loss": self.further_loss is not None,
        }
        return tuple(name for name, present in given.items() if not present)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the cascade; `value` is money a year, negative where it costs us."""

    code: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class Cascade:
    """The steps from today's profit to the profit after; empty with the missing inputs named."""

    steps: tuple[Step, ...]
    missing: tuple[str, ...]
    declined: Reason | None

    def value(self, code: str) -> Decimal:
        """Give the value of a step by its code."""
        return next(step.value for step in self.steps if step.code == code)


def cascade(
    *,
    revenue: Decimal,
    income: Decimal | None,
    lost_revenue: Decimal,
    lost_income: Decimal | None,
    rules: LossRules,
    years: Fraction = Fraction(1),
) -> Cascade:
    """Follow a loss through supplier discount, price rise and further loss to the profit that remains.

    Parameters
    ----------
    revenue, income : of the whole book over the period; lost_revenue, lost_income : of the accounts lost.
        Purchases are revenue less income.
    years : length of the period; all steps are money a year, rounded half-up to 4 places once each.

    Returns
    -------
    Steps `income`, `fixed_costs`, `profit_before`, `lost_income`, `supplier_discount`, `price_rise`,
    `further_loss`, `profit_after`; the profits are the exact sums of the steps before them.

    Notes
    -----
    With R and K the remaining revenue and purchases a year, d and d' the supplier's discount at all purchases
    and at the remaining ones (counted at today's prices), p the price rise and f the further loss:

    - supplier_discount = -K (d - d') / (1 - d): new less old supplier price, times the remaining volume;
    - price_rise = p R: the part passed on;
    - further_loss = -f (R (1 + p) - K (1 - d') / (1 - d)): the margin of those who leave because of it.

    Together: the margin lost with the account + (new - old supplier price) * remaining volume - the part
    passed on + the margin of the extra customers lost. An identity, not an estimate: p and f are given.

    Examples
    --------
    >>> rules = LossRules(Decimal(10), ((Decimal(0), Decimal(0)), (Decimal(80), Decimal("0.2"))),
    ...                   Decimal("0.1"), Decimal("0.25"))
    >>> after = cascade(revenue=Decimal(120), income=Decimal(40), lost_revenue=Decimal(60),
    ...                 lost_income=Decimal(20), rules=rules)
    >>> [(step.code, float(step.value)) for step in after.steps[3:]]
    [('lost_income', -20.0), ('supplier_discount', -10.0), ('price_rise', 6.0),
     ('further_loss', -4.0), ('profit_after', 2.0)]
    """
    missing = rules.missing() + (("income",) if income is None or lost_income is None else ())
    if (
        income is None
        or lost_income is None
        or rules.fixed_costs is None
        or rules.price_rise is None
        or rules.further_loss is None
        or missing
    ):
        return Cascade((), missing, INPUTS_MISSING(missing=", ".join(missing)))
    _require_rising_steps(rules.supplier_steps)
    left = Fraction(revenue - lost_revenue) / years
    bought = Fraction(revenue - income) / years
    bought_left = bought - Fraction(lost_revenue - lost_income) / years
    before, after = (discount_at(amount, rules.supplier_steps) for amount in (bought, bought_left))
    dearer = bought_left * (before - after) / (1 - before)
    passed_on = left * Fraction(rules.price_rise)
    leaving = Fraction(rules.further_loss) * (left + passed_on - bought_left - dearer)
    first = [
        Step("income", _money(Fraction(income) / years)),
        Step("fixed_costs", _money(-Fraction(rules.fixed_costs))),
    ]
    then = [
        Step("lost_income", _money(-Fraction(lost_income) / years)),
        Step("supplier_discount", _money(-dearer)),
        Step("price_rise", _money(passed_on)),
        Step("further_loss", _money(-leaving)),
    ]
    profit_before = Step("profit_before", _total(first))
    return Cascade(
        (*first, profit_before, *then, Step("profit_after", _total([profit_before, *then]))), (), None
    )


def discount_at(purchases: Fraction, steps: Sequence[tuple[Decimal, Decimal]]) -> Fraction:
    """Give the supplier's discount at yearly purchases: that of the highest step reached, else none.

    >>> discount_at(Fraction(80), ((Decimal(50), Decimal("0.05")), (Decimal(80), Decimal("0.1"))))
    Fraction(1, 10)
    """
    reached = [discount for start, discount in steps if purchases >= Fraction(start)]
    return Fraction(reached[-1]) if reached else Fraction(0)


def _require_rising_steps(steps: Sequence[tuple[Decimal, Decimal]]) -> None:
    starts, discounts = [start for start, _ in steps], [discount for _, discount in steps]
    in_range = all(0 <= discount < 1 for discount in discounts)
    if not in_range or starts != sorted(set(starts)) or discounts != sorted(discounts):
        raise Invalid(STEPS_FALL(steps="; ".join(f"{start}: {discount}" for start, discount in steps)))


def _money(amount: Fraction) -> Decimal:
    """Round half up, away from zero, to the ledger's four places."""
    scaled = abs(amount) * 10_000 + Fraction(1, 2)
    return Decimal(scaled.numerator // scaled.denominator).scaleb(-4).copy_sign(1 if amount >= 0 else -1)


def _total(steps: Sequence[Step]) -> Decimal:
    return sum((step.value for step in steps), Decimal("0.0000"))
