"""Which field a column name means, whatever its language, case and punctuation."""

from __future__ import annotations

import re
import unicodedata

from kamledger.reading.dictionary import SAID

_CURRENCY_WORDS = frozenset(
    (
        *(
            "eur",
            "euro",
            "euroa",
            "usd",
            "gbp",
            "rub",
            "rur",
            "gel",
            "amd",
            "sek",
            "nok",
            "dkk",
            "chf",
            "pln",
        ),
        *("kzt", "uah", "руб", "рубли", "рублей", "р", "тыс", "лари", "ლარი", "დრამ", "դրամ", "драм"),
        *("lcy", "lc", "mst", "in", "vat", "alv", "net", "excl"),
    )
)
_CAMEL = re.compile(r"(?<=[a-zа-я0-9])(?=[A-ZА-Я])")
_SEPARATORS = re.compile(r"[^\w%]+|_")
_DETAIL = re.compile(r"/(\.?id|name|display_name)$")  # of a record, in the paths of Odoo
_BRACKETS = re.compile(r"[(\[].*?[)\]]")


def words(name: str) -> tuple[str, ...]:
    """Split a column name into lower-case words.

    >>> words("Sell-to Customer_No.")
    ('sell', 'to', 'customer', 'no')
    """
    plain = unicodedata.normalize("NFKC", name).replace("№", " n ")
    spaced = _SEPARATORS.sub(" ", _CAMEL.sub(" ", plain))
    return tuple(spaced.replace("%", " % ").casefold().replace("ё", "е").split())


def normal(name: str) -> str:
    """Give the form in which names are compared.

    >>> normal("Customer ID") == normal("customer_id") == normal("CustomerID")
    True
    """
    return "".join(words(name))


def forms(name: str) -> tuple[str, ...]:
    """Give the forms of a column name to look up, the fullest first.

    >>> forms("Netto EUR"), forms("order_line/product_id")
    (('nettoeur', 'netto'), ('orderlineproductid', 'productid'))
    """
    record = _DETAIL.sub("", name)
    spelled = [record, _BRACKETS.sub(" ", record), re.split(r"[/:]", record)[-1]]
    found = [normal(each) for each in spelled]
    found += ["".join(_without_currency(words(each))) for each in spelled]
    return tuple(dict.fromkeys(each for each in found if each))


def _without_currency(name: tuple[str, ...]) -> tuple[str, ...]:
    while len(name) > 1 and name[-1] in _CURRENCY_WORDS:
        name = name[:-1]
    return name


def _tiers(said: str) -> dict[str, int]:
    ranks: dict[str, int] = {}
    for tier, part in enumerate(said.split(" / ")):
        for place, name in enumerate(part.split(",")):
            ranks.setdefault(normal(name), tier * 1000 + place)
    return ranks


DICTIONARY: dict[str, dict[str, int]] = {field: _tiers(said) for field, said in SAID.items()}


def rank(field: str, name: str) -> int | None:
    """Say how well a column name fits a field: 0 is best, 1000 more per tier; None if it does not.

    >>> rank("account", "Customer No."), rank("account", "Kunde") >= 1000, rank("date", "Colour")
    (1, True, None)
    """
    known = DICTIONARY[field]
    ranks = [known[form] + 300 * later for later, form in enumerate(forms(name)) if form in known]
    return min(ranks, default=None)


TOTALS = re.compile(
    r"^\W*(grand\s+total|sub\s?total|total|totals|sum|итого|итог|всего|общий\s+итог|yhteensä|loppusumma|välisumma|"
    r"summa|gesamt|summe|zwischensumme|gesamtergebnis|სულ|ჯამი|ჯამში|ընդամենը|գումար|total\s+general)\b",
    re.IGNORECASE,
)
