"""What one line of the sales ledger is.

One line of the ledger is one line of an invoice, credit note or return as it was booked.
"""

from __future__ import annotations

from enum import IntFlag

import pyarrow as pa

MONEY = pa.decimal128(18, 4)

LINE = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),  # the feed
        pa.field("line_key", pa.string(), nullable=False),  # with the source: the identity of the line
        pa.field("account_key", pa.string()),  # null: a line without a customer, left out and counted
        pa.field("date", pa.date32(), nullable=False),  # booking date
        pa.field("day_no", pa.int32(), nullable=False),  # days since 1970-01-01, as engines differ on dates
        pa.field("month", pa.int32(), nullable=False),  # year * 100 + month: the partition
        pa.field("document_key", pa.string()),
        pa.field("product_key", pa.string()),
        pa.field("quantity", MONEY),  # negative for returns
        pa.field("revenue", MONEY, nullable=False),  # net of tax and discount, ledger currency
        pa.field("cost", MONEY),
        pa.field("list_revenue", MONEY),
        pa.field("currency", pa.string()),  # as booked
        pa.field("amount", MONEY),  # revenue as booked; equal to revenue where there is one currency
        pa.field("rate", pa.decimal128(18, 8)),  # ledger currency per booked currency
        pa.field("manager_key", pa.string()),
        pa.field("department_key", pa.string()),
        pa.field("flags", pa.int32(), nullable=False),  # Flag, what is odd about the line
    ]
)


class Flag(IntFlag):
    """What is odd about a line; the import marks it, the settings say whether it is left out."""

    CANCELLATION = 1  # its document cancels another one
    RETURN = 2  # negative quantity, or negative revenue without a quantity
    NO_ACCOUNT = 4
    POSTAGE = 8  # freight, postage, packing: a service that rides on a sale
    BANK_CHARGE = 16  # bank fees, commissions of market places, manual adjustments
    DUPLICATE = 32  # equal in every field to an earlier line of its document
    ZERO_PRICE = 64
    BAD_DEBT = 128  # a receivable written off


# Master data beside the lines, one row per key and feed.
ACCOUNT = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("account_key", pa.string(), nullable=False),
        pa.field("name", pa.string()),
        pa.field("group_key", pa.string()),
        pa.field("department_key", pa.string()),
        pa.field("manager_key", pa.string()),
        pa.field("segment", pa.string()),
    ]
)

PRODUCT = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("product_key", pa.string(), nullable=False),
        pa.field("name", pa.string()),
        pa.field("product_line", pa.string()),
        pa.field("launched", pa.date32()),
    ]
)

# An account belongs to a group from `valid_from` (null: always) until `valid_to` inclusive (null: still).
GROUP_MEMBER = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("account_key", pa.string(), nullable=False),
        pa.field("group_key", pa.string(), nullable=False),
        pa.field("valid_from", pa.date32()),
        pa.field("valid_to", pa.date32()),
    ]
)

# Derived tables, rebuilt only for the months that a batch touched. Lines that have no account, or that
# the rules leave out, are not in them; `flags` of the kept lines are gone.
# `is_order`: the day has a line of positive quantity (of positive revenue where the quantity is empty).
MONTHS = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("account_key", pa.string(), nullable=False),
        pa.field("manager_key", pa.string()),
        pa.field("department_key", pa.string()),
        pa.field("month", pa.int32(), nullable=False),
        pa.field("revenue", pa.decimal128(38, 4), nullable=False),
        pa.field("cost", pa.decimal128(38, 4)),  # sum of the costs that are known
        pa.field("list_revenue", pa.decimal128(38, 4)),
        pa.field("lines", pa.int64(), nullable=False),
        pa.field("lines_without_cost", pa.int64(), nullable=False),
        pa.field("revenue_with_cost", pa.decimal128(38, 4)),  # revenue of the lines whose cost is known
    ]
)

ORDERS = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("account_key", pa.string(), nullable=False),
        pa.field("day_no", pa.int32(), nullable=False),
        pa.field("month", pa.int32(), nullable=False),
        pa.field("revenue", pa.decimal128(38, 4), nullable=False),
        pa.field("cost", pa.decimal128(38, 4)),
        pa.field("lines", pa.int64(), nullable=False),
        pa.field("lines_without_cost", pa.int64(), nullable=False),
        pa.field("revenue_with_cost", pa.decimal128(38, 4)),  # revenue of the lines whose cost is known
        pa.field("is_order", pa.bool_(), nullable=False),
    ]
)

MIX = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("account_key", pa.string(), nullable=False),
        pa.field("product_key", pa.string()),
        pa.field("month", pa.int32(), nullable=False),
        pa.field("quantity", pa.decimal128(38, 4)),
        pa.field("revenue", pa.decimal128(38, 4), nullable=False),
        pa.field("cost", pa.decimal128(38, 4)),
        pa.field("lines", pa.int64(), nullable=False),
        pa.field("lines_without_cost", pa.int64(), nullable=False),
        pa.field("revenue_with_cost", pa.decimal128(38, 4)),  # revenue of the lines whose cost is known
        pa.field("lines_without_quantity", pa.int64(), nullable=False),
        pa.field("first_day_no", pa.int32(), nullable=False),
        pa.field("last_day_no", pa.int32(), nullable=False),
        pa.field("order_days", pa.int64(), nullable=False),  # days with an order of this product
    ]
)
