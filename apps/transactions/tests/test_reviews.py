"""Transfers that the bank looks at first: held, decided once, and never spent twice."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
import pytest

from apps.transactions.contracts import Leg, Posting
from apps.transactions.models import Hold, Review
from apps.transactions.models import Posting as PostingRow
from apps.transactions.services import accounts, holding, judging, reviewing
from apps.transactions.services.posting import post
from apps.transactions.services.transferring import Transfer
from apps.transactions.tests.outbox import said as events
from apps.transactions.tests.test_api import account_of, body, booked, send
from apps.transactions.tests.test_at_once import at_once
from apps.transactions.tests.test_holding import held, laws_hold, said
from vortex.clock import now
from vortex.contracts import Principal
from vortex.db import alias_of
from vortex.errors import Refusal
from vortex.ids import new_id
from vortex.money import Money
from vortex.testing import client_of, person

pytestmark = pytest.mark.django_db(transaction=True, databases=[alias_of("transactions")])

RICH = 10_000_000  # minor units
OFFICER = ("compliance_officer",)


class World:
    """Somebody with money, and somebody whom they have never paid."""

    def __init__(self, minor: int = RICH) -> None:
        self.alice, self.bob = person(), person()
        self.source, self.target = account_of(self.alice, minor), account_of(self.bob)

    def pay(self, amount: str, *, key: str = "", **more: Any) -> Any:
        return send(client_of(self.alice), body(self.source, self.target, amount) | more, key=key)


def decide(made: str, verb: str, by: Principal | None = None, **more: Any) -> Any:
    asked = {"words": "Asked back by telephone.", **more}
    return send(client_of(by or person(*OFFICER)), asked, path=f"/reviews/{made}/{verb}")


def seen(alice: Principal, made: str) -> str:
    return str(client_of(alice).get(f"/api/transactions/pending/{made}").data["state"])


def test_a_large_transfer_to_a_stranger_waits_with_its_money_set_aside() -> None:
    world = World(300_000)

    answer = world.pay("2000.00", description="Deposit")
    again = world.pay("1500.00")

    assert answer.status_code == 202, answer.content
    assert (answer.data["state"], answer.data["committed"]["amount"]) == ("under_review", "0.00")
    assert answer.headers["Location"].endswith(f"/pending/{answer.data['id']}")
    assert (booked(world.source), held(world.source), booked(world.target)) == (300_000, 200_000, 0)
    assert again.data["code"] == "insufficient_funds"
    assert said() == ["hold.placed", "transaction.review_required"]
    assert events("transaction.review_required")[0]["reasons"] == ["new_payee"]
    assert laws_hold()


def test_what_is_approved_is_made_once_under_its_id_and_posts_as_the_payers() -> None:
    world = World()
    made = world.pay("2000.00", description="Deposit").data["id"]

    done = decide(made, "approve")
    twice = decide(made, "approve")

    assert (done.status_code, done.data["state"]) == (200, "approved"), done.content
    assert (twice.status_code, twice.data["code"]) == (409, "review_decided")
    assert (booked(world.source), held(world.source), booked(world.target)) == (
        RICH - 200_000,
        0,
        200_000,
    )
    posting = PostingRow.objects.get(pk=made)
    assert (posting.actor_id, posting.description) == (world.alice.user_id, "Deposit")
    assert seen(world.alice, made) == "posted"
    assert laws_hold()


def test_what_is_rejected_frees_the_money_and_says_so_and_not_that_it_was_called_off() -> None:
    world = World()
    made = world.pay("2000.00").data["id"]

    done = decide(made, "reject", fraud=True)

    assert (done.status_code, done.data["state"]) == (200, "rejected"), done.content
    assert (booked(world.source), held(world.source)) == (RICH, 0)
    assert seen(world.alice, made) == "rejected"
    assert said()[2:] == ["hold.released", "transaction.fraud_detected", "transaction.rejected"]
    assert send(client_of(world.alice), {}, path=f"/{made}/commit").data["code"] == "hold_not_open"
    assert laws_hold()


def test_an_approved_pending_transfer_is_pending_and_waits_for_its_payer() -> None:
    world = World()
    made = world.pay("2000.00", pending=True).data["id"]

    too_early = send(client_of(world.alice), {}, path=f"/{made}/commit")
    decide(made, "approve")
    state = seen(world.alice, made)
    committed = send(client_of(world.alice), {}, path=f"/{made}/commit")

    assert (too_early.status_code, too_early.data["state"]) == (409, "under_review")
    assert state == "pending"
    assert committed.status_code == 201, committed.content
    assert booked(world.target) == 200_000
    assert said()[1:3] == ["transaction.review_required", "transaction.created"]
    assert laws_hold()


def test_a_payer_may_call_off_what_is_under_review_and_time_ends_it_too() -> None:
    world = World()
    off, late = (world.pay("2000.00").data["id"] for _ in range(2))
    Hold.objects.filter(pk=late).update(expires_at=now() - timedelta(seconds=1))

    voided = send(client_of(world.alice), {}, path=f"/{off}/void")
    holding.expire_due(now=now())

    assert voided.data["state"] == "voided"
    assert seen(world.alice, late) == "expired"
    assert [decide(made, "approve").data["state"] for made in (off, late)] == ["lapsed"] * 2
    assert (booked(world.source), held(world.source)) == (RICH, 0)
    assert laws_hold()


def test_a_large_one_is_approved_by_two_of_the_staff_and_rejected_by_one() -> None:
    world = World()
    approved, rejected = (world.pay("10000.00").data["id"] for _ in range(2))
    first, second = person(*OFFICER), person(*OFFICER)

    half = decide(approved, "approve", first)
    same = decide(approved, "approve", first)
    before = booked(world.target)
    whole = decide(approved, "approve", second)
    no = decide(rejected, "reject", first)

    assert (half.data["state"], half.data["first_approved_by"]) == ("open", str(first.user_id))
    assert (same.status_code, same.data["code"]) == (422, "reviewer_refused")
    assert before == 0
    assert (whole.data["state"], no.data["state"]) == ("approved", "rejected")
    assert booked(world.target) == 1_000_000
    assert laws_hold()


def test_nobody_decides_about_their_own_money_and_customers_decide_nothing() -> None:
    staff = person("administrator")
    payee, other = account_of(staff), World()
    paid = send(client_of(other.alice), body(other.source, payee, "2000.00")).data["id"]
    own_source = account_of(staff, RICH)
    own = send(client_of(staff), body(own_source, other.target, "2000.00")).data["id"]

    refused = [decide(made, "approve", staff) for made in (paid, own)]
    by_customers = [decide(paid, verb, other.alice) for verb in ("approve", "reject")]
    read = client_of(other.alice).get("/api/transactions/reviews")
    by_support = decide(paid, "approve", person("support_agent"))

    assert [answer.data["code"] for answer in refused] == ["reviewer_refused"] * 2
    codes = [answer.status_code for answer in (*by_customers, read, by_support)]
    assert codes == [403] * 4
    assert booked(other.source) == RICH


def test_another_customer_neither_sees_nor_ends_what_is_under_review() -> None:
    world = World()
    made = world.pay("2000.00").data["id"]
    eve = client_of(person())

    answers = [
        eve.get(f"/api/transactions/pending/{made}"),
        send(eve, {}, path=f"/{made}/void"),
        send(eve, {}, path=f"/{made}/commit"),
        client_of(world.bob).get(f"/api/transactions/pending/{made}"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert held(world.source) == 200_000


def test_the_queue_shows_what_waits_longest_first_page_by_page() -> None:
    world = World()
    made = [world.pay(f"{2000 + number}.00").data["id"] for number in range(3)]
    decide(made[1], "reject")
    staff = client_of(person("analyst"))
    path = "/api/transactions/reviews"

    first = staff.get(path, {"state": "open", "limit": "1"}).data
    second = staff.get(path, {"state": "open", "cursor": str(first["next_cursor"])}).data
    one = staff.get(f"{path}/{made[1]}").data

    assert [row["id"] for page in (first, second) for row in page["items"]] == [made[0], made[2]]
    assert (one["state"], one["words"]) == ("rejected", "Asked back by telephone.")
    assert (one["reasons"], one["amount"]["amount"]) == (["new_payee"], "2001.00")
    assert staff.get(f"{path}/{new_id()}").status_code == 404


def test_the_payers_lists_keep_apart_what_waits_for_whom() -> None:
    world = World()
    own = world.pay("1.00", pending=True).data["id"]
    theirs, gone = (world.pay("2000.00").data["id"] for _ in range(2))
    decide(gone, "reject")

    def listed(state: str) -> list[str]:
        page = client_of(world.alice).get("/api/transactions/pending", {"state": state}).data
        return [item["id"] for item in page["items"]]

    assert listed("pending") == [own]
    assert listed("under_review") == [theirs]
    assert listed("rejected") == [gone]
    assert listed("voided") == []


def test_a_request_sent_twice_is_held_back_once_and_answered_alike() -> None:
    world = World()
    key = new_id().hex

    first, second = (world.pay("2000.00", key=key) for _ in range(2))

    assert (first.status_code, second.status_code) == (202, 202)
    assert first.content == second.content
    assert second.headers["Idempotency-Replayed"] == "true"
    assert Review.objects.count() == 1
    assert held(world.source) == 200_000


def test_of_an_approval_a_rejection_and_a_void_at_once_exactly_one_decides() -> None:
    world = World()
    for _ in range(5):
        made = UUID(world.pay("2000.00").data["id"])
        before = booked(world.target)

        def outcome(action: Callable[[], Any]) -> str:
            try:
                action()
            except Refusal as refusal:
                return refusal.code
            return "done"

        deciding: dict[str, Any] = {"transaction_id": made, "words": "", "at": now()}
        actions: list[Callable[[], Any]] = [
            partial(reviewing.approve, staff_id=new_id(), **deciding),
            partial(reviewing.reject, staff_id=new_id(), is_fraud=False, **deciding),
            partial(holding.release, hold_id=made, reason="", released_at=now()),
        ]
        outcomes = at_once([partial(outcome, action) for action in actions])

        approved = outcomes[0] == "done"
        assert approved or "done" in outcomes[1:], outcomes
        assert not (approved and "done" in outcomes[1:]), outcomes
        moved = booked(world.target) - before
        assert (moved, held(world.source)) == ((200_000 if approved else 0), 0)
    assert laws_hold()


def test_what_freezes_meanwhile_refuses_the_approval_and_leaves_it_under_review() -> None:
    world = World()
    made = world.pay("2000.00").data["id"]
    accounts.restrict_account(account_id=world.source, debits_frozen=True, credits_frozen=False)

    refused = decide(made, "approve")

    assert (refused.status_code, refused.data["code"]) == (422, "account_frozen")
    assert seen(world.alice, made) == "under_review"
    assert Review.objects.get(pk=made).state == "open"
    assert laws_hold()


def test_a_denied_transfer_is_written_down_once_and_says_nothing_of_why(settings) -> None:
    world = World()
    settings.VORTEX_GATE_POLICY = msgspec.json.encode(
        {"denied_accounts": [str(world.target)]}
    ).decode()
    key = new_id().hex

    answers = [world.pay("1.00", key=key) for _ in range(2)]

    assert [answer.data["code"] for answer in answers] == ["transaction_denied"] * 2
    assert "denied_account" not in answers[0].content.decode()
    (written,) = Review.objects.all()
    assert (written.state, written.reasons) == ("denied", ["denied_account"])
    assert said() == ["transaction.fraud_detected", "transaction.rejected"]
    assert (booked(world.source), held(world.source)) == (RICH, 0)
    assert decide(str(written.id), "approve").data["code"] == "review_decided"
    assert laws_hold()


def test_what_cannot_wait_for_staff_is_refused_whole() -> None:
    world = World()
    item = body(world.source, world.target, "2000.00") | {"id": str(new_id())}
    small = body(world.source, world.target, "1.00") | {"id": str(new_id())}
    legs = [
        {"account_id": str(world.source), "amount": {"amount": "-2000.00", "currency": "EUR"}},
        {"account_id": str(world.target), "amount": {"amount": "2000.00", "currency": "EUR"}},
    ]

    answers = [
        send(client_of(world.alice), {"items": [small, item]}, path="/bulk"),
        send(client_of(world.alice), {"legs": legs}, path="/legs"),
    ]

    assert [answer.data["code"] for answer in answers] == ["review_required"] * 2
    assert (booked(world.source), held(world.source), booked(world.target)) == (RICH, 0, 0)


def test_ones_own_accounts_and_settled_payees_are_not_waited_for() -> None:
    world = World()
    savings = account_of(world.alice)
    yesterday = now() - timedelta(hours=25)
    legs = ((world.source, -100), (world.target, 100))
    post(
        Posting(
            posting_id=new_id(),
            legs=tuple(Leg(account_id=a, amount_minor=m, currency="EUR") for a, m in legs),
            booked_at=yesterday,
        )
    )

    answers = [
        send(client_of(world.alice), body(world.source, savings, "50000.00")),
        world.pay("14999.99"),
    ]

    assert [answer.status_code for answer in answers] == [201, 201]


def test_what_a_large_set_has_made_since_it_began_is_no_other_act(settings) -> None:
    settings.VORTEX_GATE_POLICY = '{"many_an_hour": 1}'
    world, began = World(), now()
    assert world.pay("300.00").status_code == 201
    next_part = Transfer(
        posting_id=new_id(),
        source_account_id=world.source,
        target_account_id=world.target,
        amount=Money(30_000, "EUR"),
        description="",
        counterparty="",
        reference="",
        category="",
        effective_date=None,
    )

    asked = partial(judging.judged, transfers=[next_part], user_id=world.alice.user_id, at=now())

    assert asked(began_at=began)[0].reasons == ()
    assert asked()[0].reasons == ("many_payments",)
