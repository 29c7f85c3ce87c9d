"""What an analysis gives: frozen, the same for command line, page, workbook and application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from decimal import Decimal

    from kamreport.tables import Table
    from kamstats.reasons import Reason, Value


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file that was read, or the ledger itself."""

    name: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Period:
    """The days whose money counts, both inclusive; `as_of` is the day on which silence is measured."""

    first_day: date
    last_day: date
    as_of: date
    whole_months: int


@dataclass(frozen=True, slots=True)
class Totals:
    """Exact sums of the used lines: `net` = `ranked` + `unranked`, of revenue and of income alike.

    Ranked are the accounts whose own sum of that measure is above zero. `income` is empty where a used line
    has no cost; its two parts are sums of the accounts whose income is known, empty where there is none.
    """

    net: Decimal
    ranked: Decimal
    unranked: Decimal
    income: Decimal | None
    income_ranked: Decimal | None
    income_unranked: Decimal | None
    cost_coverage: Decimal  # share of revenue whose cost is known

    def parts(self, base: str) -> tuple[Decimal, Decimal]:
        """Give the sums of ranked and unranked accounts of what shares are computed on."""
        if base == "income" and self.income_ranked is not None and self.income_unranked is not None:
            return self.income_ranked, self.income_unranked
        return self.ranked, self.unranked


@dataclass(frozen=True, slots=True)
class Analysis:
    """The whole answer.

    `facts` are single figures by their code (`key_share`, `mono_alarm`, …) that headings and run.json use;
    `warnings` is what was odd; `declined` says per table or column group why it is empty.
    """

    run_id: str
    made_at: str  # ISO 8601, UTC
    title: str
    inputs: tuple[InputFile, ...]
    versions: Mapping[str, str]
    settings: Mapping[str, Value]
    currency: str | None
    base: str  # "revenue" or "income": what shares, ranks, key test and bands are computed on
    period: Period
    totals: Totals
    counts: Mapping[str, int]  # lines_read, lines_used, lines_rejected, accounts, ranked_accounts, …
    rejected_by_reason: Mapping[str, int]
    tables: Mapping[str, Table]
    facts: Mapping[str, Value]
    warnings: tuple[Reason, ...]
    declined: Mapping[str, Reason]
