"""Exports: what leaves as a file is what the list shows, to the cent, and no cell of it runs."""

import csv
import io
from collections.abc import Iterator
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as ET

import msgspec
import pytest
from ofxtools.Parser import OFXTree
from pypdf import PdfReader

from apps.accounts.contracts import Accounts
from apps.transactions.adapters import exports
from apps.transactions.adapters.exports import ExportFormat
from apps.transactions.adapters.statements import Hints, read_content
from apps.transactions.tests.import_fakes import MemoryAccounts
from apps.transactions.tests.test_api import account_of, body, booked, send
from apps.transactions.tests.test_imports import elsewhere, sent
from vortex.contracts import Principal
from vortex.db import alias_of
from vortex.testing import client_of, person, stub

pytestmark = pytest.mark.django_db(databases=[alias_of("transactions")])

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =cmd|' /C calc'!A0", "\u200b=1")


@pytest.fixture(autouse=True)
def accounts() -> Iterator[MemoryAccounts]:
    fake = MemoryAccounts()
    with stub(Accounts, fake):
        yield fake


def exported(owner: Principal, name: str, **asked: Any) -> bytes:
    """Return the file."""
    answer: Any = client_of(owner).get("/api/transactions/export", {"format": name, **asked})
    assert answer.status_code == 200, answer.content
    assert answer["Content-Disposition"] == f'attachment; filename="transactions.{name}"'
    return b"".join(answer.streaming_content)


def items(content: bytes) -> list[dict[str, Any]]:
    """Return the items of a JSON file."""
    return list(msgspec.json.decode(content)["items"])


def paid(alice: Principal, source: UUID, *amounts: str, **more: Any) -> None:
    """Make transfers."""
    target = account_of(person())
    for amount in amounts:
        answer = send(client_of(alice), body(source, target, amount) | more)
        assert answer.status_code == 201, answer.content


def test_every_format_says_the_same_lines_to_the_cent() -> None:
    alice = person()
    source = account_of(alice, 100_000)
    paid(
        alice, source, "12.34", "0.01", "500.00", description='Café "Rio", 1 <b>&', counterparty="R"
    )

    rows = list(csv.DictReader(io.StringIO(exported(alice, "csv").decode("utf-8-sig"))))
    listed = items(exported(alice, "json"))
    ofx = OFXTree()
    ofx.parse(io.BytesIO(exported(alice, "ofx")))
    (statement,) = ofx.convert().statements
    page = "".join(p.extract_text() for p in PdfReader(io.BytesIO(exported(alice, "pdf"))).pages)

    said = ["1000.00", "-12.34", "-0.01", "-500.00"]
    assert [row["amount"] for row in rows] == said
    assert [item["amount"]["amount"] for item in listed] == said
    assert [str(one.trnamt) for one in statement.transactions] == said
    assert [item["balance_after"]["amount"] for item in listed][-1] == "487.65"
    assert str(statement.ledgerbal.balamt) == "487.65"
    assert statement.transactions[1].memo == 'Café "Rio", 1 <b>&'
    for amount in said:
        assert f"{amount} EUR" in page
    assert 'Café "Rio", 1 <b>&' in page


def test_the_ofx_is_xml_whose_sum_another_parser_finds_too() -> None:
    alice = person()
    first, second = account_of(alice, 5_000), account_of(alice, 700)
    send(client_of(alice), body(first, second, "3.00"))

    root = ET.fromstring(exported(alice, "ofx"))  # noqa: S314 - our own file

    sums = {}
    for statement in root.iter("STMTRS"):
        total = sum(round(float(a.text or "") * 100) for a in statement.iter("TRNAMT"))
        sums[statement.findtext("BANKACCTFROM/ACCTID")] = total
        assert statement.findtext("LEDGERBAL/BALAMT") == f"{total / 100:.2f}"
        assert len(statement.findtext("BANKACCTFROM/ACCTID") or "") <= 22
    assert sorted(sums.values()) == [1_000, 4_700]


@pytest.mark.parametrize("name", ["csv", "ofx"])
def test_what_is_exported_here_is_imported_as_another_banks_history(name: str) -> None:
    alice, bob = person(), person()
    source = account_of(alice, 100_000)
    paid(alice, source, "12.34", "12.34", description="=1+1", counterparty="Tom, Dick\nand Harry")

    there = elsewhere(bob)
    made = sent(bob, there, exported(alice, name), name=f"s.{name}")
    assert made.data["state"] == "ready", made.data
    done = client_of(bob).post(f"/api/transactions/imports/{made.data['id']}/publish").data

    assert done["rows"]["posted"] == 3
    assert booked(there) == booked(source) == 97_532


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_of_a_csv_is_a_formula(text: str) -> None:
    alice = person()
    source = account_of(alice, 1_000)
    words = text.replace("\t", " ")
    paid(alice, source, "1.00", description=words, counterparty=words, reference=words)

    rows = list(csv.reader(io.StringIO(exported(alice, "csv").decode("utf-8-sig"))))

    texts = {0: "date", 1: "booked at", 2: "amount", 11: "balance after"}
    for row in rows[1:]:
        for place, cell in enumerate(row):
            if place not in texts:
                assert not cell.lstrip(" \u200b").startswith(("=", "+", "-", "@", "\t")), cell


def test_only_what_is_asked_for_and_only_ones_own_leaves() -> None:
    alice, eve = person(), person()
    first, second = account_of(alice, 5_000), account_of(alice, 700)
    paid(alice, first, "1.00", description="bread")

    of_second = items(exported(alice, "json", account_id=str(second)))
    bread = items(exported(alice, "json", q="bread"))
    foreign = client_of(eve).get("/api/transactions/export", {"account_id": str(first)})

    assert [one["amount"]["amount"] for one in of_second] == ["7.00"]
    assert [one["description"] for one in bread] == ["bread"]
    assert foreign.status_code == 404
    assert items(exported(eve, "json")) == []
    assert b"<OFX>" in exported(eve, "ofx")
    assert b"There is nothing" not in exported(eve, "csv")
    assert len(PdfReader(io.BytesIO(exported(eve, "pdf"))).pages) == 1


def test_a_file_takes_only_so_many_lines_and_says_so(monkeypatch: Any) -> None:
    alice = person()
    account_of(alice, 100), account_of(alice, 100)
    small = ExportFormat(exports.EXPORTS["pdf"].write, "application/pdf", 1)
    monkeypatch.setitem(exports.EXPORTS, "pdf", small)

    refused = client_of(alice).get("/api/transactions/export", {"format": "pdf"})

    assert refused.data["code"] == "export_too_large"
    assert refused.data["most_lines"] == 1
    unknown = client_of(alice).get("/api/transactions/export", {"format": "xls"})
    assert unknown.status_code == 422


def test_categories_tags_and_notes_are_the_callers_own() -> None:
    alice = person()
    source = account_of(alice, 1_000)
    paid(alice, source, "1.00", description="bread")
    client = client_of(alice)
    own = client.post(
        "/api/transactions/categories/own", {"name": "Bakery", "parent": "groceries"}
    ).data["key"]
    made = client.get("/api/transactions/search", {"q": "bread"}).data["items"][0]["id"]
    client.patch(f"/api/transactions/{made}", {"category": own})
    client.put(f"/api/transactions/{made}/filing", {"tags": ["b", "a"], "note": "=evil"})

    (row,) = csv.DictReader(io.StringIO(exported(alice, "csv", q="bread").decode("utf-8-sig")))

    assert (row["category"], row["tags"], row["my note"]) == ("Bakery", "a b", "'=evil")
    assert read_content(exported(alice, "csv"), "EUR", Hints()).lines
