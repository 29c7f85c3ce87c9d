"""From a ledger and settings to an analysis: extract, judge, predict, compare, tabulate."""

from __future__ import annotations

from kamreport.run.analysis import analyse

__all__ = ["analyse"]
