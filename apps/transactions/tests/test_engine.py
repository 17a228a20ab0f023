"""The engine answers as the plain ledger does, item by item; PostgreSQL keeps the laws itself."""

import random
from uuid import UUID

import pytest
from django.db import DatabaseError, connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.transactions.contracts import (
    AlreadyReversed,
    InsufficientFunds,
    LedgerAccountKind,
    Leg,
    Outcome,
    Posting,
    PostingIdReused,
)
from apps.transactions.domain.reference import PlainAccount, PlainLedger
from apps.transactions.models import Account
from apps.transactions.services import accounts
from apps.transactions.services.posting import post, post_many
from apps.transactions.services.reversing import reverse
from vortex.clock import now
from vortex.db import alias_of, unit_of_work
from vortex.ids import new_id

pytestmark = pytest.mark.django_db(databases=[alias_of("transactions")])


def opened(
    currency: str = "EUR", overdraft: int = 0, kind: LedgerAccountKind = LedgerAccountKind.CUSTOMER
) -> UUID:
    """Open a ledger account and return its id."""
    account_id = new_id()
    accounts.open_account(
        account_id=account_id,
        owner_id=new_id() if kind is LedgerAccountKind.CUSTOMER else None,
        currency=currency,
        kind=kind,
        name="",
        overdraft_minor=overdraft,
        opened_at=now(),
    )
    return account_id


def transfer(source: UUID, target: UUID, minor: int, posting_id: UUID | None = None) -> Posting:
    """Return a posting of two legs in EUR."""
    return Posting(
        posting_id=posting_id or new_id(),
        legs=(
            Leg(account_id=source, amount_minor=-minor, currency="EUR"),
            Leg(account_id=target, amount_minor=minor, currency="EUR"),
        ),
    )


def said(outcome: Outcome) -> str:
    """Return an outcome in the words of the plain ledger."""
    if outcome.posted:
        return "replayed" if outcome.replayed else "posted"
    return outcome.code


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False))
def test_the_engine_answers_as_the_plain_ledger_does(chance: random.Random) -> None:
    plain, ids = _random_bank(chance)
    known: list[Posting] = []

    for _ in range(3):
        batch = [_random_posting(chance, ids, known) for _ in range(chance.randint(1, 25))]
        known += batch
        assert [said(outcome) for outcome in post_many(batch)] == [plain.post(p) for p in batch]

    kept = {a.pk: (a.booked_minor, a.version) for a in Account.objects.filter(pk__in=ids)}
    assert kept == {i: (a.balance_minor, a.version) for i, a in plain.accounts.items()}


def _random_bank(chance: random.Random) -> tuple[PlainLedger, list[UUID]]:
    plain = PlainLedger()
    for place in range(6):
        currency = "GBP" if place == 5 else "EUR"
        kind = LedgerAccountKind.SYSTEM if place == 0 else LedgerAccountKind.CUSTOMER
        overdraft = 0 if place == 0 else chance.choice([0, 0, 500])
        account_id = opened(currency, overdraft, kind)
        floor = None if place == 0 else -overdraft
        plain.accounts[account_id] = PlainAccount(currency, floor)
    ids = list(plain.accounts)
    frozen, closed = ids[3], ids[4]
    sides = chance.choice([(True, False), (False, True), (True, True), (False, False)])
    accounts.restrict_account(account_id=frozen, debits_frozen=sides[0], credits_frozen=sides[1])
    plain.accounts[frozen].debits_frozen, plain.accounts[frozen].credits_frozen = sides
    if chance.random() < 0.5:
        accounts.close_account(account_id=closed, closed_at=now())
        plain.accounts[closed].closed = True
    return plain, ids


def _random_posting(chance: random.Random, ids: list[UUID], known: list[Posting]) -> Posting:
    if known and chance.random() < 0.15:
        return chance.choice(known)
    posting_id = chance.choice(known).posting_id if known and chance.random() < 0.1 else new_id()
    pool = [*ids, new_id()] if chance.random() < 0.1 else ids
    chosen = chance.sample(pool, chance.randint(2, 4))
    amounts = [chance.randint(-300, 300) for _ in chosen[1:]]
    amounts.append(-sum(amounts) + chance.choice([0] * 12 + [1]))
    currency = chance.choice(["EUR"] * 9 + ["GBP"])
    legs = tuple(
        Leg(account_id=a, amount_minor=m, currency=currency)
        for a, m in zip(chosen, amounts, strict=True)
    )
    return Posting(posting_id=posting_id, legs=legs)


def test_a_posting_sent_twice_moves_money_once() -> None:
    world, alice = opened(kind=LedgerAccountKind.SYSTEM), opened()
    posting = transfer(world, alice, 700)

    first, second = post(posting), post(posting)

    assert (first.replayed, second.replayed) == (False, True)
    assert first.booked_at == second.booked_at
    assert Account.objects.get(pk=alice).booked_minor == 700


def test_an_id_used_for_another_posting_is_refused() -> None:
    world, alice = opened(kind=LedgerAccountKind.SYSTEM), opened()
    first = post(transfer(world, alice, 700))

    with pytest.raises(PostingIdReused):
        post(transfer(world, alice, 701, first.posting_id))


def test_of_debits_beyond_the_balance_exactly_the_affordable_ones_post_in_order() -> None:
    world, alice = opened(kind=LedgerAccountKind.SYSTEM), opened()
    post(transfer(world, alice, 500))

    outcomes = post_many([transfer(alice, world, 10) for _ in range(100)])

    assert [o.posted for o in outcomes] == [True] * 50 + [False] * 50
    assert {o.code for o in outcomes[50:]} == {"insufficient_funds"}
    assert Account.objects.get(pk=alice).booked_minor == 0


def test_a_posting_is_reversed_once_and_a_reversal_never() -> None:
    world, alice = opened(kind=LedgerAccountKind.SYSTEM), opened()
    made = post(transfer(world, alice, 500)).posting_id
    mirror = new_id()

    reverse(posting_id=mirror, original_id=made, reason="wrong amount", actor_id=None)

    assert Account.objects.get(pk=alice).booked_minor == 0
    again = reverse(posting_id=mirror, original_id=made, reason="wrong amount", actor_id=None)
    assert again.replayed
    for original in (made, mirror):
        with pytest.raises(AlreadyReversed):
            reverse(posting_id=new_id(), original_id=original, reason="", actor_id=None)


def test_money_that_was_spent_cannot_be_taken_back() -> None:
    world, alice = opened(kind=LedgerAccountKind.SYSTEM), opened()
    made = post(transfer(world, alice, 500)).posting_id
    post(transfer(alice, world, 1))

    with pytest.raises(InsufficientFunds):
        reverse(posting_id=new_id(), original_id=made, reason="", actor_id=None)


@pytest.mark.parametrize(
    "statement",
    [
        "update transactions_entry set amount_minor = amount_minor + 1",
        "delete from transactions_entry",
        "truncate transactions_entry",
        "update transactions_posting set description = 'x'",
        "delete from transactions_posting",
        "truncate transactions_posting",
        (
            "insert into transactions_entry select account_id, version + 100, posting_id, 1,"
            " currency, 1, booked_at from transactions_entry"
        ),
        "update transactions_account set booked_minor = -1 where kind = 'customer'",
        "update transactions_account set held_minor = booked_minor + 1 where kind = 'customer'",
        "update transactions_account set closed_at = now() where kind = 'customer'",
    ],
)
def test_postgresql_itself_refuses_to_break_a_law_of_the_ledger(statement: str) -> None:
    post(transfer(opened(kind=LedgerAccountKind.SYSTEM), opened(), 500))

    with (
        pytest.raises(DatabaseError),
        unit_of_work("transactions"),
        connections[alias_of("transactions")].cursor() as cursor,
    ):
        cursor.execute(statement)
