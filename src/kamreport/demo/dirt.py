"""What an accounting export always contains besides sales: freight, returns, corrections, slips."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kamreport.demo.booking import (
    ADJUSTMENT,
    CANCELLATION,
    CASH,
    CREDIT,
    NO_ACCOUNT,
    NO_QUANTITY,
    PIECE,
    Lines,
)
from kamreport.demo.population import FOREVER, WINDOW_DAYS
from kamreport.demo.trade import HOUSES, PRODUCTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kamreport.demo.booking import Plan

    Integers = NDArray[np.int64]

BOARD_PRODUCTS = sum(p.line != HOUSES for p in PRODUCTS)  # houses come last
FREIGHT, BANK_CHARGES, BAD_DEBT = range(len(PRODUCTS), len(PRODUCTS) + 3)
FREIGHT_SHARE, BANK_SHARE, SAMPLE_SHARE = 0.12, 0.004, 0.002  # of documents
RETURN_SHARE, TROUBLE_RETURN_SHARE = 0.010, 0.14  # of lines
CORRECTION_SHARE, DUPLICATE_SHARE, CASH_SHARE = 0.003, 0.0006, 0.003  # of lines
CANCELLED_SHARE = 0.004  # of documents


def with_dirt(rng: np.random.Generator, plan: Plan, sold: Lines) -> Lines:
    """Add what goes with, against and beside the sales of a stretch of the ledger."""
    if not len(sold):
        return sold
    boards = sold.product < BOARD_PRODUCTS
    heads = np.flatnonzero(np.concatenate(([True], sold.document[1:] != sold.document[:-1])) & boards)
    return Lines.joined(
        [
            sold,
            _freight(rng, sold.rows(_share(rng, heads, FREIGHT_SHARE))),
            _bank_charges(rng, sold.rows(_share(rng, heads, BANK_SHARE))),
            _samples(sold.rows(_share(rng, heads, SAMPLE_SHARE))),
            _returns(rng, plan, sold.rows(boards)),
            _corrections(rng, sold.rows(_share(rng, np.flatnonzero(boards), CORRECTION_SHARE))),
            _cancelled(rng, sold, heads),
            _cash_sales(rng, sold.rows(_share(rng, np.flatnonzero(boards), CASH_SHARE))),
            sold.rows(_share(rng, np.flatnonzero(boards), DUPLICATE_SHARE)),
        ]
    )


def _share(rng: np.random.Generator, rows: Integers, share: float) -> Integers:
    return rows[rng.random(len(rows)) < share]


def _freight(rng: np.random.Generator, heads: Lines) -> Lines:
    net = rng.integers(4500, 38000, len(heads))
    return _service(heads, FREIGHT, net, net * 9 // 10)


def _bank_charges(rng: np.random.Generator, heads: Lines) -> Lines:
    net = rng.integers(350, 2500, len(heads))
    return _service(heads, BANK_CHARGES, net, net)


def _service(heads: Lines, product: int, net: Integers, cost: Integers) -> Lines:
    n = len(heads)
    return heads.changed(
        product=np.full(n, product), quantity=np.full(n, PIECE), list_amount=net, net=net, cost=cost
    )


def _samples(heads: Lines) -> Lines:
    nothing = np.zeros(len(heads), dtype=np.int64)
    return heads.changed(quantity=nothing + 20, net=nothing, cost=nothing + 950, list_amount=nothing)


def _returns(rng: np.random.Generator, plan: Plan, boards: Lines) -> Lines:
    """Some lines come back within a month; many of those from an account in trouble."""
    trouble = boards.day >= plan.fates.trouble_from[boards.account]
    back = boards.rows(rng.random(len(boards)) < np.where(trouble, TROUBLE_RETURN_SHARE, RETURN_SHARE))
    back = back.changed(day=back.day + rng.integers(3, 26, len(back)))
    return _reversed(back.rows(back.day < WINDOW_DAYS), CREDIT)


def _corrections(rng: np.random.Generator, lines: Lines) -> Lines:
    """A price put right afterwards: money without goods."""
    part = rng.integers(2, 9, len(lines))
    nothing = np.zeros(len(lines), dtype=np.int64)
    late = lines.changed(
        day=lines.day + rng.integers(2, 30, len(lines)),
        kind=nothing + CREDIT,
        quantity=nothing + NO_QUANTITY,
        list_amount=nothing,
        net=-(lines.net * part // 100) - 1,
        cost=nothing,
    )
    return late.rows(late.day < WINDOW_DAYS)


def _cancelled(rng: np.random.Generator, sold: Lines, heads: Integers) -> Lines:
    documents = sold.document[_share(rng, heads, CANCELLED_SHARE)]
    return _reversed(sold.rows(np.isin(sold.document, documents)), CANCELLATION)


def _reversed(lines: Lines, kind: int) -> Lines:
    return lines.changed(
        kind=np.full(len(lines), kind),
        quantity=-lines.quantity,
        list_amount=-lines.list_amount,
        net=-lines.net,
        cost=-lines.cost,
    )


def _cash_sales(rng: np.random.Generator, lines: Lines) -> Lines:
    """Sales over the counter, without a customer: a tenth of an ordinary line, at most half a cubic metre."""
    part = np.minimum(lines.quantity // 10, rng.integers(40, 500, len(lines)))
    whole = np.maximum(lines.quantity, 1)
    return lines.changed(
        account=np.full(len(lines), NO_ACCOUNT),
        kind=np.full(len(lines), CASH),
        quantity=part,
        list_amount=lines.list_amount * part // whole,
        net=lines.net * part // whole,
        cost=lines.cost * part // whole,
    )


def bad_debts(plan: Plan, document: int) -> Lines:
    """Write off what three of those who left still owed."""
    left = np.flatnonzero(
        (plan.fates.left_on > 400) & (plan.fates.left_on < FOREVER) & (plan.people.size > 0)
    )[:3]
    n = len(left)
    day = np.minimum(plan.fates.left_on[left] + 120, WINDOW_DAYS - 1)
    nothing = np.zeros(n, dtype=np.int64)
    return Lines(
        day=day,
        account=left,
        kind=np.full(n, ADJUSTMENT),
        document=document + np.arange(n),
        product=np.full(n, BAD_DEBT),
        quantity=nothing + NO_QUANTITY,
        list_amount=nothing,
        net=-(plan.people.size[left] * 2).astype(np.int64) - 100,
        cost=nothing,
    )
