"""What the loss of an account, or of several, would do: from the ledger alone, and as a cascade.

The cascade follows one chain: a volume buyer earns us a supplier's discount; without him the discount falls,
so our prices rise for everybody, and some of the others leave as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import narwhals as nw

from kamstats import frames
from kamstats.concentration import Concentration, KeyTest, concentrations, is_key
from kamstats.errors import Invalid
from kamstats.reasons import Reason, sentence

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

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
    given, test = frames.lazy(frame), test or KeyTest()
    frames.require(given, key, exact=(value, revenue, *([income] if income else [])))
    gone = frames.rows(given.filter(nw.col(key).is_in(list(account_keys))))
    absent = sorted(set(account_keys) - {row[key] for row in gone})
    if absent:
        raise Invalid(NOT_IN_BOOK(account=", ".join(absent)))
    before = _summary(given, key, value, test, years)
    rest = given.filter(~nw.col(key).is_in(list(account_keys)))
    after = _summary(rest, key, value, test, years)
    largest = _largest(rest, key, value, first)
    ranked_before, ranked_after = (level.total if level else Decimal(0) for level in (before, after))
    lost = _sum(gone, value)
    return Loss(
        account_keys=tuple(sorted(row[key] for row in gone)),
        lost_revenue=_sum(gone, revenue),
        lost_income=None
        if income is None or any(row[income] is None for row in gone)
        else _sum(gone, income),
        lost_value=lost,
        share=_fraction(ranked_before - ranked_after, ranked_before),
        before=before,
        after=after,
        largest=tuple(
            ShareAfter(name, amount, _fraction(amount, ranked_before), _fraction(amount, ranked_after))
            for name, amount in largest[:first]
        ),
        new_keys=tuple(
            name
            for name, amount in _largest(rest, key, value, _most_keys(after))
            if is_key(amount, ranked_after, test, years) and not is_key(amount, ranked_before, test, years)
        ),
    )


def _summary(
    book: nw.LazyFrame[Any], key: str, value: str, test: KeyTest, years: Fraction
) -> Concentration | None:
    levels = concentrations(book, key=key, value=value, test=test, years=years)
    return levels[0] if levels else None


def _most_keys(level: Concentration | None) -> int:
    return level.key_accounts if level else 0


def _largest(book: nw.LazyFrame[Any], key: str, value: str, count: int) -> list[tuple[str, Decimal]]:
    listed = frames.ranked(book, key=key, value=value).filter(nw.col("rank") <= count)
    return [
        (row[key], Decimal(row[value]))
        for row in sorted(frames.rows(listed), key=lambda row: int(row["rank"]))
    ]


def _sum(rows: Sequence[dict[str, Any]], column: str) -> Decimal:
    return sum((Decimal(row[column] or 0) for row in rows), Decimal(0))


def _fraction(part: Decimal, whole: Decimal) -> float:
    return float(Fraction(part) / Fraction(whole)) if whole else 0.0


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
