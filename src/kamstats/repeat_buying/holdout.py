"""How good the predictions were on the part of the history that the fit has not seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kamstats.calibration import area_under_curve, brier
from kamstats.errors import Declined

if TYPE_CHECKING:
    from kamstats.repeat_buying.fitting import Model
    from kamstats.repeat_buying.newton import Floats
    from kamstats.repeat_buying.summary import Integers, Summary


@dataclass(frozen=True, slots=True)
class Holdout:
    """Errors over all accounts of the calibration, in purchases per account.

    `mae`, `rmse` and `bias` are of expected minus actual purchases. `brier` judges the probability of at
    least one purchase in the hold-out; `auc_alive` ranks by P(alive) against the same event, and is None
    where the model has no P(alive) or everybody, or nobody, bought.
    """

    accounts: int
    expected: float
    actual: int
    mae: float
    rmse: float
    bias: float
    auc_alive: float | None
    brier: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model says of each account at the end of the calibration, each (n,)."""

    p_alive: Floats
    expected_purchases: Floats
    p_purchase: Floats


def predict(model: Model, summary: Summary, horizon: float) -> Prediction:
    """Predict `horizon` units ahead of the end of `summary`.

    >>> from kamstats.repeat_buying.nbd import Nbd
    >>> from kamstats.repeat_buying.summary import Summary
    >>> said = predict(Nbd(1.0, 10.0), Summary(np.array([1]), np.array([7]), np.array([70])), 20.0)
    >>> said.expected_purchases.tolist(), said.p_purchase.tolist()
    ([2.0], [0.75])
    """
    rows = summary.x.astype(np.float64), summary.recency, summary.age
    return Prediction(
        model.p_alive(*rows), model.expected_purchases(horizon, *rows), model.p_purchase(horizon, *rows)
    )


def judge(said: Prediction, actual: Integers, *, has_drop_out: bool = True) -> Holdout:
    """Compare predictions with the purchases that came, (n,).

    >>> said = Prediction(np.array([0.2, 0.9]), np.array([0.5, 2.0]), np.array([0.1, 0.8]))
    >>> judged = judge(said, np.array([0, 3]))
    >>> judged.mae, judged.bias, judged.auc_alive, round(judged.brier, 3)
    (0.75, -0.25, 1.0, 0.025)
    """
    error = said.expected_purchases - actual
    bought = actual > 0
    return Holdout(
        accounts=len(actual),
        expected=float(said.expected_purchases.sum()),
        actual=int(actual.sum()),
        mae=float(np.abs(error).mean()),
        rmse=float(np.sqrt((error**2).mean())),
        bias=float(error.mean()),
        auc_alive=_auc(said.p_alive, bought) if has_drop_out else None,
        brier=brier(np.clip(said.p_purchase, 0, 1), bought),
    )


def _auc(p_alive: Floats, bought: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> float | None:
    try:
        return area_under_curve(p_alive, bought)
    except Declined:
        return None
