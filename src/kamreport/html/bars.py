"""Pictures made of rows: ranked bars, bridges and intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kamreport.html.drawing import Scale, box, clipped, dot, label, line, picture, text_width

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from markupsafe import Markup

    from kamreport.html.drawing import Picture

NAME_WIDTH, PHONE = 230.0, 500.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: a bar from `start` to `end`, named on the left and labelled at its end."""

    name: str
    end: float
    text: str
    class_: str = "bar"
    start: float = 0.0


@dataclass(frozen=True, slots=True)
class Interval:
    """One row: a value with the range it may lie in."""

    name: str
    low: float
    value: float
    high: float
    text: str
    class_: str = "bar"


@dataclass(frozen=True, slots=True)
class Mark:
    """A limit drawn through all rows."""

    value: float
    text: str


@dataclass(frozen=True, slots=True)
class _Rows:
    """Where the rows of a picture lie at one width."""

    width: float
    names: Sequence[str]
    scale: Scale
    top: float

    @property
    def phone(self) -> bool:
        return self.width < PHONE

    @property
    def step(self) -> float:
        return 40.0 if self.phone else 26.0

    @property
    def height(self) -> float:
        return self.top + self.step * len(self.names) + 4

    def middle(self, number: int) -> float:
        return self.top + self.step * number + (28 if self.phone else 13)

    def name(self, number: int) -> Markup:
        if self.phone:
            return label((0, self.middle(number) - 12), clipped(self.names[number], self.width - 90))
        room = NAME_WIDTH - 12
        return label((room, self.middle(number) + 4), clipped(self.names[number], room), anchor="end")


def _rows(
    width: float, names: Sequence[str], span: tuple[float, float], texts: Sequence[str], top: float
) -> _Rows:
    room = max((text_width(text) for text in texts), default=0) + 14
    phone = width < PHONE
    scale = Scale(span[0], span[1], 1 if phone else NAME_WIDTH, width - (4 if phone else room))
    return _Rows(width, names, scale, top)


def _marks(rows: _Rows, marks: Sequence[Mark]) -> Iterator[Markup]:
    taken = -1e9
    for mark in marks:
        x = rows.scale(mark.value)
        yield line((x, rows.top - 4), (x, rows.height), "mark")
        if x - taken > text_width(mark.text) + 8 and x + text_width(mark.text) / 2 < rows.width:
            yield label((x, rows.top - 9), mark.text, "label muted", "middle")
            taken = x


def _value_text(rows: _Rows, number: int, text: str, end: float) -> Markup:
    if rows.phone:
        return label((rows.width - 4, rows.middle(number) - 12), text, "label strong halo", "end")
    return label((end + 6, rows.middle(number) + 4), text, "label strong halo")


def bars(
    key: str,
    title: str,
    description: str,
    items: Sequence[Bar],
    *,
    marks: Sequence[Mark] = (),
    high: float | None = None,
) -> Picture:
    """Draw bars from zero, or floating ones for a bridge, under each other."""
    ends = [0.0, *(item.end for item in items), *(item.start for item in items)]
    span = min(ends), max(*ends, high or 0.0) or 1.0
    shown = [mark for mark in marks if mark.value <= span[1]]

    def draw(width: float) -> tuple[float, Iterator[Markup]]:
        rows = _rows(width, [i.name for i in items], span, [i.text for i in items], 22.0 if shown else 2.0)
        return rows.height, _bars(rows, items, shown)

    return picture(key, title, description, draw)


def _bars(rows: _Rows, items: Sequence[Bar], marks: Sequence[Mark]) -> Iterator[Markup]:
    zero = rows.scale(0)
    yield line((zero, rows.top - 4), (zero, rows.height), "axis")
    thick = 10 if rows.phone else 16
    for number, item in enumerate(items):
        left, right = sorted((rows.scale(item.start), rows.scale(item.end)))
        top = rows.middle(number) - thick / 2
        yield rows.name(number)
        yield box((left, top), (max(right - left, 1.5), thick), item.class_, f"{item.name}: {item.text}")
        yield _value_text(rows, number, item.text, right)
    yield from _marks(rows, marks)


def intervals(
    key: str, title: str, description: str, items: Sequence[Interval], *, marks: Sequence[Mark] = ()
) -> Picture:
    """Draw values with their ranges under each other."""
    span = 0.0, max(*(i.high for i in items), *(mark.value for mark in marks), 1e-9)

    def draw(width: float) -> tuple[float, Iterator[Markup]]:
        rows = _rows(width, [i.name for i in items], span, [i.text for i in items], 22.0)
        return rows.height, _intervals(rows, items, marks)

    return picture(key, title, description, draw)


def _intervals(rows: _Rows, items: Sequence[Interval], marks: Sequence[Mark]) -> Iterator[Markup]:
    yield line((rows.scale(0), rows.top - 4), (rows.scale(0), rows.height), "axis")
    yield from _marks(rows, marks)
    for number, item in enumerate(items):
        middle, right = rows.middle(number), rows.scale(item.high)
        yield rows.name(number)
        yield line((rows.scale(item.low), middle), (right, middle), "range")
        yield dot((rows.scale(item.value), middle), 5, item.class_, f"{item.name}: {item.text}")
        yield _value_text(rows, number, item.text, right)


def bridge(
    key: str, title: str, description: str, steps: Sequence[tuple[str, float]], say: Callable[[float], str]
) -> Picture:
    """Draw the way from the first sum to the last: `steps` are (name, amount), the ends are the sums."""
    items = [Bar(steps[0][0], steps[0][1], say(steps[0][1]), "bar quiet")]
    level = steps[0][1]
    for name, amount in steps[1:-1]:
        sign = "+" if amount > 0 else ""
        tone = "good" if amount > 0 else "harm"
        items.append(Bar(name, level + amount, sign + say(amount), f"bar {tone}", level))
        level += amount
    items.append(Bar(steps[-1][0], steps[-1][1], say(steps[-1][1]), "bar quiet"))
    return bars(key, title, description, items)
