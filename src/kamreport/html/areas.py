"""Pictures made of areas: the matrix of nine cells and the flow between classes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kamreport.html.drawing import box, element, label, picture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from markupsafe import Markup

    from kamreport.html.drawing import Picture

PHONE = 500.0


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """One of the nine cells; `share` of the money decides its shade."""

    count: str
    money: str
    share: float
    share_text: str


def matrix(key: str, title: str, description: str, cells: Mapping[tuple[str, str], MatrixCell]) -> Picture:
    """Draw classes A, B, C down and X, Y, Z across, shaded by money."""

    def draw(width: float) -> tuple[float, Iterator[Markup]]:
        full = min(width, 720.0)
        return 24 + 3 * 84.0, _matrix(full, cells)

    return picture(key, title, description, draw)


def _shade(share: float) -> str:
    limits = (0.0, 0.02, 0.06, 0.15, 0.30)
    return f"heat-{sum(share > limit for limit in limits)}"


def _matrix(width: float, cells: Mapping[tuple[str, str], MatrixCell]) -> Iterator[Markup]:
    left, top, high = 24.0, 24.0, 84.0
    wide = (width - left) / 3
    for column, letter in enumerate("XYZ"):
        yield label((left + wide * (column + 0.5), 15), letter, "label strong", "middle")
    for row, letter in enumerate("ABC"):
        yield label((4, top + high * (row + 0.5) + 4), letter, "label strong")
        for column, variation in enumerate("XYZ"):
            cell = cells.get((letter, variation))
            x, y = left + wide * column, top + high * row
            shade = _shade(cell.share if cell else 0)
            yield box((x + 1.5, y + 1.5), (wide - 3, high - 3), shade)
            if cell:
                yield from _cell_words(x + 12, y, cell, shade)


def _cell_words(x: float, y: float, cell: MatrixCell, shade: str) -> Iterator[Markup]:
    yield label((x, y + 32), cell.share_text, f"label large on-{shade}")
    yield label((x, y + 51), cell.money, f"label on-{shade}")
    yield label((x, y + 68), cell.count, f"label on-{shade}")


@dataclass(frozen=True, slots=True)
class Flow:
    """Accounts that moved from one class to another, with their money before and after."""

    before: str
    after: str
    accounts: int
    money_before: float
    money_after: float


def flow(
    key: str,
    title: str,
    description: str,
    *,
    flows: Sequence[Flow],
    names: Mapping[str, str],
    heads: tuple[str, str],
    say: Callable[[float], str],
) -> Picture:
    """Draw ribbons from the classes before to the classes after, as thick as their money.

    `names` gives the classes in their order; those a side does not have are left out of it.
    """

    def draw(width: float) -> tuple[float, Iterator[Markup]]:
        return 330.0, _flow(width, flows, names, heads, say)

    return picture(key, title, description, draw)


def _flow(
    width: float,
    flows: Sequence[Flow],
    names: Mapping[str, str],
    heads: tuple[str, str],
    say: Callable[[float], str],
) -> Iterator[Markup]:
    room = 76.0 if width < PHONE else 190.0
    unit = 230 / (max(sum(f.money_before for f in flows), sum(f.money_after for f in flows)) or 1)
    left = _Side(room, unit, names, {c: [f for f in flows if f.before == c] for c in names}, ahead=False)
    right = _Side(
        width - room, unit, names, {c: [f for f in flows if f.after == c] for c in names}, ahead=True
    )
    yield label((room, 15), heads[0], "label muted", "end")
    yield label((width - room, 15), heads[1], "label muted")
    starts, ends = left.places(), right.places()
    for moved in flows:
        yield _ribbon(room + 10, width - room - 10, starts[moved], ends[moved], moved)
    yield from left.nodes(say)
    yield from right.nodes(say)


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of the flow: nodes under each other."""

    x: float
    unit: float
    names: Mapping[str, str]
    flows: Mapping[str, Sequence[Flow]]
    ahead: bool

    def money(self, moved: Flow) -> float:
        return moved.money_after if self.ahead else moved.money_before

    def thickness(self, moved: Flow) -> float:
        return max(self.money(moved), 0) * self.unit

    def tops(self) -> dict[str, tuple[float, float]]:
        places, y = {}, 26.0
        for code in self.names:
            if self.flows[code]:
                high = max(sum(self.thickness(moved) for moved in self.flows[code]), 2.0)
                places[code] = (y, high)
                y += max(high, 30.0) + 12
        return places

    def places(self) -> dict[Flow, tuple[float, float]]:
        places, used = {}, defaultdict[str, float](float)
        order = list(self.names)
        for code, (top, _) in self.tops().items():
            mine = sorted(self.flows[code], key=lambda f: order.index(f.before if self.ahead else f.after))
            for moved in mine:
                high = self.thickness(moved)
                places[moved] = (top + used[code], high)
                used[code] += high
        return places

    def nodes(self, say: Callable[[float], str]) -> Iterator[Markup]:
        anchor, away = ("start", 18.0) if self.ahead else ("end", -18.0)
        for code, (top, high) in self.tops().items():
            yield box((self.x - (10 if self.ahead else 0), top), (10, high), f"bar node-{code}")
            yield label((self.x + away, top + 12), self.names[code], "label strong", anchor)
            money = sum(self.money(moved) for moved in self.flows[code])
            if money > 0:
                yield label((self.x + away, top + 28), say(money), "label muted", anchor)


def _ribbon(
    left: float, right: float, start: tuple[float, float], end: tuple[float, float], moved: Flow
) -> Markup:
    middle = (left + right) / 2
    (top, thick), (other, thin) = start, end
    steps = (
        f"M{left:.1f} {top:.1f}C{middle:.1f} {top:.1f} {middle:.1f} {other:.1f} {right:.1f} {other:.1f}"
        f"L{right:.1f} {other + max(thin, 1):.1f}"
        f"C{middle:.1f} {other + max(thin, 1):.1f} {middle:.1f} {top + max(thick, 1):.1f} "
        f"{left:.1f} {top + max(thick, 1):.1f}Z"
    )
    tone = "same" if moved.before == moved.after else "moved"
    tip = element("title", f"{moved.before} → {moved.after}: {moved.accounts}")
    return element("path", tip, d=steps, class_=f"ribbon {tone}")
