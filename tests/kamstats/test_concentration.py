"""Concentration, the key test, bands, and the way down."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kamstats.concentration import (
    Bands,
    Corridor,
    KeyTest,
    concentrations,
    corridor_code,
    dependence_signs,
    dependency_band,
    distance_to_key,
    growth_needed,
    hhi,
    is_key,
    key_accounts,
    ladder,
    largest_number_of_keys,
    managers_needed,
    nearest,
    new_accounts_needed,
    thresholds_for,
)
from kamstats.errors import Declined, Invalid

from .books import amounts, book, by_account, fast, positive_amounts

MORE_THAN = KeyTest(comparison="more_than")
TENTH = Decimal("0.10")
shares = st.decimals(min_value="0.01", max_value="0.99", places=2)
# 200 customers; one has exactly 10 % of the sales.
TWO_HUNDRED = ["19.9"] + ["0.9"] * 199


def test_of_200_customers_one_with_a_tenth_is_key_at_least_but_not_more_than(engine):
    at_least = by_account(key_accounts(engine(book(TWO_HUNDRED))), "key_account")
    more_than = by_account(key_accounts(engine(book(TWO_HUNDRED)), test=MORE_THAN), "key_account")

    assert [name for name, key in at_least.items() if key] == ["a0"]
    assert not any(more_than.values())


@pytest.mark.parametrize(
    ("share", "band"),
    [("19.99", None), ("22", "watch"), ("30", "act"), ("41", "severe"), ("51", "critical"), ("70", "mono"),
     ("75", "mono_red")],
)  # fmt: skip
def test_the_bands_of_dependency(engine, share, band):
    table = book([share, *["0.01"] * 1, Decimal("99.99") - Decimal(share)])

    assert by_account(key_accounts(engine(table)), "dependency_band")["a0"] == band
    assert dependency_band(Decimal(share), Decimal(100), Bands()) == band


def test_bands_are_settings(engine):
    bands = Bands(watch=Decimal("0.05"))

    found = by_account(key_accounts(engine(book(["6", "94"])), bands=bands), "dependency_band")

    assert found == {"a0": "watch", "a1": "mono_red"}


def test_unranked_accounts_are_not_key_and_in_no_band(engine):
    found = by_account(key_accounts(engine(book(["5", "0", "-3", None]))), "key_account", "dependency_band")

    assert found == {"a0": (True, "mono_red"), "a1": (False, None), "a2": (False, None), "a3": (False, None)}


def test_the_same_test_is_made_inside_each_department(engine):
    table = book(["95", "5", "9", "1"], department=["x", "x", "y", "y"])

    assert by_account(key_accounts(engine(table), by=["department"]), "key_account") == {
        "a0": True,
        "a1": False,
        "a2": True,
        "a3": True,
    }


def test_an_absolute_amount_a_year_is_scaled_to_the_period(engine):
    test = KeyTest(amount_a_year=Decimal(100))
    table = book(["150", "149.99", "1000"])

    found = by_account(key_accounts(engine(table), test=test, years=Fraction(3, 2)), "key_account")
    strict = KeyTest(amount_a_year=Decimal(100), comparison="more_than")
    strictly = by_account(key_accounts(engine(table), test=strict, years=Fraction(3, 2)), "key_account")

    assert found == {"a0": True, "a1": False, "a2": True}
    assert strictly == {"a0": False, "a1": False, "a2": True}


@settings(max_examples=40)
@given(st.lists(amounts, min_size=1, max_size=20), st.decimals("0.01", "0.99", places=3), st.booleans())
def test_the_relational_test_is_the_exact_one(values, threshold, strict):
    test = KeyTest(threshold, "more_than" if strict else "at_least")
    total = sum(value for value in values if value > 0)

    found = by_account(key_accounts(fast(book(values)), test=test), "key_account", "dependency_band")

    for place, value in enumerate(values):
        band = dependency_band(value, total, Bands()) if value > 0 else None
        assert found[f"a{place}"] == (is_key(value, total, test), band)


@given(st.lists(positive_amounts, min_size=1, max_size=200), shares, st.booleans())
def test_no_book_has_more_key_accounts_than_the_largest_number(values, threshold, strict):
    comparison = "more_than" if strict else "at_least"
    total = sum(values)

    keys = sum(is_key(value, total, KeyTest(threshold, comparison)) for value in values)

    assert keys <= largest_number_of_keys(threshold, comparison)


def test_a_threshold_outside_zero_to_one_is_refused():
    with pytest.raises(Invalid, match=r"10 is not between 0 and 1"):
        largest_number_of_keys(10)
    with pytest.raises(Invalid, match=r"share 0 is not"):
        growth_needed(Decimal(1), Decimal(1), 0)


@pytest.mark.parametrize(("keys", "managers"), [(0, 0), (1, 1), (3, 1), (4, 2), (10, 4)])
def test_a_manager_has_at_most_three_key_accounts(keys, managers):
    assert managers_needed(keys) == managers


def test_dependence_needs_no_share_where_terms_are_dictated_or_a_discount_hangs_on_it():
    signs = dependence_signs(
        Decimal(22), Decimal(100), Bands(), dictates_terms=True, carries_supplier_discount=True
    )

    assert signs == ("watch", "dictates_terms", "carries_supplier_discount")
    assert dependence_signs(Decimal(1), Decimal(100), Bands()) == ()


def test_the_corridor_of_all_key_accounts_together():
    codes = {share: corridor_code(Decimal(share), Decimal(100), Corridor()) for share in (0, 30, 55, 75, 76)}

    assert codes == {0: "below", 30: "normal", 55: "normal", 75: "above", 76: "alarm"}


def test_growth_of_the_others_as_in_the_worked_example():
    # 45 of 100; at 20 % the others need 180, 125 more than now.
    assert growth_needed(Decimal(45), Decimal(55), Decimal("0.20")) == 125
    assert new_accounts_needed(Decimal(125), Decimal(50)) == 3


@given(positive_amounts, positive_amounts, shares)
def test_after_the_growth_the_share_is_at_the_target_and_not_far_below(value, others, target):
    growth = growth_needed(value, others, target)

    needed = Fraction(value) * (1 - Fraction(target)) / Fraction(target)
    assert Fraction(value) <= Fraction(target) * Fraction(value + others + growth)
    assert growth == 0 or Fraction(others + growth) - needed < Fraction(1, 10_000)


def test_no_growth_is_needed_below_the_target():
    assert growth_needed(Decimal(10), Decimal(90), Decimal("0.20")) == 0


def test_new_accounts_must_have_a_size():
    with pytest.raises(Invalid, match="A new account of 0 closes no gap"):
        new_accounts_needed(Decimal(1), Decimal(0))


@given(positive_amounts, positive_amounts, shares)
def test_the_distance_brings_an_account_just_to_the_limit(value, others, threshold):
    test = KeyTest(threshold)

    distance = distance_to_key(value, value + others, test)

    assume(value + distance > Decimal("0.001"))
    total = value + others + distance
    assert is_key(value + distance, total, test)
    step = Decimal("0.0002") / (1 - threshold)
    assert not is_key(value + distance - step, total - step, test)


def test_the_distance_to_an_amount_is_the_difference():
    test = KeyTest(amount_a_year=Decimal(500))

    assert distance_to_key(Decimal(30), Decimal(1000), test, Fraction(1, 2)) == 220
    assert distance_to_key(Decimal(300), Decimal(1000), test, Fraction(1, 2)) == -50


@given(st.lists(positive_amounts, min_size=1, max_size=50), st.randoms())
def test_the_index_lies_between_one_over_n_and_one(values, random):
    found = hhi(values)

    assert 1 / len(values) - 1e-12 <= found <= 1 + 1e-12
    assert hhi(random.sample(values, len(values))) == pytest.approx(found)


def test_equal_accounts_have_the_smallest_index_and_nothing_has_none():
    assert hhi([Decimal(7)] * 4 + [Decimal(-3)]) == 0.25
    with pytest.raises(Declined, match="No account has a value above zero"):
        hhi([Decimal(0)])


def test_each_level_is_summed_up(engine):
    table = book(["60", "40", "100", "-5", "-1"], manager=["x", "x", "y", "y", "z"])

    first, second = concentrations(engine(table), by=["manager"])

    assert (first.level, first.accounts, first.total) == (("x",), 2, Decimal(100))
    assert (first.top_1, first.top_3, first.top_10) == (0.6, 1.0, 1.0)
    assert first.hhi == pytest.approx(0.52)
    assert (first.key_accounts, first.key_share, first.corridor) == (2, 1.0, "alarm")
    assert (second.level, second.accounts, second.hhi) == (("y",), 1, 1.0)


def test_the_company_without_a_key_account_is_below_the_corridor(engine):
    (company,) = concentrations(engine(book(["1"] * 20)))

    assert (company.key_accounts, company.key_share, company.corridor) == (0, 0.0, "below")
    assert company.top_3 == 0.15


def test_nothing_ranked_gives_no_level(engine):
    assert concentrations(engine(book([]))) == ()
    assert concentrations(engine(book(["-1"])), by=[]) == ()


@settings(max_examples=40)
@given(st.lists(positive_amounts, min_size=1, max_size=30))
def test_the_summary_is_that_of_the_slow_way(values):
    (found,) = concentrations(fast(book(values)))

    total, ordered = sum(values), sorted(values, reverse=True)
    keys = [value for value in values if is_key(value, total, KeyTest())]
    assert (found.accounts, found.total, found.key_accounts) == (len(values), total, len(keys))
    assert found.top_3 == float(Fraction(sum(ordered[:3])) / Fraction(total))
    assert found.hhi == pytest.approx(hhi(values))
    assert found.corridor == corridor_code(sum(keys, Decimal(0)), total, Corridor())


def test_the_ladder_names_the_growth_that_leads_out_of_the_bands(engine):
    rungs = ladder(engine(book(["45", "11", *["4"] * 11, "-1"])), first=3)

    assert [(rung.account_key, rung.key_account, rung.dependency_band) for rung in rungs] == [
        ("a0", True, "severe"),
        ("a1", True, None),
        ("a10", False, None),
    ]
    assert (rungs[0].target_share, rungs[0].growth_needed) == (Decimal("0.20"), Decimal(125))
    assert (rungs[1].target_share, rungs[1].growth_needed) == (None, None)
    assert rungs[1].distance_to_key == Decimal("-1.1111")
    assert [rung.rank for rung in rungs] == [1, 2, 3]


def test_the_ladder_of_each_manager_stands_alone(engine):
    table = book(["45", "55", "7"], manager=["x", "x", None])

    rungs = ladder(engine(table), by=["manager"])

    assert [(rung.level, rung.account_key) for rung in rungs] == [
        ((None,), "a2"),
        (("x",), "a1"),
        (("x",), "a0"),
    ]


def test_in_a_flat_book_the_nearest_are_listed_with_their_distance(engine):
    flat = engine(book([str(5 + place / 10) for place in range(20)]))

    found = nearest(flat, count=3)

    assert [rung.account_key for rung in found] == ["a19", "a18", "a17"]
    assert found[0].distance_to_key == Decimal("5.5556")  # (11.9 - 6.9) / 0.9, rounded up


def test_the_nearest_to_an_amount_come_after_all_key_accounts(engine):
    found = nearest(engine(book(["9", "8", "7", "6"])), test=KeyTest(amount_a_year=Decimal(8)), count=1)

    assert [(rung.account_key, rung.distance_to_key) for rung in found] == [("a2", Decimal(1))]


def test_a_threshold_is_proposed_for_three_five_and_ten_key_accounts(engine):
    flat = engine(book([str(100 - 3 * place) for place in range(20)]))

    for found in thresholds_for(flat):
        keys = by_account(key_accounts(flat, test=KeyTest(found.threshold)), "key_account")
        assert sum(keys.values()) == found.wanted == found.reached
        assert len(str(found.threshold)) <= len("0.000")


@settings(max_examples=40)
@given(st.lists(positive_amounts, min_size=1, max_size=15), st.integers(1, 10), st.booleans())
def test_a_proposed_threshold_gives_the_number_it_says(values, wanted, strict):
    comparison = "more_than" if strict else "at_least"

    found = thresholds_for(fast(book(values)), counts=[wanted], comparison=comparison)

    assert len(found) == (wanted <= len(values))
    for each in found:
        test = KeyTest(each.threshold, comparison)
        keys = by_account(key_accounts(fast(book(values)), test=test), "key_account")
        assert sum(keys.values()) == each.reached >= each.wanted
        assert each.reached == each.wanted or len(set(values)) < len(values)


def test_an_empty_book_has_no_threshold_and_no_neighbours(engine):
    assert thresholds_for(engine(book(["-1"]))) == ()
    assert nearest(engine(book([]))) == ()
