"""What happens to the customers: who drifts, leaves, shrinks, could buy more, or is key by luck.

These are the hidden truths. They go into the ledger as behaviour and into `truth.json` as words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kamreport.demo.population import FOREVER, WINDOW_DAYS, segments_without
from kamreport.demo.trade import CEMENT, CHIPBOARD, EXPORT, FURNITURE, KITCHENS, MERCHANTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kamreport.demo.population import Population

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

UNIT_COST = 0.66 * 1.002  # of list price; list prices and costs grow nearly alike
ACT_SHARE, GROUP_SHARE, LUCKY_SHARE, LUCKY_ORDER_SHARE = 0.32, 0.118, 0.086, 0.019
NEAR_SHARES = (0.075,)
REASONS = ("price", "late deliveries", "quality", "own production", "order of the holding")


@dataclass(frozen=True, slots=True)
class WhiteSpace:
    """An account that needs a product line and buys it elsewhere; the list money a year it would bring."""

    account: int
    line: int
    money: float
    adopted: int  # the day it began to buy here, or FOREVER


@dataclass(frozen=True, slots=True)
class Fates:
    """Per account unless said otherwise; days count from the first day of the ledger."""

    drift_from: Integers
    slowdown: Floats  # intervals grow by this factor
    shrink_from: Integers
    shrink_to: Floats  # share of the quantities that remains
    left_on: Integers
    trouble_from: Integers  # returns pile up: the true reason is quality
    true_reason: Integers  # index into REASONS, -1 without a story
    stated_reason: Integers
    white_space: tuple[WhiteSpace, ...]
    act: int
    lucky: int
    lucky_day: int
    lucky_money: float  # list money of the one order
    eroded: int
    eroded_discount: tuple[float, float]  # first and last day
    groups: tuple[tuple[str, tuple[int, ...]], ...]
    key_group: str
    joined: tuple[int, int]  # account, day: entered its group late
    departed: tuple[int, int]  # account, day: left its group


def draw_fates(rng: np.random.Generator, people: Population) -> Fates:
    """Deal the fates and write their part into `people` (sizes of the giants, ends, new product lines)."""
    special = _Specials.choose(rng, people)
    white_space = _white_space(rng, people, special.all)
    free = _steady(people) & ~np.isin(np.arange(len(people)), special.all)
    free[[w.account for w in white_space]] = False
    drift, slow = _drifting(rng, people, free)
    shrink = _pick(
        rng, free & (drift == FOREVER) & (people.size > np.median(people.size)), _some(people, 0.012)
    )
    left = _leavers(rng, people, free & (drift == FOREVER) & (people.buys_to[:, 0] > 0), shrink)
    money = _giants(people, special)
    true, stated, trouble = _reasons(rng, drift, left)
    n = len(people)
    shrink_from = np.full(n, FOREVER)
    shrink_from[shrink] = rng.integers(WINDOW_DAYS - 190, WINDOW_DAYS - 110, len(shrink))
    return Fates(
        drift_from=drift,
        slowdown=slow,
        shrink_from=shrink_from,
        shrink_to=np.where(shrink_from < FOREVER, rng.uniform(0.30, 0.45, n), 1.0),
        left_on=left,
        trouble_from=trouble,
        true_reason=true,
        stated_reason=stated,
        white_space=white_space,
        act=special.act,
        lucky=special.lucky,
        lucky_day=int(WINDOW_DAYS - rng.integers(250, 400)),
        lucky_money=money,
        eroded=special.eroded,
        eroded_discount=(0.24, 0.46),
        groups=_groups(rng, special, free),
        key_group="Copper Heron Holding",
        joined=(special.group[-1], 700),
        departed=(special.near[0], 900),
    )


@dataclass(frozen=True, slots=True)
class _Specials:
    act: int
    group: tuple[int, ...]
    lucky: int
    eroded: int
    near: tuple[int, ...]
    all: tuple[int, ...]

    @staticmethod
    def choose(rng: np.random.Generator, people: Population) -> _Specials:
        """Pick old customers of boards for the parts that must be played, and make them live long."""
        old = (people.start < 0) & (people.end == FOREVER) & (people.orders_at_most == FOREVER)
        boards = np.isin(people.segment, (FURNITURE, KITCHENS, MERCHANTS, EXPORT))
        cast = rng.permutation(np.flatnonzero(old & boards))[:9].tolist()
        people.interval[cast] = rng.uniform(5.0, 8.0, len(cast))
        people.shape[cast] = 4
        people.interval[cast[0]] = 4.0
        people.discount[cast] = 0.11
        people.handed_over[cast] = FOREVER
        for account in cast:  # one plain basket: the truths of these accounts lie elsewhere
            people.money[account] = (people.size[account], 0.0, 0.0)
            people.chance[account] = (1.0, 0.0, 0.0)
            people.buys_from[account] = (people.start[account], FOREVER, FOREVER)
            people.buys_to[account] = (FOREVER, -FOREVER, -FOREVER)
        return _Specials(
            cast[0], tuple(cast[1:5]), cast[5], cast[6], tuple(cast[7 : 7 + len(NEAR_SHARES)]), tuple(cast)
        )


def _some(people: Population, share: float) -> int:
    return max(2, round(share * len(people)))


def _pick(rng: np.random.Generator, among: NDArray[np.bool_], count: int) -> Integers:
    return rng.permutation(np.flatnonzero(among))[:count]


def _steady(people: Population) -> NDArray[np.bool_]:
    """Old enough, alive, and with a rhythm short enough for a change to show."""
    return np.asarray(
        (people.start < WINDOW_DAYS - 700)
        & (people.end == FOREVER)
        & (people.orders_at_most == FOREVER)
        & (people.interval <= 45)
    )


def _drifting(
    rng: np.random.Generator, people: Population, free: NDArray[np.bool_]
) -> tuple[Integers, Floats]:
    chosen = _pick(rng, free & (people.shape >= 3) & (people.interval <= 32), _some(people, 0.04))
    since = np.full(len(people), FOREVER)
    ago = np.maximum(rng.uniform(70, 170, len(chosen)), 4.5 * people.interval[chosen])
    since[chosen] = (WINDOW_DAYS - ago).astype(np.int64)
    slow = np.ones(len(people))
    slow[chosen] = rng.uniform(4.5, 8.0, len(chosen))
    return since, slow


def _leavers(
    rng: np.random.Generator, people: Population, free: NDArray[np.bool_], taken: Integers
) -> Integers:
    """Some old customers stop; construction firms stop by themselves at the end of their lifetime."""
    free = free.copy()
    free[taken] = False
    chosen = _pick(rng, free, _some(people, 0.035))
    people.end[chosen] = rng.integers(500, WINDOW_DAYS - 150, len(chosen))
    people.buys_to[chosen] = np.minimum(people.buys_to[chosen], people.end[chosen, None])
    return np.where(people.orders_at_most > 1, people.end, FOREVER)


def _white_space(
    rng: np.random.Generator, people: Population, excluded: tuple[int, ...]
) -> tuple[WhiteSpace, ...]:
    """Of those who lack what their peers buy, 70 % need it; 45 % of these begin within the last 18 months."""
    found = []
    for line in (CHIPBOARD, CEMENT):
        lacking = (
            np.isin(people.segment, segments_without(line)) & (people.chance[:, line] == 0) & _steady(people)
        )
        lacking[list(excluded)] = False
        typical = np.median(people.money[:, line][people.money[:, line] > 0] / 1e4) * 1e4
        for account in np.flatnonzero(lacking):
            need, late, day = (
                rng.random(),
                rng.random(),
                int(rng.integers(WINDOW_DAYS - 540, WINDOW_DAYS - 60)),
            )
            if need < 0.70:
                money = float(min(0.40 * people.size[account], 6 * typical))
                adopted = day if late < 0.45 else FOREVER
                found.append(WhiteSpace(int(account), line, money, adopted))
    for space in found:
        if space.adopted < FOREVER:
            people.money[space.account, space.line] = space.money
            people.chance[space.account, space.line] = 0.5
            people.buys_from[space.account, space.line] = space.adopted
            people.buys_to[space.account, space.line] = FOREVER
    return tuple(found)


def _giants(people: Population, special: _Specials) -> float:
    """Size the giants so that each has its share of the whole income; give the lucky order's list money."""
    ordinary = np.ones(len(people), dtype=bool)
    cast = (special.act, *special.group, special.lucky, *special.near)
    ordinary[list(cast)] = False
    days = np.clip(np.minimum(people.end, WINDOW_DAYS) - np.maximum(people.start, 0), 0, None)
    days = np.where(people.orders_at_most == 1, 0, days)
    margin = 1 - people.discount - UNIT_COST
    margin[special.eroded] = 0.0
    boards = people.money[:, :2].sum(axis=1)
    earned = float((boards * days / 365.25 * margin)[ordinary].sum())
    earned += float((people.chance[:, 2] != 0).sum()) * 14000.0  # houses
    shares = {special.act: ACT_SHARE, special.lucky: LUCKY_SHARE}
    shares |= dict.fromkeys(special.group, GROUP_SHARE / len(special.group))
    shares |= dict(zip(special.near, NEAR_SHARES, strict=True))
    whole = earned / (1 - sum(shares.values()) - LUCKY_ORDER_SHARE)
    years = WINDOW_DAYS / 365.25
    for account, share in shares.items():
        people.size[account] = share * whole / years / margin[account]
        people.money[account, CHIPBOARD] = people.size[account]
    people.size[special.eroded] = 0.05 * whole / years  # big by revenue, nothing by income
    people.money[special.eroded, CHIPBOARD] = people.size[special.eroded]
    return float(LUCKY_ORDER_SHARE * whole / margin[special.lucky])


def _reasons(
    rng: np.random.Generator, drift: Integers, left: Integers
) -> tuple[Integers, Integers, Integers]:
    """Half of those who go say "price"; with some of them the returns tell another story."""
    n = len(drift)
    going = (drift < FOREVER) | ((left < FOREVER) & (left > 300) & (left < WINDOW_DAYS))
    true = np.where(going, rng.choice(len(REASONS), n, p=[0.25, 0.2, 0.35, 0.1, 0.1]), -1)
    hides = going & (rng.random(n) < 0.5)
    stated = np.where(hides, 0, true)
    begins = np.minimum(drift, left) - 200
    trouble = np.where(true == REASONS.index("quality"), begins, FOREVER)
    return true.astype(np.int64), stated.astype(np.int64), trouble.astype(np.int64)


def _groups(
    rng: np.random.Generator, special: _Specials, free: NDArray[np.bool_]
) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """The holding that is key only as a whole, and some small ones."""
    members = rng.permutation(np.flatnonzero(free)).tolist()
    titles = ("Quiet Fox", "Northern Owl", "Velvet Crane", "Amber Lynx", "Rainy Badger", "Silver Newt")
    groups = [("Copper Heron Holding", special.group)]
    groups += [(f"{titles[n]} Group", tuple(members[2 * n : 2 * n + 2 + n % 2])) for n in range(len(titles))]
    seen: set[int] = set()
    apart = []
    for title, accounts in groups:
        own = tuple(a for a in accounts if a not in seen)
        seen.update(own)
        apart.append((title, own))
    apart[1] = (apart[1][0], (*apart[1][1], special.near[0]))
    return tuple((title, accounts) for title, accounts in apart if len(accounts) > 1)
