"""The small tables and figures that sum the run up: files, dirt, Pareto, matrix, alarms, rules, counts."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import narwhals as nw
import pyarrow as pa
import pyarrow.compute as pc

from kamledger.schema import Flag
from kamreport.period import day_number
from kamreport.run.tabulating import table_of, table_of_rows
from kamreport.settings import Settings, flat
from kamstats.abc import pareto
from kamstats.errors import Declined
from kamstats.xyz import abc_xyz_matrix

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kamreport.results import Totals
    from kamreport.run.accounts import Judged
    from kamreport.run.book import Extraction
    from kamreport.run.comparing import Comparison
    from kamreport.sources import Source
    from kamreport.tables import Table
    from kamstats.reasons import Value

FLAGS: Mapping[str, Flag] = {
    "cancellations": Flag.CANCELLATION,
    "returns": Flag.RETURN,
    "postage": Flag.POSTAGE,
    "bank_charges": Flag.BANK_CHARGE,
    "duplicates": Flag.DUPLICATE,
    "zero_price": Flag.ZERO_PRICE,
    "bad_debt": Flag.BAD_DEBT,
}
"""The odd lines that a setting `dirt.…` may leave out."""
YEAR_DAYS = 365
GONE = ("lost", "drifting")


def summaries(
    judged: Judged,
    accounts: pa.Table,
    source: Source,
    extraction: Extraction,
    *,
    origins: Mapping[str, str],
) -> dict[str, Table]:
    """Make the small tables."""
    return {
        "files": _files(source),
        "mapping": _mapping(source),
        "dirt": _dirt(extraction),
        "pareto": _pareto(accounts),
        "matrix": _matrix(accounts),
        "class_differences": _class_differences(accounts),
        "drifting": _drifting(judged, accounts),
        "alarm_record": _alarm_record(judged),
        "quality": _quality(judged),
        "rules": _rules(judged.settings, origins),
    }


def _files(source: Source) -> Table:
    return table_of_rows(
        "files",
        (
            {
                "file": file.path.name,
                "sha256": file.sha256,
                "bytes": file.size_bytes,
                "encoding": file.encoding,
                "delimiter": file.delimiter,
                "decimal_mark": file.decimal_mark,
                "date_order": file.date_order,
                "lines": file.lines,
                "rejected": file.rejected,
            }
            for file in source.files
        ),
    )


def _mapping(source: Source) -> Table:
    return table_of_rows(
        "mapping",
        (
            {
                "file": file.path.name,
                "field": field,
                "column": column,
                "guessed": file.guessed.get(field, False),
            }
            for file in source.files
            for field, column in file.mapping.items()
        ),
    )


def _dirt(extraction: Extraction) -> Table:
    """Count the odd lines of the period by rule; a line may fall under several."""
    period = extraction.period
    lines = extraction.engine.lines().filter(
        nw.col("day_no") >= day_number(period.first_day), nw.col("day_no") <= day_number(period.last_day)
    )
    found = extraction.collect(
        lines.filter(nw.col("flags") > 0)
        .group_by("flags")
        .agg(nw.len().alias("lines"), nw.col("revenue").sum().cast(nw.Decimal(38, 4)))
    ).to_pylist()
    rows = []
    for rule, flag in {"no_account": Flag.NO_ACCOUNT, **FLAGS}.items():
        marked = [row for row in found if row["flags"] & flag]
        rows.append(
            {
                "rule": rule,
                "lines": sum(row["lines"] for row in marked),
                "value": sum((row["revenue"] for row in marked), start=Decimal("0.0000")),
                "left_out": bool(extraction.left_out & flag),
            }
        )
    return table_of_rows("dirt", rows)


def _pareto(accounts: pa.Table) -> Table:
    ranked = accounts.filter(pc.is_valid(accounts["share"]))
    size = ranked.num_rows
    return table_of(
        "pareto",
        {
            "rank": list(range(1, size + 1)),
            "account": ranked["account"].to_pylist(),
            "name": ranked["name"].to_pylist(),
            "share_of_accounts": [place / size for place in range(1, size + 1)],
            "cumulative_share": ranked["cumulative_share"].to_pylist(),
        },
    )


def _matrix(accounts: pa.Table) -> Table:
    ranked = accounts.filter(pc.is_valid(accounts["abc"]))
    if not ranked.num_rows:
        return table_of("matrix", {})
    return table_of_rows(
        "matrix",
        (
            {
                "abc": cell.abc,
                "xyz": cell.xyz,
                "accounts": cell.accounts,
                "revenue": cell.value,
                "share": cell.share,
            }
            for cell in abc_xyz_matrix(ranked.select(["abc", "xyz", "revenue"]))
        ),
    )


def _class_differences(accounts: pa.Table) -> Table:
    """List the accounts whose class by income is another one, and those that lose money."""
    known = accounts.filter(pc.is_valid(accounts["income"]))
    rows = known.select(["account", "name", "revenue", "income", "abc", "abc_income"]).to_pylist()
    differing = [row for row in rows if row["abc"] and row["abc"] != row["abc_income"]]
    return table_of_rows("class_differences", sorted(differing, key=lambda row: -row["revenue"]))


def _drifting(judged: Judged, accounts: pa.Table) -> Table:
    """List who is drifting, lost or declining, with the money of their last year as customers."""
    money = last_year_money(judged)
    alarmed = pc.match_substring_regex(pc.fill_null(accounts["alarm"], ""), "drifting|lost|decline")
    rows = accounts.filter(alarmed).to_pylist()
    names = (
        "account", "name", "status", "days_silent", "usual_interval_days",
        "silence_probability", "next_order_due", "alarm",
    )  # fmt: skip
    listed = [{name: row[name] for name in names} | {"revenue_12m": money[row["account"]]} for row in rows]
    return table_of_rows("drifting", sorted(listed, key=lambda row: (-row["revenue_12m"], row["account"])))


def last_year_money(judged: Judged) -> dict[str, Decimal]:
    """Give each account's revenue in the year up to its own last order: what is at stake."""
    days = judged.book.days
    last = judged.behaviour.rhythm.last_order
    ends = dict(zip(judged.book.keys, last.tolist(), strict=True))
    sums = dict.fromkeys(judged.book.keys, Decimal("0.0000"))
    columns = (days[name].to_pylist() for name in ("account", "day_no", "revenue"))
    for account, day, revenue in zip(*columns, strict=True):
        if day > ends[account] - YEAR_DAYS:
            sums[account] += revenue
    return sums


def _alarm_record(judged: Judged) -> Table:
    return table_of_rows(
        "alarm_record",
        (
            {
                "rule": record.rule.value,
                "fired": record.fired,
                "false_alarms": record.false_alarms,
                "false_share": record.false_share,
            }
            for record in judged.behaviour.record
        ),
    )


def _quality(judged: Judged) -> Table:
    """Set each prediction beside what one would have had without it."""
    rows: list[dict[str, Any]] = [
        {
            "method": f"alarm_{record.rule.value}",
            "measure": "false_share",
            "value": record.false_share,
            "baseline": record.base_share,
            "baseline_method": "by_lot",
            "cases": record.fired,
        }
        for record in judged.behaviour.record
    ]
    found = judged.repeat.found
    if found is not None and found.actual is not None:
        best, plain = found.models[found.chosen].holdout, found.models["NBD"].holdout
        rows += [
            {
                "method": "repeat_buying",
                "measure": measure,
                "value": getattr(best, measure),
                "baseline": getattr(plain, measure),
                "baseline_method": "NBD",
                "cases": len(found.actual),
            }
            for measure in ("rmse", "bias", "brier")
        ]
    return table_of_rows("quality", rows)


def _rules(settings: Settings, origins: Mapping[str, str]) -> Table:
    standard = flat(Settings())
    return table_of_rows(
        "rules",
        (
            {
                "key": key,
                "value": None if value is None else str(value),
                "default": None if standard[key] is None else str(standard[key]),
                "origin": origins.get(key, "default" if value == standard[key] else "option"),
            }
            for key, value in flat(settings).items()
        ),
    )


def describe(
    judged: Judged, tables: Mapping[str, Table], source: Source, totals: Totals, compared: Comparison
) -> tuple[dict[str, int], dict[str, Value]]:
    """Give the counts and the single figures of the run."""
    sums = judged.company.sums
    statuses = tables["accounts"].rows["status"].to_pylist()
    counts = {
        "lines_read": source.lines_read,
        "lines_used": int(sum(sums["lines"].to_pylist())),
        "lines_rejected": source.lines_rejected,
        "lines_without_cost": int(sum(sums["lines_without_cost"].to_pylist())),
        "accounts": len(judged.book.keys),
        "ranked_accounts": len(tables["pareto"]),
        "orders": int(judged.book.orders.is_order.sum()),
        **{f"accounts_{status}": statuses.count(status) for status in GONE},
    }
    window, limits = judged.behaviour.variation.window, judged.behaviour.variation.limits
    facts: dict[str, Value] = {
        "base": judged.company.base,
        "cost_coverage": totals.cost_coverage,
        "xyz_unit": window.unit if window else None,
        "xyz_limit_x": limits[0] if limits else None,
        "xyz_limit_y": limits[1] if limits else None,
        "compared_before_first_month": compared.before.first if compared.before else None,
        "compared_before_last_month": compared.before.last if compared.before else None,
        "compared_after_first_month": compared.after.first if compared.after else None,
        "compared_after_last_month": compared.after.last if compared.after else None,
        "bridge_unpriced_share": compared.unpriced_share,
        "repeat_buying_chosen": judged.repeat.found.chosen if judged.repeat.found else None,
    }
    try:
        group = pareto(sums, key="account", value=judged.company.base, share=judged.settings.abc.a)
        facts["pareto_accounts"] = group.accounts_for_share
        facts["pareto_share_of_accounts"] = group.share_of_accounts
        facts["share_of_first_fifth"] = group.share_of_top
    except Declined:
        pass
    return counts, facts
