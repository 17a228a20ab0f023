"""Freezing, thawing and closing: the ledger enforces it first, and no death leaves it undecided."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections

from apps.accounts.conf import CHANGE_ABANDONED_AFTER
from apps.accounts.contracts import (
    AccountClosedEvent,
    AccountFrozenEvent,
    AccountIsClosed,
    AccountNotFound,
    AccountUnfrozenEvent,
    ChangeUnderWay,
)
from apps.accounts.domain.standing import Change, FrozenByBank, Party, Standing
from apps.accounts.models import Account
from apps.accounts.services import standing
from apps.accounts.tasks import finish_abandoned_changes
from apps.accounts.tests.factories import OWN, an_account
from apps.accounts.tests.fakes import FakeLedger
from apps.transactions.contracts import AccountClosed as LedgerAccountClosed
from apps.transactions.contracts import AccountNotEmpty
from vortex.clock import now
from vortex.errors import Unavailable
from vortex.ids import new_id

pytestmark = pytest.mark.django_db(databases=[OWN])


def change(account: Account, asked: Change, party: Party = Party.HOLDER) -> Account:
    return standing.change_standing(
        account_id=account.pk, change=asked, party=party, asked_at=now()
    )


def unreachable(_: str) -> None:
    raise Unavailable


def test_freezing_stops_debits_in_the_ledger_and_is_told(ledger: FakeLedger, published):
    account = an_account()

    frozen = change(account, Change.FREEZE)

    assert ledger.kept[account.pk].debits_frozen
    assert not ledger.kept[account.pk].credits_frozen
    assert frozen.standing == Standing.FROZEN_BY_HOLDER
    [event] = published(AccountFrozenEvent)
    assert (event.account_id, event.frozen_by) == (account.pk, "holder")


def test_the_banks_freeze_stops_both_sides_and_only_the_bank_lifts_it(
    ledger: FakeLedger, published
):
    account = an_account()
    change(account, Change.FREEZE, Party.BANK)

    with pytest.raises(FrozenByBank):
        change(account, Change.UNFREEZE)
    assert ledger.kept[account.pk].credits_frozen

    thawed = change(account, Change.UNFREEZE, Party.BANK)
    assert thawed.standing == Standing.ACTIVE
    assert not ledger.kept[account.pk].debits_frozen
    assert len(published(AccountUnfrozenEvent)) == 1


def test_freezing_twice_is_freezing_once(ledger: FakeLedger, published):
    account = an_account()

    versions = {change(account, Change.FREEZE).version for _ in range(2)}

    assert len(versions) == 1
    assert ledger.calls.count("restrict_account") == 1
    assert len(published(AccountFrozenEvent)) == 1


def test_an_empty_account_closes_for_good(ledger: FakeLedger, published):
    account = an_account()

    closed = change(account, Change.CLOSE)
    again = change(account, Change.CLOSE)

    assert ledger.kept[account.pk].closed
    assert closed.closed_at == again.closed_at is not None
    assert len(published(AccountClosedEvent)) == 1
    with pytest.raises(AccountIsClosed):
        change(account, Change.FREEZE)


def test_an_account_with_money_stays_open_and_as_it_was(ledger: FakeLedger, published):
    account = an_account()
    ledger.credit(account.pk, 1)

    with pytest.raises(AccountNotEmpty):
        change(account, Change.CLOSE)

    account.refresh_from_db()
    assert (account.standing, account.pending, account.closed_at) == (Standing.ACTIVE, "", None)
    assert published(AccountClosedEvent) == []


def test_a_credit_that_races_a_close_ends_with_money_or_closed_and_never_both(ledger: FakeLedger):
    account = an_account()
    ledger.before = lambda _: ledger.credit(account.pk, 500)

    with pytest.raises(AccountNotEmpty):
        change(account, Change.CLOSE)
    assert ledger.kept[account.pk].booked_minor == 500

    ledger.before = lambda _: None
    ledger.credit(account.pk, -500)
    change(account, Change.CLOSE)
    with pytest.raises(LedgerAccountClosed):
        ledger.credit(account.pk, 500)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("asked", [Change.FREEZE, Change.CLOSE])
def test_an_answer_that_never_came_is_made_good_by_the_clockwork(asked, when, ledger: FakeLedger):
    account = an_account()
    setattr(ledger, when, unreachable)
    with pytest.raises(Unavailable):
        change(account, asked)
    account.refresh_from_db()
    assert (account.standing, bool(account.pending)) == (Standing.ACTIVE, True)
    setattr(ledger, when, lambda _: None)

    finish_abandoned_changes()
    account.refresh_from_db()
    assert account.pending, "somebody may still be working on it"

    later = now() + CHANGE_ABANDONED_AFTER + timedelta(seconds=1)
    assert standing.finish_abandoned_changes(now=later) == 1

    account.refresh_from_db()
    assert account.pending == ""
    assert account.standing in {Standing.FROZEN_BY_HOLDER, Standing.CLOSED}
    kept = ledger.kept[account.pk]
    assert kept.closed or kept.debits_frozen


def test_while_a_change_is_under_way_another_waits(ledger: FakeLedger):
    account = an_account()
    ledger.before = unreachable
    with pytest.raises(Unavailable):
        change(account, Change.FREEZE)
    ledger.before = lambda _: None

    with pytest.raises(ChangeUnderWay) as refused:
        change(account, Change.UNFREEZE)

    assert refused.value.facts["retry_after"] == CHANGE_ABANDONED_AFTER.total_seconds()


def test_who_comes_after_an_abandoned_change_finishes_it_first(ledger: FakeLedger, published):
    account = an_account()
    ledger.before = unreachable
    with pytest.raises(Unavailable):
        change(account, Change.FREEZE)
    ledger.before = lambda _: None
    ledger.calls.clear()

    later = now() + CHANGE_ABANDONED_AFTER + timedelta(seconds=1)
    thawed = standing.change_standing(
        account_id=account.pk, change=Change.UNFREEZE, party=Party.HOLDER, asked_at=later
    )

    assert ledger.calls == ["restrict_account", "restrict_account"]
    assert thawed.standing == Standing.ACTIVE
    assert not ledger.kept[account.pk].debits_frozen
    assert len(published(AccountFrozenEvent)) == len(published(AccountUnfrozenEvent)) == 1


def test_a_close_that_the_ledger_refuses_later_is_withdrawn(ledger: FakeLedger):
    account = an_account()
    ledger.before = unreachable
    with pytest.raises(Unavailable):
        change(account, Change.CLOSE)
    ledger.before = lambda _: None
    ledger.credit(account.pk, 1)

    later = now() + CHANGE_ABANDONED_AFTER + timedelta(seconds=1)
    standing.finish_abandoned_changes(now=later)

    account.refresh_from_db()
    assert (account.standing, account.pending) == (Standing.ACTIVE, "")


def test_a_ledger_that_stays_away_does_not_stop_the_clockwork(ledger: FakeLedger):
    accounts = [an_account(), an_account()]
    ledger.before = unreachable
    for account in accounts:
        with pytest.raises(Unavailable):
            change(account, Change.FREEZE)

    later = now() + CHANGE_ABANDONED_AFTER + timedelta(seconds=1)

    assert standing.finish_abandoned_changes(now=later) == 2


def test_an_account_that_does_not_exist_is_not_frozen():
    with pytest.raises(AccountNotFound):
        standing.change_standing(
            account_id=new_id(), change=Change.FREEZE, party=Party.BANK, asked_at=now()
        )


@pytest.mark.django_db(databases=[OWN], transaction=True)
def test_freezing_and_thawing_at_once_leaves_ledger_and_account_agreeing(ledger: FakeLedger):
    account, together = an_account(), threading.Barrier(8)

    def ask(number: int) -> None:
        together.wait()
        try:
            change(account, Change.FREEZE if number % 2 else Change.UNFREEZE)
        except ChangeUnderWay:
            pass
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(ask, range(8)))

    account.refresh_from_db()
    frozen_here = account.standing == Standing.FROZEN_BY_HOLDER
    assert ledger.kept[account.pk].debits_frozen == frozen_here
    assert account.pending == ""
