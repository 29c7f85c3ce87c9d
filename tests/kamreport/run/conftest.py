"""Ledgers written by hand, analysed as a user would."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kamledger.reading import ReadOptions
from kamreport.run import analyse
from kamreport.settings import Settings
from kamreport.sources import open_files

AT = datetime(2030, 1, 2, 3, 4, tzinfo=UTC)


def nobody(stage, done, total):
    """Hear of progress and do nothing."""


@pytest.fixture(scope="session")
def analyses():
    """Keep the analyses of a session: they are frozen, and many tests ask for the same one."""
    return {}


@pytest.fixture
def analysed_anew(tmp_path):
    """Give a function from the text of a sales file (and of masters) to its analysis."""

    def run(sales, *, settings=None, **masters):
        paths = {}
        for name, text in {"sales": sales, **masters}.items():
            paths[name] = tmp_path / f"{name}.csv"
            paths[name].write_text(text, encoding="utf-8")
        options = ReadOptions(**{name: paths[name] for name in masters})
        with open_files([paths["sales"]], options=options, at=AT, progress=nobody) as source:
            return analyse(source, settings or Settings(), at=AT)

    return run


@pytest.fixture
def analysed(analysed_anew, analyses):
    """Give the same function, remembering what it has been asked before."""

    def run(sales, *, settings=None, **masters):
        asked = (sales, repr(settings), repr(sorted(masters.items())))
        if asked not in analyses:
            analyses[asked] = analysed_anew(sales, settings=settings, **masters)
        return analyses[asked]

    return run


@pytest.fixture
def analysed_file():
    """Give a function from a file to its analysis."""

    def run(*files, settings=None, **masters):
        with open_files(list(files), options=ReadOptions(**masters), at=AT, progress=nobody) as source:
            return analyse(source, settings or Settings(), at=AT)

    return run
