"""Numbers, money, shares and dates as people of the five languages write them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from math import isnan
from typing import TYPE_CHECKING

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import (
    format_compact_decimal,
    format_decimal,
    get_currency_symbol,
    get_decimal_symbol,
    get_group_symbol,
    parse_pattern,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES = ("en", "fi", "ka", "hy", "ru")
MISSING = "–"

Number = int | float | Decimal
_THOUSAND = 1000


@cache
def locale_of(lang: str) -> Locale:
    """Give the locale; English is British, whose dates no reader takes for another day."""
    return Locale.parse("en_GB" if lang == "en" else lang)


@cache
def plural_category(lang: str, count: int) -> str:
    """Give the plural category of CLDR: "one", "few", "many" or "other"."""
    return str(locale_of(lang).plural_form(count))


def _decimal_pattern(digits: int) -> str:
    return "#,##0." + "0" * digits if digits else "#,##0"


def _percent_pattern(lang: str, digits: int) -> str:
    pattern = str(locale_of(lang).percent_formats[None].pattern)
    return pattern.replace("#0", "#0." + "0" * digits) if digits else pattern


@dataclass(frozen=True, slots=True)
class _Form:
    """A pattern of CLDR taken apart once, where Babel does it for every figure."""

    pattern: str
    locale: Locale
    ends: tuple[tuple[str, str], tuple[str, str]]  # what stands before and behind, without a sign and with it
    scale: int
    step: Decimal
    signs: Mapping[int, str]  # the comma between groups and the decimal point, in this language

    def written(self, value: Number) -> str:
        """Write a number, rounded half to even as Babel does."""
        exact = value if isinstance(value, Decimal) else Decimal(str(value))
        if not exact.is_finite():
            return str(format_decimal(exact, self.pattern, self.locale))
        before, behind = self.ends[exact.is_signed()]
        rounded = abs(exact.scaleb(self.scale)).quantize(self.step)
        return before + f"{rounded:,f}".translate(self.signs) + behind


@cache
def _form(lang: str, digits: int, *, percent: bool) -> _Form:
    pattern = _percent_pattern(lang, digits) if percent else _decimal_pattern(digits)
    locale, parsed = locale_of(lang), parse_pattern(pattern)
    (plain, signed), (behind, behind_signed) = parsed.prefix, parsed.suffix
    return _Form(
        pattern=pattern,
        locale=locale,
        ends=((plain, behind), (_true_minus(signed), behind_signed)),
        scale=2 if percent else 0,
        step=Decimal(1).scaleb(-digits),
        signs=str.maketrans({",": get_group_symbol(locale), ".": get_decimal_symbol(locale)}),
    )


def _true_minus(text: str) -> str:
    """Put the minus sign in place of the hyphen; beside tabular figures it is as wide as a plus."""
    return "\N{MINUS SIGN}" + text[1:] if text.startswith("-") else text


def is_missing(value: object) -> bool:
    """Tell whether there is nothing to show: empty, or not a number."""
    return value is None or (isinstance(value, float) and isnan(value))


@dataclass(frozen=True, slots=True)
class Words:
    """How values read in one language.

    >>> Words("en").share(0.613)
    '61.3%'
    >>> Words("ru").share(0.613)
    '61,3\\xa0%'
    >>> Words("fi").money(Decimal("1234567.5000"))
    '1\\xa0234\\xa0567,50'
    >>> Words("en").day(date(2026, 11, 3))
    '3 Nov 2026'
    >>> Words("en").short(1_240_000)
    '1.24M'
    >>> Words("en").share(None)
    '–'
    """

    lang: str
    currency: str | None = None

    def decimal(self, value: Number | None, digits: int = 2) -> str:
        """Write a number with exactly so many digits after the sign."""
        if value is None or is_missing(value):
            return MISSING
        return _form(self.lang, digits, percent=False).written(value)

    def number(self, value: Number | None) -> str:
        """Write a measured figure: two digits, three where it is below one, none where it is large."""
        if value is None or is_missing(value):
            return MISSING
        size = abs(float(value))
        return self.decimal(value, 0 if size >= _THOUSAND else 3 if 0 < size < 1 else 2)

    def count(self, value: Number | None) -> str:
        """Write a whole number."""
        return self.decimal(value, 0)

    def quantity(self, value: Number | None) -> str:
        """Write an amount of goods: whole where it is whole."""
        if value is None or is_missing(value):
            return MISSING
        return self.decimal(value, 0 if float(value).is_integer() or abs(float(value)) >= _THOUSAND else 1)

    def money(self, value: Number | None) -> str:
        """Write money to the cent, without its currency: that stands in the head of the column."""
        return self.decimal(value, 2)

    def change(self, value: Number | None) -> str:
        """Write money with its sign."""
        text = self.money(value)
        return "+" + text if value is not None and not is_missing(value) and value > 0 else text

    def short(self, value: Number | None) -> str:
        """Write money short, for pictures: 1.24 million."""
        if value is None or is_missing(value):
            return MISSING
        size = abs(float(value))
        if size < _THOUSAND:
            return self.decimal(value, 0)
        leading = len(str(int(size))) % 3 or 3
        digits = 3 - leading
        return _true_minus(format_compact_decimal(value, locale=locale_of(self.lang), fraction_digits=digits))

    def with_currency(self, text: str) -> str:
        """Put the currency behind a figure that stands alone."""
        return f"{text}\N{NO-BREAK SPACE}{self.currency_sign}" if self.currency else text

    @property
    def currency_sign(self) -> str:
        """Give the sign of the currency, or its code where it has none."""
        return str(get_currency_symbol(self.currency, locale_of(self.lang))) if self.currency else ""

    def share(self, value: Number | None, digits: int = 1) -> str:
        """Write a fraction as per cent."""
        if value is None or is_missing(value):
            return MISSING
        return _form(self.lang, digits, percent=True).written(value)

    def day(self, value: date | None) -> str:
        """Write a date so that day and month cannot be confused."""
        return MISSING if value is None else str(format_date(value, "medium", locale_of(self.lang)))

    def month(self, value: int | None) -> str:
        """Write a month given as year * 100 + month."""
        if value is None:
            return MISSING
        first = date(value // 100, value % 100, 1)
        return str(format_skeleton("yMMM", first, locale=locale_of(self.lang)))

    def value(self, value: object) -> str:
        """Write a value inside a sentence by its type."""
        if value is None or is_missing(value):
            return MISSING
        if isinstance(value, bool | str):
            return str(value)
        if isinstance(value, date):
            return self.day(value)
        if isinstance(value, Decimal):
            return self.decimal(value, 0 if value == value.to_integral_value() else 2)
        if isinstance(value, int):
            return self.count(value)
        return self.number(value) if isinstance(value, float) else str(value)

    def formatted(self, value: object, spec: str) -> str:
        """Write a value inside a sentence by the format its placeholder asks for, in this language."""
        if not spec or not isinstance(value, int | float | Decimal):
            return self.value(value)
        digits = int(spec.split(".")[1][:-1]) if "." in spec and spec[-1] in "f%" else 0
        if spec.endswith("%"):
            return self.share(value, digits)
        return self.decimal(value, digits) if spec[-1] in "fd," else self.value(value)
