"""Reading whole files: what systems export in five languages, and what goes wrong with files."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from decimal import Decimal

import pytest

from kamledger.reading import read
from kamstats.errors import Invalid

EXPORTS = {
    "english": (
        (
            "Customer No.,Customer Name,Posting Date,Document No.,Item No.,Description,Quantity,"
            "Unit Price,Amount\n"
            '10000,Adatum,2026-01-13,INV-1,1896-S,Desk,2,"1,000.80","2,001.60"\n'
        ),
        "utf-8",
    ),
    "1C": (
        (
            "Отчёт по продажам;;;;;;\n"
            "Период: январь 2026;;;;;;\n"
            "\n"
            "Дата;Документ;Контрагент;Номенклатура;Количество;Сумма, руб.;Менеджер\n"
            "13.01.2026;Реализация 00001;ООО Ромашка;Фанера 10 мм;2,000;2 001,60;Иванов\n"
            "Итого;;;;2,000;2 001,60;\n"
        ),
        "cp1251",
    ),
    "finnish": (
        (
            "Asiakasnro;Asiakkaan nimi;Laskupäivä;Laskunro;Tuotekoodi;Tuotenimi;Määrä;À-hinta;"
            "Veroton summa\n"
            "77;Rakennus Öhman;13.1.2026;1001;L-1;Lastulevy;2;1\xa0000,80;2\xa0001,60\n"
        ),
        "cp1252",
    ),
    "georgian": (
        (
            "კლიენტის კოდი;კლიენტის დასახელება;თარიღი;ინვოისის ნომერი;საქონელი;რაოდენობა;ფასი;"
            "თანხა (ლარი)\n"
            "204;შპს თბილისი;13.01.2026;15;ფანერა;2;1000,80;2001,60\n"
        ),
        "utf-8-sig",
    ),
    "armenian": (
        (
            "Հաճախորդի կոդ\tՀաճախորդի անվանում\tԱմսաթիվ\tՀաշվի համար\tԱպրանք\tՔանակ\tԳին\tԳումար\n"
            "17\tՇին ՍՊԸ\t13.01.2026\t9\tՖաներա\t2\t1000.80\t2001.60\n"
        ),
        "utf-16",
    ),
    "SAP": (
        (
            "KUNAG|NAME1|FKDAT|VBELN|POSNR|MATNR|ARKTX|FKIMG|NETWR|WAVWR|WAERK\n"
            "0000100001|Meyer GmbH|20260113|0090000012|000010|M-01|Spanplatte|2,000|2.001,60|"
            "1.500,00|EUR\n"
        ),
        "cp1252",
    ),
    "Odoo": (
        (
            "Invoice Partner Display Name,Number,Invoice/Bill Date,Product,Quantity,Unit Price,"
            "Disc.%,Untaxed Amount,Salesperson\n"
            "Azure Interior,INV/2026/0001,2026-01-13,Desk,2,1000.8,0,2001.6,Mitchell\n"
        ),
        "utf-8",
    ),
    "Odoo by its own names": (
        (
            "order_id,partner_id/name,date_order,order_line/product_id,order_line/product_uom_qty,"
            "order_line/price_unit,order_line/price_subtotal,user_id\n"
            "S00001,Azure Interior,2026-01-13 10:00:00,Desk,2,1000.8,2001.6,Mitchell\n"
        ),
        "utf-8",
    ),
    "ERPNext": (
        (
            "Item Code,Item Name,Item Group,Invoice,Posting Date,Customer,Customer Name,Stock Qty,"
            "Rate,Amount,Territory\n"
            "SKU-1,Desk,Furniture,ACC-SINV-1,13-01-2026,CUST-1,Azure,2,1000.8,2001.6,All\n"
        ),
        "utf-8",
    ),
    "Dynamics": (
        (
            "CustAccount;InvoiceId;InvoiceDate;ItemId;Qty;SalesPrice;LineAmountMST;CurrencyCode\n"
            "US-001;FI-1;1/13/2026 12:00:00 AM;D0001;2.00;1000.80;2001.60;USD\n"
        ),
        "utf-8",
    ),
}


@pytest.mark.parametrize("system", EXPORTS)
def test_the_usual_exports_are_read_without_a_word(system, write, load) -> None:
    text, encoding = EXPORTS[system]

    reading, rows = load(write(text, encoding=encoding))

    assert [(row["date"], row["quantity"], row["revenue"]) for row in rows] == [
        (date(2026, 1, 13), Decimal(2), Decimal("2001.60"))
    ]
    assert rows[0]["account_key"] in {
        "10000", "ООО Ромашка", "77", "204", "17", "0000100001", "Azure Interior", "CUST-1", "US-001",
    }  # fmt: skip
    assert rows[0]["product_key"]
    assert rows[0]["document_key"]
    assert "amounts_differ" not in {warning.code for warning in reading.warnings}


def test_a_total_below_the_lines_is_rejected_as_a_total(write, load, rejected) -> None:
    text, encoding = EXPORTS["1C"]

    reading, _ = load(write(text, encoding=encoding))

    assert dict(reading.rejected_by_reason) == {"total_row": 1}
    assert rejected(reading)[0]["row"] == "6"
    assert reading.files[0].encoding == "cp1251"


def test_rejected_lines_keep_their_cells_and_say_why(write, load, rejected) -> None:
    path = write(
        "customer,date,quantity,amount,note\n"
        "A,2026-01-13,1,10.00,fine\n"
        "B,31.02.2026,1,10.00,no day\n"
        "C,2026-01-14,1,ten,no number\n"
        "D,2026-01-14,1,,no amount\n"
        "E,2026-01-14,1\n"
        "\n"
        "F,2026-01-15,2,20.00,fine\n"
    )

    reading, rows = load(path)

    assert [(row["row"], row["account_key"]) for row in rows] == [(2, "A"), (8, "F")]
    told = rejected(reading)
    assert [(each["row"], each["field"], each["value"], each["reason"].split(":")[0]) for each in told] == [
        ("3", "date", "31.02.2026", "not_a_date"),
        ("4", "revenue", "ten", "not_a_number"),
        ("5", "revenue", "", "amount_missing"),
        ("6", "", "", "wrong_number_of_fields"),
    ]
    assert told[0]["reason"] == (
        'not_a_date: "31.02.2026" is not a date. Use year-month-day, for example 2026-02-28.'
    )
    assert (told[1]["customer"], told[1]["note"]) == ("C", "no number")
    assert reading.rejected == 4


def test_where_no_line_is_good_the_file_is_refused_and_the_reasons_kept(write, load, tmp_path) -> None:
    path = write("customer,date,amount\nA,never,1\n")

    with pytest.raises(Invalid, match="None of the 1 lines") as refusal:
        load(path)

    assert refusal.value.reason.code == "no_good_line"
    assert [each.name for each in (tmp_path / "staged").iterdir()] == ["rejected.csv"]


REFUSED = {
    "empty": (b"", "file_empty"),
    "header only": (b"customer,date,amount\n", "header_only"),
    "no header": (b"1,2,3\n4,5,6\n", "header_not_found"),
    "no date": (b"customer,amount\nA,1\n", "field_missing"),
    "a PDF": (b"%PDF-1.7\nabc\n", "not_a_table"),
    "a truncated Parquet": (b"PAR1abcdefgh", "file_truncated"),
    "a truncated workbook": (b"PK\x03\x04abcdefgh", "file_truncated"),
    "bytes": (bytes(range(256)) * 50 + b"\0" * 2000, "not_a_table"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_file_that_is_no_ledger_is_refused_and_nothing_is_left(what, write, load, tmp_path) -> None:
    content, code = REFUSED[what]
    path = write(content)

    with pytest.raises(Invalid) as refusal:
        load(path)

    assert refusal.value.reason.code == code
    assert "sales.csv" in str(refusal.value)
    assert list((tmp_path / "staged").iterdir()) == []


def test_a_folder_and_a_missing_file_are_named(load, tmp_path) -> None:
    with pytest.raises(Invalid, match="is a folder"):
        load(tmp_path)
    with pytest.raises(Invalid, match="There is no file"):
        load(tmp_path / "missing.csv")


def test_a_wrong_column_is_answered_with_the_nearest(write, load) -> None:
    path = write("customer,date,amount\nA,2026-01-13,1\n")

    with pytest.raises(Invalid, match=r'No column "custmer" in "sales.csv". Did you mean "customer"'):
        load(path, overrides={"account": "custmer"})
    with pytest.raises(Invalid, match=r'No field "acount". Did you mean "account"'):
        load(path, overrides={"acount": "customer"})


def test_the_users_word_wins_over_the_guess(write, load) -> None:
    path = write("customer,bill to,date,amount\nA,B,2026-01-13,1\n")

    reading, rows = load(path, overrides={"account": "Bill To"})

    assert rows[0]["account_key"] == "B"
    assert reading.files[0].guessed == {"account": False, "name": True, "date": True, "revenue": True}


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("encoding", "klingon"),
        ("encoding", "base64"),
        ("delimiter", ";;"),
        ("decimal_mark", "'"),
        ("date_order", "dym"),
        ("discount", "some"),
    ],
)
def test_an_option_that_takes_no_such_value_says_what_it_takes(option, value, write, load) -> None:
    path = write("customer,date,amount\nA,2026-01-13,1\n")

    with pytest.raises(Invalid, match=f'"{value}" is no {option}. Allowed: '):
        load(path, **{option: value})


def test_said_options_win_over_guesses(write, load) -> None:
    path = write("customer;date;amount\nÖ;2026-01-13;1,234\n", encoding="cp1252")

    _, rows = load(path, encoding="cp1252", delimiter=";", decimal_mark=".")

    assert (rows[0]["account_key"], rows[0]["revenue"]) == ("Ö", Decimal(1234))


def test_names_that_say_nothing_are_decided_by_content(write, load) -> None:
    path = write("who,when,how much,x\nMeyer,2026-01-13,10.50,\nKoch,2026-01-14,9.50,\n")

    reading, rows = load(path)

    assert reading.files[0].mapping == {"date": "when", "revenue": "how much", "account": "who"}
    assert [warning.code for warning in reading.warnings] == ["field_by_content"] * 3
    assert rows[0]["revenue"] == Decimal("10.50")


def test_files_of_one_name_are_told_apart(write, load, tmp_path) -> None:
    (tmp_path / "other").mkdir()
    first, second = write("customer,date,amount\nA,2026-01-13,1\n"), write("", "other/sales.csv")
    second.write_text("customer,note,date,amount\nA,x,2026-01-13,2\nB,y,never,2\n")

    reading, _ = load(first, second)

    assert [file.lines for file in reading.files] == [1, 1]
    head, line = reading.rejected_path.read_text().splitlines()
    assert head == "file,row,field,value,reason,customer,date,amount,note"
    assert line.startswith(str(second))
    assert line.endswith("B,never,2,y")


FULL = """
import resource, sys
from pathlib import Path
from kamledger.reading import read
from kamstats.errors import Invalid

resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    read([Path(sys.argv[1])], into=Path(sys.argv[2]), feed="shop")
except Invalid as refusal:
    print(refusal.reason.code)
"""


def test_a_full_disk_is_said_and_leaves_nothing(write, tmp_path) -> None:
    lines = "".join(f"C{n * 7919 % 99991},2026-01-13,{n}.50\n" for n in range(20_000))
    path = write("customer,date,amount\n" + lines)
    into = tmp_path / "staged"

    done = subprocess.run(
        [sys.executable, "-c", FULL, path, into], capture_output=True, text=True, check=False
    )

    assert done.stdout.strip() == "disk_full", done.stderr
    assert list(into.iterdir()) == []


def test_an_interrupted_read_leaves_nothing(write, tmp_path) -> None:
    def interrupt(stage, done, total) -> None:
        raise KeyboardInterrupt

    path = write("customer,date,amount\nA,2026-01-13,1\n")

    with pytest.raises(KeyboardInterrupt):
        read([path], into=tmp_path / "staged", feed="shop", progress=interrupt)

    assert list((tmp_path / "staged").iterdir()) == []


def test_a_file_without_rights_is_named(write, load, monkeypatch) -> None:
    path = write("customer,date,amount\nA,2026-01-13,1\n")

    def refuse(*arguments, **named):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "open", refuse)

    with pytest.raises(Invalid, match=r'"sales.csv" cannot be read: Permission denied') as refusal:
        read([path], into=path.parent, feed="shop")
    assert refusal.value.reason.code == "file_unreadable"


def test_a_header_of_unknown_names_is_found_above_the_data(write, load) -> None:
    path = write("Our export\n\nwho,how much,moment\nMeyer,10.50,2026-01-13\n")

    reading, _ = load(path, overrides={"account": "who", "revenue": "how much", "date": "moment"})

    assert reading.lines == 1
    assert not any(reading.files[0].guessed.values())


def test_a_file_of_blank_lines_has_no_lines(write, load) -> None:
    with pytest.raises(Invalid, match="has a header but no lines"):
        load(write("customer,date,amount\n,,\n\n"))


def test_the_order_of_dates_may_show_only_far_down(write, load) -> None:
    start = "A,01/02/2026,1\n" * 3000

    american, rows = load(write("customer,date,amount\n" + start + "A,01/13/2026,1\n"))
    european, others = load(write("customer,date,amount\n" + start + "A,13/01/2026,1\n", "other.csv"))

    assert (american.rejected, rows[0]["date"]) == (0, date(2026, 1, 2))
    assert (european.rejected, others[0]["date"]) == (0, date(2026, 2, 1))
    assert not american.warnings
