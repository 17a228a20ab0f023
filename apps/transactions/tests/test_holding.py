"""Pending transactions: money set aside moves once, in part or not at all, and never twice."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from apps.transactions.contracts import (
    CaptureExceedsHold,
    Hold,
    HoldIdReused,
    HoldNotOpen,
    InsufficientFunds,
)
from apps.transactions.models import Account
from apps.transactions.models import Hold as HoldRow
from apps.transactions.services import accounts, holding
from apps.transactions.services.posting import post
from apps.transactions.services.verifying import LAWS, breaches_of
from apps.transactions.tests.test_api import account_of, body, booked, send
from apps.transactions.tests.test_at_once import account_with, at_once, transfer
from vortex.clock import now
from vortex.contracts import Principal
from vortex.db import alias_of
from vortex.errors import Refusal
from vortex.ids import new_id
from vortex.outbox.models import Message
from vortex.testing import client_of, person

OWN = alias_of("transactions")


pytestmark = pytest.mark.django_db(transaction=True, databases=[OWN])


def held(account_id: UUID) -> int:
    """Return what is set aside, in minor units."""
    return int(Account.objects.get(pk=account_id).held_minor)


def pending(alice: Principal, source: UUID, target: UUID, amount: str = "4.00", **more: Any) -> Any:
    """Authorise a transaction and return the answer."""
    return send(client_of(alice), body(source, target, amount) | {"pending": True, **more})


def overdue(transaction_id: str) -> None:
    """Let the time of a pending transaction be over."""
    HoldRow.objects.filter(pk=transaction_id).update(expires_at=now() - timedelta(seconds=1))


def said() -> list[str]:
    """Return the types of what was said, in order, without the posting's own."""
    types = Message.objects.using(OWN).order_by("id").values_list("type", flat=True)
    return [type_ for type_ in types if type_ != "transaction.posted"]


def laws_hold() -> bool:
    """Say whether no law is broken."""
    return not [breach for law in LAWS for breach in breaches_of(law)]


def test_a_pending_transaction_sets_money_aside_and_moves_none() -> None:
    alice = person()
    source, target = account_of(alice, 1000), account_of(person())

    answer = pending(alice, source, target)

    assert answer.status_code == 201, answer.content
    assert answer.data["state"] == "pending"
    assert (booked(source), held(source), booked(target)) == (1000, 400, 0)
    too_much = send(client_of(alice), body(source, target, "6.01"))
    assert too_much.data["code"] == "insufficient_funds"
    assert send(client_of(alice), body(source, target, "6.00")).status_code == 201
    assert said() == ["hold.placed", "transaction.created"]
    assert laws_hold()


def test_a_commit_moves_the_money_under_the_same_id() -> None:
    alice = person()
    source, target = account_of(alice, 1000), account_of(person())
    made = pending(alice, source, target).data["id"]

    answer = send(client_of(alice), {}, path=f"/{made}/commit")

    assert answer.status_code == 201, answer.content
    assert answer.data["id"] == made
    assert (booked(source), held(source), booked(target)) == (600, 0, 400)
    assert client_of(alice).get(f"/api/transactions/pending/{made}").data["state"] == "posted"
    assert said()[-1] == "hold.settled"
    assert laws_hold()


def test_a_partial_commit_frees_the_remainder() -> None:
    alice = person()
    source, target = account_of(alice, 1000), account_of(person())
    made = pending(alice, source, target).data["id"]

    amount = {"amount": {"amount": "1.50", "currency": "EUR"}}
    answer = send(client_of(alice), amount, path=f"/{made}/commit")

    assert answer.status_code == 201
    assert (booked(source), held(source), booked(target)) == (850, 0, 150)
    assert laws_hold()


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        ("4.01", "EUR", "capture_exceeds_hold"),
        ("0.00", "EUR", "validation_failed"),
        ("1.00", "GBP", "currency_mismatch"),
    ],
)
def test_a_commit_takes_at_most_what_was_set_aside(amount: str, currency: str, code: str) -> None:
    alice = person()
    source, target = account_of(alice, 1000), account_of(person())
    made = pending(alice, source, target).data["id"]

    wanted = {"amount": {"amount": amount, "currency": currency}}
    answer = send(client_of(alice), wanted, path=f"/{made}/commit")

    assert (answer.status_code, answer.data["code"]) == (422, code)
    assert (booked(source), held(source)) == (1000, 400)


@pytest.mark.parametrize("first", ["commit", "void", "expire"])
@pytest.mark.parametrize("second", ["commit", "void"])
def test_what_has_ended_is_not_ended_otherwise(first: str, second: str) -> None:
    alice = person()
    source, target = account_of(alice, 1000), account_of(person())
    made = pending(alice, source, target).data["id"]
    if first == "expire":
        overdue(made)
    else:
        send(client_of(alice), {}, path=f"/{made}/{first}")
    before = (booked(source), booked(target))

    answer = send(client_of(alice), {}, path=f"/{made}/{second}")

    if first == second == "void":
        assert answer.status_code == 200
    elif first == second == "commit":  # the same commit under another key is a replay
        assert answer.status_code == 201
    else:
        assert (answer.status_code, answer.data["code"]) == (409, "hold_not_open")
        assert answer.data["state"] == {"commit": "settled", "void": "released"}.get(
            first, "expired"
        )
    assert (booked(source), booked(target)) == before
    assert held(source) == 0
    assert laws_hold()


def test_a_second_commit_of_another_amount_is_refused() -> None:
    alice = person()
    source, target = account_of(alice, 1000), account_of(person())
    made = pending(alice, source, target).data["id"]
    send(client_of(alice), {}, path=f"/{made}/commit")

    amount = {"amount": {"amount": "1.50", "currency": "EUR"}}
    answer = send(client_of(alice), amount, path=f"/{made}/commit")

    assert (answer.status_code, answer.data["code"]) == (409, "posting_id_reused")
    assert booked(source) == 600


def test_the_clockwork_lets_holds_expire_and_says_so() -> None:
    alice = person()
    source, target = account_of(alice, 1000), account_of(person())
    overdue(pending(alice, source, target).data["id"])

    assert holding.expire_due(now=now()) == 1
    assert holding.expire_due(now=now()) == 0

    assert (booked(source), held(source)) == (1000, 0)
    assert said()[-2:] == ["hold.expired", "transaction.expired"]


def test_money_whose_time_is_over_can_be_set_aside_again_before_the_clock_comes_by() -> None:
    alice = person()
    source, target = account_of(alice, 1000), account_of(person())
    overdue(pending(alice, source, target, "9.00").data["id"])

    assert pending(alice, source, target, "8.00").status_code == 201
    assert held(source) == 800


def test_an_account_that_was_frozen_meanwhile_refuses_the_commit_and_keeps_the_hold() -> None:
    alice = person()
    source, target = account_of(alice, 1000), account_of(person())
    made = pending(alice, source, target).data["id"]
    accounts.restrict_account(account_id=source, debits_frozen=True, credits_frozen=False)

    answer = send(client_of(alice), {}, path=f"/{made}/commit")

    assert (answer.status_code, answer.data["code"]) == (422, "account_frozen")
    assert held(source) == 400
    assert pending(alice, source, target).data["code"] == "account_frozen"
    accounts.restrict_account(account_id=source, debits_frozen=False, credits_frozen=False)
    assert send(client_of(alice), {}, path=f"/{made}/commit").status_code == 201


def test_a_receiver_that_closed_meanwhile_refuses_the_commit() -> None:
    alice = person()
    source, target = account_of(alice, 1000), account_of(person())
    made = pending(alice, source, target).data["id"]
    accounts.close_account(account_id=target, closed_at=now())

    answer = send(client_of(alice), {}, path=f"/{made}/commit")

    assert (answer.status_code, answer.data["code"]) == (422, "account_closed")
    assert send(client_of(alice), {}, path=f"/{made}/void").status_code == 200
    assert held(source) == 0


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"amount": {"amount": "10.01", "currency": "EUR"}}, 422, "insufficient_funds"),
        ({"amount": {"amount": "1.00", "currency": "GBP"}}, 422, "currency_mismatch"),
        ({"target_account_id": str(new_id())}, 404, "account_not_found"),
        ({"source_account_id": str(new_id())}, 404, "account_not_found"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, 422, "invalid_expiry"),
        ({"expires_at": "2999-01-01T00:00:00Z"}, 422, "invalid_expiry"),
        ({"effective_date": "1066-10-14"}, 422, "invalid_effective_date"),
    ],
)
def test_a_hold_that_cannot_be_placed_says_why(
    change: dict[str, Any], status: int, code: str
) -> None:
    alice = person()
    source, target = account_of(alice, 1000), account_of(person())

    answer = send(client_of(alice), body(source, target) | {"pending": True} | change)

    assert answer.data["code"] == code
    assert answer.status_code in {status, 400}
    assert held(source) == 0


def test_another_persons_pending_transaction_does_not_exist() -> None:
    alice, bob = person(), person()
    source, target = account_of(alice, 1000), account_of(bob)
    made = pending(alice, source, target).data["id"]

    for stranger in (bob, person()):
        client = client_of(stranger)
        assert client.get(f"/api/transactions/pending/{made}").status_code == 404
        assert send(client, {}, path=f"/{made}/commit").status_code == 404
        assert send(client, {}, path=f"/{made}/void").status_code == 404
        assert client.get("/api/transactions/pending").data["items"] == []
    assert [item["id"] for item in client_of(alice).get("/api/transactions/pending").data["items"]]


def test_pending_transactions_are_paged_by_state() -> None:
    alice = person()
    source, target = account_of(alice, 1000), account_of(person())
    made = [pending(alice, source, target, "1.00").data["id"] for _ in range(3)]
    send(client_of(alice), {}, path=f"/{made[0]}/void")

    first = client_of(alice).get("/api/transactions/pending", {"limit": 1}).data
    rest = client_of(alice).get("/api/transactions/pending", {"cursor": first["next_cursor"]}).data
    voided = client_of(alice).get("/api/transactions/pending", {"state": "voided"}).data

    assert [item["id"] for item in first["items"] + rest["items"]] == made[:0:-1]
    assert [item["id"] for item in voided["items"]] == made[:1]


def a_hold(account_id: UUID, minor: int = 100) -> Hold:
    """Return a hold as another context would ask for it."""
    return Hold(
        hold_id=new_id(),
        account_id=account_id,
        amount_minor=minor,
        currency="EUR",
        expires_at=now() + timedelta(days=1),
    )


def test_a_hold_is_placed_once_however_often_it_is_sent() -> None:
    account = account_with(500)
    hold = a_hold(account)

    for _ in range(2):
        holding.place(hold=hold, placed_at=now())

    assert held(account) == 100
    other = Hold(**{name: getattr(hold, name) for name in hold.__struct_fields__} | {"reason": "x"})
    with pytest.raises(HoldIdReused):
        holding.place(hold=other, placed_at=now())


def test_many_holds_at_once_never_set_aside_more_than_there_is() -> None:
    account = account_with(1000)

    outcomes = at_once(
        [lambda: holding.place(hold=a_hold(account), placed_at=now()) for _ in range(30)]
    )

    refused = [o for o in outcomes if isinstance(o, Refusal)]
    assert len(refused) == 20
    assert all(isinstance(o, InsufficientFunds) for o in refused)
    assert held(account) == 1000
    assert laws_hold()


def test_of_a_commit_a_void_and_an_expiry_at_once_exactly_one_happens() -> None:
    source, target = account_with(10_000), account_with(0)
    holds = [a_hold(source) for _ in range(8)]
    for hold in holds:
        holding.place(hold=hold, placed_at=now())

    def settle(hold: Hold, posting_id: UUID) -> Callable[[], Any]:
        posting = transfer(source, target, 60, posting_id)
        return lambda: holding.settle(hold_id=hold.hold_id, posting=posting, settled_at=now())

    later = now() + timedelta(days=2)

    def release(hold: Hold) -> Callable[[], Any]:
        return lambda: holding.release(hold_id=hold.hold_id, reason="", released_at=now())

    def expire(hold: Hold) -> Callable[[], Any]:
        return lambda: holding.expire(hold_id=hold.hold_id, now=later)

    work: list[Callable[[], Any]] = []
    for hold in holds:
        work += [settle(hold, new_id()), settle(hold, new_id()), release(hold), expire(hold)]
    work += [lambda: post(transfer(source, target, 1)) for _ in range(20)]
    outcomes = at_once(work)

    assert not [o for o in outcomes if isinstance(o, Exception) and not isinstance(o, HoldNotOpen)]
    settled = HoldRow.objects.filter(state="settled").count()
    assert Account.objects.get(pk=target).booked_minor == settled * 60 + 20
    assert held(source) == 0
    assert laws_hold()


def test_a_posting_that_stood_before_settles_no_hold() -> None:
    source, target = account_with(1000), account_with(0)
    hold, stood = a_hold(source), transfer(source, target, 60)
    holding.place(hold=hold, placed_at=now())
    post(stood)

    with pytest.raises(Refusal, match="already used"):
        holding.settle(hold_id=hold.hold_id, posting=stood, settled_at=now())

    assert held(source) == 100


def test_a_posting_that_takes_nothing_from_the_account_settles_nothing() -> None:
    source, other, target = account_with(1000), account_with(1000), account_with(0)
    hold = a_hold(source)
    holding.place(hold=hold, placed_at=now())

    with pytest.raises(CaptureExceedsHold):
        holding.settle(hold_id=hold.hold_id, posting=transfer(other, target, 60), settled_at=now())
