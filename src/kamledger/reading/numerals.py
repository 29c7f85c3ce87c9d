"""Numbers as people and systems write them: which decimal mark, and the number itself.

The rules stand here twice, as SQL for the bulk and as Python for samples, masters and tests; the patterns
are shared. A number is digits, at most one decimal mark, groups of three divided by a space, apostrophe or
the other mark, a sign in front or behind or brackets, a currency before or behind, an exponent.
"""

from __future__ import annotations

import re
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from kamledger.reading.sql import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

PLACE = Decimal("0.0001")

_SPACES = "[ \u00a0\u2007\u2009\u202f]"
_GROUPERS = " \u00a0\u2007\u2009\u202f'’`"
_CODES = "EUR|USD|GBP|RUB|RUR|GEL|AMD|SEK|NOK|DKK|CHF|PLN|JPY|KZT|UAH|BYN|TRY|CZK|CNY"
_SYMBOLS = {
    "€": "EUR",
    "$": "USD",
    "£": "GBP",
    "₽": "RUB",
    "₾": "GEL",
    "֏": "AMD",
    "₺": "TRY",
    "₴": "UAH",
    "₸": "KZT",
}
_WORDS = {
    "руб.": "RUB",
    "руб": "RUB",
    "р.": "RUB",
    "ლარი": "GEL",
    "դրամ": "AMD",
    "драм": "AMD",
    "лари": "GEL",
    "kr": "",
}
CURRENCY = "|".join([*map(re.escape, _SYMBOLS), f"(?:{_CODES})", *map(re.escape, _WORDS)])
_EDGES = f"^{_SPACES}*(?:{CURRENCY}){_SPACES}*|{_SPACES}*(?:{CURRENCY}){_SPACES}*$|^{_SPACES}+|{_SPACES}+$"
_BRACKETED = r"^\((.*)\)$"
_SIGN_BEHIND = r"^([^+-].*)-$"
MISSING = ("NA", "na", "N.A.", "n.a.", "#N/A", "-", "–", "—")


def _shape(mark: str) -> str:
    other = "," if mark == "." else "."
    group = f"[{_GROUPERS}{other}]"
    point = re.escape(mark)
    whole = f"[0-9]{{1,3}}(?:{group}[0-9]{{2,3}})*{group}[0-9]{{3}}|[0-9]+"
    return f"^[+-]?{_SPACES}?(?:(?:{whole})(?:{point}[0-9]*)?|{point}[0-9]+)(?:[eE][+-]?[0-9]+)?$"


_SHAPES = {mark: re.compile(_shape(mark)) for mark in ".,"}
_DROPPED = {mark: f"[{_GROUPERS}{other}]" for mark, other in ((".", ","), (",", "."))}


def plain_text(text: str, mark: str) -> str | None:
    """Give the number as digits and a dot, or None if it is not a number.

    >>> plain_text("1 234,50 €", ","), plain_text("(1,234.5)", "."), plain_text("12,5", ".")
    ('1234.50', '-1234.5', None)
    """
    bare = re.sub(_EDGES, "", text.strip())
    bare = re.sub(_SIGN_BEHIND, r"-\1", re.sub(_BRACKETED, r"-\1", bare.replace("\u2212", "-")))
    bare = re.sub(_EDGES, "", bare)
    if not _SHAPES[mark].match(bare):
        return None
    return re.sub(_DROPPED[mark], "", bare).replace(mark, ".")


def read_number(text: str | None, mark: str) -> Decimal | None:
    """Read one number; None if there is none.

    >>> read_number("1.234,56-", ",")
    Decimal('-1234.56')
    """
    plain = None if text is None else plain_text(text, mark)
    return None if plain is None else Decimal(plain)


def money(value: Decimal) -> Decimal:
    """Round half up to the four places of the ledger.

    >>> money(Decimal("-2.00005"))
    Decimal('-2.0001')
    """
    return value.quantize(PLACE, rounding=ROUND_HALF_UP)


def plain_text_sql(column: str, mark: str) -> str:
    """Give :func:`plain_text` as an SQL expression."""
    edges = quoted(_EDGES)
    bare = f"regexp_replace({column}, {edges}, '', 'g')"
    bare = f"regexp_replace(replace({bare}, '\u2212', '-'), {quoted(_BRACKETED)}, '-\\1')"
    bare = f"regexp_replace(regexp_replace({bare}, {quoted(_SIGN_BEHIND)}, '-\\1'), {edges}, '', 'g')"
    digits = f"replace(regexp_replace({bare}, {quoted(_DROPPED[mark])}, '', 'g'), '{mark}', '.')"
    return f"CASE WHEN regexp_matches({bare}, {quoted(_shape(mark))}) THEN {digits} END"


def number_sql(column: str, mark: str, kind: str) -> str:
    """Give an SQL expression for the number in a text column; NULL where there is none.

    Most values are plain and take the cast; only the others pay for the patterns.
    """
    slow = f"TRY_CAST({plain_text_sql(column, mark)} AS {kind})"
    if mark == ".":
        return f"CASE WHEN {column} IS NOT NULL THEN coalesce(TRY_CAST({column} AS {kind}), {slow}) END"
    fast = f"CASE WHEN NOT contains({column}, '.') THEN TRY_CAST(replace({column}, ',', '.') AS {kind}) END"
    return f"CASE WHEN {column} IS NOT NULL THEN coalesce({fast}, {slow}) END"


_DECIMALS_BEHIND = re.compile(r"[0-9]([.,])([0-9]+)\D*$")


def guess_decimal_mark(texts: Iterable[str], delimiter: str | None) -> str:
    """Guess which mark divides the fraction, from the cells of a sample.

    A mark followed by other than three digits is a decimal mark; one that stands twice in a number groups.
    Where every number has three digits behind its only mark, a comma is decimal if it is not the delimiter.

    >>> guess_decimal_mark(["1.234,50", "12"], ";"), guess_decimal_mark(["1,234.50"], ",")
    (',', '.')
    """
    votes = Counter(vote for text in texts if (vote := _vote(text)))
    if votes["."] != votes[","]:
        return "." if votes["."] > votes[","] else ","
    return "," if votes["?,"] > votes["?."] and delimiter not in {",", None} else "."


def _vote(text: str) -> str | None:
    bare = re.sub(_EDGES, "", text.strip())
    behind = _DECIMALS_BEHIND.search(bare)
    if behind is None:
        return None
    mark, digits = behind.groups()
    other = "," if mark == "." else "."
    if bare.count(mark) > 1:
        return other
    return mark if len(digits) != 3 or other in bare or bare.startswith("0") else f"?{mark}"


def looks_numeric(text: str) -> bool:
    """Say whether a cell is a number in one of the two marks.

    >>> looks_numeric("1 234,50"), looks_numeric("12.03.2024")
    (True, False)
    """
    return plain_text(text, ".") is not None or plain_text(text, ",") is not None


def currency_of(text: str) -> str | None:
    """Give the currency written beside a number.

    >>> currency_of("12,50 €"), currency_of("GEL 12"), currency_of("12")
    ('EUR', 'GEL', None)
    """
    found = re.search(CURRENCY, text)
    if found is None:
        return None
    return (
        _SYMBOLS.get(found.group())
        or _WORDS.get(found.group())
        or (found.group() if len(found.group()) == 3 else None)
    )
