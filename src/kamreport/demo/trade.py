"""What the invented company makes and to whom it sells: boards, since 1992, and houses, for two years."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

FIRST_DAY = date(2022, 10, 1)
LAST_DAY = date(2026, 9, 30)
CURRENCY = "EUR"


@dataclass(frozen=True, slots=True)
class ProductLine:
    """One line of business: its age, its year (twelve factors, mean 1), how many products an order holds."""

    name: str
    launched: date
    season: tuple[float, ...]
    lines_an_order: float


CHIPBOARD, CEMENT, HOUSES = range(3)
PRODUCT_LINES = (
    ProductLine(
        "Chipboard",
        date(1992, 4, 1),
        (0.93, 0.97, 1.06, 1.05, 1.02, 0.97, 0.82, 0.94, 1.10, 1.12, 1.08, 0.94),
        2.6,
    ),
    ProductLine(
        "Cement-bonded board",
        date(2009, 3, 1),
        (0.60, 0.66, 0.85, 1.10, 1.28, 1.34, 1.22, 1.26, 1.20, 1.05, 0.80, 0.64),
        1.8,
    ),
    ProductLine("House building", date(2024, 10, 1), (1.0,) * 12, 1.0),
)


@dataclass(frozen=True, slots=True)
class Product:
    """One product: list price in the first year and the share of it that making it costs."""

    key: str
    name: str
    line: int
    list_price: float  # per cubic metre; a house each
    cost_share: float


def _boards(prefix: str, name: str, line: int, prices: tuple[float, float], count: int) -> list[Product]:
    low, high = prices
    step = (high - low) / (count - 1)
    return [
        Product(f"{prefix}{10 + 2 * n}", f"{name} {10 + 2 * n} mm", line, round(low + n * step, 2), 0.66)
        for n in range(count)
    ]


PRODUCTS: tuple[Product, ...] = (
    *_boards("CB", "Chipboard", CHIPBOARD, (214.0, 262.0), 11),
    *_boards("LW", "Laminated chipboard white", CHIPBOARD, (418.0, 476.0), 9),
    *_boards("LO", "Laminated chipboard oak", CHIPBOARD, (446.0, 509.0), 9),
    *_boards("CE", "Cement-bonded board", CEMENT, (538.0, 612.0), 10),
    Product("HS64", "House kit 64 m2", HOUSES, 46800.0, 0.74),
    Product("HS88", "House kit 88 m2", HOUSES, 58900.0, 0.74),
    Product("HS112", "House kit 112 m2", HOUSES, 71500.0, 0.74),
    Product("HS140", "House kit 140 m2", HOUSES, 88400.0, 0.74),
)
FREIGHT, BANK_CHARGES, BAD_DEBT = "FREIGHT", "BANK CHARGES", "BAD DEBT"
SERVICES = ((FREIGHT, "Freight"), (BANK_CHARGES, "Bank charges"), (BAD_DEBT, "Adjust bad debt"))

LIST_PRICE_GROWTH = 0.035  # a year, each 1 January
COST_GROWTH = 0.038

DEPARTMENTS = ("Furniture industry", "Trade and export", "Construction")
# First names only; nobody is meant.
MANAGERS: tuple[tuple[str, ...], ...] = (
    ("Aino", "Emma", "Nino", "Oskari", "Vera"),
    ("Ani", "Giorgi", "Helmi", "Ilya", "Tiina"),
    ("Armen", "Daria", "Eero", "Ketevan", "Leo"),
)


@dataclass(frozen=True, slots=True)
class Segment:
    """A kind of customer: its share of the accounts, who serves it, what it buys and how often."""

    name: str
    share: float
    department: int
    interval_days: float  # median over the segment
    size: float  # median revenue a year
    buys: tuple[float, float, float]  # share of the segment's accounts that buy the product line
    weight: tuple[float, float, float]  # share of the account's money that goes there, before scaling to one
    trades: int  # row of the trade words in `names`


FURNITURE, KITCHENS, MERCHANTS, BUILDERS, EXPORT, PRIVATE = range(6)
SEGMENTS = (
    Segment("Furniture makers", 0.34, 0, 19.0, 52000.0, (1.0, 0.0, 0.0), (1.0, 0.0, 0.0), 0),
    Segment("Kitchen makers", 0.13, 0, 15.0, 70000.0, (1.0, 0.0, 0.0), (1.0, 0.0, 0.0), 1),
    Segment("Builders' merchants", 0.20, 1, 17.0, 84000.0, (1.0, 0.55, 0.0), (1.0, 0.60, 0.0), 2),
    Segment("Construction firms", 0.16, 2, 26.0, 76000.0, (0.42, 1.0, 0.60), (0.35, 1.0, 0.0), 3),
    Segment("Export distributors", 0.04, 1, 24.0, 110000.0, (1.0, 0.5, 0.0), (1.0, 0.30, 0.0), 4),
    Segment("Private buyers", 0.13, 2, 30.0, 0.0, (0.0, 0.0, 1.0), (0.0, 0.0, 1.0), 5),
)
