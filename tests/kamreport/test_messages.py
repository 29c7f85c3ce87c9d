"""Every visible word stands in all five languages."""

from __future__ import annotations

import dataclasses
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.extract import extract
from jinja2.ext import babel_extract
from tests.kamreport import made_analysis

import kamreport
from kamreport.html import render_html
from kamreport.messages import PLURAL_FORMS, catalogue, plural_form
from kamreport.messages.codes import CODES
from kamreport.sentences import Speech
from kamreport.settings import Settings
from kamreport.tables import COLUMNS
from kamreport.words import LANGUAGES
from kamreport.workbook import SHEETS

SOURCE = Path(kamreport.__file__).parent
TRANSLATED = [lang for lang in LANGUAGES if lang != "en"]
FIELD = re.compile(r"\{(\w+)")


DECLARED = """
import importlib, json, pkgutil
for name in ("kamstats", "kamledger", "kamreport", "kamcli"):
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, name + "."):
        importlib.import_module(module.name)
from kamstats.reasons import catalogue
print(json.dumps({code: declared.english for code, declared in catalogue().items()}))
"""


@pytest.fixture(scope="module")
def declared():
    """Give the sentences of the packages alone; tests of this session may have declared more."""
    run = subprocess.run([sys.executable, "-c", DECLARED], check=True, capture_output=True, text=True)
    return json.loads(run.stdout)


def report_texts() -> set[tuple[str, ...]]:
    """Find the literal texts in the modules and in the template of the page."""
    keywords = {"text": None, "plural": (1, 2)}
    found = set()
    for path in SOURCE.rglob("*"):
        method = {".py": "python", ".j2": babel_extract}.get(path.suffix)
        if method:
            for _, said, _, _ in extract(method, io.BytesIO(path.read_bytes()), keywords=keywords):
                found.add(said if isinstance(said, tuple) else (said,))
    return found


def wanted_names() -> set[str]:
    columns = {f"column.{column.key}" for table in COLUMNS.values() for column in table}
    codes = {f"code.{column}.{code}" for column, codes in CODES.items() for code in codes}
    printed = re.findall(r'<section id="(\w+)"', render_html(made_analysis.empty(), "en"))
    sections = {f"{part}.{key}" for key in printed for part in ("section", "how")}
    sheets = {f"sheet.{key}" for key in (*SHEETS, "summary")}
    return columns | codes | sections | sheets | {f"rule.{key}" for key in settings_keys(Settings())}


def settings_keys(settings: object, prefix: str = "") -> list[str]:
    keys = []
    for field in dataclasses.fields(settings):  # type: ignore[arg-type]  # a settings dataclass
        value = getattr(settings, field.name)
        inner = dataclasses.is_dataclass(value)
        keys += settings_keys(value, f"{field.name}.") if inner else [prefix + field.name]
    return keys


@pytest.mark.parametrize("lang", TRANSLATED)
def test_every_sentence_of_the_libraries_is_translated_from_its_present_english(declared, lang):
    known = catalogue(lang)

    wrong = [
        code for code, english in declared.items() if not known.name(code) or known.sources[code] != english
    ]

    assert wrong == []


@pytest.mark.parametrize("lang", TRANSLATED)
def test_every_sentence_keeps_its_values(declared, lang):
    known = catalogue(lang)

    wrong = [
        code
        for code, english in declared.items()
        if set(FIELD.findall(known.name(code) or "")) != set(FIELD.findall(english))
    ]

    assert wrong == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_column_code_rule_section_and_sheet_has_its_name(lang):
    missing = sorted(key for key in wanted_names() if not catalogue(lang).name(key))

    assert missing == []


@pytest.mark.parametrize("lang", TRANSLATED)
def test_every_text_of_the_report_is_translated(lang):
    missing = sorted(texts for texts in report_texts() if texts[0] not in catalogue(lang).texts)

    assert missing == []


@pytest.mark.parametrize("lang", TRANSLATED)
def test_every_plural_has_all_forms_of_its_language_with_the_same_values(lang):
    for texts in report_texts():
        forms = catalogue(lang).texts.get(texts[0], ())
        if len(texts) == 2:
            assert len(forms) == len(PLURAL_FORMS[lang]), texts
        for form in forms:
            assert set(FIELD.findall(form)) == set(FIELD.findall(texts[-1])), form


@pytest.mark.parametrize("lang", TRANSLATED)
def test_no_text_is_left_over(declared, lang):
    known = catalogue(lang)
    english = {texts[0] for texts in report_texts()}

    assert sorted(set(known.texts) - english) == []
    assert sorted(set(known.names) - set(catalogue("en").names) - set(declared)) == []


@pytest.mark.parametrize(
    ("count", "said"),
    [(1, "1 клиент"), (3, "3 клиента"), (11, "11 клиентов"), (21, "21 клиент"), (112, "112 клиентов")],
)
def test_russian_counts_take_the_form_that_goes_with_them(count, said):
    assert Speech("ru").plural("{n} account", "{n} accounts", count) == said


def test_a_language_without_a_translation_speaks_english():
    assert plural_form("fi", "{n} unheard", "{n} unheards", 2) == "{n} unheards"
    assert Speech("fi").text("Never said before") == "Never said before"
