"""All repeat-buying models on one history: fitted, judged, one chosen, and refitted for use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import narwhals as nw
import numpy as np

from kamstats.calibration import Reliability, reliability
from kamstats.errors import Declined, Invalid
from kamstats.reasons import Reason, sentence
from kamstats.repeat_buying import nbd
from kamstats.repeat_buying.bgnbd import fit_bgnbd
from kamstats.repeat_buying.choosing import Candidate, choose, why_unidentified
from kamstats.repeat_buying.fitting import NEED_REPEAT_BUYERS, check_repeat_buyers
from kamstats.repeat_buying.holdout import Holdout, Prediction, judge, predict
from kamstats.repeat_buying.mbgcnbdk import fit_mbgcnbdk
from kamstats.repeat_buying.mbgnbd import fit_mbgnbd
from kamstats.repeat_buying.paretonbd import fit_paretonbd
from kamstats.repeat_buying.summary import group, order_days, unit_days

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from narwhals.typing import IntoFrame
    from numpy.typing import NDArray

    from kamstats.repeat_buying.fitting import Fit, Model
    from kamstats.repeat_buying.newton import Floats
    from kamstats.repeat_buying.summary import Groups, Integers, OrderDays, Summary

EPOCH = date(1970, 1, 1)
YEAR_DAYS = 365.25

FITS: Mapping[str, Callable[[Summary, Groups], Fit[Any]]] = {
    "NBD": nbd.fit_nbd,
    "BG/NBD": fit_bgnbd,
    "MBG/NBD": fit_mbgnbd,
    "MBG/CNBD-k": fit_mbgcnbdk,
    "Pareto/NBD": fit_paretonbd,
}

NO_ORDERS = sentence(
    "no_orders", "There is no order in the data. Give sales with a positive quantity or revenue."
)
CALIBRATION_BEFORE_FIRST_ORDER = sentence(
    "calibration_before_first_order",
    "The calibration ends on {end}, before the first order on {first}. Give a later date.",
)
NO_DROP_OUT_IN_CHOSEN = sentence(
    "no_drop_out_in_chosen",
    "The model that predicts best, {model}, knows no drop-out, so there is no P(alive). Read silence from "
    "the account's own rhythm instead.",
)
DROP_OUT_NOT_IDENTIFIED = sentence(
    "drop_out_not_identified",
    "{model} fits, but its drop-out cannot be told from the data, so P(alive) is not given. Read silence "
    "from the account's own rhythm instead.",
)


@dataclass(frozen=True, slots=True)
class Fitted:
    """One model on the calibration period; `unidentified` says why its drop-out means nothing, else None."""

    fit: Fit[Model]
    unidentified: Reason | None
    holdout: Holdout | None
    prediction: Prediction

    @property
    def identified(self) -> bool:
        """Whether the data tell drop-out apart."""
        return self.unidentified is None


@dataclass(frozen=True, slots=True)
class Refit:
    """The chosen model on all data to `as_of`; arrays have one row per account, in the order of `account`.

    `p_alive` is NaN throughout where `why_no_p_alive` says so. `expected_purchases` and `p_purchase` are for
    the 12 months (365.25 days) after `as_of`.
    """

    fit: Fit[Model]
    unidentified: Reason | None
    account: NDArray[np.object_]
    summary: Summary
    p_alive: Floats
    why_no_p_alive: Reason | None
    expected_purchases: Floats
    p_purchase: Floats


@dataclass(frozen=True, slots=True)
class RepeatBuying:
    """Everything on repeat buying in one history.

    `models` are fitted on the accounts of the calibration (`account`, (n,)), which ends on
    `calibration_end`, and judged on the days after it up to `as_of`; `actual` (n,) are their orders there.
    Without a hold-out `calibration_end` equals `as_of` and `actual` is None.
    """

    unit: str
    unit_days: float
    calibration_end: date
    as_of: date
    account: NDArray[np.object_]
    summary: Summary
    models: Mapping[str, Fitted]
    chosen: str
    reason: Reason
    actual: Integers | None
    refit: Refit

    def reliability(self, model: str | None = None, *, bins: int = 10) -> Reliability | None:
        """Compare a model's probabilities of an order in the hold-out with what came.

        `model` is the chosen one where it is not given. None without a hold-out.
        """
        if self.actual is None:
            return None
        said = self.models[model or self.chosen].prediction.p_purchase
        return reliability(np.clip(said, 0, 1), self.actual > 0, bins=bins)

    def as_dict(self) -> dict[str, Any]:
        """Give models, chosen and reason for JSON; missing is None.

        A reason is its code, its values and its English sentence.
        """
        return {
            "unit": self.unit,
            "calibration_end": self.calibration_end.isoformat(),
            "as_of": self.as_of.isoformat(),
            "accounts": len(self.account),
            "models": {name: _model_dict(fitted) for name, fitted in self.models.items()},
            "chosen": self.chosen,
            "reason": _reason_dict(self.reason),
        }

    def per_account(self) -> dict[str, NDArray[Any]]:
        """Give a column per figure, one row per account of the calibration: of every model, and what came."""
        columns: dict[str, NDArray[Any]] = {
            "account": self.account, "x": self.summary.x, "t_x": self.summary.recency, "T": self.summary.age
        }  # fmt: skip
        for name, fitted in self.models.items():
            said = fitted.prediction
            alive = (
                said.p_alive if name != nbd.NAME and fitted.identified else np.full(len(said.p_alive), np.nan)
            )
            columns[f"{name} p_alive"] = alive
            columns[f"{name} expected_purchases"] = said.expected_purchases
            columns[f"{name} p_purchase"] = said.p_purchase
        return columns if self.actual is None else {**columns, "actual_purchases": self.actual}


def repeat_buying(
    orders: IntoFrame, *, unit: str = "week", calibration_end: date | None = None, as_of: date | None = None
) -> RepeatBuying:
    """Fit, judge and choose among NBD, BG/NBD, MBG/NBD, MBG/CNBD-k and Pareto/NBD.

    Parameters
    ----------
    orders
        Account-days: `account_key`, `day_no` (days since 1970-01-01) and, where there is one, `is_order`.
        Days after `as_of` are passed over.
    unit
        "day", "week" or "month" (365.25 / 12 days); t_x and T are whole days divided by it.
    calibration_end
        Last day the fits may see; default two thirds of the span from the first order to `as_of`. Too few
        repeat buyers by then, or a default that leaves no days after it: all days are used, without a
        hold-out.
    as_of
        Default the last day in the data.

    Raises
    ------
    Declined
        Without orders, with fewer than five repeat buyers in all, or where no model converges.
    Invalid
        Where the calibration ends before the first order, or the unit is unknown.

    >>> import pyarrow as pa
    >>> rng = np.random.default_rng(1)
    >>> days = [(f"A{i}", int(d)) for i in range(60) for d in np.cumsum(rng.exponential(20 + i, 8))]
    >>> frame = pa.table({"account_key": [a for a, _ in days], "day_no": [d for _, d in days]})
    >>> found = repeat_buying(frame)
    >>> list(found.models), found.models["NBD"].holdout.accounts
    (['NBD', 'BG/NBD', 'MBG/NBD', 'MBG/CNBD-k', 'Pareto/NBD'], 60)
    """
    length = unit_days(unit)
    days = order_days(orders)
    if not len(days.account):
        raise Declined(NO_ORDERS())
    last = _last_day(orders) if as_of is None else (as_of - EPOCH).days
    end = _calibration_day(days, calibration_end, last, length)
    summary, seen = days.summary(end, length), days.until(end)
    actual = days.orders_between(end, last)[seen] if end < last else None
    models = _fit_all(summary, (last - end) / length, actual)
    chosen, reason = choose({name: Candidate(model.fit, model.holdout) for name, model in models.items()})
    refit = _refit(days, chosen, last, length)
    return RepeatBuying(
        unit,
        length,
        _date(end),
        _date(last),
        days.account[seen],
        summary,
        models,
        chosen,
        reason,
        actual,
        refit,
    )


def _last_day(orders: IntoFrame) -> int:
    """Give the last day of the data, credit notes included."""
    last = nw.from_native(orders).lazy().select(nw.col("day_no").max()).collect()
    return int(last.item(0, "day_no"))


def _date(day_no: int) -> date:
    return EPOCH + timedelta(days=day_no)


def _calibration_day(days: OrderDays, wanted: date | None, last: int, length: float) -> int:
    """Give the last day of the calibration; `last` where there is to be no hold-out."""
    first = int(days.first.min())
    if wanted is not None:
        if (wanted - EPOCH).days < first:
            raise Invalid(CALIBRATION_BEFORE_FIRST_ORDER(end=wanted, first=_date(first)))
        return min((wanted - EPOCH).days, last)
    end = first + (2 * (last - first)) // 3
    again = np.count_nonzero(days.summary(end, length).x)
    return end if again >= NEED_REPEAT_BUYERS else last


def _fit_all(summary: Summary, horizon: float, actual: Integers | None) -> dict[str, Fitted]:
    check_repeat_buyers(summary)
    groups = group(summary)
    fits = {name: fit(summary, groups) for name, fit in FITS.items()}
    return {name: _fitted(fit, fits[nbd.NAME], summary, horizon, actual) for name, fit in fits.items()}


def _fitted(
    fit: Fit[Any], plain: Fit[Any], summary: Summary, horizon: float, actual: Integers | None
) -> Fitted:
    """Predict and judge; without a hold-out the prediction is for a year."""
    ahead = horizon if actual is not None else YEAR_DAYS / summary.unit_days
    said = predict(fit.model, summary, ahead)
    holdout = None if actual is None else judge(said, actual, has_drop_out=fit.name != nbd.NAME)
    return Fitted(fit, why_unidentified(fit, plain, summary), holdout, said)


def _refit(days: OrderDays, chosen: str, last: int, length: float) -> Refit:
    summary = days.summary(last, length)
    groups = group(summary)
    fit = FITS[chosen](summary, groups)
    plain = fit if chosen == nbd.NAME else nbd.fit_nbd(summary, groups)
    unidentified = why_unidentified(fit, plain, summary)
    said = predict(fit.model, summary, YEAR_DAYS / length)
    why = _why_no_p_alive(chosen, unidentified)
    alive = said.p_alive if why is None else np.full(len(summary), np.nan)
    account = days.account[days.until(last)]
    return Refit(fit, unidentified, account, summary, alive, why, said.expected_purchases, said.p_purchase)


def _why_no_p_alive(chosen: str, unidentified: Reason | None) -> Reason | None:
    if chosen == nbd.NAME:
        return NO_DROP_OUT_IN_CHOSEN(model=chosen)
    return None if unidentified is None else DROP_OUT_NOT_IDENTIFIED(model=chosen)


def _reason_dict(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, "values": dict(reason.values), "sentence": reason.english}


def _model_dict(fitted: Fitted) -> dict[str, Any]:
    fit, holdout = fitted.fit, fitted.holdout
    return {
        "parameters": dict(fit.model.parameters),
        "log_likelihood": fit.log_likelihood,
        "standard_errors": dict(fit.standard_errors),
        "converged": fit.converged,
        "identified": fitted.identified,
        "identified_reason": None if fitted.unidentified is None else _reason_dict(fitted.unidentified),
        "bic": fit.bic,
        "holdout": None if holdout is None else {name: getattr(holdout, name) for name in Holdout.__slots__},
    }
