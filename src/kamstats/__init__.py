"""Statistics of key account management: who is key, what depends on them, who is drifting away.

Every public name can be had from here, `from kamstats import abc_classes`, and from its module. Modules load
when their first name is asked for, so that `import kamstats` costs next to nothing. Methods that are called
like their module are had from it: `from kamstats.rhythm import rhythm`, and `rfm`, `bridge`, `migration`,
`repeat_buying` alike.

The names below are stable: within one major version none is removed or changes its meaning, and a parameter
is only added with a default. Names that are not listed here may change at any time.
"""

from __future__ import annotations

from importlib import import_module

_NAMES = {
    "abc": (
        "Pareto",
        "abc_classes",
        "abc_side_by_side",
        "class_differences",
        "level_totals",
        "pareto",
        "pareto_curve",
    ),
    "xyz": (
        "Cell",
        "Window",
        "abc_xyz_matrix",
        "adjusted_variation",
        "choose_window",
        "frequency_classes",
        "quantile_limits",
        "variation",
        "xyz_classes",
        "xyz_from_months",
    ),
    "concentration": (
        "Bands",
        "Concentration",
        "Corridor",
        "KeyTest",
        "Rung",
        "ThresholdFor",
        "concentrations",
        "corridor_code",
        "dependence_signs",
        "dependency_band",
        "distance_to_key",
        "growth_needed",
        "hhi",
        "is_key",
        "key_accounts",
        "key_limit",
        "ladder",
        "largest_number_of_keys",
        "managers_needed",
        "nearest",
        "new_accounts_needed",
        "thresholds_for",
    ),
    "loss": (
        "Cascade",
        "Loss",
        "LossRules",
        "ShareAfter",
        "Step",
        "cascade",
        "loss_of",
        "losses_of",
    ),
    "stability": (
        "Selection",
        "Stability",
        "selection_stability",
    ),
    "lifetime": (
        "Loyalty",
        "loyalty",
        "purchases_by_account",
    ),
    "survival": (
        "LogRank",
        "RestrictedMean",
        "Survival",
        "kaplan_meier",
        "log_rank",
    ),
    "rfm": (
        "Limits",
        "Segment",
        "rfm_limits",
        "rfm_scores",
        "rfm_table",
    ),
    "rhythm": (
        "Alarm",
        "AlarmRecord",
        "Rhythm",
        "RhythmRules",
        "Status",
        "account_days",
        "alarm_record",
    ),
    "repeat_buying": (
        "BgNbd",
        "Fit",
        "Holdout",
        "MbgCnbdK",
        "MbgNbd",
        "Nbd",
        "ParetoNbd",
        "Prediction",
        "RepeatBuying",
        "Summary",
        "choose",
        "fit_bgnbd",
        "fit_mbgcnbdk",
        "fit_mbgnbd",
        "fit_nbd",
        "fit_paretonbd",
        "judge",
        "order_days",
        "predict",
    ),
    "value": (
        "GammaGamma",
        "GammaGammaFit",
        "LifetimeValue",
        "OrderValues",
        "fit_gamma_gamma",
        "lifetime_value",
        "order_values",
    ),
    "calibration": (
        "Reliability",
        "area_under_curve",
        "brier",
        "reliability",
    ),
    "demand": (
        "Demand",
        "DemandRules",
        "LengthError",
        "croston_sba",
        "damped_smoothing",
        "demand_measures",
        "demand_pattern",
        "error_by_length",
        "forecast",
        "history",
        "mean_of_year",
        "month_number",
        "pivot",
        "seasonal_naive",
        "simple_smoothing",
        "theta",
        "tsb",
    ),
    "potential": (
        "HitRate",
        "Peers",
        "Potential",
        "find_peers",
        "find_potential",
        "hit_rate",
    ),
    "next_product": (
        "CoPurchases",
        "Recommendations",
        "co_purchases",
        "most_popular",
        "purchase_matrix",
        "recommend",
    ),
    "bridge": ("Bridge",),
    "migration": (
        "Flow",
        "MovementSum",
        "migration_matrix",
        "movement_sums",
    ),
    "receivables": (
        "CreditLimit",
        "CreditPolicy",
        "PaymentBehaviour",
        "advise_credit",
        "age_receivables",
        "count_back",
        "count_back_days",
        "days_sales_outstanding",
        "payment_behaviour",
    ),
    "survey": (
        "Agreement",
        "Concordance",
        "Driver",
        "Drivers",
        "Nps",
        "compare_estimates",
        "find_drivers",
        "net_promoter_score",
        "relative_weights",
        "role_weights",
        "satisfaction_and_lifetime",
        "spearman",
    ),
    "periods": (
        "Months",
        "compared_months",
        "whole_months",
        "whole_quarters",
    ),
    "errors": (
        "Declined",
        "Invalid",
        "KamertonError",
    ),
    "reasons": (
        "Reason",
        "Sentence",
        "catalogue",
        "sentence",
    ),
    "evenness": (
        "Evenness",
        "PeriodMatrix",
        "period_matrix",
    ),
    "backtest": (
        "Backtest",
        "Quality",
        "Truth",
        "coverage",
        "judge_alarms",
        "judge_demand",
        "judge_potential",
        "judge_repeat_buying",
        "judge_silence",
        "judge_truth",
        "recall_precision",
    ),
}
_MODULE_OF = {name: module for module, names in _NAMES.items() for name in names}

__all__ = sorted(_MODULE_OF)  # noqa: PLE0605 - __init__.pyi lists them for tools that read only


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        msg = f"module 'kamstats' has no attribute {name!r}"
        raise AttributeError(msg)
    value: object = getattr(import_module(f"kamstats.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
