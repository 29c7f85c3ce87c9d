"""Classes, keys, bands and concentration at the three levels: company, department, manager."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from kamreport.run.money import sums_by
from kamreport.run.tabulating import table_of, table_of_rows
from kamstats.abc import abc_classes
from kamstats.concentration import concentrations, key_accounts, ladder, nearest, thresholds_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from fractions import Fraction

    from kamreport.run.book import Book
    from kamreport.run.money import Base
    from kamreport.settings import Settings
    from kamreport.tables import Table
    from kamstats.concentration import Concentration, Rung

Level = Literal["company", "department", "manager"]
BELOW: tuple[Level, ...] = ("department", "manager")


@dataclass(frozen=True, slots=True)
class Standing:
    """The money of one level, and how it is judged: what every test of a share needs."""

    level: Level
    sums: pa.Table  # account, level_key, revenue, income; unranked accounts have no value
    base: Base
    settings: Settings
    years: Fraction
    names: Mapping[str, str]

    @property
    def by(self) -> list[str]:
        """Give the column that tells the units of the level apart."""
        return [] if self.level == "company" else ["level_key"]

    def judged(self) -> list[dict[str, Any]]:
        """Give one row per account and unit: share, cumulative share, class by revenue, key, band."""
        shares = key_accounts(self.sums, bands=self.settings.bands, **self._test)
        limits = (self.settings.abc.a, self.settings.abc.b)
        classes = abc_classes(self.sums, key="account", by=self.by, limits=limits)
        keys = ["account", *self.by]
        both = shares.join(classes.select(*keys, "abc"), on=keys, how="left").sort(
            *self.by, "rank", "account"
        )
        return list(both.collect().iter_rows(named=True))

    def concentrations(self) -> tuple[Concentration, ...]:
        """Give the concentration of each unit."""
        return concentrations(self.sums, corridor=self.settings.corridor, **self._test)

    def ladder(self) -> tuple[Rung, ...]:
        """Give the ladder of each unit."""
        return ladder(self.sums, bands=self.settings.bands, **self._test)

    @property
    def _test(self) -> dict[str, Any]:
        """Say on what, by which test and inside which units shares are judged."""
        return {
            "key": "account",
            "value": self.base,
            "test": self.settings.key,
            "by": self.by,
            "years": self.years,
        }


def standings(book: Book, sums: pa.Table, settings: Settings, base: Base, years: Fraction) -> list[Standing]:
    """Give the company and each level below that the data know."""
    names = dict(zip(book.keys, book.names, strict=True))
    found = [Standing("company", sums, base, settings, years, names)]
    for level in BELOW:
        months = _with_level(book, level)
        if months["level_key"].null_count < months.num_rows:
            known = months.filter(pc.is_valid(months["level_key"]))
            parts = sums_by(known, ("account", "level_key"), settings.assume_margin)
            found.append(Standing(level, parts, base, settings, years, names))
    return found


def _with_level(book: Book, level: Level) -> pa.Table:
    """Name the unit of each month: as booked, else as the account's master data say."""
    booked = book.months[level].to_pylist()
    master = book.masters[level]
    accounts = book.months["account"].to_pylist()
    units = [unit or master.get(account) for unit, account in zip(booked, accounts, strict=True)]
    return book.months.append_column("level_key", pa.array(units, pa.string()))


def level_rows(standing: Standing) -> Iterator[dict[str, Any]]:
    """Give the rows of `levels` for the units below the company."""
    for row in standing.judged():
        yield {
            "level": standing.level,
            "level_key": row["level_key"],
            "account": row["account"],
            "name": standing.names[row["account"]],
            "revenue": row["revenue"],
            "income": row["income"],
            **{name: row[name] for name in ("share", "cumulative_share", "abc")},
            "key_account": row["key_account"],
            "dependency_band": row["dependency_band"],
        }


def tables_of_levels(found: list[Standing]) -> dict[str, Table]:
    """Give the tables that rest on shares: levels, dependency, concentration, nearest, thresholds."""
    company = found[0]
    near = nearest(
        company.sums, key="account", value=company.base, test=company.settings.key, years=company.years
    )
    at = thresholds_for(
        company.sums, key="account", value=company.base, comparison=company.settings.key.comparison
    )
    return {
        "levels": table_of_rows("levels", (row for each in found[1:] for row in level_rows(each))),
        "dependency": table_of_rows(
            "dependency", (_rung(each, rung) for each in found for rung in each.ladder())
        ),
        "concentration": table_of_rows(
            "concentration", (_unit(each, unit) for each in found for unit in each.concentrations())
        ),
        "nearest": table_of_rows("nearest", (_near(company, rung) for rung in near)),
        "thresholds": table_of(
            "thresholds",
            {
                "key_accounts": [row.reached for row in at],
                "threshold": [float(row.threshold) for row in at],
            },
        ),
    }


def _rung(standing: Standing, rung: Rung) -> dict[str, Any]:
    return {
        "level": standing.level,
        "level_key": rung.level[0] if rung.level else None,
        "rank": rung.rank,
        "account": rung.account_key,
        "name": standing.names[rung.account_key],
        "value": rung.value,
        "share": rung.share,
        "key_account": rung.key_account,
        "dependency_band": rung.dependency_band,
        "distance_to_key": rung.distance_to_key,
        "target_share": None if rung.target_share is None else float(rung.target_share),
        "growth_needed": rung.growth_needed,
    }


def _unit(standing: Standing, unit: Concentration) -> dict[str, Any]:
    return {
        "level": standing.level,
        "level_key": unit.level[0] if unit.level else None,
        "accounts": unit.accounts,
        "total": unit.total,
        "top_1": unit.top_1,
        "top_3": unit.top_3,
        "top_10": unit.top_10,
        "hhi": unit.hhi,
        "key_accounts": unit.key_accounts,
        "key_share": unit.key_share,
        "corridor": unit.corridor,
    }


def _near(standing: Standing, rung: Rung) -> dict[str, Any]:
    return {
        "account": rung.account_key,
        "name": standing.names[rung.account_key],
        "value": rung.value,
        "share": rung.share,
        "distance_to_key": rung.distance_to_key,
    }
