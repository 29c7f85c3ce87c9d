"""The message catalogues: gettext files read as they are, without a build step.

An entry without a context is a text of the report and its English is the key. An entry with a context is a
name under a stable key: `column.<key>`, `code.<column>.<code>`, `rule.<setting>`, `how.<section>`, or the
code of a sentence of the libraries. `en.po` holds the English of the names; the English of the sentences
stands beside their code.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from babel.messages.pofile import read_po

from kamreport.words import plural_category

if TYPE_CHECKING:
    from collections.abc import Mapping

    from babel.messages.catalog import Message

# Which of the forms msgstr[0], msgstr[1], … stands for which category of CLDR.
PLURAL_FORMS: Mapping[str, tuple[str, ...]] = {
    "en": ("one", "other"),
    "fi": ("one", "other"),
    "ka": ("one", "other"),
    "hy": ("one", "other"),
    "ru": ("one", "few", "many"),
}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All messages of one language."""

    texts: Mapping[str, tuple[str, ...]]  # by English: one form, or the forms of the plural
    names: Mapping[str, str]  # by key
    sources: Mapping[str, str]  # the English a name was translated from, by key

    def text(self, english: str) -> str:
        """Give the text; its English where there is none."""
        return self.texts.get(english, (english,))[0]

    def name(self, key: str) -> str | None:
        """Give the name under a key; None where there is none."""
        return self.names.get(key)


def _forms(message: Message) -> tuple[str, ...]:
    said = message.string
    return tuple(str(form) for form in said) if isinstance(said, tuple | list) else (str(said or ""),)


def _english(message: Message) -> str:
    return str(message.id[0] if isinstance(message.id, tuple | list) else message.id)


@cache
def catalogue(lang: str) -> Catalogue:
    """Read the catalogue of a language once.

    >>> catalogue("fi").name("column.revenue")
    'Liikevaihto'
    """
    with files(__package__).joinpath(f"{lang}.po").open("rb") as file:
        messages = [message for message in read_po(file, locale=lang) if message.id and not message.fuzzy]
    named = [message for message in messages if message.context]
    return Catalogue(
        texts={_english(m): _forms(m) for m in messages if not m.context and all(_forms(m))},
        names={str(m.context): _forms(m)[0] or (_english(m) if lang == "en" else "") for m in named},
        sources={str(m.context): _english(m) for m in named},
    )


def plural_form(lang: str, one: str, many: str, count: int) -> str:
    """Give the form of a text that goes with a count; the English forms where it is not translated.

    >>> plural_form("en", "{n} account", "{n} accounts", 1)
    '{n} account'
    """
    forms = catalogue(lang).texts.get(one, (one, many) if lang == "en" else ())
    if len(forms) < len(PLURAL_FORMS[lang]):
        return one if plural_category("en", count) == "one" else many
    category = plural_category(lang, count)
    categories = PLURAL_FORMS[lang]
    return forms[categories.index(category) if category in categories else -1]
