"""Repeat buying against lifetimes, in one run: `python -m benchmarks repeat_buying`.

Each job runs in fresh processes and times its first fit (cold) unless it says warm. The peer fits the same
rows. Speed counts only at the same log-likelihood, so each row checks it.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.measuring import Row, in_own_process

HERE = "benchmarks.repeat_buying"
UNIT = 7.0


def histories(accounts: int, seed: int = 1):
    """Draw accounts like those of CDNOW from a Pareto/NBD, watched for 1 to 78 weeks: x, t_x, T in days."""
    rng = np.random.default_rng(seed)
    age = rng.integers(7, 546, accounts)
    rate, leaving = rng.gamma(0.55, 1 / 74.0, accounts), rng.gamma(0.6, 1 / 82.0, accounts)
    life = np.minimum(rng.exponential(size=accounts) / np.maximum(leaving, 1e-12), age)
    x = rng.poisson(rate * life)
    last = np.floor(rng.random(accounts) ** (1 / np.maximum(x, 1)) * life).astype(np.int64)
    x = np.where(last > 0, x, 0)
    return x, np.where(x > 0, last, 0), age


def orders(accounts: int, seed: int = 1):
    """Draw account-days of as many accounts over three years."""
    import pyarrow as pa

    rng = np.random.default_rng(seed)
    x, _, age = histories(accounts, seed)
    owner = np.repeat(np.arange(accounts), x + 1)
    since = np.minimum(rng.random(len(owner)) * np.repeat(age, x + 1), 545).astype(np.int64)
    start = np.repeat(rng.integers(0, 550, accounts), x + 1)
    keys = np.char.add("A", np.arange(accounts).astype(str))
    return pa.table({"account_key": keys[owner], "day_no": (start + since).astype(np.int32)})


# --- jobs of ours


def ours_bgnbd(accounts: int) -> Callable[[], object]:
    from kamstats.repeat_buying import Summary, fit_bgnbd

    rows = histories(accounts)
    return lambda: list(fit_bgnbd(Summary(*rows, UNIT)).model.parameters.values())


def ours_paretonbd(accounts: int) -> Callable[[], object]:
    from kamstats.repeat_buying import Summary, fit_paretonbd

    rows = histories(accounts)
    return lambda: list(fit_paretonbd(Summary(*rows, UNIT)).model.parameters.values())


def ours_gamma_gamma(accounts: int) -> Callable[[], object]:
    from kamstats.value import fit_gamma_gamma

    rows = values(accounts)
    fit_gamma_gamma(*rows)  # warm

    def fit() -> list[float]:
        model = fit_gamma_gamma(*rows).model
        return [model.p, model.q, model.gamma]

    return fit


def ours_everything(accounts: int) -> Callable[[], object]:
    from kamstats.repeat_buying import repeat_buying

    frame = orders(accounts)
    return lambda: repeat_buying(frame).chosen


# --- jobs of the peer


def values(accounts: int):
    """Draw repeat orders and their mean value."""
    rng = np.random.default_rng(2)
    count = rng.integers(1, 15, accounts)
    return count, rng.gamma(6.25 * count) / (rng.gamma(3.74, 1 / 15.44, accounts) * count)


def _quiet_lifetimes():
    warnings.simplefilter("ignore")
    import lifetimes

    return lifetimes


def peer_bgnbd(accounts: int) -> Callable[[], object]:
    lifetimes, (x, t_x, age) = _quiet_lifetimes(), histories(accounts)
    return lambda: list(lifetimes.BetaGeoFitter().fit(x, t_x / UNIT, age / UNIT).params_)


def peer_bgnbd_grouped(accounts: int) -> Callable[[], object]:
    import pandas as pd

    lifetimes, (x, t_x, age) = _quiet_lifetimes(), histories(accounts)

    def fit() -> list[float]:
        rows = pd.DataFrame({"x": x, "t_x": t_x, "T": age}).value_counts().reset_index(name="n")
        fitter = lifetimes.BetaGeoFitter()
        fitter.fit(rows["x"], rows["t_x"] / UNIT, rows["T"] / UNIT, weights=rows["n"])
        return list(fitter.params_)

    return fit


def peer_paretonbd(accounts: int) -> Callable[[], object]:
    lifetimes, (x, t_x, age) = _quiet_lifetimes(), histories(accounts)
    return lambda: list(lifetimes.ParetoNBDFitter().fit(x, t_x / UNIT, age / UNIT).params_)


def peer_gamma_gamma(accounts: int) -> Callable[[], object]:
    lifetimes, rows = _quiet_lifetimes(), values(accounts)
    return lambda: list(lifetimes.GammaGammaFitter().fit(*rows).params_)


def log_likelihood(job: str, accounts: int, parameters: list[float]) -> float:
    """Judge parameters, whoever found them, by one likelihood (which the tests hold to the papers')."""
    from kamstats.repeat_buying import Summary
    from kamstats.repeat_buying.geometric import GeometricLikelihood
    from kamstats.repeat_buying.lifetime_integral import ParetoLikelihood
    from kamstats.repeat_buying.summary import group
    from kamstats.value import _Likelihood

    at = np.array(parameters)
    if job == "gamma_gamma":
        count, value = values(accounts)
        return _Likelihood(count.astype(float), value)(at).value
    groups = group(Summary(*histories(accounts), UNIT))
    ages = UNIT / groups.scale_days
    if job == "paretonbd":
        return ParetoLikelihood(groups)(at * (1, ages, 1, ages)).value
    return GeometricLikelihood(groups, leaves_at_start=False)(at * (1, ages, 1, 1)).value


# --- rows


@dataclass(frozen=True, slots=True)
class Race:
    """One row: our job, the peer's, how many accounts, and how many times faster we should be."""

    name: str
    ours: str
    peer: str
    accounts: int
    times: float
    peak_mib: float | None = None
    repeats: int = 3

    def run(self) -> Row:
        ours = in_own_process(f"{HERE}:ours_{self.ours}", self.accounts, repeats=max(self.repeats, 3))
        if importlib.util.find_spec("lifetimes") is None:
            return Row(self.name, ours.median, "lifetimes (absent)", None, self.budget, None, ours.peak_mib)
        peer = in_own_process(f"{HERE}:peer_{self.peer}", self.accounts, repeats=self.repeats)
        found, theirs = (log_likelihood(self.ours, self.accounts, it.answer) for it in (ours, peer))
        as_good = found >= theirs - 1e-6 * abs(theirs)
        fast = peer.median >= self.times * ours.median
        small = self.peak_mib is None or ours.peak_mib <= self.peak_mib
        who = "lifetimes, grouped" if "grouped" in self.peer else "lifetimes"
        kept = bool(as_good and fast and small)
        return Row(
            self.name, ours.median, who, peer.median, self.budget, kept, ours.peak_mib, spread=ours.spread
        )

    @property
    def budget(self) -> str:
        peak = f", peak ≤ {self.peak_mib:.0f} MiB" if self.peak_mib else ""
        return f"≥ {self.times:g} × faster{peak}"


RACES = (
    Race("BG/NBD, 2,357 accounts", "bgnbd", "bgnbd", 2_357, 10, repeats=5),
    Race("BG/NBD, 100 k accounts", "bgnbd", "bgnbd", 100_000, 30),
    Race("BG/NBD, 1 M accounts", "bgnbd", "bgnbd", 1_000_000, 80, peak_mib=400, repeats=1),
    Race("BG/NBD, 1 M accounts", "bgnbd", "bgnbd_grouped", 1_000_000, 8, repeats=1),
    Race("Pareto/NBD, 100 k accounts", "paretonbd", "paretonbd", 100_000, 30, repeats=1),
    Race("Gamma-Gamma, 400 k repeat buyers, warm", "gamma_gamma", "gamma_gamma", 400_000, 50, repeats=1),
)


def rows(*, big: bool = False) -> Iterator[Row]:  # noqa: ARG001 - the sizes are those of the budget
    """Give the rows of the budget "Repeat buying"."""
    for race in RACES:
        yield race.run()
    everything = in_own_process(f"{HERE}:ours_everything", 100_000, repeats=1)
    yield Row(
        "all five models with hold-out, 100 k accounts",
        everything.median,
        "–",
        None,
        "≤ 15 s",
        everything.median <= 15,
        everything.peak_mib,
        spread=everything.spread,
    )
