"""Why an account is in its class, band and alarm, in sentences."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from kamreport.sentences import unpack_reasons
from kamstats.errors import Invalid
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kamreport.results import Analysis
    from kamstats.reasons import Reason

NO_SUCH_ACCOUNT = sentence(
    "no_such_account",
    'There is no account "{account}" among the {count} of this analysis. Nearest: {nearest}.',
)
SEVERAL_ACCOUNTS = sentence(
    "several_accounts",
    '"{account}" may be any of {count} accounts: {candidates}. Name the one you mean by its key.',
)
EXPLAIN_MONEY = sentence(
    "explain_money",
    "From {first_day} to {last_day} {name} brought {revenue_value:,.2f} of revenue; days with an order: "
    "{orders}.",
)
EXPLAIN_INCOME = sentence(
    "explain_income", "Its income is {income_value:,.2f}, that is {margin_share:.1%} of revenue."
)
EXPLAIN_CLASS = sentence(
    "explain_class",
    "It is in class {abc}: the accounts above it make {before_share:.1%} of revenue, and it adds "
    "{own_share:.1%}. A ends at {a_share:.1%}, B at {b_share:.1%}.",
)
EXPLAIN_UNRANKED = sentence(
    "explain_unranked",
    "It has no class and no share: its {base} in the period is {base_value:,.2f}, and only accounts "
    "above zero are ranked.",
)
EXPLAIN_XYZ = sentence(
    "explain_xyz",
    "It is in class {xyz}: its purchases vary by {cv_share:.1%} of their mean from period to period.",
)
EXPLAIN_FREQUENCY = sentence(
    "explain_frequency", "It buys {frequency_class}: judged by the months with an order since its first."
)
EXPLAIN_KEY = sentence(
    "explain_key",
    "It is a key account: {own_share:.1%} of all {base}, where the limit is {threshold_share:.1%}.",
)
EXPLAIN_NOT_KEY = sentence(
    "explain_not_key",
    "It is not a key account by size: {own_share:.1%} of all {base}, where the limit is "
    "{threshold_share:.1%}.",
)
EXPLAIN_BAND = sentence(
    "explain_band", "It stands in the band {dependency_band}: {own_share:.1%} of all {base} hang on it."
)
EXPLAIN_RHYTHM = sentence(
    "explain_rhythm",
    "It usually orders every {usual_interval_days} days and has been silent for {days_silent:.0f} days, "
    "since {last_order_day}; by its rhythm the next order falls on {next_order_day}. A silence of at least "
    "this length has a chance of {silence_share:.1%}.",
)
EXPLAIN_STATUS = sentence("explain_status", "Its status is {status}.")
EXPLAIN_ALARM = sentence("explain_alarm", "It raises the alarm {alarm}.")
EXPLAIN_ALIVE = sentence(
    "explain_alive",
    "The chance that it still is a customer is {alive_share:.1%}; {orders_expected} orders are expected in "
    "the next 12 months.",
)

Row = dict[str, Any]
MOST_CANDIDATES = 5


def explain(analysis: Analysis, account: str, *, shown: Analysis | None = None) -> tuple[Reason, ...]:
    """Give the sentences on one account, found by its key, its exact name, or either in another case.

    `shown` is the same analysis with aliases: then the account is found by its real key and name, or by its
    alias, and spoken of by its alias alone.
    Raises Invalid with the nearest names when there is none, and with the keys where there are several.
    """
    seen = analysis if shown is None else shown
    rows = seen.tables["accounts"].records()
    row = rows[_find(analysis.tables["accounts"].records(), rows, account)]
    return (*_money(seen, row), *_classes(seen, row), *_rhythm(row), *_missing(row))


def _find(rows: list[Row], shown: list[Row], account: str) -> int:
    """Give the place of the account; what is said of others is said of them as shown."""
    found = _places(rows, account) or _places(shown, account)
    if not found:
        raise Invalid(NO_SUCH_ACCOUNT(account=account, count=len(rows), nearest=_nearest(shown, account)))
    if len(found) > 1:
        candidates = ", ".join(_with_key(shown[place]) for place in found[:MOST_CANDIDATES])
        raise Invalid(SEVERAL_ACCOUNTS(account=account, count=len(found), candidates=candidates))
    return found[0]


def _places(rows: list[Row], account: str) -> list[int]:
    """List the places of the accounts meant: by key, else by name, else by either in another case."""
    wanted = account.casefold()
    meant: tuple[Callable[[Row], bool], ...] = (
        lambda row: row["account"] == account,
        lambda row: row["name"] == account,
        lambda row: wanted in {str(row["account"]).casefold(), str(row["name"]).casefold()},
    )
    tried = ([place for place, row in enumerate(rows) if is_meant(row)] for is_meant in meant)
    return next(filter(None, tried), [])


def _with_key(row: Row) -> str:
    return row["account"] if row["name"] in {row["account"], None} else f"{row['account']} ({row['name']})"


def _nearest(rows: list[Row], account: str) -> str:
    known = {str(row[key]).casefold(): str(row[key]) for row in rows for key in ("account", "name")}
    near = [known[word] for word in difflib.get_close_matches(account.casefold(), known, n=3, cutoff=0.4)]
    return ", ".join(near or sorted(known.values())[:3])


def _money(analysis: Analysis, row: Row) -> Iterator[Reason]:
    yield EXPLAIN_MONEY(
        first_day=analysis.period.first_day,
        last_day=analysis.period.last_day,
        name=row["name"],
        revenue_value=row["revenue"],
        orders=row["orders"],
    )
    if row["income"] is not None and row["revenue"]:
        yield EXPLAIN_INCOME(income_value=row["income"], margin_share=float(row["income"] / row["revenue"]))


def _classes(analysis: Analysis, row: Row) -> Iterator[Reason]:
    if row["abc"]:
        yield _class_by_revenue(analysis, row)
    if row["xyz"]:
        yield EXPLAIN_XYZ(xyz=row["xyz"], cv_share=row["cv"])
    if row["frequency_class"]:
        yield EXPLAIN_FREQUENCY(frequency_class=row["frequency_class"])
    base = analysis.base
    if row["share"] is None:
        yield EXPLAIN_UNRANKED(base=base, base_value=row[base])
        return
    own = float(row["share"])
    key = EXPLAIN_KEY if row["key_account"] else EXPLAIN_NOT_KEY
    yield key(own_share=own, base=base, threshold_share=_setting(analysis, "key.threshold"))
    if row["dependency_band"]:
        yield EXPLAIN_BAND(dependency_band=row["dependency_band"], own_share=own, base=base)


def _class_by_revenue(analysis: Analysis, row: Row) -> Reason:
    ranked = [value for value in analysis.tables["accounts"].rows["revenue"].to_pylist() if value > 0]
    total = sum(ranked)
    return EXPLAIN_CLASS(
        abc=row["abc"],
        before_share=float(sum(value for value in ranked if value > row["revenue"]) / total),
        own_share=float(row["revenue"] / total),
        a_share=_setting(analysis, "abc.a"),
        b_share=_setting(analysis, "abc.b"),
    )


def _setting(analysis: Analysis, key: str) -> float:
    return float(str(analysis.settings[key]))


def _rhythm(row: Row) -> Iterator[Reason]:
    if row["usual_interval_days"] is not None and row["silence_probability"] is not None:
        yield EXPLAIN_RHYTHM(
            usual_interval_days=round(row["usual_interval_days"]),
            days_silent=row["days_silent"],
            last_order_day=row["last_order"],
            next_order_day=row["next_order_due"],
            silence_share=row["silence_probability"],
        )
    if row["status"]:
        yield EXPLAIN_STATUS(status=row["status"])
    for alarm in filter(None, str(row["alarm"] or "").split(";")):
        yield EXPLAIN_ALARM(alarm=alarm)
    if row["p_alive"] is not None:
        yield EXPLAIN_ALIVE(
            alive_share=row["p_alive"], orders_expected=round(row["expected_orders_12m"] or 0.0, 1)
        )


def _missing(row: Row) -> Iterator[Reason]:
    told = [reason for _, reason in unpack_reasons(row["reason"])]
    yield from (reason for place, reason in enumerate(told) if reason not in told[:place])
