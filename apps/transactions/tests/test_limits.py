"""Limits and mandates in the ledger: two at once pass no limit, and no door goes around them."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from apps.transactions.contracts import (
    Channel,
    Hold,
    LedgerAccounts,
    LimitUsage,
    MalformedLimit,
    Period,
    Posting,
    PostingKind,
    SpendingLimit,
    SpendingLimitExceeded,
)
from apps.transactions.models import Account
from apps.transactions.services import holding
from apps.transactions.services.posting import post, post_many
from apps.transactions.tests.lane_site import Payer, Site, site
from apps.transactions.tests.test_api import account_of, body, booked, send
from apps.transactions.tests.test_at_once import account_with, at_once, the_laws_hold, transfer
from vortex import valkey
from vortex.binding import bind
from vortex.clock import now
from vortex.db import alias_of
from vortex.errors import Refusal
from vortex.identity import Revoked, remember
from vortex.ids import new_id
from vortex.testing import client_of, person

pytestmark = pytest.mark.django_db(transaction=True, databases=[alias_of("transactions")])


def limited(
    account_id: UUID,
    minor: int,
    period: Period = Period.DAY,
    channel: Channel = Channel.ANY,
    spender_id: UUID | None = None,
    **more: Any,
) -> None:
    """Let an account have this one limit."""
    limit = SpendingLimit(period=period, channel=channel, amount_minor=minor, **more)
    bind(LedgerAccounts).set_limits(account_id=account_id, spender_id=spender_id, limits=(limit,))


def used_of(account_id: UUID) -> list[int]:
    return [usage.used_minor for usage in bind(LedgerAccounts).limits(account_id=account_id)]


def paid(source: UUID, target: UUID, minor: int, **more: Any) -> Posting:
    legs = transfer(source, target, minor).legs
    return Posting(posting_id=more.pop("posting_id", None) or new_id(), legs=legs, **more)


def hold_of(account_id: UUID, minor: int, **more: Any) -> Hold:
    return Hold(
        hold_id=new_id(),
        account_id=account_id,
        amount_minor=minor,
        currency="EUR",
        expires_at=now() + timedelta(days=1),
        **more,
    )


def test_many_payments_at_once_never_pass_the_days_limit() -> None:
    source, target = account_with(10_000), account_with(0)
    limited(source, 550)

    outcomes = at_once([lambda: post(transfer(source, target, 100)) for _ in range(40)])

    refused = [outcome.code for outcome in outcomes if isinstance(outcome, Refusal)]
    assert refused == ["spending_limit_exceeded"] * 35
    assert Account.objects.get(pk=target).booked_minor == 500
    assert used_of(source) == [500]
    assert the_laws_hold()


def test_what_is_set_aside_and_what_is_paid_at_once_share_one_limit() -> None:
    source, target = account_with(10_000), account_with(0)
    limited(source, 500)
    pay = partial(lambda: post(transfer(source, target, 100)))
    reserve = partial(lambda: holding.place(hold=hold_of(source, 100), placed_at=now()))

    outcomes = at_once([pay, reserve] * 12)

    assert sum(not isinstance(outcome, Refusal) for outcome in outcomes) == 5
    assert used_of(source) == [500]


def test_settling_counts_nothing_twice_and_releasing_gives_back() -> None:
    source, target = account_with(1_000), account_with(0)
    limited(source, 300)
    first = holding.place(hold=hold_of(source, 200), placed_at=now())
    second = holding.place(hold=hold_of(source, 100), placed_at=now())

    holding.settle(hold_id=first.id, posting=transfer(source, target, 150), settled_at=now())
    holding.release(hold_id=second.id, reason="", released_at=now())

    assert used_of(source) == [150]
    post(transfer(source, target, 150))
    with pytest.raises(SpendingLimitExceeded):
        post(transfer(source, target, 1))


def test_a_refusal_says_which_limit_and_what_it_leaves() -> None:
    source, target = account_with(1_000), account_with(0)
    limited(source, 300, Period.MONTH)
    post(transfer(source, target, 250))

    with pytest.raises(SpendingLimitExceeded) as refused:
        post(transfer(source, target, 51))

    facts = refused.value.facts
    assert (facts["period"], facts["channel"], facts["left_minor"]) == ("month", "any", 50)
    assert facts["account_id"] == str(source)


def test_a_single_payment_has_its_own_limit_however_many_there_are() -> None:
    source, target = account_with(1_000), account_with(0)
    limited(source, 100, Period.TRANSACTION)

    outcomes = post_many([transfer(source, target, minor) for minor in (100, 101, 100, 100)])

    assert [outcome.posted for outcome in outcomes] == [True, False, True, True]
    assert outcomes[1].code == "spending_limit_exceeded"


def test_a_batch_is_counted_item_by_item_and_what_failed_is_not_spent() -> None:
    source, target = account_with(150), account_with(0)
    limited(source, 200)
    items = [transfer(source, target, minor) for minor in (180, 100, 50, 60)]

    outcomes = post_many(items)

    # 180 is more than there is, so it leaves the limit to the others; 60 is more than is left.
    assert [outcome.code for outcome in outcomes] == [
        "insufficient_funds",
        "",
        "",
        "spending_limit_exceeded",
    ]
    assert used_of(source) == [150]


def test_one_id_twice_in_a_batch_goes_round_no_limit() -> None:
    source, target, posting_id = account_with(500), account_with(0), new_id()
    limited(source, 100)
    items = [
        transfer(source, target, 90, posting_id=posting_id),
        transfer(source, target, 90, posting_id=posting_id),
        transfer(source, target, 400, posting_id=posting_id),
    ]
    poor = account_with(10)
    limited(poor, 100)
    dear = new_id()
    more = [
        transfer(poor, target, 100, posting_id=dear),
        transfer(source, target, 400, posting_id=dear),
    ]

    outcomes = post_many([*items, *more])

    assert [(outcome.posted, outcome.replayed) for outcome in outcomes[:2]] == [
        (True, False),
        (True, True),
    ]
    assert outcomes[2].code == "posting_id_reused"
    assert [outcome.code for outcome in outcomes[3:]] == [
        "insufficient_funds",
        "spending_limit_exceeded",
    ]
    assert Account.objects.get(pk=source).booked_minor == 410


def test_a_second_delivery_is_a_replay_even_where_the_limit_is_used_up() -> None:
    source, target = account_with(1_000), account_with(0)
    limited(source, 100)
    posting = transfer(source, target, 100)
    post(posting)

    assert post(posting).replayed
    assert used_of(source) == [100]


@pytest.mark.parametrize("kind", [PostingKind.FEE, PostingKind.INTEREST, PostingKind.POT])
def test_the_banks_own_bookings_and_pots_are_outside_of_limits(kind: PostingKind) -> None:
    source, target = account_with(1_000), account_with(0)
    limited(source, 0)

    post(paid(source, target, 100, kind=kind))

    assert used_of(source) == [0]


def test_a_limit_of_one_way_leaves_the_others_alone() -> None:
    source, target = account_with(1_000), account_with(0)
    limited(source, 50, channel=Channel.CASH)

    post(paid(source, target, 300, kind=PostingKind.CARD))

    with pytest.raises(SpendingLimitExceeded):
        post(paid(source, target, 51, kind=PostingKind.WITHDRAWAL))
    assert used_of(source) == [0]


def test_a_raise_holds_from_its_moment_on_and_not_before() -> None:
    source, target = account_with(1_000), account_with(0)
    limited(source, 50, next_minor=500, next_at=now() + timedelta(hours=12))
    with pytest.raises(SpendingLimitExceeded):
        post(transfer(source, target, 51))

    limited(source, 50, next_minor=None, next_at=now() - timedelta(seconds=1))

    assert not post(transfer(source, target, 400)).replayed


def test_what_an_account_has_to_keep_is_kept_by_payments_holds_and_pots() -> None:
    source, target = account_with(1_000), account_with(0)
    limited(source, 800, Period.BALANCE)
    holding.place(hold=hold_of(source, 50), placed_at=now())

    for kind in (PostingKind.TRANSFER, PostingKind.POT):
        with pytest.raises(SpendingLimitExceeded):
            post(paid(source, target, 151, kind=kind))
    with pytest.raises(SpendingLimitExceeded):
        holding.place(hold=hold_of(source, 151), placed_at=now())

    post(transfer(source, target, 150))
    post(paid(source, target, 10, kind=PostingKind.FEE))
    assert Account.objects.get(pk=source).booked_minor == 840


@pytest.mark.parametrize("minor", [-1, 10**18])
def test_a_limit_that_is_no_amount_is_not_set(minor: int) -> None:
    with pytest.raises(MalformedLimit):
        limited(account_with(0), minor)


def test_two_limits_about_the_same_are_refused_and_the_former_stay() -> None:
    source = account_with(0)
    limited(source, 5)
    twice = SpendingLimit(period=Period.DAY, channel=Channel.ANY, amount_minor=1)

    with pytest.raises(MalformedLimit):
        bind(LedgerAccounts).set_limits(account_id=source, spender_id=None, limits=(twice, twice))

    (usage,) = bind(LedgerAccounts).limits(account_id=source)
    assert usage == LimitUsage(
        spender_id=None,
        limit=SpendingLimit(period=Period.DAY, channel=Channel.ANY, amount_minor=5),
        used_minor=0,
    )


def test_every_door_for_customers_keeps_the_limit() -> None:
    alice = person()
    source, target = account_of(alice, 10_000), account_of(person())
    limited(source, 100)
    client, asked = client_of(alice), body(source, target, "1.01")
    leg = {"account_id": str(target), "amount": {"amount": "1.01", "currency": "EUR"}}
    against = {"account_id": str(source), "amount": {"amount": "-1.01", "currency": "EUR"}}

    answers = [
        send(client, asked),
        send(client, {**asked, "pending": True}),
        send(client, {"items": [{**asked, "id": str(new_id())}], "atomic": True}, path="/bulk"),
        send(client, {"legs": [against, leg]}, path="/legs"),
    ]

    assert [answer.json()["code"] for answer in answers] == ["spending_limit_exceeded"] * 4
    assert booked(source) == 10_000


@pytest.fixture
def doors(settings) -> Iterator[Site]:
    valkey.client().flushdb()
    remember(Revoked())
    with site(settings) as opened:
        yield opened


def test_the_lane_keeps_the_limit_among_requests_that_come_together(doors: Site) -> None:
    payer = Payer()
    limited(payer.source, 550)

    async def all_together() -> list[Any]:
        async with doors.client("lane") as lane:
            return list(await asyncio.gather(*(lane.post(**payer.request()) for _ in range(30))))

    answers = asyncio.run(all_together())

    refused = [answer for answer in answers if answer.status_code != 201]
    assert {answer.json()["code"] for answer in refused} == {"spending_limit_exceeded"}
    assert len(answers) - len(refused) == 5
    assert booked(payer.shop) == 500
    assert doors.passed_on == 0


def test_a_payer_by_mandate_pays_at_every_door_and_within_their_own_limit(doors: Site) -> None:
    payer, owner = Payer(), person()
    shared = account_of(owner, 10_000)
    asked = payer.request(json=body(shared, payer.shop, "1.00"))

    async def at(door: str, request: dict[str, Any]) -> Any:
        request["headers"] = {**request["headers"], "Idempotency-Key": new_id().hex}
        async with doors.client(door) as client:
            return await client.post(**request)

    def both() -> list[int]:
        return [asyncio.run(at(door, asked)).status_code for door in ("lane", "api")]

    assert both() == [404, 404]
    bind(LedgerAccounts).grant(account_id=shared, user_id=payer.principal.user_id, may_pay=False)
    assert both() == [404, 404]
    bind(LedgerAccounts).grant(account_id=shared, user_id=payer.principal.user_id, may_pay=True)
    limited(shared, 250, spender_id=payer.principal.user_id)
    assert both() == [201, 201]
    assert both() == [422, 422]
    assert send(client_of(owner), body(shared, payer.shop, "5.00")).status_code == 201
    bind(LedgerAccounts).revoke(account_id=shared, user_id=payer.principal.user_id)
    assert both() == [404, 404]
    assert used_of(shared) == []


def test_whoever_may_see_an_account_sees_its_transactions_until_they_may_not() -> None:
    alice, bob = person(), person()
    shared = account_of(alice, 1_000)
    made = send(client_of(alice), body(shared, account_of(person()), "1.00")).json()

    def seen() -> list[int]:
        client = client_of(bob)
        pages = ("", f"/{made['id']}", "/search")
        return [client.get(f"/api/transactions{page}").status_code for page in pages]

    assert seen() == [200, 404, 200]
    assert client_of(bob).get("/api/transactions").json()["items"] == []
    bind(LedgerAccounts).grant(account_id=shared, user_id=bob.user_id, may_pay=False)
    listed = client_of(bob).get("/api/transactions").json()["items"]
    assert made["id"] in {item["id"] for item in listed}
    assert seen() == [200, 200, 200]
    bind(LedgerAccounts).revoke(account_id=shared, user_id=bob.user_id)
    assert client_of(bob).get("/api/transactions").json()["items"] == []
