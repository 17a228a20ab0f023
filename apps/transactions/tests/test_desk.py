"""Filing on a customer's behalf: as the customer would, once, and only what is theirs."""

from uuid import UUID

import pytest

from apps.transactions.contracts import (
    DisputeReason,
    FilingDesk,
    FilingPart,
    FilingRule,
    LedgerAccountKind,
    PostingNotFound,
)
from apps.transactions.services import accounts
from apps.transactions.tests.test_api import booked
from apps.transactions.tests.test_search import paid
from vortex.binding import bind
from vortex.clock import now
from vortex.db import alias_of
from vortex.ids import new_id
from vortex.testing import client_of, person

pytestmark = pytest.mark.django_db(transaction=True, databases=[alias_of("transactions")])

STATEMENT = (
    b"date,amount,currency,description,counterparty\n"
    b"2026-03-02,-4.50,EUR,Coffee,Bar\n2026-03-03,20.00,EUR,Gift,Gran\n"
)


def test_what_is_filed_for_a_customer_twice_is_filed_once_and_shown_to_them() -> None:
    alice, desk = person(), bind(FilingDesk)
    owner, made = alice.user_id, UUID(paid(alice, "9.00", "Supermarket"))
    paper, complaint, rule = new_id(), new_id(), new_id()
    parts = (
        FilingPart(amount_minor=600, category="groceries"),
        FilingPart(amount_minor=300, category="gifts"),
    )

    for _ in range(2):
        desk.annotate(posting_id=made, owner_id=owner, tags=("Team",), note="For all")
        desk.split(posting_id=made, owner_id=owner, parts=parts)
        desk.attach(
            attachment_id=paper,
            posting_id=made,
            owner_id=owner,
            filename="bill.txt",
            content=b"One menu",
        )
        desk.complain(
            dispute_id=complaint,
            posting_id=made,
            owner_id=owner,
            reason=DisputeReason.DUPLICATE,
            words="",
        )
        desk.add_rule(
            rule_id=rule,
            owner_id=owner,
            rule=FilingRule(name="Food", counterparty="Market", category="groceries"),
        )

    client, path = client_of(alice), f"/api/transactions/{made}"
    assert client.get(f"{path}/filing").data == {"tags": ["team"], "note": "For all"}
    assert len(client.get(f"{path}/split").data["parts"]) == 2
    assert [one["id"] for one in client.get(f"{path}/attachments").data["items"]] == [str(paper)]
    shown = client.get("/api/transactions/disputes").data["items"]
    assert [one["id"] for one in shown] == [str(complaint)]
    assert [one["id"] for one in client.get("/api/transactions/rules").data["items"]] == [str(rule)]


def test_what_is_somebody_elses_is_not_filed() -> None:
    made = UUID(paid(person(), "9.00", "x"))

    with pytest.raises(PostingNotFound):
        bind(FilingDesk).annotate(posting_id=made, owner_id=new_id(), tags=("mine",), note="")


def test_a_statement_is_brought_in_once_however_often_it_is_sent() -> None:
    alice, account_id, import_id = person(), new_id(), new_id()
    accounts.open_account(
        account_id=account_id,
        owner_id=alice.user_id,
        currency="EUR",
        kind=LedgerAccountKind.EXTERNAL,
        name="",
        overdraft_minor=0,
        opened_at=now(),
    )

    states = [
        bind(FilingDesk).bring_in(
            import_id=import_id,
            owner_id=alice.user_id,
            account_id=account_id,
            filename="march.csv",
            content=STATEMENT,
        )
        for _ in range(2)
    ]

    assert states == ["published"] * 2
    assert booked(account_id) == 1_550
