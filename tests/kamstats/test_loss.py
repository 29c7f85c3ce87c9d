"""The loss of an account, and the cascade that follows."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamstats.concentration import Corridor, KeyTest, hhi
from kamstats.errors import Invalid
from kamstats.loss import LossRules, cascade, discount_at, loss_of, losses_of

from .books import amounts, book, fast, money

STEPS = ((Decimal(0), Decimal(0)), (Decimal(80), Decimal("0.20")))
RULES = LossRules(Decimal(10), STEPS, Decimal("0.10"), Decimal("0.25"))
fractions = st.decimals("0", "0.9", places=2)


def test_the_shares_of_the_others_and_the_new_key_account(engine):
    table = book(["50", "41", "9", "-3"], income=money(["5", "8", "2", None]))

    found = loss_of(engine(table), ["a0"], income="income")

    assert (found.lost_revenue, found.lost_income, found.share) == (50, 5, 0.5)
    assert [(row.account_key, row.share_before, row.share_after) for row in found.largest] == [
        ("a1", 0.41, 0.82),
        ("a2", 0.09, 0.18),
    ]
    assert found.new_keys == ("a2",)
    assert found.before.key_accounts == 2
    assert found.after.hhi == pytest.approx(0.82**2 + 0.18**2)


def test_several_accounts_leave_together(engine):
    found = loss_of(engine(book(["50", "30", "20"])), ["a2", "a0"], first=1)

    assert found.account_keys == ("a0", "a2")
    assert (found.lost_revenue, found.share, found.lost_income) == (70, 0.7, None)
    assert [row.account_key for row in found.largest] == ["a1"]


def test_shares_are_by_income_when_the_book_is(engine):
    table = book(["50", "30"], income=money(["1", "3"]))

    found = loss_of(engine(table), ["a0"], value="income", income="income")

    assert (found.lost_revenue, found.lost_income, found.share) == (50, 1, 0.25)


def test_an_account_without_income_leaves_the_lost_income_open(engine):
    found = loss_of(engine(book(["5", "3"], income=money([None, "1"]))), ["a0"], income="income")

    assert found.lost_income is None


def test_the_loss_of_the_only_account_leaves_nothing(engine):
    found = loss_of(engine(book(["5"])), ["a0"])

    assert (found.share, found.after, found.largest, found.new_keys) == (1.0, None, (), ())


def test_in_a_book_without_a_ranked_account_nothing_is_lost(engine):
    found = loss_of(engine(book(["-5", "0"])), ["a1"])

    assert (found.share, found.before, found.lost_value) == (0.0, None, 0)


def test_an_unknown_account_is_named(engine):
    with pytest.raises(Invalid, match="No account x in the book"):
        loss_of(engine(book(["5"])), ["a0", "x"])


@settings(max_examples=25)
@given(st.lists(amounts, min_size=2, max_size=15), st.data())
def test_the_book_after_is_the_book_without_them(values, data):
    places = data.draw(st.sets(st.integers(0, len(values) - 1), min_size=1))

    found = loss_of(fast(book(values)), {f"a{place}" for place in places}, first=99)

    rest = [value for place, value in enumerate(values) if place not in places and value > 0]
    assert found.lost_revenue == sum(values[place] for place in places)
    assert (found.after.total if found.after else 0) == sum(rest)
    assert found.after is None or found.after.hhi == pytest.approx(hhi(rest))
    assert sorted(row.value for row in found.largest) == sorted(rest)
    assert sum(row.share_after for row in found.largest) == pytest.approx(1.0 if rest else 0.0)
    test, before = KeyTest(), sum(value for value in values if value > 0)
    new = [value for value in rest if test.threshold * sum(rest) <= value < test.threshold * before]
    assert len(found.new_keys) == len(new)


def example(**changed):
    given = {
        "revenue": Decimal(120),
        "income": Decimal(40),
        "lost_revenue": Decimal(60),
        "lost_income": Decimal(20),
        "rules": RULES,
    }
    return cascade(**(given | changed))


def test_a_volume_buyer_takes_the_supplier_discount_with_him_and_prices_rise():
    # Purchases 80 at 20 % off are 100 at list; without him 40 paid, 50 at list, and no discount any more.
    found = example()

    assert [(step.code, step.value) for step in found.steps] == [
        ("income", 40),
        ("fixed_costs", -10),
        ("profit_before", 30),
        ("lost_income", -20),
        ("supplier_discount", -10),
        ("price_rise", 6),
        ("further_loss", -4),
        ("profit_after", 2),
    ]
    assert found.value("profit_after") == 2
    assert found.declined is None


@pytest.mark.parametrize(
    ("changed", "missing"),
    [
        ({"rules": LossRules()}, ("fixed_costs", "supplier_steps", "price_rise", "further_loss")),
        ({"rules": replace(RULES, price_rise=None)}, ("price_rise",)),
        ({"income": None}, ("income",)),
        ({"lost_income": None}, ("income",)),
    ],
)
def test_the_cascade_names_the_inputs_that_are_missing(changed, missing):
    found = example(**changed)

    assert (found.steps, found.missing) == ((), missing)
    assert found.declined is not None
    assert ", ".join(missing) in found.declined.english


@pytest.mark.parametrize(
    "steps",
    [
        ((Decimal(80), Decimal("0.2")), (Decimal(0), Decimal(0))),
        ((Decimal(0), Decimal("0.2")), (Decimal(80), Decimal("0.1"))),
        ((Decimal(0), Decimal(1)),),
    ],
)
def test_supplier_steps_must_rise(steps):
    with pytest.raises(Invalid, match="steps do not rise"):
        example(rules=replace(RULES, supplier_steps=steps))


def test_below_the_first_step_there_is_no_discount():
    assert discount_at(Fraction(79), ((Decimal(80), Decimal("0.2")),)) == 0


def test_two_years_of_sales_are_brought_to_one():
    double = example(
        revenue=Decimal(240),
        income=Decimal(80),
        lost_revenue=Decimal(120),
        lost_income=Decimal(40),
        years=Fraction(2),
    )

    assert double == example()


sums = st.decimals(0, 10_000, places=2)


@given(st.tuples(sums, sums), st.tuples(sums, sums), st.tuples(fractions, fractions, fractions))
def test_the_remaining_profit_is_that_of_the_remaining_business(rest, gone, rates):
    (sold, bought), (lost, paid), (discount, rise, leaving) = rest, gone, rates
    revenue, purchases = sold + lost, bought + paid
    rules = LossRules(Decimal(7), ((purchases, discount),), rise, leaving)

    found = cascade(
        revenue=revenue,
        income=revenue - purchases,
        lost_revenue=lost,
        lost_income=lost - paid,
        rules=rules,
    )

    dearer = Fraction(bought) if paid == 0 else Fraction(bought) / (1 - Fraction(discount))
    kept = (Fraction(sold) * (1 + Fraction(rise)) - dearer) * (1 - Fraction(leaving))
    assert abs(Fraction(found.value("profit_after")) - (kept - 7)) <= Fraction(4, 10_000)
    changes = sum(step.value for step in found.steps[3:-1])
    assert found.value("profit_before") + changes == found.value("profit_after")


def test_group_companies_are_lost_as_one(engine):
    companies = book(["30", "30", "40"], group=["g", "g", "h"])
    groups = companies.group_by("group").aggregate([("revenue", "sum")]).rename_columns(["group", "revenue"])

    assert loss_of(engine(groups), ["g"], key="group").share == 0.6
    assert isinstance(groups, pa.Table)


def test_the_corridor_and_an_amount_a_year_are_settings(engine):
    test = KeyTest(amount_a_year=Decimal(40), comparison="more_than")
    corridor = Corridor(alarm=Decimal("0.95"))

    found = loss_of(engine(book(["90", "41", "40"])), ["a0"], test=test, corridor=corridor)

    assert (found.before.key_accounts, found.before.corridor) == (2, "above")
    assert (found.after.key_accounts, found.new_keys) == (1, ())


def test_several_losses_are_each_simulated_for_itself(engine):
    given = engine(book(["50", "30", "20"]))

    assert losses_of(given, [["a0"], ["a1", "a1"]]) == (loss_of(given, ["a0"]), loss_of(given, ["a1"]))
