"""How the error of a forecast depends on the length of the history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from kamstats.demand.forecast import Demand

LENGTHS = (0, 6, 12, 24, 36)


@dataclass(frozen=True, slots=True)
class LengthError:
    """The rolling-origin error of the series whose history has `from_months` up to `to_months` - 1 months.

    rmse_share, bias_share : fractions of the mean monthly demand, weighted by demand (bias: actual minus
        forecast over demand); `to_months` is None for the last class.
    """

    from_months: int
    to_months: int | None
    series: int
    rmse_share: float
    bias_share: float


def error_by_length(told: Demand) -> tuple[LengthError, ...]:
    """Give the errors of a forecast by classes of history; classes without a judged series are left out.

    >>> from kamstats.demand import forecast
    >>> [(row.from_months, row.series) for row in error_by_length(forecast([[5.0, 6, 5, 7, 5] * 6]))]
    [(24, 1)]
    """
    ends = (*LENGTHS[1:], None)
    rows = (_row(told, first, end) for first, end in zip(LENGTHS, ends, strict=True))
    return tuple(row for row in rows if row.series)


def _row(told: Demand, first: int, end: int | None) -> LengthError:
    inside = (told.history_months >= first) & np.isfinite(told.rmse)
    if end is not None:
        inside &= told.history_months < end
    level, bias, rmse = (each[inside] for each in (told.mean_demand, told.bias, told.rmse))
    size = max(float(level @ level), np.finfo(float).tiny)
    whole = max(float(level.sum()), np.finfo(float).tiny)
    return LengthError(
        first, end, int(inside.sum()), float(np.sqrt(rmse @ rmse / size)), float(bias.sum() / whole)
    )
