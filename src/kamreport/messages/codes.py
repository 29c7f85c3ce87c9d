"""The codes that may stand in the tables, by column; letters of classes and names of models need no words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

CODES: Mapping[str, tuple[str, ...]] = {
    "frequency_class": ("often", "regular", "irregular"),
    "status": ("active", "new", "one_off", "drifting", "lost"),
    "dependency_band": ("watch", "act", "severe", "critical", "mono", "mono_red"),
    "alarm": ("drifting", "lost", "decline", "loss_making", "band"),
    "level": ("company", "department", "manager"),
    "movement": ("up", "down", "same", "new", "returned", "lost", "unranked"),
    "corridor": ("below", "normal", "above", "alarm"),
    "basis": ("own", "segment"),
    "pattern": ("smooth", "erratic", "intermittent", "lumpy"),
    "verdict": ("robust", "borderline", "one_order"),
    "origin": ("default", "option", "environment", "file"),
    "base": ("revenue", "income"),
    "unit": ("day", "week", "month", "quarter"),
    "date_order": ("ymd", "dmy", "mdy"),
    "measure": (
        "quantity", "revenue", "income", "rmse", "mae", "bias", "mase", "brier", "auc", "auc_alive",
        "calibration_error", "coverage", "precision", "recall", "hit_rate", "false_share",
    ),
    "method": (
        "mean_of_year", "seasonal_naive", "simple_smoothing", "croston_sba", "tsb", "seasonal_smoothing",
        "damped_smoothing", "theta", "combination", "demand", "rhythm", "repeat_buying", "potential",
        "next_product", "drifting", "alarm_drifting", "alarm_lost", "alarm_decline",
    ),
    "baseline_method": (
        "by_lot", "base_rate", "last_order", "own_rate", "nominal", "perfect", "seasonal_naive",
        "mean_of_year", "most_popular_new",
    ),
    "rule": (
        "cancellations", "returns", "no_account", "postage", "bank_charges", "duplicates", "zero_price",
        "bad_debt", "drifting", "lost", "decline",
    ),
    "step": (
        "income", "fixed_costs", "profit_before", "lost_income", "supplier_discount", "price_rise",
        "further_loss", "profit_after",
    ),
    "rfm_segment": (
        "champion", "loyal", "potential_loyalist", "new_customer", "promising", "need_attention",
        "about_to_sleep", "at_risk", "cannot_lose", "lost",
    ),
    "counts": (
        "lines_read", "lines_used", "lines_rejected", "lines_left_out", "lines_without_cost", "accounts",
        "ranked_accounts", "accounts_lost", "accounts_drifting", "orders",
    ),
}  # fmt: skip
