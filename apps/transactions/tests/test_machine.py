"""The whole ledger against a plain one: the same steps, the same answers, the same balances."""

import os
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connections
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from apps.transactions.contracts import Hold, LedgerAccountKind
from apps.transactions.domain.reference import PlainAccount
from apps.transactions.models import Account
from apps.transactions.models import Hold as HoldRow
from apps.transactions.services import accounts, chaining, holding, reversing
from apps.transactions.services.posting import post
from apps.transactions.services.verifying import LAWS, breaches_of
from apps.transactions.tests.plain_bank import POSTED, PlainBank
from apps.transactions.tests.test_at_once import account_with, transfer
from vortex.clock import now
from vortex.db import alias_of
from vortex.errors import Refusal
from vortex.ids import new_id

# Of sixty steps each; before a release, a few hundred.
EXAMPLES = int(os.environ.get("VORTEX_MACHINE_EXAMPLES", "50"))

amounts = st.integers(1, 120)


def answer_of(action: Callable[[], Any]) -> str:
    """Return "posted", or the code of the refusal."""
    try:
        action()
    except Refusal as refusal:
        return refusal.code
    return POSTED


def a_hold(hold_id: UUID, account_id: UUID, minor: int) -> Hold:
    """Return a hold that lasts for a day."""
    return Hold(
        hold_id=hold_id,
        account_id=account_id,
        amount_minor=minor,
        currency="EUR",
        expires_at=now() + timedelta(days=1),
    )


class Bank(RuleBasedStateMachine):
    """Four customers and the world; every rule does one thing in both ledgers."""

    customers: Bundle[UUID] = Bundle("customers")
    holds: Bundle[UUID] = Bundle("holds")
    postings: Bundle[UUID] = Bundle("postings")

    def __init__(self) -> None:
        super().__init__()
        self.plain = PlainBank()
        self.world = new_id()
        self._open(self.world, is_system=True)

    def _open(self, account_id: UUID, *, is_system: bool) -> None:
        accounts.open_account(
            account_id=account_id,
            owner_id=None if is_system else new_id(),
            currency="EUR",
            kind=LedgerAccountKind.SYSTEM if is_system else LedgerAccountKind.CUSTOMER,
            name="",
            overdraft_minor=0,
            opened_at=now(),
        )
        floor = None if is_system else 0
        self.plain.ledger.accounts[account_id] = PlainAccount("EUR", floor)

    def _same(self, plain: str, action: Callable[[], Any]) -> None:
        real = answer_of(action)
        assert real == plain, f"the ledger says {real}, the plain one {plain}"

    def _move(self, source: UUID, target: UUID, minor: int) -> UUID:
        posting_id = new_id()
        self._same(
            self.plain.transfer(posting_id, source, target, minor),
            lambda: post(transfer(source, target, minor, posting_id)),
        )
        return posting_id

    @initialize(target=customers)
    def first(self) -> UUID:
        """Begin with somebody who has money."""
        return self._opened(300)

    @rule(target=customers, minor=st.integers(0, 300))
    def opens(self, minor: int) -> UUID:
        """Open an account, with money in it."""
        return self._opened(minor)

    def _opened(self, minor: int) -> UUID:
        account_id = new_id()
        self._open(account_id, is_system=False)
        if minor:
            self._move(self.world, account_id, minor)
        return account_id

    @rule(target=postings, source=customers, to=customers, minor=amounts)
    def transfers(self, source: UUID, to: UUID, minor: int) -> UUID:
        """Move money between two customers, or try to move it from one to herself."""
        return self._move(source, to, minor)

    @rule(target=holds, account=customers, minor=amounts)
    def sets_aside(self, account: UUID, minor: int) -> UUID:
        """Place a hold, or be refused."""
        hold_id = new_id()
        self._same(
            self.plain.hold(hold_id, account, minor),
            lambda: holding.place(hold=a_hold(hold_id, account, minor), placed_at=now()),
        )
        return hold_id

    @rule(hold=holds, to=customers, minor=amounts)
    def commits(self, hold: UUID, to: UUID, minor: int) -> None:
        """Settle a hold, in part or whole or beyond."""
        placed = self.plain.holds.get(hold)
        if placed is None or placed.account_id == to:
            return
        posting_id = new_id()
        self._same(
            self.plain.settle(hold, posting_id, to, minor),
            lambda: holding.settle(
                hold_id=hold,
                posting=transfer(placed.account_id, to, minor, posting_id),
                settled_at=now(),
            ),
        )

    @rule(hold=holds)
    def voids(self, hold: UUID) -> None:
        """Release a hold, perhaps again."""
        if hold in self.plain.holds:
            self._same(
                self.plain.release(hold),
                lambda: holding.release(hold_id=hold, reason="", released_at=now()),
            )

    @rule(original=postings, minor=st.none() | amounts)
    def reverses(self, original: UUID, minor: int | None) -> None:
        """Undo a transfer, or a part of it."""
        if original not in self.plain.transfers:
            return
        posting_id = new_id()
        self._same(
            self.plain.reverse(posting_id, original, minor),
            lambda: reversing.reverse(
                posting_id=posting_id,
                original_id=original,
                reason="",
                actor_id=None,
                amount_minor=minor,
            ),
        )

    @rule(account=customers, debits=st.booleans(), credits_=st.booleans())
    def freezes(self, account: UUID, debits: bool, credits_: bool) -> None:  # noqa: FBT001
        """Freeze or thaw each side."""
        plain = self.plain.ledger.accounts[account]
        if plain.closed:
            return
        plain.debits_frozen, plain.credits_frozen = debits, credits_
        accounts.restrict_account(account_id=account, debits_frozen=debits, credits_frozen=credits_)

    @rule(account=customers)
    def closes(self, account: UUID) -> None:
        """Close an account, if it is empty."""
        self._same(
            self.plain.close(account),
            lambda: accounts.close_account(account_id=account, closed_at=now()),
        )

    @invariant()
    def the_balances_are_the_same(self) -> None:
        """Compare every account: booked, held and version."""
        known = self.plain.ledger.accounts
        for account in Account.objects.filter(pk__in=list(known)):
            plain = known[account.id]
            assert account.booked_minor == plain.balance_minor
            assert account.held_minor == self.plain.held(account.id)
            assert account.version == plain.version


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.django_db(databases=[alias_of("transactions")])
def test_thousands_of_steps_leave_both_ledgers_alike() -> None:
    run_state_machine_as_test(
        Bank,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=60,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

    assert [breach for law in LAWS for breach in breaches_of(law)] == []


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.django_db(transaction=True, databases=[alias_of("transactions")])
def test_the_laws_hold_after_thirty_two_clients_did_everything_at_once() -> None:
    people = [account_with(1_000) for _ in range(5)]
    total = sum(a.booked_minor for a in Account.objects.filter(pk__in=people))
    made = [post(transfer(people[0], people[1], 50)).posting_id for _ in range(4)]
    held = [new_id() for _ in range(12)]

    def client(seed: int) -> list[str]:
        chance = random.Random(seed)
        try:
            return [answer_of(_step(chance, people, made, held)) for _ in range(25)]
        finally:
            connections[alias_of("transactions")].close()

    with ThreadPoolExecutor(32) as pool:
        answers = [answer for answers in pool.map(client, range(32)) for answer in answers]

    assert answers.count(POSTED) > 100
    for hold in HoldRow.objects.filter(state="placed"):
        holding.release(hold_id=hold.id, reason="", released_at=now())
    after = Account.objects.filter(pk__in=people)
    assert sum(a.booked_minor for a in after) == total
    assert {a.held_minor for a in after} == {0}
    assert [breach for law in LAWS for breach in breaches_of(law)] == []
    chaining.append(posting_ids=made, at=now())
    assert list(chaining.verify()) == []


def _step(
    chance: random.Random, people: list[UUID], made: list[UUID], held: list[UUID]
) -> Callable[[], Any]:
    """Return something that a client does, on accounts, holds and postings that all share."""
    source, target = chance.sample(people, 2)
    minor, hold, original = chance.randint(1, 400), chance.choice(held), chance.choice(made)
    return chance.choice(
        [
            lambda: post(transfer(source, target, minor)),
            lambda: holding.place(hold=a_hold(hold, source, minor), placed_at=now()),
            lambda: holding.settle(
                hold_id=hold, posting=transfer(source, target, minor), settled_at=now()
            ),
            lambda: holding.release(hold_id=hold, reason="", released_at=now()),
            lambda: holding.expire(hold_id=hold, now=now() + timedelta(days=2)),
            lambda: reversing.reverse(
                posting_id=new_id(),
                original_id=original,
                reason="",
                actor_id=None,
                amount_minor=chance.randint(1, 20),
            ),
        ]
    )
