"""Money per account and level: exact sums, income where the costs are known, the base of all shares."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from kamreport.results import Totals
from kamstats.errors import Invalid
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kamreport.results import Period
    from kamreport.settings import Settings

MONEY = pa.decimal128(38, 4)
STEP = Decimal("0.0001")
SUMMED = ("revenue", "cost", "revenue_with_cost", "lines", "lines_without_cost")

NO_COSTS = sentence(
    "no_costs",
    "Shares by income need costs, and no line has one. Give a cost column, state a margin for all lines, or "
    "choose revenue.",
)
COSTS_MISSING = sentence(
    "costs_missing", "{missing} of {lines} lines have no cost, so there is no income. Load their costs."
)
INCOMPLETE_COSTS = sentence(
    "incomplete_costs",
    "Costs are known for {coverage:.1%} of revenue, so shares are computed on revenue. Accounts with a line "
    "without a cost have no income.",
)
MARGIN_ASSUMED = sentence(
    "margin_assumed",
    "Lines without a cost are taken at a margin of {margin:.1%}; they are {assumed:.1%} of revenue.",
)

Base = Literal["revenue", "income"]


@dataclass(frozen=True, slots=True)
class Costs:
    """How far income is known."""

    lines: int
    lines_without: int
    coverage: Decimal  # share of revenue whose cost is known


def sums_by(months: pa.Table, by: Sequence[str], margin: Decimal | None) -> pa.Table:
    """Add the money of months by the columns `by`; gives them, `revenue`, `income` and the counts."""
    summed = months.group_by(list(by)).aggregate([(name, "sum") for name in SUMMED])
    columns = (summed[f"{name}_sum"].to_pylist() for name in SUMMED if name != "lines")
    income = [
        _income(revenue, cost, covered, lacking, margin)
        for revenue, cost, covered, lacking in zip(*columns, strict=True)
    ]
    return pa.table(
        {name: summed[name] for name in by}
        | {
            "revenue": summed["revenue_sum"].cast(MONEY),
            "income": pa.array(income, MONEY),
            "lines": summed["lines_sum"],
            "lines_without_cost": summed["lines_without_cost_sum"],
        }
    )


def _income(
    revenue: Decimal, cost: Decimal | None, covered: Decimal | None, lacking: int, margin: Decimal | None
) -> Decimal | None:
    """Revenue less cost; missing when a line has no cost, unless a margin stands in for such lines."""
    known = (covered or Decimal(0)) - (cost or Decimal(0))
    if not lacking:
        return known
    if margin is None:
        return None
    assumed = ((revenue - (covered or Decimal(0))) * margin).quantize(STEP, ROUND_HALF_UP)
    return known + assumed


def costs_of(months: pa.Table) -> Costs:
    """Say how far the costs of the period are known."""
    columns = [months[name].to_pylist() for name in ("revenue", "revenue_with_cost")]
    whole, covered = (exact_sum(column) for column in columns)
    share = covered / whole if whole > 0 else Decimal(0)
    lines, lacking = (sum(months[name].to_pylist()) for name in ("lines", "lines_without_cost"))
    return Costs(lines, lacking, min(max(share, Decimal(0)), Decimal(1)))


def choose_base(settings: Settings, costs: Costs) -> Base:
    """Choose what shares are computed on: income when every used line has a cost, else revenue.

    Raises Invalid when income is asked for and no line has a cost.
    """
    if settings.by == "revenue":
        return "revenue"
    complete = costs.lines_without == 0 or settings.assume_margin is not None
    if settings.by == "income":
        if costs.lines_without == costs.lines and settings.assume_margin is None:
            raise Invalid(NO_COSTS())
        return "income"
    return "income" if complete and costs.lines else "revenue"


def totals_of(sums: pa.Table, costs: Costs) -> Totals:
    """Add revenue and income up exactly, each split into the accounts above zero and the others."""
    incomes = sums["income"].to_pylist()
    known = [income for income in incomes if income is not None]
    whole, ranked, unranked = _split(known) if known else (None, None, None)
    complete = whole if len(known) == len(incomes) else None
    return Totals(*_split(sums["revenue"].to_pylist()), complete, ranked, unranked, costs.coverage)


def _split(values: list[Decimal]) -> tuple[Decimal, Decimal, Decimal]:
    net = exact_sum(values)
    ranked = exact_sum(value for value in values if value > 0)
    return net, ranked, net - ranked


def exact_sum(values: Iterable[Decimal | None]) -> Decimal:
    """Add decimals exactly; missing values add nothing."""
    return sum((value for value in values if value is not None), start=Decimal("0.0000"))


def years_of(period: Period) -> Fraction:
    """Give the length of the period in years, for sums that are set per year.

    Whole months count as twelfths; a period without any counts by its days.
    """
    if period.whole_months:
        return Fraction(period.whole_months, 12)
    return Fraction((period.last_day - period.first_day).days + 1, 365)
