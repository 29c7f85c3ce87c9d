"""The invoice lines of orders: products, quantities, prices and costs, in whole thousandths and cents."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Self

import numpy as np

from kamreport.demo import trade
from kamreport.demo.population import WINDOW_DAYS
from kamreport.demo.trade import CHIPBOARD, HOUSES, PRODUCT_LINES, PRODUCTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kamreport.demo.fates import Fates
    from kamreport.demo.population import Population
    from kamreport.demo.rhythms import Orders

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

DOCUMENT_LINES = 20  # longer orders are invoiced in several documents
PIECE = 1000  # quantities are whole thousandths
NO_ACCOUNT, NO_QUANTITY = -1, np.iinfo(np.int64).min
INVOICE, CREDIT, CANCELLATION, ADJUSTMENT, CASH = range(5)  # kinds of documents, each with its prefix
_LINE_OF = np.array([p.line for p in PRODUCTS])
_PRODUCT_COUNT = np.bincount(_LINE_OF)  # the products stand in the order of their lines
_FIRST_PRODUCT = np.cumsum(_PRODUCT_COUNT) - _PRODUCT_COUNT
_LIST_CENTS = np.array([round(100 * p.list_price) for p in PRODUCTS])
_COST_CENTS = np.array([round(100 * p.list_price * p.cost_share) for p in PRODUCTS])
_STEP = 1.6  # how far an order strays from the favourite product, in products


@dataclass(frozen=True, slots=True)
class Lines:
    """Booked lines as columns of whole numbers; `quantity` in thousandths, money in cents."""

    day: Integers
    account: Integers  # NO_ACCOUNT: a cash sale
    kind: Integers
    document: Integers
    product: Integers  # index over PRODUCTS, then SERVICES
    quantity: Integers  # NO_QUANTITY: a correction of money only
    list_amount: Integers
    net: Integers
    cost: Integers

    def __len__(self) -> int:
        return len(self.day)

    def rows(self, chosen: NDArray[np.bool_] | Integers) -> Self:
        """Give the chosen rows."""
        return type(self)(*(getattr(self, f.name)[chosen] for f in fields(self)))

    def changed(self, **columns: Integers) -> Self:
        """Give the same rows with some columns replaced."""
        return type(self)(*(columns.get(f.name, getattr(self, f.name)) for f in fields(self)))

    @classmethod
    def joined(cls, parts: list[Self]) -> Self:
        """Put parts below each other."""
        return cls(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)))


@dataclass(frozen=True, slots=True)
class Plan:
    """What turns orders into lines."""

    people: Population
    fates: Fates
    favourite: Integers  # accounts × product lines
    quantity: Floats  # accounts × product lines: mean thousandths of a line before season and fate
    lines_an_order: Floats  # per product line
    orders: Orders


def draw_plan(
    rng: np.random.Generator, people: Population, fates: Fates, orders: Orders, lines: int | None
) -> Plan:
    """Fix the habits of each account: favourite products and the usual quantity of a line."""
    usual = np.array([line.lines_an_order for line in PRODUCT_LINES])
    if lines is not None:
        boards = np.arange(len(usual)) != HOUSES
        usual = np.where(boards, np.maximum(1.0, usual * _crowding(people, orders, usual, lines)), usual)
    orders_a_year = 365.25 / people.interval[:, None]
    favourite = rng.integers(0, _PRODUCT_COUNT, (len(people), len(PRODUCT_LINES)))
    with np.errstate(divide="ignore", invalid="ignore"):
        volume = people.money / (orders_a_year * people.chance * usual * list_prices(favourite))
    return Plan(
        people=people,
        fates=fates,
        favourite=favourite,
        quantity=np.where(people.money > 0, volume * PIECE, 0.0),
        lines_an_order=usual,
        orders=orders,
    )


def _crowding(people: Population, orders: Orders, usual: Floats, lines: int) -> float:
    """How many lines must stand where habit puts one, for the ledger to hold about `lines`."""
    beside_orders, beside_lines = 0.13, 1.02  # freight by document; returns, corrections, doubles by line
    habitual = 0.0
    for line in range(len(usual)):
        open_ = people.buys_from[orders.account, line] <= orders.day
        open_ &= orders.day < people.buys_to[orders.account, line]
        habitual += usual[line] * float(people.chance[orders.account[open_], line].sum())
    return (lines - beside_orders * len(orders)) / (beside_lines * habitual)


def list_prices(favourite: Integers) -> Floats:
    """Mean first-year list price of what an account with that favourite buys; accounts × product lines."""
    steps = np.arange(60)
    weight = np.exp(-steps / _STEP) * (1 - np.exp(-1 / _STEP))
    product = _FIRST_PRODUCT[:, None] + (favourite[..., None] + steps) % _PRODUCT_COUNT[:, None]
    return np.asarray((_LIST_CENTS[product] * weight).sum(axis=-1) / 100)


def book(rng: np.random.Generator, plan: Plan, chosen: slice) -> Lines:
    """Book the chosen orders."""
    day, account = plan.orders.day[chosen], plan.orders.account[chosen]
    count = _line_counts(rng, plan, day, account)
    order, line = np.divmod(np.repeat(np.arange(count.size), count.ravel()), count.shape[1])
    day, account = day[order], account[order]
    product = _products(rng, plan, account, line)
    quantity = _quantities(rng, plan, day, account, line)
    list_cents, cost_cents = _prices(day, product)
    list_amount = _rounded(quantity * list_cents, PIECE)
    keep = _rounded(10000 * (1 - _discounts(rng, plan, day, account, line)), 1)
    net = _rounded(list_amount * keep, 10000)
    return Lines(
        day=day,
        account=account,
        kind=np.full(len(day), INVOICE),
        document=_documents(order, chosen.start, plan),
        product=product,
        quantity=quantity,
        list_amount=list_amount,
        net=net,
        cost=_rounded(quantity * cost_cents, PIECE),
    )


def _line_counts(rng: np.random.Generator, plan: Plan, day: Integers, account: Integers) -> Integers:
    """How many lines of each product line an order holds; never none."""
    people = plan.people
    open_ = (people.buys_from[account] <= day[:, None]) & (day[:, None] < people.buys_to[account])
    bought = open_ & (rng.random(open_.shape) < people.chance[account])
    bought[:, CHIPBOARD] |= ~bought.any(axis=1) & (people.money[account, CHIPBOARD] > 0)
    extra = rng.poisson(plan.lines_an_order - 1, open_.shape)
    return np.where(bought, 1 + extra, 0).astype(np.int64)


def _products(rng: np.random.Generator, plan: Plan, account: Integers, line: Integers) -> Integers:
    """Mostly the favourite and its neighbours."""
    step = np.floor(rng.exponential(_STEP, len(account))).astype(np.int64)
    return np.asarray(_FIRST_PRODUCT[line] + (plan.favourite[account, line] + step) % _PRODUCT_COUNT[line])


def _quantities(
    rng: np.random.Generator, plan: Plan, day: Integers, account: Integers, line: Integers
) -> Integers:
    season = np.array([p.season for p in PRODUCT_LINES])[line, month_of(day) - 1]
    shrunk = day >= plan.fates.shrink_from[account]
    fate = np.where(shrunk, plan.fates.shrink_to[account], 1.0)
    noise = rng.lognormal(-0.08, 0.4, len(day))  # mean 1
    boards = np.maximum(np.rint(plan.quantity[account, line] * season * fate * noise), 1)
    return np.where(line == HOUSES, PIECE, boards).astype(np.int64)


def _prices(day: Integers, product: Integers) -> tuple[Integers, Integers]:
    """List price and cost of a unit in cents on that day."""
    year = year_of(day) - trade.FIRST_DAY.year
    growth = (1 + trade.LIST_PRICE_GROWTH) ** np.arange(8)
    dearer = (1 + trade.COST_GROWTH) ** np.arange(8)
    return (
        np.rint(_LIST_CENTS[product] * growth[year]).astype(np.int64),
        np.rint(_COST_CENTS[product] * dearer[year]).astype(np.int64),
    )


def _discounts(
    rng: np.random.Generator, plan: Plan, day: Integers, account: Integers, line: Integers
) -> Floats:
    own = plan.people.discount[account]
    first, last = plan.fates.eroded_discount
    own = np.where(account == plan.fates.eroded, first + (last - first) * day / WINDOW_DAYS, own)
    own = np.where(line == HOUSES, 0.02, own)
    return np.asarray(np.clip(own + rng.normal(0, 0.006, len(day)), 0.0, 0.6))


def _documents(order: Integers, first_order: int, plan: Plan) -> Integers:
    """Number documents so that no two orders share one; long orders take several numbers."""
    begins = np.concatenate(([True], order[1:] != order[:-1])) if len(order) else np.zeros(0, dtype=bool)
    rows = np.arange(len(order))
    place = rows - np.maximum.accumulate(np.where(begins, rows, 0))
    room = 1 + int(plan.lines_an_order.sum() * 2 + 40) // DOCUMENT_LINES
    return (first_order + order) * room + np.minimum(place // DOCUMENT_LINES, room - 1)


def lucky_line(plan: Plan) -> Lines:
    """The one large order that makes an account key."""
    fates = plan.fates
    own = plan.orders.account == fates.lucky
    place = int(np.flatnonzero(own & (plan.orders.day >= fates.lucky_day))[0])
    day = plan.orders.day[place : place + 1]
    product = np.array([int(_FIRST_PRODUCT[CHIPBOARD]) + 12])
    list_cents, cost_cents = _prices(day, product)
    quantity = np.array([round(fates.lucky_money * 100 / int(list_cents[0]))]) * PIECE
    list_amount = _rounded(quantity * list_cents, PIECE)
    keep = round(10000 * (1 - float(plan.people.discount[fates.lucky])))
    return Lines(
        day=day,
        account=np.array([fates.lucky]),
        kind=np.array([INVOICE]),
        document=_documents(np.zeros(1, dtype=np.int64), place, plan),
        product=product,
        quantity=quantity,
        list_amount=list_amount,
        net=_rounded(list_amount * keep, 10000),
        cost=_rounded(quantity * cost_cents, PIECE),
    )


def _rounded(value: Integers | Floats, divisor: int) -> Integers:
    """Divide and round half up; whole numbers stay exact."""
    if value.dtype.kind == "f":
        return np.floor(value / divisor + 0.5).astype(np.int64)
    return np.asarray((2 * value + divisor) // (2 * divisor))


def month_of(day: Integers) -> Integers:
    """Calendar month, 1 to 12."""
    return np.asarray(_MONTHS[day])


def year_of(day: Integers) -> Integers:
    """Calendar year."""
    return np.asarray(_YEARS[day])


_DATES = np.datetime64(trade.FIRST_DAY) + np.arange(WINDOW_DAYS)
_YEARS = _DATES.astype("datetime64[Y]").astype(np.int64) + 1970
_MONTHS = _DATES.astype("datetime64[M]").astype(np.int64) % 12 + 1
MONTH_STARTS = np.flatnonzero(np.concatenate(([True], _MONTHS[1:] != _MONTHS[:-1])))
