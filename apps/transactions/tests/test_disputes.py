"""Complaints: a customer reports, staff answer, and money that is given back goes back once."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from apps.transactions.contracts import DisputeExists, DisputeReason
from apps.transactions.models import Dispute
from apps.transactions.services import disputing
from apps.transactions.services.verifying import LAWS, breaches_of
from apps.transactions.tests.outbox import said
from apps.transactions.tests.test_api import account_of, body, booked, send
from apps.transactions.tests.test_at_once import at_once
from vortex.clock import now
from vortex.contracts import Principal
from vortex.db import alias_of
from vortex.ids import new_id
from vortex.testing import client_of, person

pytestmark = pytest.mark.django_db(transaction=True, databases=[alias_of("transactions")])

STAFF = "support_agent"


def moved(alice: Principal, amount: str = "10.00") -> tuple[str, UUID, UUID]:
    """Make a transfer; return it and both accounts."""
    source, target = account_of(alice, 10_000), account_of(person())
    made = send(client_of(alice), body(source, target, amount))
    return str(made.data["id"]), source, target


def report(owner: Principal, posting_id: str, reason: str = "unrecognised") -> Any:
    return client_of(owner).post(
        f"/api/transactions/{posting_id}/dispute", {"reason": reason, "words": "Not me"}
    )


def resolve(staff: Principal, dispute_id: str, key: str = "", *, refund: bool) -> Any:
    return client_of(staff).post(
        f"/api/transactions/disputes/{dispute_id}/resolve",
        {"refund": refund, "answer": "So be it"},
        headers={"Idempotency-Key": key or new_id().hex},
    )


def test_a_complaint_goes_from_the_customer_over_staff_to_the_money() -> None:
    alice, staff = person(), person(STAFF)
    made, source, target = moved(alice)

    opened = report(alice, made)
    assert opened.status_code == 201, opened.content
    assert opened.data["amount"] == {"amount": "10.00", "currency": "EUR"}
    at = f"/api/transactions/disputes/{opened.data['id']}"
    queue = client_of(staff).get("/api/transactions/disputes/queue", {"state": "open"})
    assert [one["id"] for one in queue.data["items"]] == [opened.data["id"]]
    assert client_of(staff).post(f"{at}/review").data["state"] == "in_review"
    done = resolve(staff, opened.data["id"], refund=True)

    assert done.json()["state"] == "refunded"
    assert (booked(source), booked(target)) == (10_000, 0)
    shown = client_of(alice).get(at).data
    assert (shown["state"], shown["answer"]) == ("refunded", "So be it")
    assert shown["reversal_id"] is not None
    back = client_of(alice).get(f"/api/transactions/{shown['reversal_id']}").data
    assert back["reverses_id"] == made
    assert said("transaction.disputed")[0]["reason"] == "unrecognised"
    assert said("transaction.dispute_resolved")[0]["state"] == "refunded"
    assert [law.name for law in LAWS if breaches_of(law)] == []


def test_an_answer_sent_twice_gives_back_once() -> None:
    alice, staff = person(), person(STAFF)
    made, source, _ = moved(alice)
    dispute = report(alice, made).data["id"]

    first = resolve(staff, dispute, "key", refund=True)
    again = resolve(staff, dispute, "key", refund=True)
    other = resolve(staff, dispute, refund=False)

    assert again.json() == first.json()
    assert again["Idempotency-Replayed"] == "true"
    assert other.data["code"] == "dispute_state_refused"
    assert booked(source) == 10_000


def test_money_that_the_receiver_has_spent_leaves_the_complaint_open() -> None:
    alice, bob, staff = person(), person(), person(STAFF)
    source, target = account_of(alice, 10_000), account_of(bob)
    made = send(client_of(alice), body(source, target, "10.00")).data["id"]
    send(client_of(bob), body(target, account_of(person()), "9.00"))
    dispute = report(alice, made).data["id"]

    refused = resolve(staff, dispute, refund=True)

    assert refused.data["code"] == "insufficient_funds"
    assert Dispute.objects.get().state == "open"
    assert booked(source) == 9_000


def test_one_complaint_at_a_time_even_when_two_come_at_once() -> None:
    alice = person()
    made, _, _ = moved(alice)
    ask = partial(
        disputing.report,
        posting_id=UUID(made),
        owner_id=alice.user_id,
        reason=DisputeReason.DUPLICATE,
        words="",
        at=now(),
    )

    done = at_once([partial(ask, dispute_id=new_id()) for _ in range(4)])

    assert sum(isinstance(one, DisputeExists) for one in done) == 3
    open_ = Dispute.objects.get()
    client = client_of(alice)
    for _ in range(2):
        taken = client.post(f"/api/transactions/disputes/{open_.id}/withdraw")
        assert taken.data["state"] == "withdrawn"
    assert report(alice, made).status_code == 201


def test_only_money_that_went_out_lately_and_still_is_out_is_complained_about() -> None:
    alice, bob, staff = person(), person(), person("administrator")
    source, target = account_of(alice, 10_000), account_of(bob)
    made = send(client_of(alice), body(source, target, "10.00")).data["id"]
    between = send(client_of(alice), body(source, account_of(alice), "1.00")).data["id"]
    undone = send(client_of(alice), body(source, target, "2.00")).data["id"]
    send(client_of(staff), {"reason": "x"}, path=f"/{undone}/reverse")

    assert report(bob, made).data["code"] == "dispute_refused"
    assert report(alice, between).data["code"] == "dispute_refused"
    assert report(alice, undone).data["code"] == "dispute_refused"
    assert report(alice, made, "because").status_code == 422
    with pytest.raises(Exception, match="13 months"):
        disputing.report(
            dispute_id=new_id(),
            posting_id=UUID(made),
            owner_id=alice.user_id,
            reason=DisputeReason.OTHER,
            words="",
            at=now() + timedelta(days=400),
        )


def test_customers_see_their_own_complaints_and_resolve_none() -> None:
    alice, bob = person(), person()
    made, _, _ = moved(alice)
    dispute = report(alice, made).data["id"]
    at, eve = f"/api/transactions/disputes/{dispute}", client_of(bob)

    assert report(bob, made).status_code == 404
    assert eve.get(at).status_code == eve.post(f"{at}/withdraw").status_code == 404
    assert eve.get("/api/transactions/disputes").data["items"] == []
    assert eve.get("/api/transactions/disputes/queue").status_code == 403
    assert eve.post(f"{at}/review").status_code == 403
    assert resolve(alice, dispute, refund=True).status_code == 403
    assert Dispute.objects.get().state == "open"


def test_staff_do_not_resolve_a_complaint_of_their_own() -> None:
    sasha = person("customer", STAFF)
    made, source, _ = moved(sasha)
    dispute = report(sasha, made).data["id"]

    assert resolve(sasha, dispute, refund=True).data["code"] == "dispute_state_refused"
    assert booked(source) == 9_000
