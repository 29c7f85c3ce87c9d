"""Pictures as text: the few SVG shapes the report is drawn with. Colours are classes of the style sheet."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log10
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Point = tuple[float, float]
WIDE, NARROW = 860, 343  # user units equal pixels on a desktop column and on a phone

_SCRIPT_WIDTH = {"latin": 0.56, "wide": 0.66}


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def element(name: str, content: str = "", **attributes: object) -> Markup:
    """Write one element; content and attributes are escaped unless they are markup already.

    >>> element("rect", x=1.25, class_="bar")
    Markup('<rect x="1.2" class="bar"/>')
    >>> element("text", "<b>", x=0)
    Markup('<text x="0">&lt;b&gt;</text>')
    """
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_number(v) if isinstance(v, float) else v)}"'
        for key, v in attributes.items()
        if v is not None
    )
    inner = escape(content)
    return Markup(f"<{name}{said}>{inner}</{name}>" if inner else f"<{name}{said}/>")  # noqa: S704 - escaped above


def joined(parts: Iterable[Markup]) -> Markup:
    """Put elements one after the other."""
    return Markup("").join(parts)


def group(parts: Iterable[Markup], **attributes: object) -> Markup:
    """Put elements into one group."""
    return element("g", joined(parts), **attributes)


def line(start: Point, end: Point, class_: str = "hair") -> Markup:
    """Draw a straight line."""
    return element("line", x1=start[0], y1=start[1], x2=end[0], y2=end[1], class_=class_)


def box(at: Point, size: Point, class_: str, tip: str = "") -> Markup:
    """Draw a rectangle; `tip` is shown on hover and read aloud."""
    return element(
        "rect",
        element("title", tip) if tip else "",
        x=float(at[0]),
        y=float(at[1]),
        width=float(max(size[0], 0)),
        height=float(max(size[1], 0)),
        class_=class_,
    )


def dot(at: Point, radius: float, class_: str, tip: str = "") -> Markup:
    """Draw a filled circle."""
    return element(
        "circle", element("title", tip) if tip else "", cx=at[0], cy=at[1], r=float(radius), class_=class_
    )


def path(points: Sequence[Point], class_: str, *, closed: bool = False) -> Markup:
    """Draw a line through points, or the area they enclose."""
    steps = "L".join(f"{_number(x)} {_number(y)}" for x, y in points)
    return element("path", d=f"M{steps}{'Z' if closed else ''}", class_=class_)


def label(at: Point, words: str, class_: str = "label", anchor: str = "start") -> Markup:
    """Write real text into the picture."""
    return element("text", words, x=at[0], y=at[1], class_=class_, text_anchor=anchor)


def text_width(words: str, size: float = 12) -> float:
    """Estimate how wide a text is; Georgian and Armenian letters are wider than Latin ones."""
    wide = sum(1 for letter in words if "\u0530" <= letter <= "\u058f" or "\u10a0" <= letter <= "\u10ff")
    return size * (_SCRIPT_WIDTH["wide"] * wide + _SCRIPT_WIDTH["latin"] * (len(words) - wide))


def clipped(words: str, width: float, size: float = 12) -> str:
    """Shorten a text to a width.

    >>> clipped("Borealis Trading Company", 80)
    'Borealis T…'
    """
    if text_width(words, size) <= width:
        return words
    kept = words
    while kept and text_width(kept + "…", size) > width:
        kept = kept[:-1]
    return kept.rstrip() + "…"


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to places on the picture."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        span = (self.high - self.low) or 1.0
        return self.start + (value - self.low) / span * (self.end - self.start)

    def ticks(self, count: int = 4) -> list[float]:
        """Give round values between the ends.

        >>> Scale(0, 97, 0, 1).ticks()
        [0.0, 20.0, 40.0, 60.0, 80.0]
        """
        span = (self.high - self.low) or 1.0
        rough = span / count
        power = 10.0 ** floor(log10(rough))
        step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.8)
        first = floor(self.low / step)
        values = [first * step + number * step for number in range(count + 4)]
        return [round(v, 12) for v in values if self.low - step * 1e-9 <= v <= self.high + step * 1e-9]


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing for a desktop column and the same for a phone, with its words for those who cannot see it."""

    key: str
    title: str
    description: str
    wide: Markup
    narrow: Markup


def svg(key: str, size: Point, title: str, description: str, parts: Iterable[Markup]) -> Markup:
    """Wrap shapes into a picture that names itself."""
    width, height = size
    named = element("title", title, id=f"{key}-t") + element("desc", description, id=f"{key}-d")
    return element(
        "svg",
        named + joined(parts),
        viewBox=f"0 0 {_number(width)} {_number(height)}",
        role="img",
        aria_labelledby=f"{key}-t {key}-d",
        class_="picture",
        width=float(width),
        height=float(height),
    )


def picture(
    key: str, title: str, description: str, draw: Callable[[float], tuple[float, Iterable[Markup]]]
) -> Picture:
    """Draw at both widths; `draw` takes the width and gives the height and the shapes."""

    def at(name: str, width: float) -> Markup:
        height, parts = draw(width)
        return svg(f"{key}-{name}", (width, height), title, description, parts)

    return Picture(key, title, description, at("wide", WIDE), at("narrow", NARROW))
