"""Amounts, discounts, currencies, identity and masters: what a line is worth and which line it is."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from pyarrow import parquet

from kamledger.reading import ReadOptions, read, read_master
from kamledger.schema import Flag
from kamstats.errors import Invalid

HEADER = "customer,date,invoice,product,quantity,unit price,discount,amount\n"


@pytest.mark.parametrize(
    ("discounts", "kind"),
    [(("0.1", "0.25"), "fraction"), (("10", "25"), "percent"), (("20", "75"), "amount")],
)
def test_a_discount_is_told_by_the_amounts_it_explains(discounts, kind, write, load) -> None:
    text = f"A,2026-01-13,1,P,2,100,{discounts[0]},180\nB,2026-01-14,2,P,3,100,{discounts[1]},225\n"

    reading, _ = load(write(HEADER + text))

    assert reading.files[0].discount == kind
    assert [warning.code for warning in reading.warnings] == []


@pytest.mark.parametrize(
    ("name", "values", "kind", "amounts"),
    [
        ("discount", ("0.1", "0"), "fraction", ("18.0000", "30.0000")),
        ("discount", ("10", "0"), "percent", ("18.0000", "30.0000")),
        ("discount %", ("1", "0"), "percent", ("19.8000", "30.0000")),
        ("discount amount", ("5", "0"), "amount", ("15.0000", "30.0000")),
        ("discount", ("0", "0"), "fraction", ("20.0000", "30.0000")),
    ],
)
def test_without_amounts_name_and_size_tell_the_discount(  # noqa: PLR0917 - four columns of a table
    name, values, kind, amounts, write, load
) -> None:
    text = f"customer,date,qty,price,{name}\nA,2026-01-13,2,10,{values[0]}\nB,2026-01-14,3,10,{values[1]}\n"

    reading, rows = load(write(text))

    assert reading.files[0].discount == kind
    assert [row["revenue"] for row in rows] == list(map(Decimal, amounts))


@pytest.mark.parametrize(
    ("quantity", "price", "amount"),
    [
        ("30000", "0.333333333333", "10000.0000"),
        ("3", "0.333333333333333333333", "1.0000"),
        ("0.00000001", "100000000", "1.0000"),
        ("123456789", "98765.4321", "12193263111263.5269"),
        ("-3", "0.01666666666666667", "-0.0500"),
        ("1", "0.00005", "0.0001"),
        ("-1", "0.00005", "-0.0001"),
        ("1", "5e-5", "0.0001"),
    ],
)
def test_products_are_exact_and_rounded_once(quantity, price, amount, write, load) -> None:
    _, rows = load(write(f"customer,date,quantity,unit price\nA,2026-01-13,{quantity},{price}\n"))

    assert rows[0]["revenue"] == Decimal(amount)


def test_a_read_amount_wins_and_differences_are_counted(write, load) -> None:
    lines = "A,2026-01-13,1,P,2,10,0,20.01\nB,2026-01-13,2,P,2,10,0,25\nC,2026-01-13,3,P,2,10,0,\n"

    reading, rows = load(write(HEADER + lines))

    assert [row["revenue"] for row in rows] == [Decimal("20.01"), Decimal(25), Decimal(20)]
    assert [(each.code, each.values["lines"]) for each in reading.warnings] == [("amounts_differ", 1)]


def test_numbers_too_large_are_rejected_not_cut(write, load, rejected) -> None:
    lines = (
        "A,2026-01-13,1,P,1,1,0,99999999999999.99\nB,2026-01-13,2,P,1,1,0,100000000000000\n"
        "C,2026-01-13,3,P,100000000000000,1,0,1\nD,2026-01-13,4,P,99999999999999,99999999999999,0,\n"
    )

    reading, rows = load(write(HEADER + lines))

    assert [row["revenue"] for row in rows] == [Decimal("99999999999999.99")]
    assert [(each["field"], each["reason"].split(":")[0]) for each in rejected(reading)] == [
        ("revenue", "number_out_of_range"),
        ("quantity", "number_out_of_range"),
        ("revenue", "amount_missing"),
    ]


MIXED = "customer,date,currency,amount\nA,2026-01-13,EUR,10\nB,2026-01-14,gel,30\nC,2026-02-01,GEL,30\n"


def test_several_currencies_need_rates(write, load) -> None:
    with pytest.raises(Invalid, match=r"several currencies: EUR, GEL. Give a file"):
        load(write(MIXED))


def test_one_currency_other_than_the_ledgers_needs_rates(write, load) -> None:
    path = write("customer,date,currency,amount\nA,2026-01-13,USD,10\n")

    with pytest.raises(Invalid, match="are in USD, but the ledger is in EUR"):
        load(path, currency="EUR")
    assert load(path)[0].currency == "USD"


def test_rates_of_the_day_put_lines_into_the_ledgers_currency(write, load) -> None:
    rates = write("date;currency;rate\n01.01.2026;GEL;0,33333333\n20.01.2026;GEL;0,35\n", "rates.csv")

    reading, rows = load(write(MIXED), rates=rates)

    assert reading.currency == "EUR"
    assert [(row["currency"], row["amount"], row["rate"], row["revenue"]) for row in rows] == [
        ("EUR", Decimal(10), Decimal(1), Decimal(10)),
        ("GEL", Decimal(30), Decimal("0.33333333"), Decimal("10.0000")),
        ("GEL", Decimal(30), Decimal("0.35"), Decimal("10.5")),
    ]


def test_rates_that_do_not_reach_or_do_not_parse_are_refused(write, load) -> None:
    sales = write(MIXED)

    with pytest.raises(Invalid, match=r'No rate of GEL on or before 2026-01-14 in "late.csv"'):
        load(sales, rates=write("date,currency,rate\n2026-01-20,GEL,0.35\n", "late.csv"))
    with pytest.raises(Invalid, match='"none" is not a number'):
        load(sales, rates=write("date,currency,rate\n2026-01-20,GEL,none\n", "odd.csv"))
    with pytest.raises(Invalid, match='"soon" is not a date'):
        load(sales, rates=write("date,currency,rate\nsoon,GEL,1\n", "soon.csv"))
    with pytest.raises(Invalid, match="looks like rate"):
        load(sales, rates=write("date,currency\n2026-01-01,GEL\n", "two.csv"))
    with pytest.raises(Invalid, match="several currencies"):
        load(sales, rates=write("date,currency,rate\n2026-01-20,USD,0.35\n", "other.csv"))


def test_a_currency_written_beside_the_amounts_is_the_currency(write, load) -> None:
    reading, rows = load(write("Asiakas;Pvm;Summa\nA;13.01.2026;1 234,50 €\n"))

    assert (reading.currency, rows[0]["revenue"]) == ("EUR", Decimal("1234.50"))


def keys(rows) -> list[str]:
    return [row["line_key"] for row in rows]


def test_equal_lines_have_their_ordinal_in_the_document(write, load) -> None:
    lines = "".join(f"A,2026-01-13,7,P,1,1,0,{amount}\n" for amount in (1, 2, 1))

    reading, rows = load(write(HEADER + lines + "A,2026-01-13,7,Q,1,1,0,1\nA,2026-01-13,8,P,1,1,0,1\n"))

    assert keys(rows) == ["7|P", "7|P#2", "7|P#3", "7|Q", "8|P"]
    assert [bool(row["flags"] & Flag.DUPLICATE) for row in rows] == [False, False, True, False, False]
    assert reading.dirt["DUPLICATE"] == (1, Decimal(1))
    assert (reading.has_documents, reading.has_line_keys) == (True, False)


def test_without_a_document_account_and_day_stand_for_it(write, load) -> None:
    text = "customer,date,product,amount\nA,2026-01-13,P,1\nA,2026-01-13,P,2\nB,2026-01-13,P,1\n"

    assert keys(load(write(text))[1]) == ["A|2026-01-13|P", "A|2026-01-13|P#2", "B|2026-01-13|P"]


def test_a_line_number_is_the_identity_where_there_is_one(write, load) -> None:
    lines = "A,2026-01-13,7,1,P,1\nA,2026-01-13,7,2,P,1\nA,2026-01-13,,1,P,1\n"
    text = "customer,date,invoice,line no,product,amount\n" + lines

    reading, rows = load(write(text))

    assert keys(rows) == ["7|1", "7|2", "A|2026-01-13|1"]
    assert reading.has_line_keys


def test_files_are_numbered_in_the_order_given(write, load) -> None:
    text = "customer,date,product,amount\nA,2026-01-13,P,{}\n"
    first, second = write(text.format(1), "b.csv"), write(text.format(2), "a.csv")

    reading, rows = load(first, second)

    assert [(row["file"], row["line_key"]) for row in rows] == [
        ("b.csv", "A|2026-01-13|P"),
        ("a.csv", "A|2026-01-13|P#2"),
    ]
    assert [file.lines for file in reading.files] == [1, 1]


def test_odd_lines_are_flagged_and_kept(write, load) -> None:
    lines = [
        ("A", "C1001", "P", -1, "10", Flag.CANCELLATION | Flag.RETURN),
        ("A", "1002", "P", -1, "10", Flag.RETURN),
        ("", "1003", "P", 1, "10", Flag.NO_ACCOUNT),
        ("A", "1004", "POST", 1, "10", Flag.POSTAGE),
        ("A", "1005", "AMAZONFEE", 1, "10", Flag.BANK_CHARGE),
        ("A", "1006", "P", 1, "0", Flag.ZERO_PRICE),
        ("A", "A1007", "B", 1, "-10", Flag.BAD_DEBT),
        ("A", "1008", "Rahti", 1, "10", Flag.POSTAGE),
        ("A", "1009", "მიწოდება", 1, "10", Flag.POSTAGE),
        ("A", "Возврат 00001", "P", -1, "10", Flag.CANCELLATION | Flag.RETURN),
        ("A", "C1010", "P", 1, "10", Flag(0)),
    ]
    text = "".join(f"{a},2026-01-13,{d},{p},{q},{price},\n" for a, d, p, q, price, _ in lines)

    reading, rows = load(write("customer,date,invoice,product,quantity,unit price,note\n" + text))

    assert [Flag(row["flags"]) for row in rows] == [flags for *_, flags in lines]
    assert reading.dirt["RETURN"] == (3, Decimal(-30))
    assert reading.dirt["BAD_DEBT"] == (1, Decimal(-10))


def test_masters_inside_the_sales_file_and_beside_it(write, load) -> None:
    sales = write(
        "customer no,customer name,group,segment,date,product,product name,product line,amount,salesperson\n"
        "1,Old name,Holding,Retail,2026-01-13,P,Board,Panels,10,Ann\n"
        "1,New name,Holding,Retail,2026-01-14,P,Board,Panels,10,Ben\n"
        "2,,,,2026-01-14,Q,,,10,Ann\n"
    )
    accounts = write("account,name,segment\n2,Second,Trade\n3,Third,\n", "accounts.csv")
    products = write("product,name,line,launched\nQ,Quilt,Textile,2020-05-01\n", "products.csv")
    groups = write("account,group,from,to\n1,Holding,2020-01-01,2025-12-31\n2,Other,,\n", "groups.csv")

    inside, _ = load(sales)
    beside, _ = load(sales, accounts=accounts, products=products, groups=groups)

    first = inside.accounts.to_pylist()
    assert (first[0]["name"], first[0]["manager_key"], first[0]["group_key"]) == (
        "New name",
        "Ben",
        "Holding",
    )
    assert first[1]["name"] == "2"
    assert inside.group_members.to_pylist()[0]["group_key"] == "Holding"
    assert [row["name"] for row in beside.accounts.to_pylist()] == ["New name", "Second", "Third"]
    assert beside.products.to_pylist()[1]["launched"] == date(2020, 5, 1)
    assert [(row["group_key"], row["valid_to"]) for row in beside.group_members.to_pylist()] == [
        ("Holding", date(2025, 12, 31)),
        ("Other", None),
    ]


def test_a_master_without_its_key_is_refused(write) -> None:
    with pytest.raises(Invalid, match="looks like account"):
        read_master("accounts", write("colour,name,segment\nred,A,B\n", "accounts.csv"))


def test_typed_parquet_is_read_as_it_is_stored(tmp_path, load) -> None:
    path = tmp_path / "typed.parquet"
    table = pa.table(
        {
            "customer": pa.array([17850.0, None, 7.5]),
            "date": pa.array([date(2026, 1, 13)] * 3),
            "amount": pa.array([0.1, 0.2, float("nan")]),
            "currency": pa.array(["EUR"] * 3).dictionary_encode(),
        }
    )
    parquet.write_table(table, path)

    reading, rows = load(path)

    assert [(row["row"], row["account_key"], row["revenue"]) for row in rows] == [
        (2, "17850", Decimal("0.1")),
        (3, None, Decimal("0.2")),
    ]
    assert dict(reading.rejected_by_reason) == {"amount_missing": 1}
    assert reading.currency == "EUR"


def test_a_truncated_parquet_is_refused(tmp_path, load) -> None:
    path = tmp_path / "sales.parquet"
    parquet.write_table(
        pa.table({"customer": ["A"] * 9, "date": [date(2026, 1, 13)] * 9, "amount": [1] * 9}), path
    )
    path.write_bytes(path.read_bytes()[:-20])

    with pytest.raises(Invalid, match=r'"sales.parquet" is damaged or cut off'):
        load(path)


def test_ambiguous_dates_are_read_day_first_with_a_warning(write, load) -> None:
    path = write("customer,date,amount\nA,01/02/2026,1\nB,03/04/2026,1\n")

    reading, rows = load(path)

    assert rows[0]["date"] == date(2026, 2, 1)
    assert [warning.code for warning in reading.warnings] == ["dates_ambiguous"]
    assert load(path, date_order="mdy")[1][0]["date"] == date(2026, 1, 2)


def test_progress_is_told_and_never_falls(write, tmp_path) -> None:
    heard: list[tuple[str, int, int | None]] = []

    read(
        [write("customer,date,amount\nA,2026-01-13,1\n")],
        into=tmp_path / "staged",
        feed="shop",
        options=ReadOptions(),
        progress=lambda stage, done, total: heard.append((stage, done, total)),
    )

    assert [stage for stage, _, _ in heard] == ["read", "check", "check"]
    assert heard[-1] == ("check", 1, 1)


def test_times_of_day_with_a_zone_and_bytes_are_read_from_parquet(tmp_path, load) -> None:
    path = tmp_path / "zoned.parquet"
    moments = pa.array([datetime(2026, 1, 13, 22, tzinfo=UTC)])
    table = pa.table({"customer": pa.array([b"A"]), "date": moments, "amount": pa.array(["1"])})
    parquet.write_table(table, path)

    reading, rows = load(path)

    assert (rows[0]["account_key"], rows[0]["date"], reading.rejected) == ("A", date(2026, 1, 13), 0)
