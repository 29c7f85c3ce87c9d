"""Which account is explained: never another one than was meant."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.kamreport import made_analysis

from kamreport.aliases import anonymised
from kamreport.explain import explain
from kamstats.errors import Invalid


def book(*accounts):
    """Make an analysis of accounts given as (key, name), the largest first."""
    analysis = made_analysis.made([100 - place for place in range(len(accounts))])
    rows = [
        row | {"account": key, "name": name}
        for row, (key, name) in zip(analysis.tables["accounts"].records(), accounts, strict=True)
    ]
    settings = dict(analysis.settings) | {"abc.a": "0.8", "abc.b": "0.95", "key.threshold": "0.1"}
    table = made_analysis.table("accounts", rows)
    return replace(analysis, settings=settings, tables=dict(analysis.tables) | {"accounts": table})


def explained(analysis, account, **how):
    """Give the name in the first sentence, with the revenue that tells accounts apart."""
    first = explain(analysis, account, **how)[0]
    return first.values["name"], int(first.values["revenue_value"])


@pytest.mark.parametrize(
    ("accounts", "wanted", "name"),
    [
        ([("A", "Upper"), ("a", "Lower")], "a", "Lower"),
        ([("A", "Upper"), ("a", "Lower")], "A", "Upper"),
        ([("K1", "K2"), ("K2", "Cedar")], "K2", "Cedar"),
        ([("K1", "ASTER"), ("K2", "Aster")], "Aster", "Aster"),
        ([("K1", "Aster"), ("K2", "Cedar")], "aster", "Aster"),
        ([("K1", "Aster"), ("K2", "Cedar")], "k2", "Cedar"),
        ([("aster", "Aster"), ("K2", "Cedar")], "ASTER", "Aster"),
    ],
)
def test_the_key_goes_before_the_name_and_both_before_another_case(accounts, wanted, name):
    assert explained(book(*accounts), wanted)[0] == name


@pytest.mark.parametrize(
    ("accounts", "wanted", "said"),
    [
        ([("K1", "Aster"), ("K2", "Aster")], "Aster", r"any of 2 accounts: K1 \(Aster\), K2 \(Aster\)\."),
        ([("K1", "Aster"), ("K2", "ASTER")], "aster", r"K1 \(Aster\), K2 \(ASTER\)"),
        ([("k", "k"), ("K1", "K")], "\N{KELVIN SIGN}", r"k, K1 \(K\)"),
        ([("K1", "Aster"), ("K2", "Cedar")], "Fjord", "There is no account"),
    ],
)
def test_what_may_be_several_accounts_or_none_is_refused_with_their_keys(accounts, wanted, said):
    with pytest.raises(Invalid, match=said):
        explain(book(*accounts), wanted)


def test_with_aliases_an_account_is_found_by_its_real_key_its_name_or_its_alias():
    analysis = book(("K1", "Aster"), ("K2", "Cedar"))
    hidden = anonymised(analysis, secret=b"tea")
    alias = hidden.tables["accounts"].records()[1]["account"]

    found = {explained(analysis, wanted, shown=hidden) for wanted in ("K2", "cedar", alias)}

    assert found == {(alias, 99_000)}


@pytest.mark.parametrize("wanted", ["Aster", "Astre"])
def test_a_refusal_with_aliases_names_no_account(wanted):
    analysis = book(("K1", "Aster"), ("K2", "Aster"))

    with pytest.raises(Invalid) as refused:
        explain(analysis, wanted, shown=anonymised(analysis, secret=b"tea"))

    assert not {"K1", "K2"} & set(str(refused.value).replace(",", " ").split())
    assert "Aster" not in str(refused.value).replace(f'"{wanted}"', "")
