"""Every rule of an analysis with its default. Where it was set is for the edge to know."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from kamstats.concentration import Bands, Corridor, KeyTest
from kamstats.loss import LossRules
from kamstats.rhythm.rules import RhythmRules

if TYPE_CHECKING:
    from kamstats.reasons import Value


@dataclass(frozen=True, slots=True)
class AbcRule:
    """Class A while the share accumulated before the account is below `a`, B below `b`, else C."""

    a: Decimal = Decimal("0.80")
    b: Decimal = Decimal("0.95")


@dataclass(frozen=True, slots=True)
class XyzRule:
    """How variation is judged; empty limits are the defaults for the unit."""

    unit: Literal["auto", "month", "quarter"] = "auto"
    x: float | None = None
    y: float | None = None
    by: Literal["limits", "quantiles"] = "limits"
    adjusted: bool = False  # with trend and season removed
    least: int = 2  # periods that an account must count to have a variation


@dataclass(frozen=True, slots=True)
class FrequencyRule:
    """In which share of the months since its first order an account must order to buy often or regularly."""

    often: Decimal = Decimal("0.80")
    regular: Decimal = Decimal("0.40")


@dataclass(frozen=True, slots=True)
class DirtRule:
    """Which odd lines are left out. Lines without an account always are."""

    cancellations: bool = True  # True: stays, with its sign
    returns: bool = True
    postage: bool = True
    bank_charges: bool = True
    duplicates: bool = True
    zero_price: bool = True
    bad_debt: bool = True


@dataclass(frozen=True, slots=True)
class PotentialRule:
    """When a gap against peers is worth a sentence."""

    peer_share: float = 0.40
    peers: int = 20


@dataclass(frozen=True, slots=True)
class ValueRule:
    """Horizon and discounting of the customer lifetime value."""

    horizon_months: int = 36
    discount_rate_a_year: float = 0.10


@dataclass(frozen=True, slots=True)
class Settings:
    """All rules of one run."""

    period: str = "all"  # "all", "12m", "2024-01-01:2024-12-31"
    as_of: str | None = None  # ISO date; default the last booking date
    by: Literal["auto", "income", "revenue"] = "auto"
    assume_margin: Decimal | None = None
    structure: Literal["as_of", "then"] = "as_of"
    currency: str | None = None
    lang: Literal["en", "fi", "ka", "hy", "ru"] = "en"
    anonymise: bool = False
    seed: int = 1
    horizon_months: int = 3
    forecast_engine: Literal["kamerton", "statsforecast"] = "kamerton"
    regular_days: int = 365
    key: KeyTest = field(default_factory=KeyTest)
    corridor: Corridor = field(default_factory=Corridor)
    bands: Bands = field(default_factory=Bands)
    abc: AbcRule = field(default_factory=AbcRule)
    xyz: XyzRule = field(default_factory=XyzRule)
    frequency: FrequencyRule = field(default_factory=FrequencyRule)
    rhythm: RhythmRules = field(default_factory=RhythmRules)
    loss: LossRules = field(default_factory=LossRules)
    dirt: DirtRule = field(default_factory=DirtRule)
    potential: PotentialRule = field(default_factory=PotentialRule)
    value: ValueRule = field(default_factory=ValueRule)


def flat(settings: Settings) -> dict[str, Value]:
    """Give every setting by its dotted key, values as they print.

    >>> flat(Settings())["key.threshold"]
    Decimal('0.10')
    """
    found: dict[str, Value] = {}
    for key, value in asdict(settings).items():
        parts = (
            {f"{key}.{name}": part for name, part in value.items()}
            if isinstance(value, dict)
            else {key: value}
        )
        found |= {name: _value(part) for name, part in parts.items()}
    return found


def _value(part: Any) -> Value:  # noqa: ANN401 - any field of the settings
    if part is None or isinstance(part, str | int | float | Decimal | date):
        return part
    return json.dumps([[str(item) for item in pair] for pair in part]) if part else None
