"""Repeat buying: who will buy again, how often, and who has gone without saying so.

Five models by maximum likelihood, judged on the part of the history they have not seen. "Alive" (will ever
buy again) is kept apart from "will buy in the period".
"""

from kamstats.repeat_buying.analysis import Fitted, Refit, RepeatBuying, repeat_buying
from kamstats.repeat_buying.bgnbd import BgNbd, fit_bgnbd
from kamstats.repeat_buying.choosing import Candidate, choose, why_unidentified
from kamstats.repeat_buying.fitting import Fit, Model
from kamstats.repeat_buying.holdout import Holdout, Prediction, judge, predict
from kamstats.repeat_buying.mbgcnbdk import MbgCnbdK, fit_mbgcnbdk
from kamstats.repeat_buying.mbgnbd import MbgNbd, fit_mbgnbd
from kamstats.repeat_buying.nbd import Nbd, fit_nbd
from kamstats.repeat_buying.paretonbd import ParetoNbd, fit_paretonbd
from kamstats.repeat_buying.summary import OrderDays, Summary, order_days

__all__ = [
    "BgNbd",
    "Candidate",
    "Fit",
    "Fitted",
    "Holdout",
    "MbgCnbdK",
    "MbgNbd",
    "Model",
    "Nbd",
    "OrderDays",
    "ParetoNbd",
    "Prediction",
    "Refit",
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
    "repeat_buying",
    "why_unidentified",
]
