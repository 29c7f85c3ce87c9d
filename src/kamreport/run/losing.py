"""What the loss of an account would do, and whether the selection of key accounts is luck."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kamreport.period import day_number
from kamreport.run.book import exact_incomes
from kamreport.run.money import exact_sum
from kamreport.run.tabulating import empty_table, table_of_rows
from kamstats.errors import Declined
from kamstats.loss import cascade, losses_of
from kamstats.stability import selection_stability

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kamreport.results import Period, Totals
    from kamreport.run.book import Book
    from kamreport.run.levels import Standing
    from kamreport.tables import Table
    from kamstats.loss import Loss

FIRST = 5


def losses(company: Standing, totals: Totals) -> dict[str, Table]:
    """Work out the loss of each of the first five accounts."""
    found = losses_of(
        company.sums,
        [[rung.account_key] for rung in company.ladder()[:FIRST]],
        key="account",
        value=company.base,
        income=None if company.sums["income"].null_count else "income",
        test=company.settings.key,
        years=company.years,
        corridor=company.settings.corridor,
    )
    return {
        "loss": table_of_rows("loss", (_row(company, loss) for loss in found)),
        "loss_cascade": _cascades(company, totals, found),
    }


def _row(company: Standing, loss: Loss) -> dict[str, Any]:
    (account,) = loss.account_keys
    largest = loss.largest[0] if loss.largest else None
    return {
        "account": account,
        "name": company.names[account],
        "lost_revenue": loss.lost_revenue,
        "lost_income": loss.lost_income,
        "share": loss.share,
        "largest_after": company.names[largest.account_key] if largest else None,
        "largest_share_after": largest.share_after if largest else None,
        "hhi_after": loss.after.hhi if loss.after else None,
        "new_keys_after": len(loss.new_keys),
    }


def _cascades(company: Standing, totals: Totals, found: Sequence[Loss]) -> Table:
    rows: list[dict[str, Any]] = []
    for loss in found:
        story = cascade(
            revenue=exact_sum(company.sums["revenue"].to_pylist()),
            income=totals.income,
            lost_revenue=loss.lost_revenue,
            lost_income=loss.lost_income,
            rules=company.settings.loss,
            years=company.years,
        )
        if story.declined:
            return empty_table("loss_cascade", story.declined)
        (account,) = loss.account_keys
        rows.extend(
            {"account": account, "name": company.names[account], "step": step.code, "value": step.value}
            for step in story.steps
        )
    return table_of_rows("loss_cascade", rows)


def stability(company: Standing, book: Book, period: Period) -> Table:
    """Say of every account near the limit whether the answer is robust, borderline or one order's luck."""
    first, last = day_number(period.first_day), day_number(period.last_day)
    day = book.days["day_no"]
    days = book.days.filter(pc.and_(pc.greater_equal(day, first), pc.less_equal(day, last)))
    values = (
        days["revenue"] if company.base == "revenue" else exact_incomes(days, company.settings.assume_margin)
    )
    frame = pa.table({"account_key": days["account"], "day_no": days["day_no"], "value": values})
    try:
        found = selection_stability(
            frame.filter(pc.is_valid(frame["value"])),
            rng=np.random.default_rng(company.settings.seed),
            value="value",
            test=company.settings.key,
            years=company.years,
            windows=_halves(first, last),
        )
    except Declined as declined:
        return empty_table("stability", declined.reason)
    return table_of_rows("stability", _verdicts(company, found.accounts))


def _halves(first: int, last: int) -> list[tuple[int, int]]:
    """Split the period into two windows, in each of which the selection is made again."""
    middle = (first + last) // 2
    return [(first, middle), (middle + 1, last)] if last - first > 60 else []


def _verdicts(company: Standing, accounts: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - Stability rows
    for account in accounts:
        yield {
            "account": account.account_key,
            "name": company.names[account.account_key],
            "share": account.share,
            "low": account.low,
            "high": account.high,
            "key_probability": account.key_probability,
            "verdict": account.verdict,
            "without_largest_order": account.without_largest_order,
        }
