"""Expected purchases of accounts that are alive and may leave after each purchase.

With a rate that is Gamma and a chance to leave that is Beta, the number of chances to buy within a horizon is
negative binomial, and the purchases made out of y chances a short sum. Summing over the chances gives eq. 10
of Fader, Hardie & Lee (2005) without its 2F1, which overflows where x is in the hundreds; in an Erlang rhythm
it does without the approximation of Platzer & Reutterer (2016). All terms are positive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from kamstats.repeat_buying.newton import Floats

BLOCK = 100_000  # cells of a work table: small enough for the cache
MOST_STAGES = 20_000


@dataclass(frozen=True, slots=True)
class Living:
    """What is believed of accounts that are alive, (n,) each.

    The stage rate is Gamma(`rho`, `until`), the chance to leave after a purchase Beta(`a`, `stay`), the last
    purchase `silent` ago.
    """

    rho: Floats
    until: Floats
    silent: Floats
    a: float
    stay: Floats

    def take(self, rows: NDArray[np.int64]) -> Living:
        """Give some of the rows."""
        return Living(self.rho[rows], self.until[rows], self.silent[rows], self.a, self.stay[rows])


def expected_purchases(k: int, horizon: float, living: Living) -> Floats:
    """Expected purchases within `horizon` of accounts in an Erlang-k rhythm, (n,).

    With m the stages since the last purchase at the end of the horizon, the account was alive with
    fewer than k of them at its start; it makes the integer part of m / k purchases unless it leaves. More
    than 20,000 stages count as 20,000.

    >>> one = np.ones(1)
    >>> few = expected_purchases(1, 10.0, Living(2 * one, 20 * one, 0 * one, 1e-6, 1e6 * one))
    >>> round(float(few[0]), 6)  # nobody leaves: rho / until * horizon
    1.0
    """
    needed = _stages_needed(k, horizon, living)
    order = np.argsort(needed, kind="stable")
    result = np.empty(len(order))
    for rows in _blocks(needed[order]):
        pick = order[rows]
        some, most = living.take(pick), int(needed[pick].max())
        weight = _stage_weights(k, most, horizon, some)
        counted = purchases_before_leaving(some.a, some.stay, most // k + 1)
        made = counted if k == 1 else np.repeat(counted, k, axis=1)
        result[pick] = np.einsum("ij,ij->i", weight, made[:, : most + 1]) / weight.sum(axis=1)
    return result


def _stages_needed(k: int, horizon: float, living: Living) -> NDArray[np.int64]:
    """Find where the stages left out have a weight below 1e-12."""
    odds, shape = horizon / living.until, living.rho + k
    mean = shape * (odds + living.silent / living.until)
    spread = np.sqrt(shape * odds * (1 + odds))
    tail = 30 / np.log1p(1 / odds)
    needed: NDArray[np.int64] = np.minimum(mean + 9 * spread + tail + 2 * k, MOST_STAGES).astype(np.int64)
    return needed


def _stage_weights(k: int, most: int, horizon: float, living: Living) -> Floats:
    """Weight of m = 0..most stages: negative binomial times P(fewer than k of them before now)."""
    m = np.arange(1.0, most + 1)
    log_weight = np.zeros((len(living.rho), most + 1))
    rise = (horizon / (living.until + horizon))[:, None]
    np.cumsum(np.log((living.rho[:, None] + (m - 1)) * (rise / m)), axis=1, out=log_weight[:, 1:])
    log_weight -= log_weight.max(axis=1, keepdims=True)
    weight = np.exp(log_weight)
    before, chain = (living.silent / horizon)[:, None], np.ones_like(weight)
    for i in range(k - 1, 0, -1):  # Horner: sum over i < k of C(m, i) before^i
        chain = 1 + chain * before * np.maximum(np.arange(most + 1.0) - (i - 1), 0) / i
    return weight * chain if k > 1 else weight


def purchases_before_leaving(a: float, stay: Floats, most: int) -> Floats:
    """Expected purchases out of y = 0..most chances if the account may leave after each, (n, most + 1)."""
    j = np.arange(most - 1.0)
    stays = np.cumprod((stay[:, None] + j) / (a + stay[:, None] + j), axis=1)
    first = np.ones((len(stay), 1))
    return np.concatenate(
        (np.zeros_like(first), np.cumsum(np.concatenate((first, stays), axis=1), axis=1)), axis=1
    )


def _blocks(width: NDArray[np.int64]) -> Iterator[slice]:
    """Cut rows of ascending `width` into slices of about BLOCK cells."""
    cells = np.cumsum(width)
    start = 0
    while start < len(width):
        done = cells[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(cells, done + BLOCK, side="right")))
        yield slice(start, stop)
        start = stop
