"""Why a number is missing or an input was refused: a code and values, worded at the edge.

Every sentence of the libraries is declared once with :func:`sentence`. Its English stands here; the other
languages stand in the message catalogues of `kamreport` under the same code.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Value = str | int | float | Decimal | date | None


@dataclass(frozen=True, slots=True)
class Reason:
    """One occurrence of a sentence: its code and the values that fill it.

    >>> Reason("too_few_orders", {"have": 2, "need": 3}).english
    'Only 2 orders; a rhythm needs at least 3.'
    """

    code: str
    values: Mapping[str, Value] = field(default_factory=dict)

    @property
    def english(self) -> str:
        """The sentence in English, for logs and for the users of the library."""
        return _CATALOGUE[self.code].english.format(**self.values)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A message with a stable code; calling it with values gives a :class:`Reason`."""

    code: str
    english: str

    def __call__(self, **values: Value) -> Reason:
        return Reason(self.code, values)


_CATALOGUE: dict[str, Sentence] = {}


def sentence(code: str, english: str) -> Sentence:
    """Declare a message. `code` is stable for ever, lower case with underscores, unique in the project.

    `english` holds the values as `{name}`. It says what happened, what was expected and what to do.
    """
    if code in _CATALOGUE and _CATALOGUE[code].english != english:
        msg = f'The code "{code}" is taken by another sentence. Choose another code.'
        raise ValueError(msg)
    _CATALOGUE[code] = Sentence(code, english)
    return _CATALOGUE[code]


def catalogue() -> Mapping[str, Sentence]:
    """Give all sentences declared by the modules imported so far, by code."""
    return MappingProxyType(_CATALOGUE)


TOO_FEW_ORDERS = sentence("too_few_orders", "Only {have} orders; a rhythm needs at least {need}.")
