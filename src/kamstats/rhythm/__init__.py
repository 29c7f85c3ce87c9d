"""The rhythm of each account: when its next order was due, and how odd its silence is."""

from __future__ import annotations

from kamstats.rhythm.account_days import AccountDays, account_days
from kamstats.rhythm.law import GammaLaw, Spells, amount_law, interval_law
from kamstats.rhythm.record import AlarmRecord, alarm_record
from kamstats.rhythm.rhythm import Rhythm, rhythm
from kamstats.rhythm.rules import Alarm, RhythmRules, Status

__all__ = [
    "AccountDays",
    "Alarm",
    "AlarmRecord",
    "GammaLaw",
    "Rhythm",
    "RhythmRules",
    "Spells",
    "Status",
    "account_days",
    "alarm_record",
    "amount_law",
    "interval_law",
    "rhythm",
]
