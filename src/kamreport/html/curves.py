"""Pictures made of curves: the Pareto curve, small multiples and the calibration of probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import ceil, sqrt
from typing import TYPE_CHECKING

from kamreport.html.drawing import Scale, box, clipped, dot, label, line, path, picture, text_width

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from markupsafe import Markup

    from kamreport.html.drawing import Picture, Point

PHONE, MOST_POINTS = 500.0, 240
Say = "Callable[[float], str]"


@dataclass(frozen=True, slots=True)
class Frame:
    """The two scales of a plot and the words at its ticks."""

    x: Scale
    y: Scale

    def at(self, x: float, y: float) -> Point:
        """Give the place of a pair of values."""
        return self.x(x), self.y(y)

    def grid(self, say_y: Callable[[float], str], ticks: Sequence[float]) -> Iterator[Markup]:
        """Draw level lines with their values."""
        for tick in ticks:
            yield line(
                (self.x.start, self.y(tick)), (self.x.end, self.y(tick)), "axis" if tick == 0 else "hair"
            )
            yield label((self.x.start - 6, self.y(tick) + 4), say_y(tick), "label muted", "end")

    def below(self, say_x: Callable[[float], str], ticks: Sequence[float]) -> Iterator[Markup]:
        """Write the values under the plot."""
        last = -1e9
        for tick in ticks:
            words, x = say_x(tick), self.x(tick)
            if x - last >= text_width(words) + 10:
                anchor = "end" if x + text_width(words) / 2 > self.x.end + 8 else "middle"
                yield label((x, self.y.start + 18), words, "label muted", anchor)
                last = x


def thinned(points: Sequence[Point]) -> list[Point]:
    """Keep at most so many points that the eye sees no difference, the ends among them."""
    if len(points) <= MOST_POINTS:
        return list(points)
    step = ceil(len(points) / MOST_POINTS)
    return [*points[:40:1], *points[40:-1:step], points[-1]]


@dataclass(frozen=True, slots=True)
class CurveMark:
    """A point of the curve worth a sentence."""

    x: float
    y: float
    text: str


def pareto(
    key: str,
    title: str,
    description: str,
    *,
    points: Sequence[Point],
    marks: Sequence[CurveMark],
    say: Callable[[float], str],
    axes: tuple[str, str],
) -> Picture:
    """Draw the share of money against the share of accounts, both from 0 to 1."""

    def draw(width: float) -> tuple[float, Iterator[Markup]]:
        height = 340.0 if width > PHONE else 300.0
        frame = Frame(Scale(0, 1, 48, width - 12), Scale(0, 1, height - 44, 26))
        return height, _pareto(frame, [(0.0, 0.0), *thinned(points)], marks, say, axes)

    return picture(key, title, description, draw)


def _pareto(
    frame: Frame,
    points: Sequence[Point],
    marks: Sequence[CurveMark],
    say: Callable[[float], str],
    axes: tuple[str, str],
) -> Iterator[Markup]:
    fifths = (0, 0.2, 0.4, 0.6, 0.8, 1)
    yield from frame.grid(say, fifths)
    yield from frame.below(say, fifths)
    places = [frame.at(x, y) for x, y in points]
    yield path([*places, frame.at(1, 0), frame.at(0, 0)], "area", closed=True)
    yield line(frame.at(0, 0), frame.at(1, 1), "mark")
    yield path(places, "curve")
    for mark in marks:
        yield line(frame.at(mark.x, 0), frame.at(mark.x, mark.y), "mark")
        yield dot(frame.at(mark.x, mark.y), 4.5, "bar point", mark.text)
        yield _mark_words(frame, mark)
    yield label((frame.x.start - 40, 14), axes[1], "label muted")
    yield label((frame.x.end, frame.y.start + 36), axes[0], "label muted", "end")


def _mark_words(frame: Frame, mark: CurveMark) -> Markup:
    x, y = frame.at(mark.x, mark.y)
    room = frame.x.end - x - 10
    if text_width(mark.text) < room:
        return label((x + 10, y + 18), mark.text, "label strong halo")
    return label((min(x + 40, frame.x.end), y + 30), clipped(mark.text, x), "label strong halo", "end")


@dataclass(frozen=True, slots=True)
class Panel:
    """One of the small multiples: a line with its range, or columns with their ranges."""

    name: str
    note: str
    points: Sequence[Point]
    low: Sequence[Point]
    high: Sequence[Point]


def _panels(width: float, count: int) -> tuple[int, float]:
    across = min(count, 3) if width > PHONE else 1
    return across, (width - 24 * (across - 1)) / across


def step_line(points: Sequence[Point]) -> list[Point]:
    """Turn the points of a survival curve into stairs."""
    stairs: list[Point] = list(points[:1])
    for (_, before), (x, y) in pairwise(points):
        stairs += [(x, before), (x, y)]
    return stairs


def survival_panels(
    key: str,
    title: str,
    description: str,
    *,
    panels: Sequence[Panel],
    say_x: Callable[[float], str],
    say_y: Callable[[float], str],
) -> Picture:
    """Draw one survival curve with its band per panel, all on the same scales."""
    longest = max((panel.points[-1][0] for panel in panels), default=1.0)
    ticks = Scale(0, longest, 0, 1).ticks(3)

    def shapes(panel: Panel, frame: Frame) -> Iterator[Markup]:
        yield from frame.grid(say_y, (0, 0.5, 1))
        yield from frame.below(say_x, ticks)
        band = [*step_line(panel.high), *reversed(step_line(panel.low))]
        yield path([frame.at(x, y) for x, y in band], "band", closed=True)
        yield path([frame.at(x, y) for x, y in step_line(panel.points)], "curve")

    return _multiples(
        key,
        title,
        description,
        panels=panels,
        scales=lambda _: (Scale(0, longest, 0, 1), Scale(0, 1, 0, 1)),
        shapes=shapes,
    )


def demand_panels(
    key: str,
    title: str,
    description: str,
    *,
    panels: Sequence[Panel],
    say_x: Callable[[float], str],
    say_y: Callable[[float], str],
) -> Picture:
    """Draw columns with ranges, a scale of its own per panel."""

    def scales(panel: Panel) -> tuple[Scale, Scale]:
        top = max((y for _, y in (*panel.high, *panel.points)), default=1.0) or 1.0
        return Scale(-0.5, len(panel.points) - 0.5, 0, 1), Scale(0, top, 0, 1)

    def shapes(panel: Panel, frame: Frame) -> Iterator[Markup]:
        yield from frame.grid(say_y, frame.y.ticks(2))
        wide = min((frame.x(1) - frame.x(0)) * 0.55, 46)
        for number, (month, value) in enumerate(panel.points):
            x, y = frame.at(number, value)
            tip = f"{say_x(month)}: {say_y(value)}"
            yield box((x - wide / 2, y), (wide, frame.y.start - y), "bar quiet", tip)
            yield line((x, frame.y(panel.low[number][1])), (x, frame.y(panel.high[number][1])), "range")
            yield label((x, frame.y.start + 18), say_x(month), "label muted", "middle")

    return _multiples(key, title, description, panels=panels, scales=scales, shapes=shapes)


def _multiples(
    key: str,
    title: str,
    description: str,
    *,
    panels: Sequence[Panel],
    scales: Callable[[Panel], tuple[Scale, Scale]],
    shapes: Callable[[Panel, Frame], Iterator[Markup]],
) -> Picture:
    high = 200.0

    def draw(width: float) -> tuple[float, Iterator[Markup]]:
        across, wide = _panels(width, len(panels))
        return high * ceil(len(panels) / max(across, 1)), all_panels(across, wide)

    def all_panels(across: int, wide: float) -> Iterator[Markup]:
        for number, panel in enumerate(panels):
            left, top = (wide + 24) * (number % across), high * (number // across)
            x, y = scales(panel)
            frame = Frame(
                Scale(x.low, x.high, left + 46, left + wide - 8),
                Scale(y.low, y.high, top + high - 34, top + 48),
            )
            yield label((left, top + 16), clipped(panel.name, wide - 4, 13), "label strong")
            yield label((left, top + 33), clipped(panel.note, wide - 4), "label muted")
            yield from shapes(panel, frame)

    return picture(key, title, description, draw)


def calibration(
    key: str,
    title: str,
    description: str,
    *,
    points: Sequence[tuple[float, float, int]],
    say: Callable[[float], str],
    axes: tuple[str, str],
) -> Picture:
    """Draw what was predicted against what happened; the area of a dot is its number of accounts."""
    most = max((count for _, _, count in points), default=1) or 1

    def draw(width: float) -> tuple[float, Iterator[Markup]]:
        wide = min(width, 460.0)
        frame = Frame(Scale(0, 1, 48, wide - 16), Scale(0, 1, wide - 60, 26))
        return wide - 16, shapes(frame)

    def shapes(frame: Frame) -> Iterator[Markup]:
        yield from frame.grid(say, (0, 0.25, 0.5, 0.75, 1))
        yield from frame.below(say, (0, 0.25, 0.5, 0.75, 1))
        yield line(frame.at(0, 0), frame.at(1, 1), "mark")
        for predicted, observed, count in points:
            tip = f"{say(predicted)} → {say(observed)} ({count})"
            yield dot(frame.at(predicted, observed), 3 + 9 * sqrt(count / most), "bar point", tip)
        yield label((8, 14), axes[1], "label muted")
        yield label((frame.x.end, frame.y.start + 36), axes[0], "label muted", "end")

    return picture(key, title, description, draw)
