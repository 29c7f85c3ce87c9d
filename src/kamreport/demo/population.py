"""Who the customers of the invented company are before anything happens to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kamreport.demo import names, trade
from kamreport.demo.trade import BUILDERS, CEMENT, CHIPBOARD, EXPORT, HOUSES, MERCHANTS, PRIVATE, SEGMENTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Booleans = NDArray[np.bool_]

WINDOW_DAYS = (trade.LAST_DAY - trade.FIRST_DAY).days + 1
HOUSES_FROM = (trade.PRODUCT_LINES[HOUSES].launched - trade.FIRST_DAY).days
FOREVER = 10**6


@dataclass(slots=True)
class Population:
    """One row per account; days count from the first day of the ledger. `fates` writes into its own copy.

    `buys_from`/`buys_to` (accounts × product lines): the days between which the account buys the line, empty
    range where it never does; `chance` how probable the line is in an order; `money` list money a year.
    """

    keys: list[str]
    names: list[str]
    segment: Integers
    manager: Integers  # index over all managers, department by department
    next_manager: Integers
    handed_over: Integers  # from this day on `next_manager` sells
    size: Floats  # money a year at list price, boards only
    interval: Floats  # mean days between orders
    shape: Integers  # Erlang k
    start: Integers
    end: Integers
    orders_at_most: Integers
    discount: Floats
    chance: Floats
    money: Floats
    buys_from: Integers
    buys_to: Integers

    def __len__(self) -> int:
        return len(self.keys)


def draw_population(rng: np.random.Generator, accounts: int) -> Population:
    """Draw that many accounts: segments by their shares, sizes with a heavy tail, rhythms of their own."""
    segment = _segments(rng, accounts)
    size = _sizes(rng, segment)
    manager = _managers(rng, segment)
    handed = rng.random(accounts) < 0.06
    start, end, at_most = _lifetimes(rng, segment)
    money, chance, buys_from, buys_to = _basket(rng, segment, size, start, end)
    return Population(
        keys=[f"C{n:05d}" for n in range(1, accounts + 1)],
        names=names.company_names(rng, np.array([s.trades for s in SEGMENTS])[segment]),
        segment=segment,
        manager=manager,
        next_manager=manager // 5 * 5 + (manager + 1) % 5,
        handed_over=np.where(handed, rng.integers(200, WINDOW_DAYS - 100, accounts), FOREVER),
        size=size,
        interval=_intervals(rng, segment, size),
        shape=rng.choice([1, 2, 3, 4, 6, 8], accounts, p=[0.12, 0.13, 0.25, 0.25, 0.15, 0.10]),
        start=start,
        end=end,
        orders_at_most=at_most,
        discount=np.clip(
            0.02 + 0.018 * np.log10(np.maximum(size, 1e3) / 1e3) * 2 + rng.normal(0, 0.02, accounts), 0, 0.17
        ),
        chance=chance,
        money=money,
        buys_from=buys_from,
        buys_to=buys_to,
    )


def _segments(rng: np.random.Generator, accounts: int) -> Integers:
    """Exact shares, in random order."""
    limits = np.cumsum([s.share for s in SEGMENTS])
    ordered = np.searchsorted(limits, (np.arange(accounts) + 0.5) / accounts, side="right")
    return rng.permutation(np.minimum(ordered, len(SEGMENTS) - 1)).astype(np.int64)


def _sizes(rng: np.random.Generator, segment: Integers) -> Floats:
    """Log-normal with a capped tail: the giants are set on purpose in `fates`."""
    median = np.array([s.size for s in SEGMENTS])[segment]
    return np.asarray(np.minimum(median * rng.lognormal(0.0, 1.15, len(segment)), 12.0 * median))


def _managers(rng: np.random.Generator, segment: Integers) -> Integers:
    department = np.array([s.department for s in SEGMENTS])[segment]
    return (department * 5 + rng.integers(0, 5, len(segment))).astype(np.int64)


def _intervals(rng: np.random.Generator, segment: Integers, size: Floats) -> Floats:
    """The larger the account, the oftener it orders."""
    median = np.array([s.interval_days for s in SEGMENTS])[segment]
    typical = np.array([max(s.size, 1.0) for s in SEGMENTS])[segment]
    relative = np.maximum(size, 1.0) / typical
    mean = median * relative**-0.25 * rng.lognormal(0, 0.35, len(size))
    return np.asarray(np.clip(mean, 4.0, 75.0))


def _lifetimes(rng: np.random.Generator, segment: Integers) -> tuple[Integers, Integers, Integers]:
    """First day, last day and highest number of orders of each account.

    Old lines live on custom of decades; construction firms come and go within three to four years; a private
    buyer builds one house.
    """
    n = len(segment)
    start = np.where(rng.random(n) < 0.88, -rng.integers(30, 4000, n), rng.integers(0, WINDOW_DAYS - 420, n))
    end = np.full(n, FOREVER)
    at_most = np.full(n, FOREVER)
    fresh = rng.random(n)
    start = np.where(fresh < 0.03, rng.integers(WINDOW_DAYS - 300, WINDOW_DAYS - 20, n), start)
    at_most = np.where((fresh > 0.985) & (start < 0), 1, at_most)

    building = segment == BUILDERS
    lifetime = rng.gamma(2.5, 1280 / 2.5, n).astype(np.int64) + 60
    arrival = rng.integers(-900, WINDOW_DAYS - 30, n)
    arrival = np.where(arrival + lifetime <= 30, rng.integers(30, WINDOW_DAYS - 30, n), arrival)
    start = np.where(building, arrival, start)
    end = np.where(building, np.where(arrival + lifetime < WINDOW_DAYS, arrival + lifetime, FOREVER), end)
    at_most = np.where(building, np.where(rng.random(n) < 0.38, 1, FOREVER), at_most)

    private = segment == PRIVATE
    start = np.where(private, rng.integers(HOUSES_FROM + 20, WINDOW_DAYS - 5, n), start)
    at_most = np.where(private, 1, at_most)
    return start.astype(np.int64), end.astype(np.int64), at_most.astype(np.int64)


def _basket(
    rng: np.random.Generator, segment: Integers, size: Floats, start: Integers, end: Integers
) -> tuple[Floats, Floats, Integers, Integers]:
    """Money a year, chance per order and days of custom per account and product line."""
    shape = (len(segment), len(trade.PRODUCT_LINES))
    buys = rng.random(shape) < np.array([s.buys for s in SEGMENTS])[segment]
    lasting = (end - np.maximum(start, 0) > 500) & (start < WINDOW_DAYS - 500)
    buys[:, CHIPBOARD] &= (segment != BUILDERS) | lasting
    weight = np.array([s.weight for s in SEGMENTS])[segment] * rng.lognormal(0, 0.25, shape)
    share = weight * buys / np.maximum((weight * buys).sum(axis=1, keepdims=True), 1e-9)
    primary = np.array([CHIPBOARD, CHIPBOARD, CHIPBOARD, CEMENT, CHIPBOARD, HOUSES])[segment]
    chance = np.where(buys, rng.uniform(0.35, 0.65, shape), 0.0)
    chance[np.arange(len(segment)), primary] = 1.0
    buys_from = np.where(buys, start[:, None], FOREVER)
    buys_to = np.where(buys, end[:, None], -FOREVER)
    _houses(rng, segment, chance, buys_from)
    return share * size[:, None], chance, buys_from.astype(np.int64), buys_to.astype(np.int64)


def _houses(rng: np.random.Generator, segment: Integers, chance: Floats, buys_from: Integers) -> None:
    """Construction firms add houses after the launch; most go on buying houses, the others try one."""
    firms = (segment == BUILDERS) & (chance[:, HOUSES] > 0)
    later = rng.integers(HOUSES_FROM, HOUSES_FROM + 240, len(segment))
    buys_from[firms, HOUSES] = np.maximum(buys_from[firms, HOUSES], later[firms])
    chance[firms, HOUSES] = np.where(rng.random(int(firms.sum())) < 0.8, 0.35, 0.0)
    chance[firms & (chance[:, HOUSES] == 0.0), HOUSES] = -1.0  # once only: the first order from that day on


def segments_without(line: int) -> tuple[int, ...]:
    """Segments in which some buy the line and some do not: where white space can lie."""
    return {CHIPBOARD: (BUILDERS,), CEMENT: (MERCHANTS, EXPORT)}.get(line, ())
