"""What is odd about a line: the rules by which reading sets the flags. Nothing is dropped by them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from kamledger.reading.sql import quoted
from kamledger.schema import Flag

_POSTAGE_CODES = frozenset(
    (
        *("POST", "DOT", "C2", "POSTAGE", "SHIPPING", "SHIP", "FREIGHT", "CARRIAGE", "DELIVERY"),
        *("RAHTI", "TOIMITUS", "ДОСТАВКА", "VERSAND", "FRACHT", "PORTO"),
    )
)
_BANK_CODES = frozenset(
    (
        *(
            "BANK CHARGES",
            "BANKCHARGES",
            "BANK",
            "AMAZONFEE",
            "AMAZON FEE",
            "CRUK",
            "M",
            "MANUAL",
            "ADJUST",
            "FEE",
        ),
        "PALKKIO",
    )
)
# the whole name must match: a box for postage stamps is a product
_POSTAGE = re.compile(
    r"(dotcom |next day |international )?(postage|freight|shipping|carriage|delivery|p&p|packing)"
    r"( and packing| & packing| charges?| costs?| fees?| services?)?"
    r"|rahti|rahtikulut?|postikulut?|postimaksu|toimituskulut?|toimitusmaksu|pakkauskulut?|lähetyskulut?"
    r"|доставка( товар(а|ов))?|услуги (по )?доставк[аеи]|упаковка"
    r"|(транспортные|почтовые) (услуги|расходы)"
    r"|მიწოდება|მიტანა|ტრანსპორტირება|(საფოსტო|ტრანსპორტირების|მიტანის) (ხარჯი|მომსახურება)"
    r"|առաքում|փոխադրում|տեղափոխում|փաթեթավորում|(փոստային|առաքման) ծառայություն"
    r"|versand|versandkosten|fracht|frachtkosten|porto|verpackung|lieferkosten",
    re.IGNORECASE,
)
_BANK = re.compile(
    r"bank charges?|bank fees?|amazon fee|commission|manual|adjustment|manual adjustment|payment fee"
    r"|pankkikulut?|palvelumaksu|provisio|käsittelymaksu|laskutuslisä|laskutusmaksu"
    r"|банковск(ая комиссия|ие расходы|ие услуги)|комиссия( банка| маркетплейса)?|корректировка"
    r"|საბანკო (მომსახურება|საკომისიო|ხარჯი)|საკომისიო|კორექტირება"
    r"|բանկային (ծախս|միջնորդավճար|ծառայություն)|միջնորդավճար|ճշգրտում"
    r"|bankgebühren?|bankspesen|provision|korrektur",
    re.IGNORECASE,
)
_BAD_DEBT = re.compile(
    r"bad debt|luottotappio|безнад[её]жн|списание долга|უიმედო (ვალ|მოთხოვნ)|անհուսալի|forderungsausfall",
    re.IGNORECASE,
)
CANCELLING_WORDS = (
    "credit note|credit memo|cancellation|reversal|storno|hyvityslasku|hyvitys|peruutus|"
    "сторно|возврат|корректировочн|კრედიტ|დაბრუნება|გაუქმება|სტორნო|"
    "կրեդիտ|վերադարձ|չեղարկ|ստորնո|gutschrift|stornierung"
)
_WORDY = re.compile(r"[^\W\d_]{4,}")


def flag_of_product(text: str, *, is_key: bool) -> Flag:
    """Give the flags that a product key or a product name sets by itself.

    >>> flag_of_product("POST", is_key=True).name, flag_of_product("Rahtikulu", is_key=False).name
    ('POSTAGE', 'POSTAGE')
    >>> flag_of_product("POSTAGE STAMP BOX", is_key=False)
    <Flag: 0>
    """
    bare = " ".join(text.split())
    if (is_key and bare.upper() in _POSTAGE_CODES) or _POSTAGE.fullmatch(bare):
        return Flag.POSTAGE
    if (is_key and bare.upper() in _BANK_CODES) or _BANK.fullmatch(bare):
        return Flag.BANK_CHARGE
    return Flag.BAD_DEBT if _BAD_DEBT.search(bare) else Flag(0)


def is_wordy(document: str) -> bool:
    """Say whether a document key holds words, such as "Credit note 12": then they are looked at.

    >>> is_wordy("Возврат 00012 от 01.02.2024"), is_wordy("C536379")
    (True, False)
    """
    return _WORDY.search(document) is not None


@dataclass
class OddProducts:
    """The product keys and names met so far that set a flag; each distinct text is looked at once."""

    seen: dict[tuple[str, bool], Flag] = field(default_factory=dict)

    def among(self, texts: list[str | None], *, is_key: bool) -> dict[Flag, list[str]]:
        """Give, by flag, those of the texts that set it."""
        odd: dict[Flag, list[str]] = {}
        for text in texts:
            if text is None:
                continue
            flag = self.seen.get((text, is_key))
            if flag is None:
                flag = self.seen[text, is_key] = flag_of_product(text, is_key=is_key)
            if flag:
                odd.setdefault(flag, []).append(text)
        return odd


def flags_sql(odd: list[tuple[str, dict[Flag, list[str]]]], *, wordy_documents: bool, has_price: bool) -> str:
    """Give an SQL expression for the flags of a line, except DUPLICATE.

    `odd` names, for the product column and the product name column, the texts that set a flag.
    """
    negative = "(quantity < 0 OR revenue < 0)"
    cancels = f"regexp_matches(document_key, '^C[0-9]+$') AND {negative}"
    if wordy_documents:
        cancels += (
            f" OR (length(document_key) > 4 AND regexp_matches(document_key, '(?i){CANCELLING_WORDS}'))"
        )
    no_price = "revenue = 0 AND quantity IS DISTINCT FROM 0" + (" OR unit_price = 0" if has_price else "")
    rules = {
        Flag.CANCELLATION: cancels,
        Flag.RETURN: "quantity < 0 OR (quantity IS NULL AND revenue < 0)",
        Flag.NO_ACCOUNT: "account_key IS NULL",
        Flag.POSTAGE: _listed(odd, Flag.POSTAGE),
        Flag.BANK_CHARGE: _listed(odd, Flag.BANK_CHARGE),
        Flag.ZERO_PRICE: no_price,
        Flag.BAD_DEBT: " OR ".join(
            ["regexp_matches(document_key, '^A[0-9]+$') AND product_key = 'B'", _listed(odd, Flag.BAD_DEBT)]
        ),
    }
    return (
        "("
        + " + ".join(f"CASE WHEN {rule} THEN {int(flag)} ELSE 0 END" for flag, rule in rules.items())
        + ")::INTEGER"
    )


def _listed(odd: list[tuple[str, dict[Flag, list[str]]]], flag: Flag) -> str:
    parts = [
        f"{column} IN ({', '.join(map(quoted, texts[flag]))})" for column, texts in odd if texts.get(flag)
    ]
    return " OR ".join(parts) or "false"
