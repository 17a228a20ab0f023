"""Ending accounts, and what is known of their money: both or neither, whatever comes at once."""

from functools import partial
from uuid import UUID

import pytest

from apps.transactions.contracts import (
    AccountClosed,
    AccountNotEmpty,
    InsufficientFunds,
    LedgerAccounts,
)
from apps.transactions.models import Account
from apps.transactions.services import holding
from apps.transactions.services.posting import post
from apps.transactions.tests.test_at_once import account_with, at_once, the_laws_hold, transfer
from apps.transactions.tests.test_limits import hold_of, limited
from vortex.binding import bind
from vortex.clock import now
from vortex.db import alias_of
from vortex.errors import Refusal
from vortex.ids import new_id

pytestmark = pytest.mark.django_db(transaction=True, databases=[alias_of("transactions")])


def closed_into(source: UUID, target: UUID, posting_id: UUID) -> int:
    return bind(LedgerAccounts).close_into(
        posting_id=posting_id,
        account_id=source,
        target_account_id=target,
        description="Closing",
        actor_id=None,
        closed_at=now(),
    )


def test_closing_into_another_account_moves_everything_once_whatever_comes_at_once() -> None:
    source, target, giver = account_with(700), account_with(0), account_with(1_000)
    limited(source, 0)
    posting_id = new_id()
    ending = partial(closed_into, source, target, posting_id)

    outcomes = at_once([ending, *[lambda: post(transfer(giver, source, 10))] * 20, ending])

    came = sum(not isinstance(outcome, Refusal) for outcome in outcomes[1:-1])
    late = [outcome for outcome in outcomes[1:-1] if isinstance(outcome, Refusal)]
    assert {type(outcome) for outcome in late} <= {AccountClosed}
    assert outcomes[0] == outcomes[-1] == 700 + 10 * came
    assert Account.objects.get(pk=target).booked_minor == 700 + 10 * came
    assert Account.objects.get(pk=source).booked_minor == 0
    assert the_laws_hold()


def test_an_account_with_money_set_aside_does_not_end_and_nothing_has_moved() -> None:
    source, target = account_with(700), account_with(0)
    holding.place(hold=hold_of(source, 100), placed_at=now())

    with pytest.raises((AccountNotEmpty, InsufficientFunds)):
        closed_into(source, target, new_id())

    row = Account.objects.get(pk=source)
    assert (row.booked_minor, row.closed_at) == (700, None)


def test_a_reopened_account_takes_postings_again() -> None:
    source, target = account_with(100), account_with(0)
    closed_into(source, target, new_id())
    with pytest.raises(AccountClosed):
        post(transfer(target, source, 1))

    bind(LedgerAccounts).reopen_account(account_id=source)

    post(transfer(target, source, 1))
    assert Account.objects.get(pk=source).booked_minor == 1


def test_money_set_aside_for_an_account_is_expected_on_it_and_listed_where_it_comes_from() -> None:
    source, target = account_with(700), account_with(0)
    first = holding.place(hold=hold_of(source, 100, target_account_id=target), placed_at=now())
    second = holding.place(hold=hold_of(source, 50, target_account_id=target), placed_at=now())
    ledger = bind(LedgerAccounts)

    funds = {one.account_id: one for one in ledger.funds(account_ids=(source, target))}
    (newest,) = ledger.holds(account_id=source, limit=1)
    (oldest,) = ledger.holds(
        account_id=source, before_at=newest.placed_at, before_id=newest.hold_id
    )

    assert funds[target].pending_in_minor == 150
    assert (funds[source].held_minor, funds[source].pending_in_minor) == (150, 0)
    assert (newest.hold_id, oldest.hold_id) == (second.id, first.id)
