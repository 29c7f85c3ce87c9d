"""Broken text files: every sound line is read, every other one is named, memory stays small."""

from __future__ import annotations

import tracemalloc
from decimal import Decimal

import pytest

from kamledger.reading import text_stream
from kamledger.reading.text_stream import Decoder, end_of_whole_records, records
from kamstats.errors import Invalid

HEADER = "customer,date,product,amount\n"
GOOD = "A,2026-01-13,P1,10.00\n"


def test_a_quote_that_is_never_closed_costs_one_line(write, load, rejected) -> None:
    path = write(HEADER + GOOD + 'B,2026-01-13,"12 inch,5.00\n' + GOOD * 3)

    reading, rows = load(path)

    assert [row["row"] for row in rows] == [2, 4, 5, 6]
    assert [(each["row"], each["reason"].split(":")[0]) for each in rejected(reading)] == [
        ("3", "quote_not_closed")
    ]


def test_stray_quotes_inside_fields_are_letters(write, load) -> None:
    path = write(HEADER + 'A,2026-01-13,pipe 12",10.00\n' + 'A,2026-01-14,"pipe, 14""",10.00\n')

    _, rows = load(path)

    assert [row["product_key"] for row in rows] == ['pipe 12"', 'pipe, 14"']


def test_a_quoted_field_may_hold_line_ends(write, load) -> None:
    path = write(HEADER + 'A,2026-01-13,"two\nlines",10.00\n' + GOOD)

    _, rows = load(path)

    assert [(row["row"], row["product_key"]) for row in rows] == [(2, "two\nlines"), (3, "P1")]


def test_nul_bytes_and_broken_characters_cost_their_lines(write, load, rejected) -> None:
    sound = "Käyttäjä,2026-01-13,P1,10.00\n".encode() * 30
    path = write(HEADER.encode() + sound + b"B\0,2026-01-13,P1,1\n" + b"C\xff,2026-01-13,P1,1\n" + sound)

    reading, rows = load(path)

    assert len(rows) == 60
    assert dict(reading.rejected_by_reason) == {"bytes_not_text": 1, "nul_byte": 1}
    assert [each["row"] for each in rejected(reading)] == ["32", "33"]
    assert rows[0]["account_key"] == "Käyttäjä"


def test_a_line_without_end_is_refused(write, load, monkeypatch) -> None:
    monkeypatch.setattr(text_stream, "LONGEST_LINE", 1 << 16)
    monkeypatch.setattr(text_stream, "BLOCK_BYTES", 1 << 14)
    path = write(HEADER + GOOD + "x" * (1 << 18))

    with pytest.raises(Invalid, match="a line of more than 65536 bytes after row 2") as refusal:
        load(path)

    assert refusal.value.reason.code == "line_too_long"


def test_blocks_end_where_records_end(write, load, monkeypatch) -> None:
    monkeypatch.setattr(text_stream, "BLOCK_BYTES", 64)
    lines = [f'A{n},2026-01-13,"a ""quoted""\nname, {n}",{n}.50\n' for n in range(200)]
    path = write(HEADER + "".join(lines))

    reading, rows = load(path)

    assert [row["row"] for row in rows] == list(range(2, 202))
    assert sum(row["revenue"] for row in rows) == sum(Decimal(n) + Decimal("0.5") for n in range(200))
    assert reading.rejected == 0


def test_memory_does_not_grow_with_the_file(write, load, monkeypatch) -> None:
    monkeypatch.setattr(text_stream, "BLOCK_BYTES", 1 << 16)
    path = write(HEADER + GOOD * 100_000)

    tracemalloc.start()
    reading, _ = load(path)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert reading.lines == 100_000
    assert held < 200 << 20


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("cp1251", "ООО Ромашка"),
        ("cp1252", "Työmaa Öljy"),
        ("utf-8", "შპს"),
        ("utf-16", "ՍՊԸ"),
        ("utf-16-le", "ОАО"),
    ],
)
def test_the_encoding_is_found(encoding, name, write, load) -> None:
    line = f"{name},2026-01-13,P1,10.00\n"

    _, rows = load(write(HEADER + line * 5, encoding=encoding))

    assert {row["account_key"] for row in rows} == {name}


def test_the_encoding_is_found_where_letters_come_late(write, load, monkeypatch) -> None:
    monkeypatch.setattr(text_stream, "BLOCK_BYTES", 1 << 14)
    path = write((HEADER + GOOD * 20_000 + "Öljy Åbo,2026-01-13,P1,1.00\n").encode("cp1252"))

    reading, rows = load(path)

    assert rows[-1]["account_key"] == "Öljy Åbo"
    assert reading.files[0].encoding == "cp1252"


def test_old_line_ends_and_trailing_delimiters_are_read(write, load) -> None:
    _, old = load(write("customer;date;amount\rA;2026-01-13;1,50\rB;2026-01-14;2,50\r", "old.csv"))
    _, trailing = load(
        write("customer;date;amount\nA;2026-01-13;1,50;\nB;2026-01-14;2,50;\n", "trailing.csv")
    )

    assert [row["revenue"] for row in old] == [Decimal("1.50"), Decimal("2.50")]
    assert [row["revenue"] for row in trailing] == [Decimal("1.50"), Decimal("2.50")]


def test_spaces_around_cells_do_not_count(write, load) -> None:
    _, rows = load(write("customer, date, amount\n A , 2026-01-13 , 1.50 \n"))

    assert (rows[0]["account_key"], rows[0]["revenue"]) == ("A", Decimal("1.50"))


def test_records_wait_for_their_closing_quote() -> None:
    block = b'a,b\n"open\nstill'

    assert end_of_whole_records(block, ",") == 4
    assert [closed for _, closed in records(block, ",")] == [True, None]
    assert [closed for _, closed in records(block, ",", last=True)] == [True, False, True]


def test_a_decoder_drops_the_byte_order_mark() -> None:
    assert Decoder("utf-8-sig").feed(b"\xef\xbb\xbfabc") == b"abc"
