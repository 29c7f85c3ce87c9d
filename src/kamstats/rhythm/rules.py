"""What counts as lost, drifting, new and declining."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """What the orders of an account say about it; the first that fits, in this order."""

    LOST = "lost"
    DRIFTING = "drifting"
    NEW = "new"
    ONE_OFF = "one_off"
    ACTIVE = "active"


class Alarm(StrEnum):
    """The alarms that rest on the rhythm."""

    DRIFTING = "drifting"
    LOST = "lost"
    DECLINE = "decline"


@dataclass(frozen=True, slots=True)
class RhythmRules:
    """The limits of the rules; probabilities are fractions, months are calendar months."""

    lost_below: float = 0.01
    drifting_below: float = 0.05
    shrinkage_weight: float = 2.0  # in intervals of the account's peers
    new_months: int = 6
    lost_months_without_rhythm: int = 12
    lost_after_intervals: float = 2.0
    decline_quantile: float = 0.05
    decline_months: int = 3
    least_orders: int = 3
    least_peers: int = 5  # rhythms a segment must have to be peers; below, everyone is
