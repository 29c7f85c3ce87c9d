"""Which account a line counts for: its own feed key, or the group that stands for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal

import narwhals as nw
import pyarrow as pa

from kamreport.period import day_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

BEGINNING, END = date(1900, 1, 1), date(9999, 12, 31)

Key = tuple[str, str]  # feed and account key


@dataclass(frozen=True, slots=True)
class Structure:
    """Feed keys to accounts. `then`: each day's own group, else the one of `as_of`."""

    groups: Mapping[Key, tuple[tuple[date, date, str], ...]]
    several_feeds: bool
    as_of: date
    mode: Literal["as_of", "then"] = "as_of"

    @property
    def needs_days(self) -> bool:
        """Whether sums per month cannot be used, because an account may change its group inside a month."""
        return self.mode == "then" and bool(self.groups)

    def own(self, key: Key) -> str:
        """Name the account that a feed key is without a group."""
        return f"{key[0]}/{key[1]}" if self.several_feeds else key[1]

    def account_of(self, key: Key, day: date | None = None) -> str:
        """Name the account that stands for a feed key on a day (default: the day of looking)."""
        day = day or self.as_of
        for first, last, group in self.groups.get(key, ()):
            if first <= day <= last:
                return group
        return self.own(key)


def structure_of(
    members: pa.Table,
    accounts: pa.Table,
    *,
    feeds: Iterable[str],
    as_of: date,
    mode: Literal["as_of", "then"],
) -> Structure:
    """Read the dated group table (schema GROUP_MEMBER) and the undated groups of the account master."""
    groups: dict[Key, list[tuple[date, date, str]]] = {}
    for row in members.to_pylist():
        span = (row["valid_from"] or BEGINNING, row["valid_to"] or END, row["group_key"])
        groups.setdefault((row["source"], row["account_key"]), []).append(span)
    for row in accounts.to_pylist():
        key = (row["source"], row["account_key"])
        if row["group_key"] and key not in groups:
            groups[key] = [(BEGINNING, END, row["group_key"])]
    return Structure(
        groups={key: tuple(sorted(spans)) for key, spans in groups.items()},
        several_feeds=len(set(feeds)) > 1,
        as_of=as_of,
        mode=mode,
    )


def with_account(
    frame: nw.LazyFrame[Any], structure: Structure, spans: nw.LazyFrame[Any]
) -> nw.LazyFrame[Any]:
    """Add the column `account`; `spans` is :func:`spans_table` as a frame of the same engine.

    A frame with `day_no` is joined by day where the structure asks for it.
    """
    own = (
        nw.concat_str("source", "account_key", separator="/")
        if structure.several_feeds
        else nw.col("account_key")
    )
    if not structure.groups:
        return frame.with_columns(account=own)
    joined = frame.join(spans, on=["source", "account_key"], how="left")
    if structure.needs_days:
        inside = (nw.col("first_day_of_span") <= nw.col("day_no")) & (
            nw.col("day_no") <= nw.col("last_day_of_span")
        )
        joined = joined.filter(inside | nw.col("first_day_of_span").is_null())
    return joined.with_columns(account=nw.coalesce("stands_for", own)).drop(
        "stands_for", "first_day_of_span", "last_day_of_span"
    )


def spans_table(structure: Structure) -> pa.Table:
    """Give one row per feed key and span of days without gaps, so that a join by day loses no line."""
    rows: list[tuple[str, str, int, int, str]] = []
    for key, spans in structure.groups.items():
        if structure.needs_days:
            rows.extend(
                (*key, day_number(first), day_number(last), name)
                for first, last, name in _whole(key, spans, structure)
            )
        else:
            rows.append((*key, day_number(BEGINNING), day_number(END), structure.account_of(key)))
    columns = list(zip(*rows, strict=True)) or [(), (), (), (), ()]
    return pa.table(
        {
            "source": pa.array(columns[0], pa.string()),
            "account_key": pa.array(columns[1], pa.string()),
            "first_day_of_span": pa.array(columns[2], pa.int32()),
            "last_day_of_span": pa.array(columns[3], pa.int32()),
            "stands_for": pa.array(columns[4], pa.string()),
        }
    )


def _whole(
    key: Key, spans: tuple[tuple[date, date, str], ...], structure: Structure
) -> list[tuple[date, date, str]]:
    """Fill the days between memberships with the account itself; where two overlap the earlier one counts."""
    filled: list[tuple[date, date, str]] = []
    free_from = BEGINNING
    for first, last, group in spans:
        if first > free_from:
            filled.append((free_from, first - timedelta(days=1), structure.own(key)))
        begins = max(first, free_from)
        if begins <= last:
            filled.append((begins, last, group))
        if last >= END:
            return filled
        free_from = max(free_from, last + timedelta(days=1))
    return [*filled, (free_from, END, structure.own(key))]
