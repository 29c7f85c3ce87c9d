"""The tables of an analysis: which columns each has, in which order and of which kind.

This is the only list. The run fills the tables; the files, the workbook and the page print them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from kamstats.reasons import Reason


class Kind(StrEnum):
    """How the values of a column are stored and shown."""

    TEXT = "text"  # a name or key of the user's; never translated
    CODE = "code"  # one of our codes; translated on a page, plain in a file
    CODES = "codes"  # several codes, joined by a semicolon
    SENTENCE = "sentence"  # a code and its sentence, made at the edge
    MONEY = "money"  # decimal, four places
    QUANTITY = "quantity"  # decimal, four places
    COUNT = "count"
    SHARE = "share"  # fraction, 0 to 1
    NUMBER = "number"
    DAYS = "days"
    DAY = "day"  # a date
    MONTH = "month"  # year * 100 + month
    FLAG = "flag"  # yes or no


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `key` is the stable name in files, the title comes from the message catalogue."""

    key: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one table of the analysis; `declined` says why there are none where a method gave up."""

    key: str
    columns: tuple[Column, ...]
    rows: pa.Table
    declined: Reason | None = None

    def __len__(self) -> int:
        return int(self.rows.num_rows)

    def records(self) -> list[dict[str, Any]]:
        """Give the rows as dictionaries, for pages and tests."""
        return list(self.rows.to_pylist())


def _columns(said: str) -> tuple[Column, ...]:
    """Read "name:kind name:kind …"."""
    return tuple(Column(key, Kind(kind)) for key, kind in (word.split(":") for word in said.split()))


COLUMNS: Mapping[str, tuple[Column, ...]] = {
    # --- published files; the first 26 columns of accounts are fixed for ever
    "accounts": _columns(
        "account:text name:text revenue:money income:money share:share cumulative_share:share abc:code "
        "abc_income:code xyz:code cv:number frequency_class:code orders:count first_order:day last_order:day "
        "days_silent:days usual_interval_days:days silence_probability:share next_order_due:day status:code "
        "p_alive:share expected_orders_12m:number expected_income_12m:money key_account:flag "
        "dependency_band:code alarm:codes reason:sentence "
        "manager:text department:text segment:text members:count regular_since:day "
        "rfm_recency:count rfm_frequency:count rfm_money:count rfm_segment:code lifetime_value:money"
    ),
    "levels": _columns(
        "level:code level_key:text account:text name:text revenue:money income:money share:share "
        "cumulative_share:share abc:code key_account:flag dependency_band:code"
    ),
    # the ladder: every ranked account of every level that is in a band, key, or among the first ten
    "dependency": _columns(
        "level:code level_key:text rank:count account:text name:text value:money share:share "
        "key_account:flag dependency_band:code distance_to_key:money target_share:share growth_needed:money"
    ),
    "migration": _columns(
        "account:text name:text movement:code abc_before:code abc_after:code xyz_before:code xyz_after:code "
        "revenue_before:money revenue_after:money change:money"
    ),
    "demand": _columns(
        "account:text name:text product_line:text month:month measure:code expected:quantity low:quantity "
        "high:quantity method:code basis:code history_months:count pattern:code"
    ),
    "potential": _columns(
        "account:text name:text product_line:text peers:count peers_buying:count peer_share:share "
        "expected_revenue:money expected_income:money reason:sentence"
    ),
    "bridge": _columns(
        "account:text name:text before:money new:money lost:money assortment:money volume:money mix:money "
        "price:money after:money"
    ),
    # --- further tables of the page and the workbook
    "files": _columns(
        "file:text sha256:text bytes:count encoding:code delimiter:code decimal_mark:code date_order:code "
        "lines:count rejected:count"
    ),
    "mapping": _columns("file:text field:code column:text guessed:flag"),
    "dirt": _columns("rule:code lines:count value:money left_out:flag"),
    "concentration": _columns(
        "level:code level_key:text accounts:count total:money top_1:share top_3:share top_10:share "
        "hhi:number key_accounts:count key_share:share corridor:code"
    ),
    "nearest": _columns("account:text name:text value:money share:share distance_to_key:money"),
    "thresholds": _columns("key_accounts:count threshold:share"),
    "pareto": _columns("rank:count account:text name:text share_of_accounts:share cumulative_share:share"),
    "matrix": _columns("abc:code xyz:code accounts:count revenue:money share:share"),
    "class_differences": _columns(
        "account:text name:text revenue:money income:money abc:code abc_income:code"
    ),
    "loss": _columns(
        "account:text name:text lost_revenue:money lost_income:money share:share largest_after:text "
        "largest_share_after:share hhi_after:number new_keys_after:count"
    ),
    "loss_cascade": _columns("account:text name:text step:code value:money"),
    "drifting": _columns(
        "account:text name:text status:code revenue_12m:money days_silent:days usual_interval_days:days "
        "silence_probability:share next_order_due:day alarm:codes"
    ),
    "alarm_record": _columns("rule:code fired:count false_alarms:count false_share:share"),
    "regulars": _columns(
        "product_line:text accounts:count regular_accounts:count regular_count_share:share revenue:money "
        "regular_revenue_share:share lifetime_median_days:days lifetime_mean_days:days "
        "lifetime_censored:count line_age_days:days launched:day"
    ),
    "survival": _columns("product_line:text day:days at_risk:count survival:share low:share high:share"),
    "migration_matrix": _columns(
        "class_before:code class_after:code accounts:count revenue_before:money revenue_after:money"
    ),
    "next_products": _columns(
        "account:text name:text product:text product_name:text lift:number because_of:text buyers:count"
    ),
    "stability": _columns(
        "account:text name:text share:share low:share high:share key_probability:share verdict:code "
        "without_largest_order:share"
    ),
    "models": _columns(
        "model:code parameters:text log_likelihood:number bic:number converged:flag identified:flag "
        "mae:number rmse:number bias:number auc_alive:number brier:number chosen:flag"
    ),
    "calibration": _columns("from_probability:share predicted:share observed:share accounts:count"),
    "quality": _columns(
        "method:code measure:code value:number baseline:number baseline_method:code cases:count"
    ),
    "rules": _columns("key:text value:text default:text origin:code"),
}

FILES = ("accounts", "migration", "demand", "potential", "bridge", "dependency")
