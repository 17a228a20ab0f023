"""An order to freeze holds once it is answered, is carried out once, and keeps who and why."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connections

from apps.accounts.conf import CHANGE_ABANDONED_AFTER
from apps.accounts.contracts import (
    AccountFrozenEvent,
    AccountIsClosed,
    AccountNotFound,
    ChangeUnderWay,
    FreezeDirection,
    FreezeIdReused,
    FreezeReason,
    FreezeView,
    Freezing,
)
from apps.accounts.domain.standing import Change, Direction, Party, Standing
from apps.accounts.models import Account, BankOrder
from apps.accounts.services.standing import Asked, change_as_asked, finish_abandoned_changes
from apps.accounts.tests.factories import OWN, an_account
from apps.accounts.tests.fakes import FakeLedger
from apps.transactions.contracts import AccountClosed as LedgerAccountClosed
from vortex.binding import bind
from vortex.clock import now
from vortex.errors import Refusal, Unavailable
from vortex.ids import new_id
from vortex.testing import client_of, person

pytestmark = pytest.mark.django_db(databases=[OWN], transaction=True)

OFFICER = UUID("01935000-0000-7000-8000-00000000000f")


def freeze(account: Account, freeze_id: UUID | None = None, **told) -> FreezeView:
    asked = {
        "direction": FreezeDirection.ALL,
        "reason": FreezeReason.SUSPECTED_FRAUD,
        "actor_id": OFFICER,
        "ordered_at": now(),
        **told,
    }
    return bind(Freezing).freeze(freeze_id=freeze_id or new_id(), account_id=account.pk, **asked)


def change(account: Account, asked: Change, party: Party, direction=None) -> None:
    wanted = Asked(change=asked, party=party, direction=direction)
    change_as_asked(account_id=account.pk, asked=wanted, asked_at=now())


def sides(ledger: FakeLedger, account: Account) -> tuple[bool, bool]:
    kept = ledger.kept[account.pk]
    return kept.debits_frozen, kept.credits_frozen


@pytest.mark.usefixtures("runner")
@pytest.mark.runners("local", "loopback")
def test_an_order_freezes_in_the_ledger_and_says_what_is_frozen(ledger: FakeLedger, published):
    account, freeze_id = an_account(), new_id()

    done = freeze(account, freeze_id, direction=FreezeDirection.DEBIT)

    assert done == FreezeView(
        freeze_id=freeze_id, account_id=account.pk, frozen=FreezeDirection.DEBIT
    )
    assert sides(ledger, account) == (True, False)
    [event] = published(AccountFrozenEvent)
    assert (event.frozen_by, event.direction, event.reason) == ("bank", "debit", "")


def test_who_ordered_it_and_why_is_kept(ledger: FakeLedger):
    account, freeze_id = an_account(), new_id()

    freeze(account, freeze_id, reason=FreezeReason.LEGAL_ORDER)

    kept = BankOrder.objects.get(pk=freeze_id)
    assert (kept.account_id, kept.actor_id, kept.reason) == (account.pk, OFFICER, "legal_order")
    assert (kept.change, kept.direction) == ("freeze", "all")
    assert kept.settled_at == kept.ordered_at


def test_an_order_sent_again_does_nothing_even_after_a_thaw(ledger: FakeLedger, published):
    account, freeze_id = an_account(), new_id()
    freeze(account, freeze_id)

    assert freeze(account, freeze_id).frozen == FreezeDirection.ALL
    change(account, Change.UNFREEZE, Party.BANK)
    again = freeze(account, freeze_id)

    assert again.frozen is None
    assert sides(ledger, account) == (False, False)
    assert len(published(AccountFrozenEvent)) == 1
    assert freeze(account).frozen == FreezeDirection.ALL  # a new order does


def test_an_id_stands_for_one_order(ledger: FakeLedger):
    account, other, freeze_id = an_account(), an_account(), new_id()
    freeze(account, freeze_id)

    for told in (
        {"direction": FreezeDirection.DEBIT},
        {"reason": FreezeReason.REVIEW},
        {"actor_id": new_id()},
    ):
        with pytest.raises(FreezeIdReused):
            freeze(account, freeze_id, **told)
    with pytest.raises(FreezeIdReused):
        freeze(other, freeze_id)

    assert sides(ledger, other) == (False, False)
    assert BankOrder.objects.count() == 1


@pytest.mark.parametrize("stands", list(Direction))
@pytest.mark.parametrize("ordered", list(FreezeDirection))
@pytest.mark.parametrize("party", list(Party))
def test_an_order_only_adds_to_what_is_frozen(ledger: FakeLedger, stands, ordered, party):
    account = an_account()
    change(account, Change.FREEZE, party, stands)

    done = freeze(account, direction=ordered)

    expected = FreezeDirection(stands) if stands == ordered else FreezeDirection.ALL
    assert done.frozen == expected
    assert sides(ledger, account) == (
        expected is not FreezeDirection.CREDIT,
        expected is not FreezeDirection.DEBIT,
    )
    account.refresh_from_db()
    assert account.standing == Standing.FROZEN_BY_BANK


def test_a_sleeping_account_lets_nothing_out_once_its_credits_are_frozen(ledger: FakeLedger):
    account = an_account()
    change(account, Change.REST, Party.BANK)

    staff = client_of(person("compliance_officer"))
    staff.post(f"/api/accounts/{account.pk}/freeze", {"direction": "credit"})

    assert sides(ledger, account) == (True, True)


@pytest.mark.usefixtures("runner")
@pytest.mark.runners("local", "loopback")
def test_what_cannot_be_frozen_is_refused_and_leaves_no_order(ledger: FakeLedger):
    closed, nobodys = an_account(), Account(pk=new_id())
    change(closed, Change.CLOSE, Party.HOLDER)

    with pytest.raises(AccountIsClosed) as of_closed:
        freeze(closed)
    with pytest.raises(AccountNotFound) as of_nobody:
        freeze(nobodys)

    codes = (of_closed.value.code, of_nobody.value.code)
    assert codes == ("bank_account_closed", "bank_account_not_found")
    assert not BankOrder.objects.exists()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_order_that_died_on_the_way_is_finished_by_the_clockwork(
    ledger: FakeLedger, published, moment
):
    account, freeze_id = an_account(), new_id()

    def vanish(_: str) -> None:
        raise Unavailable

    setattr(ledger, moment, vanish)
    with pytest.raises(Unavailable):
        freeze(account, freeze_id)
    setattr(ledger, moment, lambda _: None)
    with pytest.raises(ChangeUnderWay):
        freeze(account, freeze_id)
    later = now() + CHANGE_ABANDONED_AFTER + timedelta(seconds=1)

    assert finish_abandoned_changes(now=later) == 1

    assert freeze(account, freeze_id).frozen == FreezeDirection.ALL
    assert BankOrder.objects.get(pk=freeze_id).settled_at == later
    assert len(published(AccountFrozenEvent)) == 1


def test_an_order_that_the_ledger_turns_down_is_withdrawn(ledger: FakeLedger):
    account, freeze_id = an_account(), new_id()

    def gone(_: str) -> None:
        ledger.before = lambda _: None
        raise LedgerAccountClosed

    ledger.before = gone
    with pytest.raises(LedgerAccountClosed):
        change_as_asked(
            account_id=account.pk,
            asked=Asked(
                change=Change.FREEZE, party=Party.BANK, actor_id=OFFICER, order_id=freeze_id
            ),
            asked_at=now(),
        )

    account.refresh_from_db()
    assert (account.standing, account.pending) == (Standing.ACTIVE, "")
    assert not BankOrder.objects.exists()


def test_of_one_order_sent_at_once_one_is_carried_out(ledger: FakeLedger, published):
    account, freeze_id, together = an_account(), new_id(), threading.Barrier(6)

    def ask(_: int) -> str:
        together.wait()
        try:
            freeze(account, freeze_id)
        except ChangeUnderWay as refusal:
            return refusal.code
        finally:
            connections.close_all()
        return "frozen"

    with ThreadPoolExecutor(6) as threads:
        answers = Counter(threads.map(ask, range(6)))

    assert set(answers) <= {"frozen", "account_change_under_way"}
    assert answers["frozen"] >= 1
    assert ledger.calls.count("restrict_account") == 1
    assert len(published(AccountFrozenEvent)) == BankOrder.objects.count() == 1


def test_an_id_given_to_two_accounts_at_once_freezes_one(ledger: FakeLedger):
    accounts, freeze_id, together = [an_account(), an_account()], new_id(), threading.Barrier(2)

    def ask(account: Account) -> str:
        together.wait()
        try:
            freeze(account, freeze_id)
        except Refusal as refusal:
            return refusal.code
        finally:
            connections.close_all()
        return "frozen"

    with ThreadPoolExecutor(2) as threads:
        answers = sorted(threads.map(ask, accounts))

    assert answers == ["freeze_id_reused", "frozen"]
    assert sorted(sides(ledger, account)[0] for account in accounts) == [False, True]


def test_what_staff_do_over_http_is_kept_as_an_order_and_what_holders_do_is_not(
    ledger: FakeLedger,
):
    account, officer = an_account(), person("compliance_officer")
    staff, holder = client_of(officer), client_of(person(user_id=account.owner_id))

    staff.post(f"/api/accounts/{account.pk}/freeze", {"reason": "review"})
    staff.post(f"/api/accounts/{account.pk}/unfreeze")
    holder.post(f"/api/accounts/{account.pk}/freeze")

    kept = BankOrder.objects.order_by("ordered_at").values_list("change", "reason", "actor_id")
    assert list(kept) == [
        ("freeze", "review", officer.user_id),
        ("unfreeze", "requested", officer.user_id),
    ]
