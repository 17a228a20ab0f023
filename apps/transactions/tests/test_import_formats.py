"""Statement files: what can be read is read one way only, everything else is refused with words."""

import time
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.transactions.adapters.statements import (
    MOST_BYTES,
    Hints,
    Statement,
    UnreadableStatementError,
    read_statement,
)
from apps.transactions.tests.real_data import real_data

READABLE = {
    "anzcc.ofx": ("AUD", 1),
    "bank_medium.ofx": ("CAD", 3),
    "br_nubank_cc.ofx": ("BRL", 6),
    "checking.ofx": ("USD", 3),
    "ofx-v102-empty-tags.ofx": ("USD", 1),
    "stmtrs.ofx": ("USD", 2),
    "stmtrs_euro.ofx": ("USD", 2),
    "suncorp.ofx": ("AUD", 1),
    "test_ofx.ofx": ("USD", 4),
    "test_ofx_iban.ofx": ("USD", 4),
}
HEADER = (
    "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nSECURITY:NONE\nENCODING:USASCII\nCHARSET:1252\n"
    "COMPRESSION:NONE\nOLDFILEUID:NONE\nNEWFILEUID:NONE\n\n"
)
XML_HEADER = (
    '<?xml version="1.0"?><?OFX OFXHEADER="200" VERSION="211" SECURITY="NONE" OLDFILEUID="NONE" '
    'NEWFILEUID="NONE"?>'
)


def ofx(*transactions: str, currency: str = "EUR") -> str:
    """Return an OFX statement of one account."""
    return (
        f"{HEADER}<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>{currency}<BANKACCTFROM><ACCTID>42"
        f"</BANKACCTFROM><BANKTRANLIST>{''.join(transactions)}</BANKTRANLIST></STMTRS></STMTTRNRS>"
        "</BANKMSGSRSV1></OFX>"
    )


def transaction(amount: str = "-12.34", name: str = "Bakery", posted: str = "20260301") -> str:
    """Return one transaction of an OFX statement."""
    return f"<STMTTRN><DTPOSTED>{posted}<TRNAMT>{amount}<FITID>1<NAME>{name}</STMTTRN>"


class Reader:
    """Reads what a test writes, into an account in euros unless it says otherwise."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "statement"

    def __call__(
        self, content: str | bytes, *, currency: str = "EUR", hints: Hints | None = None
    ) -> Statement:
        self._path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_statement(self._path, currency, hints or Hints())

    def refusal(self, content: str | bytes, **given: Hints | None) -> str:
        """Return the words with which the content is refused."""
        with pytest.raises(UnreadableStatementError) as caught:
            self(content, **given)  # type: ignore[arg-type]
        return str(caught.value)


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    return Reader(tmp_path)


def amounts(statement: Statement) -> list[int]:
    return [line.amount_minor for line in statement.lines]


def test_every_real_ofx_file_is_read_or_refused_in_a_sentence():
    seen = set()
    for path in sorted((real_data("statements") / "ofx").iterdir()):
        currency, lines = READABLE.get(path.name, ("USD", 0))
        if path.name in READABLE:
            seen.add(path.name)
            assert len(read_statement(path, currency, Hints()).lines) == lines, path.name
            continue
        with pytest.raises(UnreadableStatementError, match=r"^[A-Z].*\.$"):
            read_statement(path, currency, Hints())

    assert seen == set(READABLE)


def test_a_comma_is_a_decimal_mark_in_ofx():
    statement = read_statement(real_data("statements") / "ofx/stmtrs_euro.ofx", "USD", Hints())

    assert amounts(statement) == [-20_000, -30_000]


def test_an_ofx_statement_gives_date_amount_and_name(read: Reader):
    statement = read(ofx(transaction(posted="20260301235959.000[-5:EST]")))

    (line,) = statement.lines
    assert (line.booked_date, line.amount_minor) == (date(2026, 3, 1), -1_234)
    assert (line.description, statement.account, statement.currency) == ("Bakery", "42", "EUR")


def test_two_names_in_cdata_on_one_line_are_two_transactions(read: Reader):
    statement = read(
        ofx(transaction(name="<![CDATA[A & B]]>"), transaction(name="<![CDATA[C < D]]>"))
    )

    assert [line.description for line in statement.lines] == ["A & B", "C < D"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (ofx(transaction(), currency="USD"), "in USD and the account is kept in EUR"),
        (ofx(transaction("12.345")), "more than the 2 decimals of EUR"),
        (ofx(transaction("1,234.56")), "'1,234.56' is not an amount"),
        (ofx(transaction("NaN")), "'NaN' is not an amount"),
        (ofx(transaction("1e3")), "'1e3' is not an amount"),
        (ofx(transaction("9" * 16)), "is not an amount"),
        (ofx(transaction("")), "is not an amount"),
        (ofx(transaction(posted="20260230")), "'20260230' is not a date"),
        (ofx(transaction(posted="1")), "'1' is not a date"),
        (ofx(transaction(posted="18991231")), "'18991231' is not a date"),
        (ofx(), "has no transactions"),
        (ofx(transaction())[:-40], "cut off"),
        (ofx(transaction().replace("<TRNAMT>", "<trnAMT>")), "damaged"),
        (ofx("<STMTTRN>") + "</BANKTRANLIST></OFX>", "damaged"),
        (HEADER + "<OFX>" * 50_000 + "</OFX>", "no statement"),
        ("OFXHEADER:junk\n<OFX></OFX>", "header is damaged"),
        (HEADER + "</OFX>", "damaged"),
        ("", "is empty"),
        ("  \n", "is empty"),
        ("%PDF-1.7", "a PDF document"),
        ("<html></html>", "HTML"),
        ("hello", "not known here"),
        (b"PK\x03\x04rest", "ZIP"),
        (b"\x1f\x8brest", "compressed"),
        (b"\x00\x01,\x02", "not known here"),
    ],
)
def test_what_cannot_be_imported_is_refused_with_words_that_say_why(
    read: Reader, content: str | bytes, words: str
):
    assert words in read.refusal(content)


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE OFX [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!doctype lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;">]>',
        "<! ENTITY x>",
    ],
)
def test_entities_are_never_read_let_alone_fetched(read: Reader, declaration: str):
    assert "entities" in read.refusal(XML_HEADER + declaration + "<OFX>&x;</OFX>")


def test_ten_megabytes_are_the_end(read: Reader):
    assert "10 MiB" in read.refusal(b"date,amount\n" + b"2026-01-01,1.00\n" * (MOST_BYTES // 16))


def test_more_lines_than_anyone_has_are_refused(read: Reader):
    assert "50,000" in read.refusal("date,amount\n" + "2026-01-01,1\n" * 50_001)


def test_junk_of_megabytes_is_refused_in_seconds(read: Reader):
    began = time.perf_counter()

    for junk in ("<" + "A" * 1_000_000, "<STMTTRN>" * 100_000, "<A>" + "b" * 1_000_000):
        assert read.refusal(f"{HEADER}<OFX>{junk}</OFX>")

    assert time.perf_counter() - began < 10


def test_an_error_of_the_bank_is_passed_on(read: Reader):
    status = "<STATUS><CODE>15500<SEVERITY>ERROR<MESSAGE>Wrong password</STATUS>"

    words = read.refusal(
        f"{HEADER}<OFX><SIGNONMSGSRSV1><SONRS>{status}</SONRS></SIGNONMSGSRSV1></OFX>"
    )

    assert "Wrong password (15500)" in words


def test_of_several_accounts_in_a_file_one_is_chosen_by_name(read: Reader):
    both = ofx(transaction("-1.00"))
    both = both.replace("</BANKMSGSRSV1>", "") + ofx(transaction("-2.00")).replace(HEADER, "")
    both = both.replace("</OFX><OFX>", "").replace("<ACCTID>42", "<ACCTID>43", 1)

    assert "--statement: 43, 42" in read.refusal(both)
    assert amounts(read(both, hints=Hints(statement="42"))) == [-200]
    assert "'9'" in read.refusal(both, hints=Hints(statement="9"))


@pytest.mark.parametrize(
    "content",
    [
        "Date,Description,Amount\n2026-03-01,Bakery,-12.34\n2026-03-02,Salary,1000.00\n",
        (
            "\ufeffBuchungstag;Verwendungszweck;Betrag\r\n"
            "01.03.2026;Bakery;-12,34\r\n02.03.2026;Salary;1.000,00\r\n"
        ),
        (
            "Date\tDetails\tMoney in\tMoney out\n"
            "2026-03-01\tBakery\t\t12.34\n2026-03-02\tSalary\t1,000.00\t\n"
        ),
        "My bank\nAccount 42\n\nDate|Memo|Value\n20260301|Bakery|12.34-\n20260302|Salary|£1000\n",
        (
            'Datum,"Naam / Omschrijving","Af Bij","Bedrag (EUR)"\n'
            '20260301,Bakery,Af,"12,34"\n20260302,Salary,Bij,"1000,00"\n'
        ),
        "date,payee,amount,,\n1 Mar 2026,Bakery,(12.34),,\n02 Mar 2026,Salary,EUR 1000.00,,\n",
        'Date,Memo,Amount\n2026-03-02,Salary,"1 000.00"\n2026-03-01T10:00:00Z,Bakery,\u221212.34\n',
    ],
)
def test_the_same_two_lines_are_read_from_the_dialects_of_many_banks(read: Reader, content: str):
    lines = read(content).lines

    assert [(line.booked_date, line.amount_minor) for line in lines] == [
        (date(2026, 3, 1), -1_234),
        (date(2026, 3, 2), 100_000),
    ]
    assert [line.description or line.counterparty for line in lines] == ["Bakery", "Salary"]


def test_utf_16_is_read_by_its_mark_and_another_encoding_when_it_is_named(read: Reader):
    content = "Datum;Text;Betrag\n01.03.2026;Käse;-1,50\n"

    assert read(content.encode("utf-16")).lines[0].description == "Käse"
    assert "--encoding" in read.refusal(content.encode("cp1252"))
    assert (
        read(content.encode("cp1252"), hints=Hints(encoding="cp1252")).lines[0].description
        == "Käse"
    )
    assert "no encoding" in read.refusal(content, hints=Hints(encoding="klingon"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("date,amount\n03/04/2026,1.00\n", "DD/MM/YYYY or MM/DD/YYYY"),
        ("date;amount\n2026-01-01;1,500.0\n2026-01-02;x\n", "Line 3: 'x' is not an amount"),
        ('date,amount\n2026-01-01,"1,50"\n2026-01-01,1.50\n', "point and the comma"),
        ('date,amount\n2026-01-01,"1,500"\n2026-01-01,"1,200"\n', "two ways"),
        ("date,amount\n13/04/2026,1\n04/13/2026,1\n", "more than one way"),
        ("date,amount\n2026-02-30,1\n", "Line 2: '2026-02-30' is not a date"),
        ("date,amount\n1850-01-01,1\n", "is not a date"),
        ("date,amount\n2026-01-01\n", "Line 2 has 1 fields, the header has 2"),
        ("date,amount\n2026-01-01,1,2\n", "Line 2 has 3 fields, the header has 2"),
        ("date,amount\n2026-01-01,=1+1\n", "Line 2: '=1+1' is not an amount"),
        ("date,amount\n2026-01-01,1.005\n", "two ways"),
        ("date,amount\n2026-01-01,1.0050001\n", "is not an amount in EUR"),
        ("date,amount\n2026-01-01,\n", "is not an amount"),
        ("date,amount\n", "no lines below"),
        ("datum,wert\n1,2\n", "--column date=Buchung"),
        ("date,amount,amount\n2026-01-01,1,2\n", "--column"),
        ("date,amount,currency\n2026-01-01,1,USD\n", "'USD' and the account is kept in EUR"),
        ("date,debit,credit\n2026-01-01,1,1\n", "a debit and a credit"),
        ("date,debit,credit\n2026-01-01,,\n2026-01-02,1,\n", "Line 2 has not one amount but none"),
        ("date,amount,type\n2026-01-01,-1,credit\n", "contradict"),
        ('date,amount\n2026-01-01,"1\n', "Line"),
        ("date,amount\n2026-01-01,1\x00\n", "not known here"),
        ("date,amount\n2026-01-01,1\x07\n", "control characters"),
    ],
)
def test_a_csv_file_that_can_be_read_in_two_ways_or_in_none_is_refused(
    read: Reader, content: str, words: str
):
    assert words in read.refusal(content)


def test_a_person_settles_what_a_file_leaves_open(read: Reader):
    content = 'Buchung;Wert\n03/04/2026;"1.200"\n'
    named = {"date": "Buchung", "amount": "Wert"}

    day_first = Hints(date_format="DD/MM/YYYY", decimal="comma", columns=named)
    month_first = Hints(date_format="MM/DD/YYYY", decimal="point", columns=named)

    assert read(content, hints=day_first).lines[0].booked_date == date(2026, 4, 3)
    assert amounts(read(content, hints=day_first)) == [120_000]
    assert amounts(read(content, hints=month_first)) == [120]


def test_decimals_follow_the_currency_of_the_account(read: Reader):
    content = "date,amount\n2026-01-01,1234\n"

    assert amounts(read(content, currency="JPY")) == [1_234]
    assert amounts(read(content, currency="KWD")) == [1_234_000]


def test_newest_first_is_turned_round_with_the_order_of_each_day(read: Reader):
    content = "date,amount,memo\n2026-01-02,3,c\n2026-01-01,2,b\n2026-01-01,1,a\n"

    assert [line.description for line in read(content).lines] == ["a", "b", "c"]


def test_text_is_one_line_without_controls_and_formulas_stay_text(read: Reader):
    content = 'date,amount,memo\n2026-01-01,1,"=SUM(A1)\n\u202eevil\u200b  two"\n'

    assert read(content).lines[0].description == "=SUM(A1) evil two"


def test_lines_without_an_amount_are_left_out_and_counted(read: Reader):
    statement = read("date,amount\n2026-01-01,0.00\n2026-01-02,1.00\n")

    assert (amounts(statement), statement.zero_lines) == ([100], 1)


@given(st.integers(-(10**12), 10**12).filter(bool), st.sampled_from(["point", "comma"]))
def test_an_amount_with_decimals_reads_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, minor: int, mark: str
):
    whole, cents = divmod(abs(minor), 100)
    grouped = f"{whole:,}" if mark == "point" else f"{whole:,}".replace(",", ".")
    written = f"{'-' if minor < 0 else ''}{grouped}{'.' if mark == 'point' else ','}{cents:02d}"
    path = tmp_path_factory.getbasetemp() / "one.csv"
    path.write_text(f'date;amount\n2026-01-01;"{written}"\n')

    assert amounts(read_statement(path, "EUR", Hints())) == [minor]


@given(st.binary(max_size=400))
def test_no_bytes_whatever_do_anything_but_read_or_refuse(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
):
    path = tmp_path_factory.getbasetemp() / "any"
    for start in (b"", b"date,amount\n", HEADER.encode() + b"<OFX>"):
        path.write_bytes(start + content)
        with suppress(UnreadableStatementError):
            read_statement(path, "EUR", Hints())
