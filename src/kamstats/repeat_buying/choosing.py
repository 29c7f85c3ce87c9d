"""Which model to believe: is its drop-out told by the data, and did it predict best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kamstats.errors import Declined
from kamstats.reasons import Reason, sentence
from kamstats.repeat_buying import nbd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kamstats.repeat_buying.fitting import Fit, Model
    from kamstats.repeat_buying.holdout import Holdout
    from kamstats.repeat_buying.summary import Summary

LEAST_GAIN = 2.0  # in log-likelihood over NBD
ALL_ALIVE = 0.99  # median P(alive) of repeat buyers
AS_GOOD = 0.01  # of the lowest rmse

NO_GAIN_FROM_DROP_OUT = sentence(
    "no_gain_from_drop_out",
    "{model} gains {gain} in log-likelihood over the NBD, which knows no drop-out; 2 or more would show that "
    "accounts leave. Read silence from each account's own rhythm instead.",
)
PARAMETER_ON_BOUND = sentence(
    "parameter_on_bound",
    "{model}: the search for {parameters} ended on its bound, so the data do not tell accounts apart by it. "
    "Read silence from each account's own rhythm instead.",
)
CURVATURE_SINGULAR = sentence(
    "curvature_singular",
    "{model}: the likelihood is flat in some direction, so several sets of parameters fit equally well. "
    "Read silence from each account's own rhythm instead.",
)
EVERYBODY_ALIVE = sentence(
    "everybody_alive",
    "{model} puts half of the repeat buyers at a P(alive) of {median} or more, which tells nobody apart; "
    "at most 0.99 is expected. Read silence from each account's own rhythm instead.",
)
CHOSEN_BY_HOLDOUT = sentence(
    "chosen_by_holdout",
    "{model} has the lowest error in the hold-out: {rmse} purchases per account (root mean square).",
)
CHOSEN_AS_SIMPLER = sentence(
    "chosen_as_simpler",
    "{model} with {parameters} parameters predicts within 1 % of the best, {best}: {rmse} against "
    "{best_rmse} purchases per account (root mean square).",
)
CHOSEN_BY_BIC = sentence(
    "chosen_by_bic", "{model} has the lowest BIC, {bic}; the history is too short for a hold-out."
)
NO_MODEL_CONVERGED = sentence(
    "no_model_converged",
    "None of {models} models of repeat buying found its maximum on {accounts} accounts. "
    "Give a longer history.",
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A fitted model with its hold-out, where there is one."""

    fit: Fit[Model]
    holdout: Holdout | None


def why_unidentified(fit: Fit[Model], plain: Fit[Model] | None, summary: Summary) -> Reason | None:
    """Say why drop-out cannot be told from the data; None where it can.

    `plain` is the NBD on the same `summary`. The first that holds: a parameter on the bound of its search, a
    singular Hessian, a gain over NBD below 2, a median P(alive) of repeat buyers above .99. The last two
    do not concern the NBD itself.
    """
    if fit.on_bound:
        return PARAMETER_ON_BOUND(model=fit.name, parameters=", ".join(fit.on_bound))
    if fit.covariance is None:
        return CURVATURE_SINGULAR(model=fit.name)
    if fit.name == nbd.NAME:
        return None
    gain = fit.log_likelihood - plain.log_likelihood if plain else np.inf
    if gain < LEAST_GAIN:
        return NO_GAIN_FROM_DROP_OUT(model=fit.name, gain=round(float(gain), 2))
    median = median_alive(fit.model, summary)
    return EVERYBODY_ALIVE(model=fit.name, median=round(median, 4)) if median > ALL_ALIVE else None


def median_alive(model: Model, summary: Summary) -> float:
    """Median P(alive) of the repeat buyers; NaN where there are none."""
    again = summary.x > 0
    if not again.any():
        return float("nan")
    rows = summary.x[again].astype(np.float64), summary.recency[again], summary.age[again]
    return float(np.median(model.p_alive(*rows)))


def choose(candidates: Mapping[str, Candidate]) -> tuple[str, Reason]:
    """Choose among the models that converged: the lowest hold-out rmse, and within 1 % the simplest.

    Without a hold-out, the lowest BIC. Raises `Declined` where none has converged.
    """
    sound = [entry for entry in candidates.values() if entry.fit.converged]
    if not sound:
        accounts = max((entry.fit.accounts for entry in candidates.values()), default=0)
        raise Declined(NO_MODEL_CONVERGED(models=len(candidates), accounts=accounts))
    judged = [(entry.holdout, entry.fit) for entry in sound if entry.holdout is not None]
    return _by_holdout(judged) if judged else _by_bic([entry.fit for entry in sound])


def _by_holdout(judged: Sequence[tuple[Holdout, Fit[Model]]]) -> tuple[str, Reason]:
    holdout, best = min(judged, key=lambda entry: entry[0].rmse)
    near = [entry for entry in judged if entry[0].rmse <= holdout.rmse * (1 + AS_GOOD)]
    chosen_holdout, chosen = min(near, key=lambda entry: (entry[1].model.free_parameters, entry[0].rmse))
    rmse = round(chosen_holdout.rmse, 4)
    if chosen is best:
        return chosen.name, CHOSEN_BY_HOLDOUT(model=chosen.name, rmse=rmse)
    return chosen.name, CHOSEN_AS_SIMPLER(
        model=chosen.name,
        parameters=chosen.model.free_parameters,
        best=best.name,
        rmse=rmse,
        best_rmse=round(holdout.rmse, 4),
    )


def _by_bic(fits: Sequence[Fit[Model]]) -> tuple[str, Reason]:
    best = min(fits, key=lambda fit: fit.bic)
    return best.name, CHOSEN_BY_BIC(model=best.name, bic=round(best.bic, 2))
