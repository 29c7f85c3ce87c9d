"""Analyses made by hand: the shapes of a real one without a ledger behind them."""

from __future__ import annotations

import itertools
import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from kamreport.results import Analysis, InputFile, Period, Totals
from kamreport.sentences import pack_reasons
from kamreport.tables import COLUMNS, Kind, Table
from kamstats.reasons import TOO_FEW_ORDERS, Reason

MONEY = pa.decimal128(38, 4)
TYPES = {
    Kind.TEXT: pa.string(),
    Kind.CODE: pa.string(),
    Kind.CODES: pa.string(),
    Kind.SENTENCE: pa.string(),
    Kind.MONEY: MONEY,
    Kind.QUANTITY: MONEY,
    Kind.COUNT: pa.int64(),
    Kind.SHARE: pa.float64(),
    Kind.NUMBER: pa.float64(),
    Kind.DAYS: pa.float64(),
    Kind.DAY: pa.date32(),
    Kind.MONTH: pa.int32(),
    Kind.FLAG: pa.bool_(),
}
AS_OF = date(2026, 10, 31)
LINES = ("Chipboard", "Laminated board", "House building")
NAMES = (
    "Aster Oy",
    "Borealis Trading",
    "Cedar & Sons",
    "Delta Möbel GmbH",
    "Ekaterina Stroy",
    "Fjord Panel AS",
    "Გემო & კომპანია",
    "Հայկ ՍՊԸ",
    "ООО «Ромашка»",
    "Juniper Homes of the Northern Archipelago and Surrounding Islands Ltd",
)
HOSTILE = "<script>alert('x')</script>\"&=cmd|' /C calc'!A0"
NO_DROP_OUT = Reason("too_few_orders", {"have": 1, "need": 3})


def table(key: str, rows: list[dict[str, Any]], declined: Reason | None = None) -> Table:
    """Make a table of the right types; a column that a row lacks is empty."""
    arrays = {
        column.key: pa.array(
            [_fitting(row.get(column.key), column.kind) for row in rows], type=TYPES[column.kind]
        )
        for column in COLUMNS[key]
    }
    return Table(key, COLUMNS[key], pa.table(arrays), declined)


def _fitting(value: Any, kind: Kind) -> Any:
    if value is None or kind not in {Kind.MONEY, Kind.QUANTITY}:
        return value
    return Decimal(str(value)).quantize(Decimal("0.0001"))


def _abc(before: float) -> str:
    return "A" if before < 0.8 else "B" if before < 0.95 else "C"


def _band(share: float) -> str | None:
    for limit, code in ((0.75, "mono_red"), (0.7, "mono"), (0.5, "critical"), (0.4, "severe")):
        if share >= limit:
            return code
    return "act" if share >= 0.3 else "watch" if share >= 0.2 else None


def accounts(count: int, weights: list[float], seed: int) -> list[dict[str, Any]]:
    """Make account rows in order of value, with the last two unranked."""
    rng = random.Random(seed)
    total = sum(weights)
    rows: list[dict[str, Any]] = []
    before = 0.0
    for number, weight in enumerate(weights):
        name = NAMES[number] if number < len(NAMES) else f"Customer {number + 1:03d}"
        if number == 12:
            name = HOSTILE
        share = weight / total
        status = ("active", "active", "active", "drifting", "active", "lost", "new", "one_off")[number % 8]
        rhythm = status not in {"new", "one_off"}
        silent = {"drifting": 71, "lost": 190}.get(status, rng.randint(2, 20))
        revenue = round(weight * 1000, 2)
        income = round(revenue * rng.uniform(0.12, 0.34) * (-0.4 if number == 4 else 1), 2)
        alarm = [status] if status in {"drifting", "lost"} else []
        alarm += ["loss_making"] if number == 4 else []
        alarm += ["band"] if (_band(share) or "watch") != "watch" else []
        rows.append(
            {
                "account": f"K{number + 1:05d}",
                "name": name,
                "revenue": revenue,
                "income": income,
                "share": share,
                "cumulative_share": before + share,
                "abc": _abc(before),
                "abc_income": _abc(min(before + (0.1 if number % 5 == 4 else 0), 1)),
                "xyz": "XYZ"[number % 3] if rhythm else None,
                "cv": 0.2 + 0.4 * (number % 3) if rhythm else None,
                "frequency_class": ("often", "regular", "irregular")[number % 3],
                "orders": 48 - number if rhythm and number < 40 else 2,
                "first_order": date(2022, 1, 10) + timedelta(days=number * 11 % 1500),
                "last_order": AS_OF - timedelta(days=silent),
                "days_silent": silent,
                "usual_interval_days": 18.4 if rhythm else None,
                "silence_probability": {"drifting": 0.031, "lost": 0.002}.get(status, 0.45)
                if rhythm
                else None,
                "next_order_due": AS_OF + timedelta(days=9 - silent % 30) if rhythm else None,
                "status": status,
                "p_alive": 0.93 if rhythm else None,
                "expected_orders_12m": 17.2 if rhythm else None,
                "expected_income_12m": income * 0.9 if rhythm else None,
                "key_account": share >= 0.1,
                "dependency_band": _band(share),
                "alarm": ";".join(alarm) or None,
                "manager": ("Anna", "Ben", "Carlos")[number % 3],
                "department": ("North", "South")[number % 2],
                "segment": ("Trade", "Industry")[number % 2],
                "members": 2 if number == 0 else 1,
                "regular_since": date(2024, 3, 1) if rhythm else None,
                "reason": None
                if rhythm
                else pack_reasons(
                    (column, TOO_FEW_ORDERS(have=2, need=3))
                    for column in ("xyz", "usual_interval_days", "silence_probability")
                ),
            }
        )
        before += share
    return rows[:count]


def _dependency(rows: list[dict[str, Any]], total: float) -> list[dict[str, Any]]:
    ladder = []
    for level, level_key, chosen in (
        ("company", None, rows),
        ("department", "North", rows[::2]),
        ("manager", "Anna", rows[::3]),
        ("manager", "Ben", rows[1::3]),
    ):
        sum_here = sum(row["revenue"] for row in chosen)
        for rank, row in enumerate(chosen[:10], 1):
            share = row["revenue"] / sum_here
            ladder.append(
                {
                    "level": level,
                    "level_key": level_key,
                    "rank": rank,
                    "account": row["account"],
                    "name": row["name"],
                    "value": row["revenue"],
                    "share": share,
                    "key_account": share >= 0.1,
                    "dependency_band": _band(share),
                    "distance_to_key": row["revenue"] - 0.1 * sum_here,
                    "target_share": 0.2 if share >= 0.2 else None,
                    "growth_needed": row["revenue"] / 0.2 - sum_here if share >= 0.2 else None,
                }
            )
    return ladder


def _concentration(ladder: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows = []
    for (level, level_key), found in itertools.groupby(ladder, lambda r: (r["level"], r["level_key"])):
        shares = [r["share"] for r in found]
        key_share = sum(s for s in shares if s >= 0.1)
        rows.append(
            {
                "level": level,
                "level_key": level_key,
                "accounts": 30,
                "total": 1_000_000,
                "top_1": shares[0],
                "top_3": sum(shares[:3]),
                "top_10": sum(shares),
                "hhi": sum(s * s for s in shares),
                "key_accounts": sum(s >= 0.1 for s in shares),
                "key_share": key_share,
                "corridor": "alarm"
                if key_share > 0.75
                else "above"
                if key_share > 0.55
                else "normal"
                if key_share >= 0.3
                else "below",
            }
        )
    return rows


def _behaviour(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    drifting = [dict(row, revenue_12m=row["revenue"] * 0.7) for row in rows if row["alarm"]]
    survival = [
        {
            "product_line": name,
            "day": step * 120,
            "at_risk": 30 - step,
            "survival": 1 - step * fall,
            "low": max(0, 1 - step * fall - 0.09),
            "high": min(1, 1 - step * fall + 0.07),
        }
        for name, fall in zip(LINES, (0.03, 0.06, 0.12), strict=True)
        for step in range(8)
    ]
    regulars = [
        {
            "product_line": name,
            "accounts": 24 - number * 6,
            "regular_accounts": 20 - number * 8,
            "regular_count_share": (0.83, 0.66, 0.33)[number],
            "revenue": 500_000 / (number + 1),
            "regular_revenue_share": (0.95, 0.6, 0.1)[number],
            "lifetime_median_days": (None, 1300, 420)[number],
            "lifetime_mean_days": (2100, 1250, 500)[number],
            "lifetime_censored": 20 - number * 5,
            "line_age_days": (4000, 3000, 700)[number],
            "launched": date(2016, 1, 1) if number == 0 else None,
        }
        for number, name in enumerate(LINES)
    ]
    return {
        "drifting": drifting,
        "alarm_record": [
            {"rule": "drifting", "fired": 20, "false_alarms": 3, "false_share": 0.15},
            {"rule": "decline", "fired": 9, "false_alarms": 4, "false_share": 4 / 9},
        ],
        "regulars": regulars,
        "survival": survival,
    }


def _change(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    moves = itertools.cycle((("A", "A"), ("B", "A"), ("A", "B"), ("C", "C"), ("B", None), (None, "C")))
    order = "ABC"
    migration = []
    for row, (before, after) in zip(rows, moves, strict=False):
        then = 0 if before is None else row["revenue"] * (0.8 if before > (after or "Z") else 1.2)
        now = 0 if after is None else row["revenue"]
        movement = "same"
        if before is None or after is None:
            movement = "new" if before is None else "lost"
        elif before != after:
            movement = "up" if order.index(after) < order.index(before) else "down"
        migration.append(
            dict(
                row,
                movement=movement,
                abc_before=before,
                abc_after=after,
                xyz_before="X" if before else None,
                xyz_after="Y" if after else None,
                revenue_before=then,
                revenue_after=now,
                change=now - then,
            )
        )
    cells: dict[tuple[str | None, str | None], list[dict[str, Any]]] = {}
    for row in migration:
        cells.setdefault((row["abc_before"], row["abc_after"]), []).append(row)
    matrix = [
        {
            "class_before": before,
            "class_after": after,
            "accounts": len(found),
            "revenue_before": sum(r["revenue_before"] for r in found),
            "revenue_after": sum(r["revenue_after"] for r in found),
        }
        for (before, after), found in cells.items()
    ]
    bridge = [
        dict(
            row,
            before=row["revenue_before"],
            new=row["change"] if row["movement"] == "new" else 0,
            lost=row["change"] if row["movement"] == "lost" else 0,
            assortment=row["change"] * 0.2 if row["movement"] in {"up", "down", "same"} else 0,
            volume=row["change"] * 0.5 if row["movement"] in {"up", "down", "same"} else 0,
            mix=row["change"] * -0.1 if row["movement"] in {"up", "down", "same"} else 0,
            price=row["change"] * 0.4 if row["movement"] in {"up", "down", "same"} else 0,
            after=row["revenue_after"],
        )
        for row in migration
    ]
    return {"migration": migration, "migration_matrix": matrix, "bridge": bridge}


def _outlook(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    demand = [
        {
            "account": row["account"],
            "name": row["name"],
            "product_line": line,
            "month": month,
            "measure": "quantity",
            "expected": row["revenue"] / 700 * (1 + step * 0.1),
            "low": row["revenue"] / 900,
            "high": row["revenue"] / 500,
            "method": ("damped_smoothing", "tsb", "theta")[step],
            "basis": "own" if number < 8 else "segment",
            "history_months": 36 - number,
            "pattern": ("smooth", "erratic", "intermittent", "lumpy")[number % 4],
        }
        for number, row in enumerate(rows)
        for line in LINES[: 1 + number % 2]
        for step, month in enumerate((202611, 202612, 202701))
    ]
    potential = [
        dict(
            row,
            product_line=LINES[2 - number % 2],
            peers=20,
            peers_buying=9 + number % 8,
            peer_share=(9 + number % 8) / 20,
            expected_revenue=row["revenue"] * 0.12,
            expected_income=row["revenue"] * 0.03,
            reason=None,
        )
        for number, row in enumerate(rows[1:26:2])
    ]
    next_products = [
        dict(
            row,
            product=f"P{number:03d}",
            product_name=f"Board {number} mm",
            lift=2.4 + number / 10,
            because_of="Chipboard 16 mm",
            buyers=14,
        )
        for number, row in enumerate(rows[:12])
    ]
    return {"demand": demand, "potential": potential, "next_products": next_products}


def _trust(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    stability = [
        dict(
            row,
            low=max(0, row["share"] - 0.03),
            high=row["share"] + 0.035,
            key_probability=(1.0, 0.98, 0.56, 0.12)[min(number, 3)],
            verdict=("robust", "robust", "borderline", "one_order")[min(number, 3)],
            without_largest_order=row["share"] * 0.8,
        )
        for number, row in enumerate(rows[:6])
    ]
    models = [
        {
            "model": name,
            "parameters": "r 0.243, alpha 4.414",
            "log_likelihood": -9582.4 - number,
            "bic": 19180.1 + number,
            "converged": True,
            "identified": number > 0,
            "mae": 0.71 + number / 100,
            "rmse": 1.22 + number / 100,
            "bias": -0.03,
            "auc_alive": 0.77,
            "brier": 0.15,
            "chosen": number == 1,
        }
        for number, name in enumerate(("NBD", "BG/NBD", "MBG/NBD", "MBG/CNBD-k", "Pareto/NBD"))
    ]
    calibration = [
        {
            "from_probability": step / 10,
            "predicted": step / 10 + 0.05,
            "observed": min(1, step / 10 + 0.04 + 0.02 * (step % 3)),
            "accounts": 30 - step,
        }
        for step in range(10)
    ]
    quality = [
        {
            "method": method,
            "measure": measure,
            "value": value,
            "baseline": value * 1.3,
            "baseline_method": "seasonal_naive",
            "cases": 120,
        }
        for method, measure, value in (("demand", "rmse", 31.2), ("demand", "bias", -1.4))
    ]
    return {"stability": stability, "models": models, "calibration": calibration, "quality": quality}


def _reading() -> dict[str, list[dict[str, Any]]]:
    return {
        "files": [
            {
                "file": "sales.csv",
                "sha256": "ab" * 32,
                "bytes": 1_234_567,
                "encoding": "utf-8",
                "delimiter": ";",
                "decimal_mark": ",",
                "date_order": "dmy",
                "lines": 30_129,
                "rejected": 17,
            }
        ],
        "mapping": [
            {"file": "sales.csv", "field": "account", "column": "Kunde", "guessed": True},
            {"file": "sales.csv", "field": "revenue", "column": "Netto EUR", "guessed": False},
        ],
        "dirt": [
            {"rule": "returns", "lines": 312, "value": -18_220.5, "left_out": False},
            {"rule": "no_account", "lines": 84, "value": 9_120.25, "left_out": True},
            {"rule": "duplicates", "lines": 40, "value": 1_020, "left_out": False},
        ],
    }


def _rules() -> list[dict[str, Any]]:
    return [
        {"key": "period", "value": "12m", "default": "all", "origin": "option"},
        {"key": "key.threshold", "value": "0.10", "default": "0.10", "origin": "default"},
        {"key": "abc.a", "value": "0.80", "default": "0.80", "origin": "default"},
        {"key": "rhythm.drifting_below", "value": "0.05", "default": "0.05", "origin": "file"},
    ]


def _loss(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    loss = [
        dict(
            row,
            lost_revenue=row["revenue"],
            lost_income=row["income"],
            largest_after=rows[1 if number == 0 else 0]["name"],
            largest_share_after=0.31 + number / 100,
            hhi_after=0.12,
            new_keys_after=1 if number == 0 else 0,
        )
        for number, row in enumerate(rows[:5])
    ]
    return {"loss": loss, "loss_cascade": []}


def made(weights: list[float] | None = None, *, seed: int = 1, long: bool = False) -> Analysis:
    """Make a full analysis; `weights` are the accounts' values in thousands, largest first."""
    weights = weights or [340, 170, 104, 62, 51, *(40 * 0.88**step for step in range(25))]
    rows = accounts(len(weights), weights, seed)
    total = sum(row["revenue"] for row in rows)
    ladder = _dependency(rows, total)
    some = rows if long else rows[:30]
    filled: dict[str, list[dict[str, Any]]] = {
        "accounts": rows,
        "levels": [dict(r, level="department", level_key=r["department"]) for r in some],
        "dependency": ladder,
        "concentration": _concentration(ladder),
        "nearest": [
            dict(r, value=r["revenue"], distance_to_key=r["revenue"] - 0.1 * total)
            for r in sorted(some, key=lambda r: abs(r["share"] - 0.1))[:10]
        ],
        "thresholds": [
            {"key_accounts": wanted, "threshold": rows[wanted - 1]["share"]}
            for wanted in (3, 5, 10)
            if wanted <= len(rows)
        ],
        "pareto": [dict(r, rank=rank, share_of_accounts=rank / len(rows)) for rank, r in enumerate(rows, 1)],
        "matrix": [
            {
                "abc": a,
                "xyz": x,
                "accounts": len(found),
                "revenue": sum(r["revenue"] for r in found),
                "share": sum(r["share"] for r in found),
            }
            for a, x in itertools.product("ABC", "XYZ")
            for found in [[r for r in some if (r["abc"], r["xyz"]) == (a, x)]]
        ],
        "class_differences": [r for r in some if r["abc"] != r["abc_income"]],
        "rules": _rules(),
        **_loss(rows),
        **_reading(),
        **_behaviour(some),
        **_change(some),
        **_outlook(some),
        **_trust(rows),
    }
    no_cascade = {"loss_cascade": Reason("too_few_orders", {"have": 0, "need": 4})}
    return _analysis(filled, total, no_cascade)


def _analysis(filled: dict[str, list[dict[str, Any]]], total: float, declined: dict[str, Reason]) -> Analysis:
    exact = Decimal(str(total)).quantize(Decimal("0.0001"))
    return Analysis(
        run_id="7f3a9c2e41d0",
        made_at="2026-11-22T03:00:00+00:00",
        title="Kamerton Boards",
        inputs=(InputFile("sales.csv", "ab" * 32, 1_234_567),),
        versions={"kamerton": "0.1.0", "python": "3.11.9"},
        settings={"period": "12m", "by": "auto"},
        currency="EUR",
        base="revenue",
        period=Period(date(2025, 11, 1), AS_OF, AS_OF, 12),
        totals=Totals(
            net=exact - 25_000,
            ranked=exact,
            unranked=Decimal("-25000.0000"),
            income=exact / 4,
            income_ranked=exact / 4,
            income_unranked=Decimal(0),
            cost_coverage=Decimal("0.982"),
        ),
        counts={
            "lines_read": 30_146,
            "lines_used": 30_045,
            "lines_rejected": 17,
            "lines_left_out": 84,
            "accounts": len(filled.get("accounts", [])) + 2,
            "ranked_accounts": len(filled.get("accounts", [])),
        },
        rejected_by_reason={"bad_day": 17},
        tables={key: table(key, filled.get(key, []), declined.get(key)) for key in COLUMNS},
        facts={},
        warnings=(Reason("too_few_orders", {"have": 2, "need": 3}),),
        declined=declined,
    )


def flat() -> Analysis:
    """Make a book in which nobody reaches a tenth."""
    return made([20 - step * 0.3 for step in range(40)])


def empty() -> Analysis:
    """Make an analysis that found no account at all."""
    return _analysis({}, 0, {})


def all_declined() -> Analysis:
    """Make an analysis in which every method gave up."""
    return _analysis({}, 0, dict.fromkeys(COLUMNS, NO_DROP_OUT))


def large(count: int) -> Analysis:
    """Make an analysis of very many accounts."""
    return made([400, 200, *(1000 / (step + 20) for step in range(count - 2))], long=True)
