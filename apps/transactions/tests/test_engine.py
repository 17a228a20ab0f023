"""The engine answers as the plain ledger does, item by item; PostgreSQL keeps the laws itself."""

from uuid import UUID

import pytest
from django.db import DatabaseError, connections

from apps.transactions.contracts import (
    AlreadyReversed,
    InsufficientFunds,
    LedgerAccountKind,
    Leg,
    Posting,
    PostingIdReused,
)
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
        "insert into transactions_reversal select id, id from transactions_posting",
        "update transactions_account set booked_minor = booked_minor + 1",
        "update transactions_account set version = version + 1",
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


@pytest.mark.parametrize(
    "statement",
    [
        "update transactions_account set booked_minor = -1 where kind = 'customer'",
        (
            "insert into transactions_entry select account_id, version + 100, posting_id, 1,"
            " currency, 1, booked_at from transactions_entry"
        ),
        "insert into transactions_posting select * from transactions_posting",
        "delete from transactions_entry",
    ],
)
def test_the_laws_hold_even_for_who_pretends_to_be_the_engine(statement: str) -> None:
    post(transfer(opened(kind=LedgerAccountKind.SYSTEM), opened(), 500))

    with pytest.raises(DatabaseError) as refused:
        execute("set local transactions.engine = 'on'", statement)

    assert "only transactions_post" not in str(refused.value)


def execute(*statements: str) -> None:
    """Run SQL as the ledger's own role, in one transaction."""
    with unit_of_work("transactions") as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def test_after_a_posting_the_way_in_is_shut_again() -> None:
    with pytest.raises(DatabaseError, match="only transactions_post"):
        _post_and_then("update transactions_account set booked_minor = booked_minor + 1")


def _post_and_then(statement: str) -> None:
    with unit_of_work("transactions"):
        post(transfer(opened(kind=LedgerAccountKind.SYSTEM), opened(), 500))
        execute(statement)
