"""Identified or not, and which model to believe."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kamstats.errors import Declined
from kamstats.repeat_buying import (
    BgNbd,
    Candidate,
    Fit,
    Holdout,
    MbgCnbdK,
    MbgNbd,
    Nbd,
    ParetoNbd,
    Summary,
    choose,
    why_unidentified,
)
from kamstats.repeat_buying.choosing import median_alive

MODELS = {
    "NBD": Nbd(0.5, 8.0),
    "BG/NBD": BgNbd(0.2426, 4.4136, 0.7929, 2.4259),
    "MBG/NBD": MbgNbd(0.52, 6.2, 0.9, 1.6),
    "MBG/CNBD-k": MbgCnbdK(3, 0.9, 4.0, 0.7, 2.0),
    "Pareto/NBD": ParetoNbd(0.553, 10.578, 0.606, 11.669),
}
SUMMARY = Summary(np.array([0, 2, 5]), np.array([0, 70, 90]), np.array([200, 200, 200]))


def fit(name, log_likelihood=-90.0, **changes):
    found = Fit(name, MODELS[name], log_likelihood, {}, np.eye(4), True, (), 1000, 7.0)
    return replace(found, **changes)


def candidate(name, rmse, **changes):
    holdout = None if rmse is None else Holdout(1000, 1.0, 1, 0.5, rmse, 0.0, 0.7, 0.1)
    return Candidate(fit(name, **changes), holdout)


def chosen(**rmses):
    names = dict(zip(("nbd", "bg", "mbg", "k", "pareto"), MODELS, strict=True))
    return choose({names[short]: candidate(names[short], rmse) for short, rmse in rmses.items()})


# --- identified


def test_a_clear_gain_over_nbd_is_identified():
    assert why_unidentified(fit("MBG/NBD", -90), fit("NBD", -100), SUMMARY) is None


def test_a_gain_below_two_is_not_and_the_sentence_has_the_figure():
    why = why_unidentified(fit("MBG/NBD", -98.5), fit("NBD", -100), SUMMARY)

    assert why.code == "no_gain_from_drop_out"
    assert "gains 1.5 in log-likelihood" in why.english


def test_a_parameter_on_its_bound_is_named():
    why = why_unidentified(fit("BG/NBD", -90, on_bound=("a", "b")), fit("NBD", -100), SUMMARY)

    assert why.code == "parameter_on_bound"
    assert "a, b" in why.english


def test_a_flat_likelihood_is_not_identified():
    why = why_unidentified(fit("Pareto/NBD", covariance=None), fit("NBD", -100), SUMMARY)

    assert why.code == "curvature_singular"


def test_everybody_alive_tells_nobody_apart():
    loyal = replace(fit("MBG/NBD"), model=MbgNbd(0.5, 6.0, 0.001, 100.0))

    why = why_unidentified(loyal, fit("NBD", -100), SUMMARY)

    assert why.code == "everybody_alive"
    assert median_alive(loyal.model, SUMMARY) > 0.99


def test_nbd_itself_need_not_gain_over_itself():
    assert why_unidentified(fit("NBD"), fit("NBD"), SUMMARY) is None
    assert why_unidentified(fit("NBD", on_bound=("r",)), None, SUMMARY).code == "parameter_on_bound"


def test_without_repeat_buyers_there_is_no_median():
    nobody = Summary(np.array([0]), np.array([0]), np.array([10]))

    assert np.isnan(median_alive(MODELS["MBG/NBD"], nobody))


# --- chosen


def test_the_lowest_holdout_error_wins():
    name, reason = chosen(nbd=1.2, bg=1.0, mbg=1.1, k=1.3, pareto=1.4)

    assert (name, reason.code) == ("BG/NBD", "chosen_by_holdout")


def test_within_one_per_cent_the_simpler_wins():
    name, reason = chosen(nbd=1.0099, bg=1.02, mbg=1.0095, k=1.0, pareto=1.005)

    assert (name, reason.code) == ("NBD", "chosen_as_simpler")
    assert reason.values["best"] == "MBG/CNBD-k"


def test_beyond_one_per_cent_it_does_not():
    assert chosen(nbd=1.0102, k=1.0)[0] == "MBG/CNBD-k"


def test_of_equally_simple_models_the_better_wins():
    assert chosen(bg=1.004, mbg=1.003, pareto=1.002, k=1.0)[0] == "Pareto/NBD"


def test_a_model_that_has_not_converged_is_passed_over():
    rivals = {"NBD": candidate("NBD", 2.0), "BG/NBD": candidate("BG/NBD", 1.0, converged=False)}

    assert choose(rivals)[0] == "NBD"
    with pytest.raises(Declined, match="None of 1 models"):
        choose({"BG/NBD": rivals["BG/NBD"]})


def test_without_a_holdout_the_lowest_bic_wins():
    close = {"NBD": candidate("NBD", None, log_likelihood=-92.0), "BG/NBD": candidate("BG/NBD", None)}
    clear = {"NBD": candidate("NBD", None, log_likelihood=-99.0), "BG/NBD": candidate("BG/NBD", None)}

    assert choose(close)[0] == "NBD"  # two parameters cost log(1000) = 6.9
    assert choose(clear)[0] == "BG/NBD"
    assert choose(clear)[1].code == "chosen_by_bic"
