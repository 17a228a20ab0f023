"""Many clients at once: nothing is lost, nothing is doubled, nobody waits for ever."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.db import connections

from apps.transactions.contracts import AccountFrozen, LedgerAccountKind, Leg, Posted, Posting
from apps.transactions.models import Account, Entry
from apps.transactions.services import accounts
from apps.transactions.services.posting import post, post_many
from apps.transactions.services.reversing import reverse
from apps.transactions.services.verifying import LAWS, breaches_of
from vortex.clock import now
from vortex.db import alias_of
from vortex.errors import Refusal
from vortex.ids import new_id
from vortex.testing import client_of, person

pytestmark = pytest.mark.django_db(transaction=True, databases=[alias_of("transactions")])

CLIENTS = 16


def account_with(minor: int, owner_id: UUID | None = None) -> UUID:
    """Open a customer's account with money in it."""
    account_id, world = new_id(), new_id()
    for opened, owner in ((account_id, owner_id or new_id()), (world, None)):
        accounts.open_account(
            account_id=opened,
            owner_id=owner,
            currency="EUR",
            kind=LedgerAccountKind.CUSTOMER if owner else LedgerAccountKind.SYSTEM,
            name="",
            overdraft_minor=0,
            opened_at=now(),
        )
    if minor:
        post(transfer(world, account_id, minor))
    return account_id


def transfer(source: UUID, target: UUID, minor: int, posting_id: UUID | None = None) -> Posting:
    """Return a posting of two legs."""
    legs = (
        Leg(account_id=source, amount_minor=-minor, currency="EUR"),
        Leg(account_id=target, amount_minor=minor, currency="EUR"),
    )
    return Posting(posting_id=posting_id or new_id(), legs=legs)


def at_once(work: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run all of it in threads of their own; a refusal is an outcome."""

    def one(action: Callable[[], Any]) -> Any:
        try:
            return action()
        except Refusal as refusal:
            return refusal
        finally:
            connections[alias_of("transactions")].close()

    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(one, work))


def _pay(source: UUID, target: UUID) -> Posted:
    return post(transfer(source, target, 7))


def the_laws_hold() -> bool:
    """Say whether no law of the ledger is broken."""
    return not [breach for law in LAWS for breach in breaches_of(law)]


def test_transfers_both_ways_at_once_neither_lock_up_nor_lose_a_cent() -> None:
    alice, bob = account_with(100_000), account_with(100_000)
    ways = [(alice, bob), (bob, alice)] * 100
    both_ways = [partial(_pay, source, target) for source, target in ways]

    outcomes = at_once(both_ways)

    assert not [o for o in outcomes if isinstance(o, Exception)]
    assert {a.booked_minor for a in Account.objects.filter(pk__in=[alice, bob])} == {100_000}
    assert the_laws_hold()


def test_of_many_who_spend_the_same_money_at_once_only_those_it_suffices_for_succeed() -> None:
    alice, bob = account_with(500), account_with(0)

    outcomes = at_once([lambda: post(transfer(alice, bob, 100)) for _ in range(40)])

    refused = [o.code for o in outcomes if isinstance(o, Refusal)]
    assert refused == ["insufficient_funds"] * 35
    assert Account.objects.get(pk=bob).booked_minor == 500
    assert the_laws_hold()


def test_one_posting_delivered_many_times_at_once_posts_once() -> None:
    alice, bob = account_with(500), account_with(0)
    posting = transfer(alice, bob, 100)

    outcomes = at_once([lambda: post(posting) for _ in range(30)])

    assert sorted(o.replayed for o in outcomes) == [False] + [True] * 29
    assert Account.objects.get(pk=bob).booked_minor == 100


def test_one_id_used_at_once_for_other_accounts_posts_once_and_crashes_nobody() -> None:
    pairs = [(account_with(500), account_with(0)) for _ in range(8)]
    posting_id = new_id()

    outcomes = at_once(
        [partial(post, transfer(source, target, 100, posting_id)) for source, target in pairs]
    )

    codes = sorted(o.code if isinstance(o, Refusal) else "" for o in outcomes)
    assert codes == ["", *["posting_id_reused"] * 7]
    assert Entry.objects.filter(posting_id=posting_id).count() == 2
    assert the_laws_hold()


def test_batches_over_the_same_few_accounts_at_once_all_come_through() -> None:
    people = [account_with(1_000) for _ in range(6)]
    chance = Random(7)

    def one() -> Posting:
        source, target = chance.sample(people, 2)
        return transfer(source, target, chance.randint(1, 400))

    batches = [[one() for _ in range(40)] for _ in range(24)]

    outcomes = at_once([partial(post_many, batch) for batch in batches])

    codes = {o.code for batch in outcomes for o in batch}
    assert codes == {"", "insufficient_funds"}
    kept = Account.objects.filter(pk__in=people).values_list("booked_minor", flat=True)
    assert sum(kept) == 6_000
    assert the_laws_hold()


def test_along_an_account_booking_times_never_run_against_versions() -> None:
    alice, bob = account_with(100_000), account_with(0)

    at_once([partial(post, transfer(alice, bob, 1)) for _ in range(80)])

    times = [e.booked_at for e in Entry.objects.filter(account_id=alice).order_by("version")]
    assert times == sorted(times)


def test_one_request_sent_many_times_at_once_moves_money_once() -> None:
    alice = person()
    source, target = account_with(500, alice.user_id), account_with(0)

    def send() -> int:
        answer = client_of(alice).post(
            "/api/transactions",
            {
                "source_account_id": str(source),
                "target_account_id": str(target),
                "amount": {"amount": "1.00", "currency": "EUR"},
            },
            headers={"Idempotency-Key": "a-double-click"},
        )
        return int(answer.status_code)

    statuses = at_once([send for _ in range(20)])

    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert Entry.objects.filter(account_id=target).count() == 1


def test_of_two_reversals_at_once_one_stands() -> None:
    alice, bob = account_with(500), account_with(0)
    made = post(transfer(alice, bob, 100)).posting_id

    outcomes = at_once(
        [
            lambda: reverse(posting_id=new_id(), original_id=made, reason="", actor_id=None)
            for _ in range(10)
        ]
    )

    codes = [o.code for o in outcomes if isinstance(o, Refusal)]
    assert codes == ["already_reversed"] * 9
    assert Account.objects.get(pk=alice).booked_minor == 500


def test_when_a_freeze_has_been_answered_no_debit_follows() -> None:
    alice, bob = account_with(100_000), account_with(0)
    frozen_at: list[int] = []

    def freeze() -> None:
        accounts.restrict_account(account_id=alice, debits_frozen=True, credits_frozen=False)
        frozen_at.append(int(Account.objects.get(pk=alice).version))

    pay = [lambda: post(transfer(alice, bob, 1)) for _ in range(60)]
    at_once([*pay[:30], freeze, *pay[30:]])

    assert frozen_at == [int(Account.objects.get(pk=alice).version)]
    with pytest.raises(AccountFrozen):
        post(transfer(alice, bob, 1))
    assert the_laws_hold()
