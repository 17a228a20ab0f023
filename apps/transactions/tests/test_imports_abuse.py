"""What people send instead of a statement: each is refused in words, none does harm."""

import io
import zipfile

import pytest

from apps.transactions.models import StatementImport, StoredFile
from apps.transactions.tests.test_import_all_formats import camt, entry
from apps.transactions.tests.test_imports import COFFEE, HEADER, SALARY, elsewhere, lines, sent
from vortex.db import alias_of
from vortex.testing import client_of, person

pytestmark = pytest.mark.django_db(databases=[alias_of("transactions")])


def zipped() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("statement.csv", b"0" * 20_000_000)
    return held.getvalue()


BOMB = (
    '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
OUTSIDE = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (zipped(), "a ZIP archive"),
        (b"\x1f\x8b" + b"0" * 50, "a compressed file"),
        (b"%PDF-1.7 ...", "a PDF document"),
        (camt(entry(bomb="&c;"), doctype=BOMB).encode(), "attackers use"),
        (camt(entry(bomb="&x;"), doctype=OUTSIDE).encode(), "attackers use"),
        (b"OFXHEADER:100\nDATA:OFXSGML\n<OFX><!ENTITY x 'y'></OFX>", "attackers use"),
        (b"OFXHEADER:100\nDATA:OFXSGML\n<OFX><STMTTRN><<<>>>&&", "damaged"),
        (bytes(range(256)) * 20, "not"),
        (b"<html><body>Sign in first</body></html>", "no statement"),
        ("Datum;Betrag\n01.03.2026;für\n".encode("cp1250"), "UTF-8"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_statement_is_refused_in_words_for_people(content: bytes, words: str) -> None:
    alice = person()

    made = sent(alice, elsewhere(alice), content)

    assert made.status_code == 201, made.content
    assert made.data["state"] in {"failed", "needs_mapping"}
    assert words in made.data["problem"]
    assert "--" not in made.data["problem"]
    assert "root:" not in made.content.decode()
    assert "Error" not in made.data["problem"]
    at = f"/api/transactions/imports/{made.data['id']}"
    assert client_of(alice).post(f"{at}/publish").status_code == 409


def test_a_mark_at_the_start_utf_16_and_line_breaks_in_quotes_are_read() -> None:
    alice = person()
    account_id = elsewhere(alice)
    broken = 'date,memo,amount\n2026-03-02,"Two\nlines, ""quoted""",-2.50\n'

    made = None
    for content in ("\ufeff" + HEADER + COFFEE, (HEADER + SALARY).encode("utf-16"), broken):
        made = sent(alice, account_id, content)
        assert made.data["state"] == "ready", made.data
    assert made is not None
    assert lines(alice, made.data["id"]) == [('Two lines, "quoted"', "new")]


def test_words_cannot_turn_the_line_they_stand_in_around() -> None:
    alice = person()
    made = sent(alice, elsewhere(alice), HEADER + "2026-03-02,\u202eliave\u202c\x7f,x,-1.00\n")

    assert lines(alice, made.data["id"]) == [("liave", "new")]


def test_a_gigabyte_is_refused_by_what_it_announces_and_by_what_comes() -> None:
    from apps.transactions.api.imports import ImportsView

    alice = person()
    account_id = elsewhere(alice)

    announced = client_of(alice).generic(
        "POST",
        "/api/transactions/imports",
        "--x\r\n",
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(2**30),
    )
    came = sent(alice, account_id, b"0" * (ImportsView.most_bytes + 1))

    assert [announced.status_code, came.status_code] == [413, 413]
    assert announced.data["code"] == came.data["code"] == "body_too_large"
    assert StatementImport.objects.count() == StoredFile.objects.count() == 0


def test_a_form_that_is_no_form_and_a_name_with_a_path_do_no_harm() -> None:
    alice = person()
    account_id = elsewhere(alice)
    client = client_of(alice)

    torn = client.generic(
        "POST", "/api/transactions/imports", "x", content_type="multipart/form-data"
    )
    named = sent(alice, account_id, HEADER + COFFEE, name="../../etc/passwd\u202e")
    without = client.post(
        "/api/transactions/imports", {"account_id": str(account_id)}, format="multipart"
    )

    assert torn.status_code == 400
    assert named.data["filename"] == "passwd"
    assert without.data["code"] == "validation_failed"
