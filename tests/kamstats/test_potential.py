"""Peers and what they buy: the rule, its oracle and its hit rate."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import csv
from scipy.sparse import csr_matrix

from kamstats import potential
from kamstats.columns import codes
from kamstats.errors import Declined, Invalid
from kamstats.potential import NOTHING_BOUGHT, TOO_FEW_PEERS, Peers, find_peers, find_potential, hit_rate

# Six accounts of one size that buy boards and film, one that buys boards only, one that buys little film.
SALES = np.array([[80.0, 20.0]] * 6 + [[100.0, 0.0], [98.0, 2.0]])


def test_what_most_peers_buy_and_one_does_not_is_offered_at_their_median_share():
    found = find_potential(SALES, income=SALES * [0.1, 0.5])

    assert [tuple(map(int, pair)) for pair in zip(found.account, found.line, strict=True)] == [(6, 1), (7, 1)]
    assert found.kind.tolist() == ["missing", "less"]
    assert found.peers_buying.tolist() == [7, 6]
    assert found.expected_revenue == pytest.approx([20.0, 18.0])
    assert found.expected_income == pytest.approx([10.0, 9.0])
    assert found.declined == (None,) * 8


def test_each_entry_has_a_sentence_with_its_values():
    missing, less = find_potential(SALES).reasons(["boards", "film"])

    assert missing.code == "peers_buy_line"
    assert missing.values["line"] == "film"
    assert (missing.values["peers"], missing.values["peers_buying"]) == (7, 7)
    assert less.code == "peers_buy_more_of_line"
    assert "film" in less.english


def test_without_income_the_list_is_ordered_by_revenue():
    found = find_potential(SALES)

    assert np.isnan(found.expected_income).all()
    assert found.score == pytest.approx([20.0, 18.0 * 6 / 7])


def test_a_line_that_earns_nothing_comes_last():
    sales = np.array([[60.0, 20.0, 20.0]] * 6 + [[60.0, 0.0, 0.0]])

    found = find_potential(sales, income=sales * [0.1, 0.0, 0.4])

    assert found.line.tolist() == [2, 1]


def test_forty_per_cent_of_the_peers_are_enough_and_less_are_not():
    two_of_five = np.array([[9.0, 1.0]] * 2 + [[10.0, 0.0]] * 4)

    assert 1 in find_potential(two_of_five).line
    assert find_potential(two_of_five, minimum_buying=0.41).line.size == 0


def test_peers_come_from_the_same_segment_and_without_one_from_everybody():
    segment = np.array([0] * 6 + [1] * 6 + [-1])
    sales = np.ones((13, 2))

    members = find_peers(sales, segment=segment).members

    assert set(members[0]) == {-1, *range(1, 6)}
    assert set(members[6]) == {-1, *range(7, 12)}
    assert set(members[12]) == {-1, *range(12)}


def test_peers_are_the_most_alike_in_mix_of_those_near_in_size():
    sales = np.array([[10.0, 5.0, 0.0], [11.0, 5.5, 0.0], [9.0, 4.5, 9.0], [5.0, 10.0, 0.0], [1e6, 5e5, 0.0]])

    near = find_peers(sales, count=2, candidates=6).members[0]
    narrow = find_peers(sales, count=4, candidates=2).members[0]

    assert set(near) <= {1, 2, 4}
    assert 4 not in narrow


def test_an_account_without_peers_or_purchases_is_declined_by_itself():
    sales = np.vstack([SALES, [[0.0, 0.0]], [[50.0, 0.0]]])
    segment = [0] * 8 + [0, 1]

    found = find_potential(sales, segment=segment)

    assert found.declined[8] == NOTHING_BOUGHT()
    assert found.declined[9] == TOO_FEW_PEERS(have=0, need=5)
    assert set(found.account) == {6, 7}


def test_returns_above_purchases_and_missing_cells_count_as_not_bought():
    sales = SALES.copy()
    sales[6, 1] = -3.0
    sales[7, 1] = np.nan

    assert find_potential(sales).kind.tolist() == ["missing", "missing"]


def test_nobody_misses_anything_where_all_buy_alike():
    assert find_potential(np.full((9, 3), 5.0)).account.size == 0


def test_too_few_accounts_are_declined_and_wrong_shapes_refused():
    with pytest.raises(Declined, match="1 accounts bought"):
        find_potential([[1.0, 2.0]])
    with pytest.raises(Declined, match="0 accounts bought"):
        find_potential(np.zeros((0, 2)))
    with pytest.raises(Invalid, match="income"):
        find_potential(SALES, income=SALES[:2])
    with pytest.raises(Invalid, match="segment"):
        find_potential(SALES, segment=[0])
    with pytest.raises(Invalid, match="revenue"):
        find_peers([1.0, 2.0])


def test_hits_are_counted_on_later_sales():
    found = hit_rate([0, 1, 1], [1, 0, 1], [[0, 5], [0, 2]])

    assert (found.suggestions, found.hits) == (3, 2)
    assert found.rate == pytest.approx(2 / 3)
    assert math.isnan(hit_rate([], [], np.zeros((1, 1))).rate)


def test_the_rule_finds_what_was_hidden_better_than_popularity():
    rng = np.random.default_rng(3)
    segment = rng.integers(0, 4, 400)
    buys = np.array([[0.9, 0.9, 0.9, 0.05, 0.05, 0.05], [0.05, 0.05, 0.9, 0.9, 0.9, 0.05]] * 2)
    full = (rng.random((400, 6)) < buys[segment]) * rng.lognormal(3, 0.3, (400, 6))
    hidden = (rng.random(full.shape) < 0.15) & (full > 0)

    found = find_potential(np.where(hidden, 0, full), segment=segment, minimum_buying=0.4)
    missing = found.kind == "missing"
    ours = hit_rate(found.account[missing], found.line[missing], full)

    never = np.where(hidden, 0, full) == 0
    popular = np.where(never, (full > 0).sum(axis=0), -1).argmax(axis=1)
    assert ours.rate > hit_rate(np.arange(400), popular, full).rate + 0.05


cells = st.integers(0, 40).map(float)


@given(st.lists(st.lists(cells, min_size=3, max_size=3), min_size=7, max_size=14), st.integers(2, 6))
def test_the_vectorised_rule_equals_the_definition(rows: list[list[float]], count: int):
    sales = np.array(rows)
    if np.count_nonzero(sales.sum(axis=1)) < 4:
        return
    peers = find_peers(sales, count=count)

    found = find_potential(sales, peers=peers, minimum_peers=2)

    expected = {}
    for a, own in enumerate(sales):
        members = [m for m in peers.members[a] if m >= 0]
        if len(members) < 2:
            continue
        for line in range(3):
            shares = [sales[m, line] / sales[m].sum() for m in members if sales[m, line] > 0]
            if not shares or len(shares) < 0.4 * len(members):
                continue
            if own[line] / own.sum() < 0.5 * np.median(shares):
                expected[a, line] = np.median(shares) * own.sum() - own[line]
    pairs = list(zip(found.account.tolist(), found.line.tolist(), strict=True))
    assert dict(zip(pairs, found.expected_revenue, strict=True)) == pytest.approx(expected)
    assert (np.diff(found.score) <= 1e-9).all()


@given(st.lists(st.lists(cells, min_size=2, max_size=2), min_size=1, max_size=12), st.integers(1, 5))
def test_nobody_is_his_own_peer_and_none_comes_twice(rows: list[list[float]], count: int):
    members = find_peers(rows, count=count, candidates=6).members

    for account, row in enumerate(members):
        real = row[row >= 0].tolist()
        assert account not in real
        assert len(set(real)) == len(real)
        assert all(sum(rows[m]) > 0 for m in real)


@pytest.mark.data
def test_on_the_resellers_the_rule_beats_the_most_popular_line_that_is_missing(shared_data):
    folder = shared_data / "adventureworks"
    sales = csv.read_csv(folder / "reseller_sales.csv")
    products = csv.read_csv(folder / "products.csv")
    lines = dict(zip(*(products[name].to_pylist() for name in ("ProductKey", "Subcategory")), strict=True))
    account, keys = codes(sales["ResellerKey"])
    line, names = codes(pa.chunked_array([[lines[key] for key in sales["ProductKey"].to_pylist()]]))
    day = sales["OrderDate"].cast(pa.date32()).cast(pa.int32()).to_numpy()
    amount = np.array(sales["SalesAmount"].to_pylist(), dtype=float)

    def matrix(rows):
        cells = account[rows] * len(names) + line[rows]
        return np.bincount(cells, amount[rows], len(keys) * len(names)).reshape(len(keys), len(names))

    cut = 17730  # 2018-07-18, the middle
    known, later = matrix((day < cut) & (day >= cut - 365)), matrix(day >= cut)
    found = find_potential(known)
    open_to_it = (found.kind == "missing") & (later.sum(axis=1) > 0)[found.account]
    best = np.flatnonzero(open_to_it)[np.unique(found.account[open_to_it], return_index=True)[1]]
    popular = np.where(known > 0, -1, (known > 0).sum(axis=0)).argmax(axis=1)

    ours = hit_rate(found.account[best], found.line[best], later)
    baseline = hit_rate(found.account[best], popular[found.account[best]], later)

    assert ours.suggestions > 50
    assert ours.rate > 1.3 * baseline.rate


def test_a_sparse_matrix_gives_the_same_in_any_number_of_steps(monkeypatch):
    rng = np.random.default_rng(2)
    sales = rng.lognormal(3, 1, (60, 12)) * (rng.random((60, 12)) < 0.5)
    sales[0, 0] = -5.0
    expected = find_potential(sales, income=sales * 0.3)

    monkeypatch.setattr(potential, "_CELLS", 1)
    found = find_potential(csr_matrix(sales), income=csr_matrix(sales * 0.3))

    assert found.account.tolist() == expected.account.tolist()
    assert found.line.tolist() == expected.line.tolist()
    assert found.expected_income == pytest.approx(expected.expected_income)
    assert found.own_share == pytest.approx(expected.own_share)


def test_some_accounts_can_be_asked_for():
    found = find_potential(SALES, accounts=[7, 0])

    assert found.account.tolist() == [7]
    assert find_potential(SALES, accounts=[]).account.size == 0


def test_peers_given_by_hand_are_used():
    ring = np.array([[i for i in range(8) if i != a][:5] for a in range(8)], dtype=np.int32)

    found = find_potential(SALES, peers=Peers(ring))

    assert set(found.peers) == {5}
