"""The report as one page: no script, no network, light and dark, on paper and on the phone."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from kamreport.html import behaviour, opening, outlook, selection
from kamreport.html.drawing import Picture
from kamreport.html.grid import Grid
from kamreport.html.section import Bullets, Note, View
from kamreport.sentences import Speech

if TYPE_CHECKING:
    from jinja2 import Template

    from kamreport.results import Analysis

SECTIONS = (
    opening.read,
    selection.key_accounts,
    selection.pareto_curve,
    selection.classes,
    selection.dependency,
    behaviour.drifting,
    behaviour.regulars,
    behaviour.migration,
    behaviour.change,
    outlook.demand,
    outlook.potential,
    selection.stability,
    outlook.quality,
    outlook.rules,
)

# What a reader does not see but a browser obeys, for names come from other people's files: controls, letters
# without width, marks that turn the direction of what follows, tags. Two joiners that scripts need stay.
_UNSEEN = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\xad\\u061c\\u180e\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f"
    "\\ud800-\\udfff\\ufeff\\ufff9-\\ufffb\\U000e0000-\\U000e007f]"
)


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("kamreport.html", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["picture"] = lambda block: isinstance(block, Picture)
    environment.tests["grid"] = lambda block: isinstance(block, Grid)
    environment.tests["note"] = lambda block: isinstance(block, Note)
    environment.tests["bullets"] = lambda block: isinstance(block, Bullets)
    return environment.get_template("report.html.j2")


@cache
def _style() -> Markup:
    return Markup(files(__package__).joinpath("report.css").read_text("utf-8"))  # noqa: S704 - our own file


def render_html(analysis: Analysis, lang: str) -> str:
    """Give the whole page as text in one language."""
    speech = Speech(lang, analysis.currency)
    view = View(analysis, speech)
    page = _template().render(
        lang=lang,
        style=_style(),
        head=opening.opening(view),
        sections=[section(view) for section in SECTIONS],
        text=speech.text,
        plural=speech.plural,
        version=analysis.versions.get("kamerton", ""),
    )
    return _UNSEEN.sub("", page)
