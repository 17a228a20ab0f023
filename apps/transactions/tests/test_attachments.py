"""Papers on transactions: what they are is seen in their bytes, and only their owner sees them."""

import io
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from reportlab.pdfgen.canvas import Canvas

from apps.transactions.models import Attachment, StoredFile
from apps.transactions.services import attaching
from apps.transactions.tests.test_api import account_of
from apps.transactions.tests.test_at_once import at_once
from apps.transactions.tests.test_search import paid
from vortex.clock import now
from vortex.contracts import Principal
from vortex.db import alias_of
from vortex.ids import new_id
from vortex.testing import client_of, person

pytestmark = pytest.mark.django_db(transaction=True, databases=[alias_of("transactions")])

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"
EXE = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff" + b"\x00" * 200
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


def pdf() -> bytes:
    held = io.BytesIO()
    canvas = Canvas(held, invariant=True)  # every time the same bytes
    canvas.drawString(100, 100, "Receipt")
    canvas.save()
    return held.getvalue()


def put(owner: Principal, posting_id: str, content: bytes, name: str) -> Any:
    return client_of(owner).post(
        f"/api/transactions/{posting_id}/attachments",
        {"file": SimpleUploadedFile(name, content, content_type="application/pdf")},
        format="multipart",
    )


def test_a_paper_comes_back_as_it_went_and_no_browser_runs_it() -> None:
    alice = person()
    made, receipt = paid(alice, "1.00", "x"), pdf()

    done = put(alice, made, receipt, 'Beleg "März".pdf')
    assert done.status_code == 201, done.content
    assert done.data["media_type"] == "application/pdf"
    back = client_of(alice).get(done["Location"])

    assert back.content == receipt
    assert back["Content-Type"] == "application/pdf"
    assert back["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in back["Content-Security-Policy"]
    assert back["Content-Disposition"] == (
        "attachment; filename=\"Beleg_M_rz.pdf\"; filename*=UTF-8''Beleg%20M%C3%A4rz.pdf"
    )
    listed = client_of(alice).get(f"/api/transactions/{made}/attachments").data["items"]
    assert [one["id"] for one in listed] == [done.data["id"]]
    assert client_of(alice).delete(done["Location"]).status_code == 204
    assert client_of(alice).get(done["Location"]).status_code == 404
    assert Attachment.objects.count() == StoredFile.objects.count() == 0


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (EXE, "invoice.pdf"),
        (EXE, "invoice.exe"),
        (b"%PDF-1.7\n", "invoice.exe"),
        (b"\n" * 20 + EXE + pdf(), "invoice.pdf"),
        (b"<html><script>alert(1)</script>", "page.txt"),
        (SVG, "image.svg"),
        (SVG, "image.png"),
        (PNG, "image.pdf"),
        (b"PK\x03\x04" + b"0" * 100, "macro.docm"),
        (b"#!/bin/sh\x00rm -rf /", "run.txt"),
        (b"", "empty.pdf"),
        (b"plain words", "words"),
    ],
)
def test_what_is_not_what_its_name_says_or_nothing_that_is_taken_is_refused(
    content: bytes, name: str
) -> None:
    alice = person()
    made = paid(alice, "1.00", "x")

    refused = put(alice, made, content, name)

    assert refused.status_code == 422, refused.content
    assert StoredFile.objects.count() == 0


def test_images_and_plain_text_are_taken() -> None:
    alice = person()
    made = paid(alice, "1.00", "x")

    assert put(alice, made, PNG, "shot.PNG").data["media_type"] == "image/png"
    assert put(alice, made, "Grüße".encode(), "a.txt").data["media_type"] == "text/plain"


def test_a_name_names_no_path_and_turns_nothing_around() -> None:
    alice = person()
    made = paid(alice, "1.00", "x")

    done = put(alice, made, pdf(), "..\\..\\etc/\u202efdp.exe\u202c.pdf")

    assert done.status_code == 201, done.content
    assert "/" not in done.data["filename"]
    assert "\u202e" not in done.data["filename"]
    assert ".." not in done.data["filename"]
    header = client_of(alice).get(done["Location"])["Content-Disposition"]
    assert "\n" not in header
    assert "\u202e" not in header


def test_another_persons_papers_do_not_exist_on_any_transaction() -> None:
    alice, bob = person(), person()
    shared, hers, his = paid(alice, "1.00", "x"), paid(alice, "2.00", "y"), paid(bob, "1.00", "z")
    done = put(alice, shared, pdf(), "a.pdf")
    eve = client_of(bob)
    paper = done.data["id"]

    answers = [
        eve.get(f"/api/transactions/{shared}/attachments"),
        put(bob, shared, pdf(), "a.pdf"),
        eve.get(done["Location"]),
        eve.delete(done["Location"]),
        eve.get(f"/api/transactions/{his}/attachments/{paper}"),
        client_of(alice).get(f"/api/transactions/{hers}/attachments/{paper}"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 6
    assert Attachment.objects.count() == 1


def test_the_receiver_of_a_payment_does_not_see_the_payers_papers() -> None:
    from apps.transactions.tests.test_api import body, send

    alice, bob = person(), person()
    made = send(client_of(alice), body(account_of(alice, 900), account_of(bob), "1.00")).data["id"]
    done = put(alice, made, pdf(), "a.pdf")

    assert client_of(bob).get(f"/api/transactions/{made}/attachments").data == {"items": []}
    assert client_of(bob).get(done["Location"]).status_code == 404


def test_the_same_paper_sent_twice_or_at_once_is_there_once_and_ten_are_enough() -> None:
    from uuid import UUID

    alice = person()
    made = paid(alice, "1.00", "x")
    attach = partial(
        attaching.attach,
        posting_id=UUID(made),
        owner_id=alice.user_id,
        filename="a.pdf",
        content=pdf(),
        at=now(),
    )

    at_once([partial(attach, attachment_id=new_id()) for _ in range(4)])
    assert Attachment.objects.count() == StoredFile.objects.count() == 1
    for place in range(9):
        assert put(alice, made, f"receipt {place}".encode(), "a.txt").status_code == 201

    assert put(alice, made, b"one more", "a.txt").data["code"] == "too_many_attachments"


def test_a_paper_that_is_too_large_is_refused_while_it_comes() -> None:
    alice = person()
    made = paid(alice, "1.00", "x")

    refused = put(alice, made, b"%PDF-" + b"0" * attaching.MOST_BYTES, "a.pdf")

    assert refused.status_code == 413


def test_a_bank_may_keep_papers_in_a_directory(settings: Any, tmp_path: Path) -> None:
    settings.VORTEX_FILES_DIR = str(tmp_path)
    alice = person()
    made = paid(alice, "1.00", "x")

    done = put(alice, made, pdf(), "a.pdf")

    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in kept] == [client_of(alice).get(done["Location"]).content]
    assert StoredFile.objects.count() == 0
    client_of(alice).delete(done["Location"])
    assert not kept[0].exists()
