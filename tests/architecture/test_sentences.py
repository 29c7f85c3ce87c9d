"""Every sentence of the libraries has a code of its own and can be worded."""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module
from string import Formatter

import pytest

from kamstats.reasons import catalogue

PACKAGES = ("kamstats", "kamledger", "kamreport", "kamcli")


def all_sentences():
    """Load every module of the project; two sentences under one code would raise here."""
    for package in PACKAGES:
        for module in pkgutil.walk_packages(import_module(package).__path__, f"{package}."):
            import_module(module.name)
    return dict(catalogue())


SENTENCES = all_sentences()


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_a_sentence_is_well_formed(code):
    english = SENTENCES[code].english

    assert re.fullmatch(r"[a-z][a-z0-9_]*", code)
    assert english[0].isupper() or english[0] in '{"'
    assert english.rstrip().endswith((".", ".)"))
    assert "please" not in english.casefold()
    assert "successfully" not in english.casefold()
    assert all(name is None or name for _, name, _, _ in Formatter().parse(english))
