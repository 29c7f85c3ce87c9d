"""Make the files of the invented company, all or nothing."""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kamreport.demo.booking import draw_plan
from kamreport.demo.fates import draw_fates
from kamreport.demo.files import UNREADABLE, write_accounts, write_groups, write_products, write_sales
from kamreport.demo.population import draw_population
from kamreport.demo.rhythms import draw_orders
from kamreport.demo.truth import MARK, write_truth
from kamstats.errors import Invalid
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kamledger.progress import Progress
    from kamreport.demo.booking import Plan

FEWEST_ACCOUNTS = 60

TOO_FEW_ACCOUNTS = sentence(
    "demo_too_few_accounts",
    "A demo company of {accounts} accounts has no room for its parts. Ask for at least {least}.",
)
TOO_FEW_LINES = sentence(
    "demo_too_few_lines",
    "The {orders} orders of this company need at least one line each, but {lines} lines were asked for. "
    "Ask for more lines or fewer accounts.",
)
FOLDER_IN_USE = sentence(
    "demo_folder_in_use",
    'The folder "{folder}" holds files that no demo company has made. Name another folder or empty it.',
)


@dataclass(frozen=True, slots=True)
class Company:
    """What was made."""

    folder: Path
    sales: Path
    accounts: Path
    products: Path
    groups: Path
    truth: Path
    lines: int
    unreadable_lines: int


def make_company(
    out: Path, *, seed: int, accounts: int = 400, lines: int | None = None, progress: Progress | None = None
) -> Company:
    """Make sales.csv, accounts.csv, products.csv, groups.csv, README.txt and truth.json in the folder `out`.

    accounts : at least 60.
    lines : about how many lines sales.csv gets (within a few per cent); the goods stay the same and are
        booked in more lines. Without it, as many as such a company books in four years.
    Raises Invalid for too few accounts or lines, and where `out` holds something else; `out` appears whole
    or not at all. Ten million lines are written in stretches of half a million.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     company = make_company(Path(folder) / "demo", seed=7, accounts=60)
    ...     sorted(path.name for path in company.folder.iterdir())
    ['README.txt', 'accounts.csv', 'groups.csv', 'products.csv', 'sales.csv', 'truth.json']
    """
    if accounts < FEWEST_ACCOUNTS:
        raise Invalid(TOO_FEW_ACCOUNTS(accounts=accounts, least=FEWEST_ACCOUNTS))
    habits, days, stretches = np.random.SeedSequence(seed).spawn(3)
    plan = _plan(np.random.default_rng(habits), np.random.default_rng(days), accounts, lines)
    with _replacing(out) as folder:
        tell = progress or (lambda _stage, _done, _total: None)
        written = write_sales(
            folder / "sales.csv", plan, stretches, lambda done, total: tell("demo_company", done, total)
        )
        write_accounts(folder / "accounts.csv", plan.people)
        write_products(folder / "products.csv")
        write_groups(folder / "groups.csv", plan.people, plan.fates)
        write_truth(folder / "truth.json", plan, seed=seed, lines=written)
        (folder / "README.txt").write_text(README, encoding="utf-8")
    return _company(out, written)


def _plan(habits: np.random.Generator, days: np.random.Generator, accounts: int, lines: int | None) -> Plan:
    people = draw_population(habits, accounts)
    fates = draw_fates(habits, people)
    orders = draw_orders(days, people, fates)
    if lines is not None and lines < len(orders):
        raise Invalid(TOO_FEW_LINES(orders=len(orders), lines=lines))
    return draw_plan(habits, people, fates, orders, lines)


def _company(out: Path, lines: int) -> Company:
    return Company(
        folder=out,
        sales=out / "sales.csv",
        accounts=out / "accounts.csv",
        products=out / "products.csv",
        groups=out / "groups.csv",
        truth=out / "truth.json",
        lines=lines,
        unreadable_lines=len(UNREADABLE),
    )


@contextmanager
def _replacing(out: Path) -> Iterator[Path]:
    """Give a folder to write into that takes the place of `out` at the end, or vanishes."""
    if out.exists() and not _is_ours(out):
        raise Invalid(FOLDER_IN_USE(folder=str(out)))
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as scratch:
        fresh = Path(scratch) / "new"
        fresh.mkdir()
        yield fresh
        if out.exists():
            out.rename(Path(scratch) / "old")
        shutil.move(fresh, out)


def _is_ours(out: Path) -> bool:
    if not out.is_dir():
        return False
    truth = out / "truth.json"
    try:
        return not any(out.iterdir()) or json.loads(truth.read_text(encoding="utf-8")).get("what") == MARK
    except (OSError, ValueError, AttributeError):
        return False


README = """\
An invented maker of wood-based panels
======================================

Nobody and nothing in these files is real. The company has made chipboard and laminated chipboard since 1992,
cement-bonded particle board since 2009, and has built houses for two years. It sells through 15 managers in
three departments.

sales.csv     four years of invoice lines, the way an accounting program exports them: semicolons, decimal
              comma, day.month.year. Documents beginning with R are returns and credit notes, with C
              cancellations, with A adjustments, with K sales over the counter without a customer. A few lines
              cannot be read, as always.
accounts.csv  the customers with segment, manager and department
products.csv  the products with their line and its launch; quantities of boards are cubic metres
groups.csv    which customers belong to one holding, and since or until when
truth.json    what the analysis should find out: who is drifting and since when, who left and which reason
              was only stated, who could buy more, who is key by the luck of one order, who costs more than he
              pays, the true rhythms and the demand to be expected next quarter

    kamerton analyze sales.csv --accounts accounts.csv --products products.csv --groups groups.csv
"""
