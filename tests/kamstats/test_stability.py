"""How sure the selection of key accounts is."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamstats import stability
from kamstats.concentration import KeyTest
from kamstats.errors import Declined, Invalid
from kamstats.stability import selection_stability

from .books import fast, money

FIFTH = KeyTest(threshold=Decimal("0.20"))


def days(accounts):
    """Give account-days from {account: amounts}, one day after the other."""
    rows = [(name, day, amount) for name, amounts in accounts.items() for day, amount in enumerate(amounts)]
    names, numbers, values = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.table(
        {
            "account_key": pa.array(names, pa.string()),
            "day_no": pa.array(numbers, pa.int32()),
            "revenue": money(values),
        }
    )


# Of 1,008: one steadily at 40 %, one above a fifth by one order, one just above it, the rest small.
BOOK = {
    "steady": ["4"] * 100,
    "lucky": ["190", *["1"] * 20],
    "near": ["2"] * 104,
    **{f"small{place}": ["1"] * 19 for place in range(10)},
}


def verdicts(selection):
    return {account.account_key: account.verdict for account in selection.accounts}


def test_robust_borderline_and_the_luck_of_one_order(engine):
    found = selection_stability(engine(days(BOOK)), rng=np.random.default_rng(1), test=FIFTH, near=4)

    assert verdicts(found) == {
        "steady": "robust",
        "lucky": "one_order",
        "near": "borderline",
        "small0": "robust",
    }
    steady, lucky = found.accounts[:2]
    assert steady.low < steady.share < steady.high
    assert steady.key_probability == 1.0
    assert (lucky.key_account, lucky.key_without_largest_order) == (True, False)
    assert lucky.without_largest_order == pytest.approx(20 / 818)
    assert found.limits == (Decimal("0.180"), Decimal("0.220"))


def test_the_same_seed_gives_the_same_answer_on_every_engine(engine):
    found = selection_stability(engine(days(BOOK)), rng=np.random.default_rng(7), test=FIFTH)
    again = selection_stability(days(BOOK), rng=np.random.default_rng(7), test=FIFTH)

    assert found == again


def test_another_window_may_say_otherwise(engine):
    table = engine(days({"fading": ["9"] * 50 + ["0.01"] * 50, "other": ["9"] * 100}))

    found = selection_stability(
        table, rng=np.random.default_rng(1), test=FIFTH, windows=[(50, 99)], around=[]
    )

    fading = found.accounts[1]
    assert (fading.key_account, fading.key_in, fading.verdict) == (True, (False,), "borderline")


def test_an_absolute_amount_is_scaled_to_the_window(engine):
    test = KeyTest(amount_a_year=Decimal(1461))
    table = engine(days({"a": ["4"] * 365, "b": ["1"] * 365}))

    found = selection_stability(table, rng=np.random.default_rng(1), test=test, windows=[(0, 99)])

    assert [(row.account_key, row.key_account, row.key_in) for row in found.accounts] == [
        ("a", False, (True,)),
        ("b", False, (False,)),
    ]
    assert found.limits == (Decimal("1314.9"), Decimal("1607.1"))


def test_more_than_is_kept_in_the_resampling():
    test = KeyTest(threshold=Decimal(1), comparison="more_than")

    found = selection_stability(days({"a": ["5"] * 9}), rng=np.random.default_rng(1), test=test)

    assert (found.accounts[0].share, found.accounts[0].key_probability) == (1.0, 0.0)


def test_the_law_of_the_many_others_agrees_with_resampling_them_one_by_one(monkeypatch):
    rng = np.random.default_rng(5)
    others = {f"o{place}": [f"{amount:.2f}" for amount in rng.gamma(2, 20, 10)] for place in range(200)}
    table = fast(days({"big": [f"{amount:.2f}" for amount in rng.gamma(2, 200, 50)], **others}))

    exact = selection_stability(table, rng=np.random.default_rng(1), replicates=2000, near=1).accounts[0]
    monkeypatch.setattr(stability, "EXACT_UP_TO", 0)
    by_law = selection_stability(table, rng=np.random.default_rng(2), replicates=2000, near=1).accounts[0]

    assert by_law.low == pytest.approx(exact.low, abs=0.005)
    assert by_law.high == pytest.approx(exact.high, abs=0.005)


def test_many_orders_are_drawn_in_parts(monkeypatch):
    whole = stability._resampled(np.ones(1000), 50, np.random.default_rng(1))
    monkeypatch.setattr(stability, "AT_ONCE", 500)
    parts = stability._resampled(np.ones(1000), 50, np.random.default_rng(1))

    assert whole.mean() == pytest.approx(1000, rel=0.02)
    assert parts.mean() == pytest.approx(1000, rel=0.02)


def test_the_interval_covers_the_true_share():
    rng = np.random.default_rng(11)
    covered = 0
    for _ in range(40):
        book = days(
            {name: [f"{x:.2f}" for x in rng.gamma(2, size, 60)] for name, size in (("a", 25), ("b", 75))}
        )
        found = selection_stability(fast(book), rng=rng, replicates=100)
        small = next(row for row in found.accounts if row.account_key == "a")
        covered += small.low <= 0.25 <= small.high

    assert covered >= 34


@settings(max_examples=25)
@given(
    st.dictionaries(
        st.sampled_from("abcdef"), st.lists(st.integers(-5, 50), min_size=1, max_size=6), min_size=1
    )
)
def test_verdicts_follow_from_what_is_shown(accounts):
    table = fast(days(accounts))
    if not any(sum(amounts) > 0 for amounts in accounts.values()):
        return

    found = selection_stability(table, rng=np.random.default_rng(1), test=FIFTH, replicates=20)

    ranked = {name: sum(amounts) for name, amounts in accounts.items() if sum(amounts) > 0}
    assert {row.account_key: row.value for row in found.accounts} == ranked
    for row in found.accounts:
        assert row.low <= row.high
        assert row.key_account == (5 * row.value >= sum(ranked.values()))
        without = row.value - max(accounts[row.account_key])
        rest = sum(ranked.values()) - max(accounts[row.account_key])
        assert row.key_without_largest_order == (without > 0 and 5 * without >= rest)
        assert (row.verdict == "one_order") == (row.key_account and not row.key_without_largest_order)


def test_one_order_alone_is_the_luck_of_one_order(engine):
    found = selection_stability(engine(days({"a": ["5"]})), rng=np.random.default_rng(1))

    assert verdicts(found) == {"a": "one_order"}


@pytest.mark.parametrize("accounts", [{}, {"a": ["-5"]}])
def test_nothing_to_resample_is_declined(engine, accounts):
    with pytest.raises(Declined, match="No account has orders with a sum above zero"):
        selection_stability(engine(days(accounts)), rng=np.random.default_rng(1))


def test_too_few_replicates_are_refused():
    with pytest.raises(Invalid, match="19 replicates give no interval"):
        selection_stability(days({"a": ["5"]}), rng=np.random.default_rng(1), replicates=19)
