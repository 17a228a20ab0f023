"""A statement in every format, read back by programs that others wrote, says the same totals."""

import csv
import io
import os
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st
from ofxtools.Parser import OFXTree
from pypdf import PdfReader
from xsdata.formats.dataclass.parsers import XmlParser

from apps.accounts.adapters.statements import Format, rendered
from apps.accounts.domain.statement import StatementDocument, StatementLine
from vortex.ids import derived_id

ROOT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("VORTEX_DATA_DIR", ROOT.parent / "shared" / "data"))
XSD = DATA / "iso20022" / "camt.053.001.08.xsd"
FIRST = datetime(2026, 3, 1, tzinfo=UTC)

amounts = st.integers(-(10**11), 10**11).filter(bool)
words = st.text(st.characters(codec="utf-8"), max_size=300)


def statement(*moved: tuple[int, str], opening: int = 5000, **told: Any) -> StatementDocument:
    lines, balance = [], opening
    for version, (amount, description) in enumerate(moved, 1):
        balance += amount
        at = FIRST + timedelta(minutes=version)
        lines.append(
            StatementLine(
                posting_id=derived_id(at, str(version)),
                version=version,
                booked_at=at,
                effective_date=at.date(),
                description=description,
                amount_minor=amount,
                balance_minor=balance,
            )
        )
    return StatementDocument(
        statement_id=derived_id(FIRST, "statement"),
        number=3,
        account_id=derived_id(FIRST, "account"),
        iban="DE79999999991234567890",
        currency=told.get("currency", "EUR"),
        holder=told.get("holder", "Ada Lovelace"),
        first_date=date(2026, 3, 1),
        last_date=date(2026, 3, 31),
        issued_at=FIRST + timedelta(days=31),
        opening_minor=opening,
        closing_minor=balance,
        lines=tuple(lines),
    )


def written(document: StatementDocument, wanted: Format) -> bytes:
    return rendered(document, wanted)[0]


@settings(max_examples=30, deadline=None)
@given(moved=st.lists(st.tuples(amounts, words), max_size=6), holder=words)
def test_ofx_read_by_ofxtools_has_every_entry_and_the_balance(
    moved: list[tuple[int, str]], holder: str
):
    document = statement(*moved, holder=holder)

    tree = OFXTree()
    tree.parse(io.BytesIO(written(document, Format.OFX)))
    [read] = tree.convert().statements

    assert [t.trnamt for t in read.transactions] == [Decimal(amount) / 100 for amount, _ in moved]
    assert read.ledgerbal.balamt == Decimal(document.closing_minor) / 100
    assert len({t.fitid for t in read.transactions}) == len(moved)
    assert read.account.acctid == document.iban


@settings(max_examples=30, deadline=None)
@given(moved=st.lists(st.tuples(amounts, words), max_size=6), holder=words)
def test_camt053_read_by_pyiso20022_has_every_entry_and_both_balances(
    moved: list[tuple[int, str]], holder: str
):
    document = statement(*moved, holder=holder)
    module = import_module("pyiso20022.camt.camt_053_001_08")

    read = XmlParser().from_bytes(written(document, Format.CAMT053), module.Document)

    [told] = read.bk_to_cstmr_stmt.stmt
    signed = [_signed(entry) for entry in told.ntry]
    assert signed == [Decimal(amount) / 100 for amount, _ in moved]
    assert [_signed(balance) for balance in told.bal] == [
        Decimal(document.opening_minor) / 100,
        Decimal(document.closing_minor) / 100,
    ]
    assert sum(signed) == _signed(told.bal[1]) - _signed(told.bal[0])
    assert int(told.txs_summry.ttl_cdt_ntries.nb_of_ntries) == sum(a > 0 for a, _ in moved)


@pytest.mark.skipif(not XSD.exists(), reason="the ISO 20022 schemas are not in VORTEX_DATA_DIR")
@pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD"])
def test_camt053_is_valid_under_iso_20022s_own_schema(currency: str):
    schema = xmlschema.XMLSchema(str(XSD))
    hostile = "<!ENTITY x> & ]]> \x00\x1f\u202e " + "long " * 60
    for document in (
        statement(currency=currency),
        statement((100, hostile), (-(10**14), ""), currency=currency, holder=hostile),
        statement((-5001, "Overdrawn"), opening=-5000, currency=currency, holder=""),
    ):
        schema.validate(io.BytesIO(written(document, Format.CAMT053)))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\uff1d1", ' \r\n="x"'])
def test_no_cell_of_the_csv_is_a_formula(text: str):
    [_, row] = _rows(statement((1, text)))

    assert row[2].startswith("'")


def test_csv_keeps_quotes_commas_and_letters_and_one_line_an_entry():
    said = 'Café "Žižkov", a\nb; 東京'

    [_, row, other] = _rows(statement((1, said), (-2, "")))

    assert row[2:6] == ['Café "Žižkov", a b; 東京', "0.01", "EUR", "50.01"]
    assert other[3] == "-0.02"


def test_the_pdf_has_every_entry_on_pages_that_are_numbered():
    document = statement(
        *[(100 + n, f"Line {n}") for n in range(150)], holder="Ada <b>Lovelace</b>"
    )

    pages = [page.extract_text() for page in PdfReader(io.BytesIO(_pdf(document))).pages]

    text = "\n".join(pages)
    assert all(f"Line {n}\n" in text for n in range(150))
    assert "<b>Lovelace</b>" in text
    assert f"{len(pages)} / {len(pages)}" in pages[-1]
    assert document.closing.amount in text.replace(",", "")


def test_the_pdf_of_a_quiet_month_says_so():
    [page] = PdfReader(io.BytesIO(_pdf(statement()))).pages

    assert "Nothing was booked in this month." in page.extract_text()


@pytest.mark.parametrize("wanted", list(Format))
def test_a_statement_is_the_same_file_whenever_it_is_asked_for(wanted: Format):
    document = statement((1, "Coffee"), (-2, "Tea"))

    content, _, name = rendered(document, wanted)

    assert content == written(document, wanted)
    assert name.isascii()
    assert "/" not in name


def _signed(told: Any) -> Decimal:
    amount = Decimal(told.amt.value)
    return amount if told.cdt_dbt_ind.value == "CRDT" else -amount


def _rows(document: StatementDocument) -> list[list[str]]:
    return list(csv.reader(io.StringIO(written(document, Format.CSV).decode("utf-8-sig"))))


def _pdf(document: StatementDocument) -> bytes:
    return written(document, Format.PDF)
