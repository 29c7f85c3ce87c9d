"""Counts of what goes together are exact, and the next product beats the most popular one."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamstats import next_product
from kamstats.columns import codes
from kamstats.errors import Declined, Invalid
from kamstats.next_product import co_purchases, most_popular, purchase_matrix, recommend
from kamstats.potential import hit_rate

# Five accounts: bread and butter go together, jam once, tea alone.
ACCOUNTS = [0, 0, 1, 1, 1, 2, 2, 3, 4]
PRODUCTS = [0, 1, 0, 1, 2, 0, 1, 0, 3]

lines = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 6)), max_size=60)


@given(lines, st.sampled_from([1, 2, 256]), st.sampled_from([0, 10**9]))
def test_the_counts_equal_the_definition_either_way(pairs: list[tuple[int, int]], tile: int, step: int):
    account, product = ([pair[i] for pair in pairs] for i in (0, 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(next_product, "_TILE", tile)
        patch.setattr(next_product, "_SPARSE_STEP", step)
        patch.setattr(next_product, "_BLOCK", 4)
        found = co_purchases(account, product, accounts=150, products=7)

    bought = [{p for a, p in pairs if a == n} for n in range(150)]
    for p, q in itertools.product(range(7), repeat=2):
        assert found.together[p, q] == sum(p in own and q in own for own in bought)
    assert found.buyers.tolist() == [sum(p in own for own in bought) for p in range(7)]


def test_lift_compares_with_chance_and_shrinkage_draws_it_to_one():
    found = co_purchases(ACCOUNTS, PRODUCTS)

    assert found.lift()[0, 1] == pytest.approx(3 / (4 * 3 / 5))
    assert found.lift(shrinkage=10.0)[0, 1] == pytest.approx((3 + 10) / (4 * 3 / 5 + 10))
    assert np.isnan(found.lift().diagonal()).all()
    assert found.lift()[0, 3] == 0


def test_a_product_without_buyers_has_no_lift():
    assert np.isnan(co_purchases([0, 0], [0, 2]).lift()[1]).all()


def test_the_next_product_is_what_goes_with_those_the_account_has():
    matrix, found = purchase_matrix(ACCOUNTS, PRODUCTS), co_purchases(ACCOUNTS, PRODUCTS)

    answer = recommend(matrix, found, count=2, minimum_together=1)

    assert answer.product[3].tolist() == [1, 2]
    assert answer.because_of[3].tolist() == [0, 0]
    assert answer.buyers[3].tolist() == [3, 1]
    assert answer.lift[3, 0] == pytest.approx(1.25)
    assert answer.product[4].tolist() == [-1, -1]
    assert np.isnan(answer.score[4]).all()


def test_a_pair_seen_too_rarely_is_not_offered():
    matrix, found = purchase_matrix(ACCOUNTS, PRODUCTS), co_purchases(ACCOUNTS, PRODUCTS)

    assert recommend(matrix, found, accounts=[3], count=2).product.tolist() == [[1, -1]]


def test_each_recommendation_has_a_sentence():
    matrix, found = purchase_matrix(ACCOUNTS, PRODUCTS), co_purchases(ACCOUNTS, PRODUCTS)

    reasons = recommend(matrix, found, accounts=[3, 4], count=1).reasons(["bread", "butter", "jam", "tea"])

    assert [[reason.code for reason in row] for row in reasons] == [["next_product"], []]
    assert reasons[0][0].values["because_of"] == "bread"
    assert "butter" in reasons[0][0].english


@given(lines)
def test_only_products_never_bought_are_offered_best_first(pairs: list[tuple[int, int]]):
    account, product = ([pair[i] for pair in pairs] for i in (0, 1))
    matrix = purchase_matrix(account, product, accounts=10, products=7)
    found = co_purchases(account, product, accounts=10, products=7)
    if not np.triu(found.together, 1).any():
        with pytest.raises(Declined, match="two products"):
            recommend(matrix, found)
        return

    answer = recommend(matrix, found, count=7, minimum_together=1)

    dense = matrix.toarray()
    weight = np.log(np.nan_to_num(found.lift(shrinkage=10.0), nan=1.0))
    for a, row in enumerate(answer.product):
        own = np.flatnonzero(dense[a])
        offered = [q for q in range(7) if q not in own and any(found.together[q, p] for p in own)]
        score = {
            q: np.log(found.buyers[q] / 10) + sum(weight[p, q] for p in own) / max(len(own), 1) ** 0.25
            for q in offered
        }
        real = row[row >= 0].tolist()
        assert sorted(real) == offered
        assert answer.score[a, : len(real)] == pytest.approx(sorted(score.values(), reverse=True), abs=1e-4)
        for q, because in zip(real, answer.because_of[a], strict=False):
            assert weight[because, q] == pytest.approx(max(weight[p, q] for p in own))
            assert because in own


def test_the_baseline_is_the_most_bought_of_what_is_missing():
    matrix = purchase_matrix(ACCOUNTS, PRODUCTS)

    assert most_popular(matrix, accounts=[3, 1], count=2).tolist() == [[1, 2], [3, -1]]


def test_nothing_asked_gives_nothing_and_no_lines_no_counts():
    matrix, found = purchase_matrix(ACCOUNTS, PRODUCTS), co_purchases(ACCOUNTS, PRODUCTS)

    assert recommend(matrix, found, accounts=[]).product.shape == (0, 3)
    assert co_purchases([], [], products=2).together.tolist() == [[0, 0], [0, 0]]
    assert co_purchases([0], [0]).together.tolist() == [[1]]


@pytest.mark.parametrize(("account", "product"), [(-1, 0), (0, 5)])
def test_numbers_outside_their_range_are_refused(account: int, product: int):
    with pytest.raises(Invalid, match="run from 0 to"):
        purchase_matrix([account], [product], accounts=2, products=5)


@pytest.mark.data
def test_on_the_gift_wholesaler_the_next_product_beats_the_most_popular(shared_data):
    columns = ["CustomerID", "StockCode", "InvoiceDate", "Quantity"]
    sales = pq.read_table(shared_data / "online_retail" / "online_retail.parquet", columns=columns)
    sales = sales.filter((pc.field("Quantity") > 0) & ~pc.field("CustomerID").is_null())
    account, product = (codes(sales[name])[0] for name in ("CustomerID", "StockCode"))
    later = sales["InvoiceDate"].cast("date32").cast("int32").to_numpy() >= 15156  # 2011-07-01
    shape = {"accounts": int(account.max()) + 1, "products": int(product.max()) + 1}
    known = purchase_matrix(account[~later], product[~later], **shape)
    bought = purchase_matrix(account[later], product[later], **shape).toarray()
    both = np.flatnonzero((np.diff(known.indptr) > 0) & bought.any(axis=1))

    found = co_purchases(account[~later], product[~later], **shape)
    ours = recommend(known, found, accounts=both, count=3).product
    popular = most_popular(known, accounts=both, count=3)

    rates = [hit_rate(np.repeat(both, 3), answer.ravel(), bought).rate for answer in (ours, popular)]
    assert rates[0] > 1.5 * rates[1]
