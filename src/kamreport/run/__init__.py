"""From a ledger and settings to an analysis: extract, judge, predict, compare, tabulate."""
