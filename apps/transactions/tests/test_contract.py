"""What the ledger promises holds in place, over the wire and in another process."""

from uuid import UUID

import pytest

from apps.transactions.contracts import (
    AccountFrozen,
    AccountNotEmpty,
    AlreadyReversed,
    Balance,
    InsufficientFunds,
    Ledger,
    LedgerAccountKind,
    LedgerAccountNotFound,
    Leg,
    MalformedPosting,
    Posting,
    PostingIdReused,
)
from vortex.binding import bind
from vortex.clock import now
from vortex.db import alias_of
from vortex.ids import new_id

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=[alias_of("transactions")]),
    pytest.mark.usefixtures("runner"),
]


def opened(kind: LedgerAccountKind = LedgerAccountKind.CUSTOMER) -> UUID:
    return (
        bind(Ledger)
        .open_account(
            account_id=new_id(),
            owner_id=new_id() if kind is LedgerAccountKind.CUSTOMER else None,
            currency="EUR",
            kind=kind,
            name="",
            overdraft_minor=0,
            opened_at=now(),
        )
        .account_id
    )


def transfer(source: UUID, target: UUID, minor: int) -> Posting:
    return Posting(
        posting_id=new_id(),
        legs=(
            Leg(account_id=source, amount_minor=-minor, currency="EUR"),
            Leg(account_id=target, amount_minor=minor, currency="EUR"),
        ),
    )


def funded(minor: int) -> UUID:
    account = opened()
    made(transfer(opened(LedgerAccountKind.SYSTEM), account, minor))
    return account


def made(posting: Posting) -> Posting:
    bind(Ledger).post(posting_id=posting.posting_id, posting=posting)
    return posting


def booked(*accounts: UUID) -> list[int]:
    found = {line.account_id: line for line in bind(Ledger).balances(account_ids=accounts)}
    return [found[account].booked_minor for account in accounts]


def test_a_posting_moves_money_once_however_often_it_is_sent() -> None:
    ada, bob = funded(10_000), opened()
    posting = transfer(ada, bob, 2_500)

    first = bind(Ledger).post(posting_id=posting.posting_id, posting=posting)
    second = bind(Ledger).post(posting_id=posting.posting_id, posting=posting)

    assert not first.replayed
    assert second.replayed
    assert first.booked_at == second.booked_at
    assert booked(ada, bob) == [7_500, 2_500]


def test_a_posting_beyond_the_limit_is_refused_and_moves_nothing() -> None:
    ada, bob = funded(100), opened()

    with pytest.raises(InsufficientFunds):
        made(transfer(ada, bob, 101))

    assert booked(ada, bob) == [100, 0]


def test_a_posting_id_stands_for_one_posting() -> None:
    ada, bob = funded(100), opened()
    posting = made(transfer(ada, bob, 10))
    other = Posting(posting_id=posting.posting_id, legs=transfer(ada, bob, 20).legs)

    with pytest.raises(PostingIdReused):
        bind(Ledger).post(posting_id=other.posting_id, posting=other)
    with pytest.raises(MalformedPosting):
        bind(Ledger).post(posting_id=new_id(), posting=posting)


def test_a_frozen_account_cannot_be_debited() -> None:
    ada, bob = funded(100), opened()

    bind(Ledger).restrict_account(account_id=ada, debits_frozen=True, credits_frozen=False)

    with pytest.raises(AccountFrozen):
        made(transfer(ada, bob, 10))
    made(transfer(opened(LedgerAccountKind.SYSTEM), ada, 1))
    assert booked(ada) == [101]


def test_an_account_with_money_stays_open() -> None:
    ada = funded(100)

    with pytest.raises(AccountNotEmpty):
        bind(Ledger).close_account(account_id=ada, closed_at=now())


def test_a_posting_is_undone_once() -> None:
    ada, bob = funded(100), opened()
    posting = made(transfer(ada, bob, 60))
    undo = {"original_id": posting.posting_id, "reason": "by mistake", "actor_id": None}

    bind(Ledger).reverse(posting_id=new_id(), **undo)  # type: ignore[arg-type]

    with pytest.raises(AlreadyReversed):
        bind(Ledger).reverse(posting_id=new_id(), **undo)  # type: ignore[arg-type]
    assert booked(ada, bob) == [100, 0]


def test_a_batch_answers_for_each_of_its_postings_in_order() -> None:
    ada, bob = funded(100), opened()
    batch = (transfer(ada, bob, 60), transfer(ada, bob, 60), transfer(ada, bob, 40))

    outcomes = bind(Ledger).post_many(batch_id=new_id(), postings=batch)

    assert [outcome.posting_id for outcome in outcomes] == [item.posting_id for item in batch]
    assert [outcome.code for outcome in outcomes] == ["", "insufficient_funds", ""]
    assert booked(ada, bob) == [0, 100]


def test_entries_follow_each_other_and_end_in_the_balance() -> None:
    ada, bob = funded(100), opened()
    for _ in range(3):
        made(transfer(ada, bob, 10))

    lines = bind(Ledger).entries(account_id=bob, after_version=1)

    balance: Balance = bind(Ledger).balance(account_id=bob)
    assert [line.balance_after_minor for line in lines] == [20, 30]
    assert (lines[-1].version, balance.booked_minor) == (balance.version, 30)


def test_an_account_that_nobody_opened_is_not_found() -> None:
    with pytest.raises(LedgerAccountNotFound):
        bind(Ledger).balance(account_id=new_id())
