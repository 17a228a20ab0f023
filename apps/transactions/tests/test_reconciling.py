"""Reconciling: every line and every entry ends in exactly one item, and breaks are named."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st

from apps.transactions.domain.reconciling import ItemKind, Ours, Theirs, compared
from apps.transactions.models import Reconciliation
from apps.transactions.tests.outbox import said
from apps.transactions.tests.test_api import account_of
from apps.transactions.tests.test_imports import HEADER, elsewhere, published
from vortex.contracts import Principal
from vortex.db import alias_of
from vortex.ids import new_id
from vortex.testing import client_of, person

pytestmark = pytest.mark.django_db(databases=[alias_of("transactions")])

DAY = date(2026, 3, 2)


def compare(owner: Principal, account_id: UUID, content: str) -> Any:
    return client_of(owner).post(
        "/api/transactions/reconciliations",
        {"account_id": str(account_id), "file": SimpleUploadedFile("s.csv", content.encode())},
        format="multipart",
    )


def line(day: str, words: str, amount: str) -> str:
    return f"2026-03-{day},{words},,{amount}\n"


HERE = (
    HEADER
    + line("01", "Salary", "1000.00")
    + line("02", "Coffee", "-2.50")
    + line("02", "Coffee", "-2.50")
    + line("03", "Rent", "-700.00")
    + line("04", "Only here", "-9.99")
)
THERE = (
    HEADER
    + line("01", "SALARY ACME", "1000.00")
    + line("03", "Coffee", "-2.50")
    + line("02", "Coffee", "-2.50")
    + line("03", "rent", "-770.00")
    + line("05", "Only there", "-1.00")
)


def test_what_differs_between_an_account_and_its_statement_is_listed() -> None:
    alice = person()
    account_id = elsewhere(alice)
    published(alice, account_id, HERE)

    made = compare(alice, account_id, THERE)

    assert made.status_code == 201, made.content
    counts = {
        kind: made.data[kind]
        for kind in ("matched", "missing_here", "missing_there", "amount_differs")
    }
    assert counts == {"matched": 3, "missing_here": 1, "missing_there": 1, "amount_differs": 1}
    assert made.data["whole"] is False
    items = client_of(alice).get(f"{made['Location']}/items").data["items"]
    by_kind = {one["kind"]: one for one in items if one["kind"] != "matched"}
    assert by_kind["amount_differs"]["ours"]["amount"] == "-700.00"
    assert by_kind["amount_differs"]["theirs"]["amount"] == "-770.00"
    assert by_kind["missing_there"]["description"] == "Only here"
    assert by_kind["missing_there"]["theirs"] is None
    assert by_kind["missing_here"]["transaction_id"] is None
    breaks = client_of(alice).get(f"{made['Location']}/items", {"kind": "missing_here"})
    assert len(breaks.data["items"]) == 1
    (event,) = said("transaction.reconciled")
    assert (event["matched"], event["breaks"]) == (3, 3)


def test_an_account_of_this_bank_can_be_compared_and_nothing_is_posted() -> None:
    alice = person()
    account_id = account_of(alice, 1_000)

    made = compare(alice, account_id, HEADER + line("01", "x", "1.00"))

    assert made.data["missing_here"] == 1
    assert client_of(alice).get("/api/transactions").data["items"][0]["description"] == "opening"


def test_what_cannot_be_read_whole_is_refused_in_words() -> None:
    alice = person()
    account_id = elsewhere(alice)

    torn = compare(alice, account_id, HEADER + line("01", "x", "1.00") + "bad\n")
    doubtful = compare(alice, account_id, "date,memo,amount\n03/04/2026,x,1.00\n")

    assert [torn.data["code"], doubtful.data["code"]] == ["unreadable_statement"] * 2
    assert "fields" in torn.data["detail"]
    assert "date_format" in doubtful.data["detail"]
    assert Reconciliation.objects.count() == 0


def test_nobody_compares_or_reads_what_is_not_theirs() -> None:
    alice, bob = person(), person()
    account_id = elsewhere(alice)
    made = compare(alice, account_id, HEADER + line("01", "x", "1.00"))
    eve = client_of(bob)

    assert compare(bob, account_id, HEADER + line("01", "x", "1.00")).status_code == 404
    assert eve.get(made["Location"]).status_code == 404
    assert eve.get(f"{made['Location']}/items").status_code == 404
    assert eve.get("/api/transactions/reconciliations").data["items"] == []
    assert len(client_of(alice).get("/api/transactions/reconciliations").data["items"]) == 1


days = st.integers(0, 6).map(lambda n: DAY + timedelta(days=n))
amounts = st.sampled_from((-100, -250, 100))
words = st.sampled_from(("", "coffee", "Rent"))


@given(
    st.lists(st.builds(Ours, st.builds(new_id), days, amounts, words), max_size=30),
    st.lists(st.builds(Theirs, days, amounts, words), max_size=30),
)
def test_every_line_and_every_entry_is_in_exactly_one_item(
    ours: list[Ours], theirs: list[Theirs]
) -> None:
    items = compared(ours, theirs)

    assert sorted(i.ours.posting_id for i in items if i.ours) == sorted(o.posting_id for o in ours)
    found = [i.theirs for i in items if i.theirs]
    key = lambda one: (one.day, one.amount_minor, one.description)  # noqa: E731
    assert sorted(found, key=key) == sorted(theirs, key=key)
    for item in items:
        if item.kind is ItemKind.MATCHED:
            assert item.ours
            assert item.theirs
            assert item.ours.amount_minor == item.theirs.amount_minor
        missing = {ItemKind.MISSING_HERE: item.ours, ItemKind.MISSING_THERE: item.theirs}
        assert missing.get(item.kind) is None


@given(st.lists(st.builds(Theirs, days, amounts, words), max_size=30))
def test_the_same_lines_on_both_sides_have_no_break(theirs: list[Theirs]) -> None:
    ours = [Ours(new_id(), one.day, one.amount_minor, one.description) for one in theirs]

    assert {item.kind for item in compared(ours, theirs)} <= {ItemKind.MATCHED}
