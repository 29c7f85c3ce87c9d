"""The five real ledgers are read without a word from the user, to the last cent."""

from __future__ import annotations

import csv
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from pyarrow import parquet

from kamledger.reading import read, read_master
from kamledger.reading.numerals import money
from kamledger.schema import LINE, Flag

if TYPE_CHECKING:
    from pathlib import Path

    from kamledger.reading import Reading

pytestmark = pytest.mark.data


def lines_of(reading: Reading) -> list[dict[str, object]]:
    tables = [parquet.read_table(path) for path in reading.staged]
    return pa.concat_tables(tables, promote_options="default").to_pylist()


def total(rows: list[dict[str, object]], column: str) -> Decimal:
    return sum((row[column] for row in rows if row[column] is not None), Decimal(0))


def test_cdnow_is_read_whole(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "cdnow" / "cdnow_sample.csv"

    reading = read([source], into=tmp_path, feed="cdnow")

    rows = lines_of(reading)
    with source.open(newline="") as file:
        expected = sum((Decimal(row["amount"]) for row in csv.DictReader(file)), Decimal(0))
    assert (len(rows), len({row["account_key"] for row in rows})) == (6919, 2357)
    assert total(rows, "revenue") == expected == Decimal("244091.94")
    assert rows[0]["account_key"] == "00004"
    assert not reading.has_documents
    assert reading.rejected_path.read_text().splitlines() == [
        "file,row,field,value,reason,master_id,sample_id,date,cds,amount"
    ]


def test_the_gift_wholesaler_is_quantity_times_price_to_the_cent(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "online_retail" / "online_retail.parquet"

    reading = read([source], into=tmp_path, feed="gifts")

    original = parquet.read_table(
        source, columns=["Quantity", "UnitPrice", "InvoiceNo", "CustomerID"]
    ).to_pylist()
    rows = lines_of(reading)
    exact = [money(row["Quantity"] * Decimal(repr(row["UnitPrice"]))) for row in original]
    assert [row["revenue"] for row in rows] == exact
    assert total(rows, "revenue") == Decimal("6781619.0040")
    assert [row["account_key"] for row in rows] == [row["CustomerID"] or None for row in original]
    assert len({row["line_key"] for row in rows}) == 370_931


def test_the_dirt_of_the_gift_wholesaler_is_counted(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "online_retail" / "online_retail.parquet"

    dirt = read([source], into=tmp_path, feed="gifts").dirt

    original = parquet.read_table(source)
    documents = original.column("InvoiceNo").to_pylist()
    customers = original.column("CustomerID").to_pylist()
    quantities = original.column("Quantity").to_pylist()
    copies = Counter(tuple(row.values()) for row in original.to_pylist())
    assert dirt["CANCELLATION"][0] == sum(document.startswith("C") for document in documents)
    assert dirt["BAD_DEBT"] == (3, Decimal("-11062.0600"))
    assert dirt["NO_ACCOUNT"][0] == sum(customer is None for customer in customers)
    assert dirt["RETURN"][0] == sum(quantity < 0 for quantity in quantities)
    assert dirt["DUPLICATE"][0] >= sum(count - 1 for count in copies.values())


def test_an_account_whose_returns_cancel_its_purchases_is_zero(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "online_retail" / "online_retail.parquet"

    rows = lines_of(read([source], into=tmp_path, feed="gifts"))

    sums: Counter[str] = Counter()
    for row in rows:
        if row["account_key"]:
            sums[row["account_key"]] += row["revenue"]
    assert all(abs(value) >= Decimal("0.0001") or value == 0 for value in sums.values())
    assert sum(value == 0 for value in sums.values()) > 0


def test_adventureworks_takes_line_cost_and_seller(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "adventureworks"

    reading = read([folder / "reseller_sales.csv"], into=tmp_path, feed="bikes")

    rows = lines_of(reading)
    assert len(rows) == 30_129
    assert total(rows, "revenue") == Decimal("44408822.13")
    assert total(rows, "cost") == Decimal("43065911.77")
    assert reading.files[0].mapping == {
        "date": "OrderDate",
        "account": "ResellerKey",
        "document": "SalesOrderNumber",
        "product": "ProductKey",
        "quantity": "OrderQuantity",
        "unit_price": "UnitPrice",
        "revenue": "SalesAmount",
        "cost": "TotalProductCost",
        "manager": "EmployeeKey",
    }


def test_masters_of_adventureworks_name_accounts_and_products(shared_data: Path) -> None:
    folder = shared_data / "adventureworks"

    accounts = read_master("accounts", folder / "resellers.csv", feed="bikes").to_pylist()
    products = read_master("products", folder / "products.csv", feed="bikes").to_pylist()

    bicycle = next(row for row in accounts if row["account_key"] == "277")
    assert (bicycle["name"], bicycle["segment"]) == ("The Bicycle Accessories Company", "Specialty Bike Shop")
    assert len(accounts) == 701
    frame = next(row for row in products if row["product_key"] == "210")
    assert (frame["name"], frame["product_line"]) == ("HL Road Frame - Black, 58", "Components")


def test_northwind_has_a_fraction_as_discount_and_names(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "northwind" / "sales_history.csv"

    reading = read([source], into=tmp_path, feed="food")

    rows = lines_of(reading)
    assert (len(rows), total(rows, "revenue")) == (2155, Decimal("1265793.0395"))
    assert reading.files[0].discount == "fraction"
    assert "amounts_differ" not in {warning.code for warning in reading.warnings}
    names = {row["account_key"]: row["name"] for row in reading.accounts.to_pylist()}
    assert names["VINET"] == "Vins et alcools Chevalier"


def test_rfm_orders_are_read_whole(shared_data: Path, tmp_path: Path) -> None:
    reading = read([shared_data / "rfm" / "orders.csv"], into=tmp_path, feed="rfm")

    rows = lines_of(reading)
    assert (len(rows), len({row["account_key"] for row in rows})) == (4906, 995)
    assert total(rows, "revenue") == Decimal(464158)


def test_staged_lines_have_the_columns_of_the_ledger(shared_data: Path, tmp_path: Path) -> None:
    reading = read([shared_data / "rfm" / "orders.csv"], into=tmp_path, feed="rfm")

    staged = parquet.read_schema(reading.staged[0])
    for field in LINE:
        assert staged.field(field.name).type == field.type, field.name
    assert {"file", "row"} <= set(staged.names)
    assert set(reading.dirt) == {flag.name for flag in Flag}
