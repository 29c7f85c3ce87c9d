from kamstats.abc import (
    Pareto as Pareto,
)
from kamstats.abc import (
    abc_classes as abc_classes,
)
from kamstats.abc import (
    abc_side_by_side as abc_side_by_side,
)
from kamstats.abc import (
    class_differences as class_differences,
)
from kamstats.abc import (
    level_totals as level_totals,
)
from kamstats.abc import (
    pareto as pareto,
)
from kamstats.abc import (
    pareto_curve as pareto_curve,
)
from kamstats.backtest import (
    Backtest as Backtest,
)
from kamstats.backtest import (
    Quality as Quality,
)
from kamstats.backtest import (
    Truth as Truth,
)
from kamstats.backtest import (
    coverage as coverage,
)
from kamstats.backtest import (
    judge_alarms as judge_alarms,
)
from kamstats.backtest import (
    judge_demand as judge_demand,
)
from kamstats.backtest import (
    judge_potential as judge_potential,
)
from kamstats.backtest import (
    judge_repeat_buying as judge_repeat_buying,
)
from kamstats.backtest import (
    judge_silence as judge_silence,
)
from kamstats.backtest import (
    judge_truth as judge_truth,
)
from kamstats.backtest import (
    recall_precision as recall_precision,
)
from kamstats.bridge import (
    Bridge as Bridge,
)
from kamstats.calibration import (
    Reliability as Reliability,
)
from kamstats.calibration import (
    area_under_curve as area_under_curve,
)
from kamstats.calibration import (
    brier as brier,
)
from kamstats.calibration import (
    reliability as reliability,
)
from kamstats.concentration import (
    Bands as Bands,
)
from kamstats.concentration import (
    Concentration as Concentration,
)
from kamstats.concentration import (
    Corridor as Corridor,
)
from kamstats.concentration import (
    KeyTest as KeyTest,
)
from kamstats.concentration import (
    Rung as Rung,
)
from kamstats.concentration import (
    ThresholdFor as ThresholdFor,
)
from kamstats.concentration import (
    concentrations as concentrations,
)
from kamstats.concentration import (
    corridor_code as corridor_code,
)
from kamstats.concentration import (
    dependence_signs as dependence_signs,
)
from kamstats.concentration import (
    dependency_band as dependency_band,
)
from kamstats.concentration import (
    distance_to_key as distance_to_key,
)
from kamstats.concentration import (
    growth_needed as growth_needed,
)
from kamstats.concentration import (
    hhi as hhi,
)
from kamstats.concentration import (
    is_key as is_key,
)
from kamstats.concentration import (
    key_accounts as key_accounts,
)
from kamstats.concentration import (
    key_limit as key_limit,
)
from kamstats.concentration import (
    ladder as ladder,
)
from kamstats.concentration import (
    largest_number_of_keys as largest_number_of_keys,
)
from kamstats.concentration import (
    managers_needed as managers_needed,
)
from kamstats.concentration import (
    nearest as nearest,
)
from kamstats.concentration import (
    new_accounts_needed as new_accounts_needed,
)
from kamstats.concentration import (
    thresholds_for as thresholds_for,
)
from kamstats.demand import (
    Demand as Demand,
)
from kamstats.demand import (
    DemandRules as DemandRules,
)
from kamstats.demand import (
    LengthError as LengthError,
)
from kamstats.demand import (
    croston_sba as croston_sba,
)
from kamstats.demand import (
    damped_smoothing as damped_smoothing,
)
from kamstats.demand import (
    demand_measures as demand_measures,
)
from kamstats.demand import (
    demand_pattern as demand_pattern,
)
from kamstats.demand import (
    error_by_length as error_by_length,
)
from kamstats.demand import (
    forecast as forecast,
)
from kamstats.demand import (
    history as history,
)
from kamstats.demand import (
    mean_of_year as mean_of_year,
)
from kamstats.demand import (
    month_number as month_number,
)
from kamstats.demand import (
    pivot as pivot,
)
from kamstats.demand import (
    seasonal_naive as seasonal_naive,
)
from kamstats.demand import (
    simple_smoothing as simple_smoothing,
)
from kamstats.demand import (
    theta as theta,
)
from kamstats.demand import (
    tsb as tsb,
)
from kamstats.errors import (
    Declined as Declined,
)
from kamstats.errors import (
    Invalid as Invalid,
)
from kamstats.errors import (
    KamertonError as KamertonError,
)
from kamstats.evenness import (
    Evenness as Evenness,
)
from kamstats.evenness import (
    PeriodMatrix as PeriodMatrix,
)
from kamstats.evenness import (
    period_matrix as period_matrix,
)
from kamstats.lifetime import (
    Loyalty as Loyalty,
)
from kamstats.lifetime import (
    loyalty as loyalty,
)
from kamstats.lifetime import (
    purchases_by_account as purchases_by_account,
)
from kamstats.loss import (
    Cascade as Cascade,
)
from kamstats.loss import (
    Loss as Loss,
)
from kamstats.loss import (
    LossRules as LossRules,
)
from kamstats.loss import (
    ShareAfter as ShareAfter,
)
from kamstats.loss import (
    Step as Step,
)
from kamstats.loss import (
    cascade as cascade,
)
from kamstats.loss import (
    loss_of as loss_of,
)
from kamstats.loss import (
    losses_of as losses_of,
)
from kamstats.migration import (
    Flow as Flow,
)
from kamstats.migration import (
    MovementSum as MovementSum,
)
from kamstats.migration import (
    migration_matrix as migration_matrix,
)
from kamstats.migration import (
    movement_sums as movement_sums,
)
from kamstats.next_product import (
    CoPurchases as CoPurchases,
)
from kamstats.next_product import (
    Recommendations as Recommendations,
)
from kamstats.next_product import (
    co_purchases as co_purchases,
)
from kamstats.next_product import (
    most_popular as most_popular,
)
from kamstats.next_product import (
    purchase_matrix as purchase_matrix,
)
from kamstats.next_product import (
    recommend as recommend,
)
from kamstats.periods import (
    Months as Months,
)
from kamstats.periods import (
    compared_months as compared_months,
)
from kamstats.periods import (
    whole_months as whole_months,
)
from kamstats.periods import (
    whole_quarters as whole_quarters,
)
from kamstats.potential import (
    HitRate as HitRate,
)
from kamstats.potential import (
    Peers as Peers,
)
from kamstats.potential import (
    Potential as Potential,
)
from kamstats.potential import (
    find_peers as find_peers,
)
from kamstats.potential import (
    find_potential as find_potential,
)
from kamstats.potential import (
    hit_rate as hit_rate,
)
from kamstats.reasons import (
    Reason as Reason,
)
from kamstats.reasons import (
    Sentence as Sentence,
)
from kamstats.reasons import (
    catalogue as catalogue,
)
from kamstats.reasons import (
    sentence as sentence,
)
from kamstats.receivables import (
    CreditLimit as CreditLimit,
)
from kamstats.receivables import (
    CreditPolicy as CreditPolicy,
)
from kamstats.receivables import (
    PaymentBehaviour as PaymentBehaviour,
)
from kamstats.receivables import (
    advise_credit as advise_credit,
)
from kamstats.receivables import (
    age_receivables as age_receivables,
)
from kamstats.receivables import (
    count_back as count_back,
)
from kamstats.receivables import (
    count_back_days as count_back_days,
)
from kamstats.receivables import (
    days_sales_outstanding as days_sales_outstanding,
)
from kamstats.receivables import (
    payment_behaviour as payment_behaviour,
)
from kamstats.repeat_buying import (
    BgNbd as BgNbd,
)
from kamstats.repeat_buying import (
    Fit as Fit,
)
from kamstats.repeat_buying import (
    Holdout as Holdout,
)
from kamstats.repeat_buying import (
    MbgCnbdK as MbgCnbdK,
)
from kamstats.repeat_buying import (
    MbgNbd as MbgNbd,
)
from kamstats.repeat_buying import (
    Nbd as Nbd,
)
from kamstats.repeat_buying import (
    ParetoNbd as ParetoNbd,
)
from kamstats.repeat_buying import (
    Prediction as Prediction,
)
from kamstats.repeat_buying import (
    RepeatBuying as RepeatBuying,
)
from kamstats.repeat_buying import (
    Summary as Summary,
)
from kamstats.repeat_buying import (
    choose as choose,
)
from kamstats.repeat_buying import (
    fit_bgnbd as fit_bgnbd,
)
from kamstats.repeat_buying import (
    fit_mbgcnbdk as fit_mbgcnbdk,
)
from kamstats.repeat_buying import (
    fit_mbgnbd as fit_mbgnbd,
)
from kamstats.repeat_buying import (
    fit_nbd as fit_nbd,
)
from kamstats.repeat_buying import (
    fit_paretonbd as fit_paretonbd,
)
from kamstats.repeat_buying import (
    judge as judge,
)
from kamstats.repeat_buying import (
    order_days as order_days,
)
from kamstats.repeat_buying import (
    predict as predict,
)
from kamstats.rfm import (
    Limits as Limits,
)
from kamstats.rfm import (
    Segment as Segment,
)
from kamstats.rfm import (
    rfm_limits as rfm_limits,
)
from kamstats.rfm import (
    rfm_scores as rfm_scores,
)
from kamstats.rfm import (
    rfm_table as rfm_table,
)
from kamstats.rhythm import (
    Alarm as Alarm,
)
from kamstats.rhythm import (
    AlarmRecord as AlarmRecord,
)
from kamstats.rhythm import (
    Rhythm as Rhythm,
)
from kamstats.rhythm import (
    RhythmRules as RhythmRules,
)
from kamstats.rhythm import (
    Status as Status,
)
from kamstats.rhythm import (
    account_days as account_days,
)
from kamstats.rhythm import (
    alarm_record as alarm_record,
)
from kamstats.stability import (
    Selection as Selection,
)
from kamstats.stability import (
    Stability as Stability,
)
from kamstats.stability import (
    selection_stability as selection_stability,
)
from kamstats.survey import (
    Agreement as Agreement,
)
from kamstats.survey import (
    Concordance as Concordance,
)
from kamstats.survey import (
    Driver as Driver,
)
from kamstats.survey import (
    Drivers as Drivers,
)
from kamstats.survey import (
    Nps as Nps,
)
from kamstats.survey import (
    compare_estimates as compare_estimates,
)
from kamstats.survey import (
    find_drivers as find_drivers,
)
from kamstats.survey import (
    net_promoter_score as net_promoter_score,
)
from kamstats.survey import (
    relative_weights as relative_weights,
)
from kamstats.survey import (
    role_weights as role_weights,
)
from kamstats.survey import (
    satisfaction_and_lifetime as satisfaction_and_lifetime,
)
from kamstats.survey import (
    spearman as spearman,
)
from kamstats.survival import (
    LogRank as LogRank,
)
from kamstats.survival import (
    RestrictedMean as RestrictedMean,
)
from kamstats.survival import (
    Survival as Survival,
)
from kamstats.survival import (
    kaplan_meier as kaplan_meier,
)
from kamstats.survival import (
    log_rank as log_rank,
)
from kamstats.value import (
    GammaGamma as GammaGamma,
)
from kamstats.value import (
    GammaGammaFit as GammaGammaFit,
)
from kamstats.value import (
    LifetimeValue as LifetimeValue,
)
from kamstats.value import (
    OrderValues as OrderValues,
)
from kamstats.value import (
    fit_gamma_gamma as fit_gamma_gamma,
)
from kamstats.value import (
    lifetime_value as lifetime_value,
)
from kamstats.value import (
    order_values as order_values,
)
from kamstats.xyz import (
    Cell as Cell,
)
from kamstats.xyz import (
    Window as Window,
)
from kamstats.xyz import (
    abc_xyz_matrix as abc_xyz_matrix,
)
from kamstats.xyz import (
    adjusted_variation as adjusted_variation,
)
from kamstats.xyz import (
    choose_window as choose_window,
)
from kamstats.xyz import (
    frequency_classes as frequency_classes,
)
from kamstats.xyz import (
    quantile_limits as quantile_limits,
)
from kamstats.xyz import (
    variation as variation,
)
from kamstats.xyz import (
    xyz_classes as xyz_classes,
)
from kamstats.xyz import (
    xyz_from_months as xyz_from_months,
)
