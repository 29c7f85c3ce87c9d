"""What is hidden in the demo company is found again, by nothing but its ledger."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kamledger.reading import ReadOptions
from kamreport.demo import make_company
from kamreport.predictions import backtest_of
from kamreport.settings import Settings
from kamreport.sources import open_files
from kamstats.errors import Invalid

AT = datetime(2030, 1, 1, tzinfo=UTC)


def nobody(stage, done, total):
    """Hear of progress and do nothing."""


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    make_company(folder / "demo", seed=7, accounts=400)
    return folder / "demo"


@pytest.fixture(scope="module")
def measures(company):
    """Give value and baseline of each (method, measure) on the hidden truths."""
    masters = {name: company / f"{name}.csv" for name in ("accounts", "products", "groups")}
    masters.pop("groups")  # the truths speak of companies, not of holdings
    options = ReadOptions(**masters)
    with open_files([company / "sales.csv"], options=options, at=AT, progress=nobody) as source:
        rows = backtest_of(source, Settings(), truth=company / "truth.json").records()
    return {(row["method"], row["measure"]): row for row in rows}


def test_who_is_drifting_is_found_and_far_better_than_by_lot(measures):
    assert measures["truth_drifting", "recall"]["value"] >= 0.90
    assert measures["truth_gone", "recall"]["value"] >= 0.85
    assert measures["truth_gone", "precision"]["value"] >= 0.65
    assert measures["truth_gone", "precision"]["baseline"] < 0.30


def test_what_an_account_could_still_buy_is_found(measures):
    assert measures["truth_potential", "recall"]["value"] >= 0.75
    assert measures["truth_potential", "hit_rate"]["value"] >= 0.30
    assert measures["truth_potential", "hit_rate"]["baseline"] < 0.05


def test_what_comes_falls_into_the_intervals_as_often_as_promised(measures):
    promised = measures["demand_own", "coverage"]["baseline"]

    assert measures["demand_own", "coverage"]["value"] == pytest.approx(promised, abs=0.06)


def test_the_true_expectation_lies_inside_the_interval(measures):
    assert measures["truth_demand", "coverage"]["value"] >= 0.80


def test_a_file_that_is_no_truth_is_refused_with_its_name(company, tmp_path):
    wrong = tmp_path / "truth.json"
    wrong.write_text('{"drifting": []}')
    with (
        open_files([company / "sales.csv"], options=None, at=AT, progress=nobody) as source,
        pytest.raises(Invalid, match=r'truth\.json" is not the truth\.json of a demo company: no shrinking'),
    ):
        backtest_of(source, Settings(), truth=wrong)
