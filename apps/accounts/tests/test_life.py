"""The life of an account: sides that freeze, money that leaves with it, sleep and return."""

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from apps.accounts.conf import CHANGE_ABANDONED_AFTER, DORMANT_AFTER, REOPENED_WITHIN
from apps.accounts.contracts import (
    AccountClosedEvent,
    AccountDormant,
    AccountFrozenEvent,
    AccountReactivated,
    AccountReopened,
)
from apps.accounts.domain.standing import Change, Party, Standing
from apps.accounts.handlers import note_use
from apps.accounts.models import Account
from apps.accounts.services import dormancy, standing
from apps.accounts.tests.factories import OWN, an_account
from apps.accounts.tests.fake_keeping import FakeChallenges, FakeKeeping
from apps.accounts.tests.fakes import FakeLedger
from apps.transactions.contracts import PostedLeg, TransactionPosted
from vortex.clock import now, today
from vortex.contracts import Principal
from vortex.db import unit_of_work
from vortex.errors import Unavailable
from vortex.ids import new_id
from vortex.testing import client_of, person

pytestmark = pytest.mark.django_db(databases=[OWN])


@pytest.fixture
def account(ada: Principal) -> Account:
    return an_account(owner_id=ada.user_id)


def sides(ledger: FakeLedger, account: Account) -> tuple[bool, bool]:
    kept = ledger.kept[account.pk]
    return kept.debits_frozen, kept.credits_frozen


@pytest.mark.parametrize(
    ("direction", "frozen"),
    [("debit", (True, False)), ("credit", (False, True)), ("all", (True, True))],
)
def test_a_side_is_frozen_in_the_ledger_and_thawed_again(
    account: Account, ledger: FakeLedger, published, direction, frozen
):
    api = client_of(person(user_id=account.owner_id))
    said = {"direction": direction, "reason": "lost_access"}

    shown = api.post(f"/api/accounts/{account.pk}/freeze", said).json()

    assert (shown["status"], shown["frozen"]) == ("frozen", direction)
    assert sides(ledger, account) == frozen
    [event] = published(AccountFrozenEvent)
    assert (event.direction, event.reason) == (direction, "lost_access")
    assert api.post(f"/api/accounts/{account.pk}/unfreeze").json()["frozen"] == ""
    assert sides(ledger, account) == (False, False)


def test_a_frozen_account_can_be_frozen_another_way(
    api: APIClient, account: Account, ledger: FakeLedger
):
    for direction in ("debit", "all", "all"):
        api.post(f"/api/accounts/{account.pk}/freeze", {"direction": direction})

    assert sides(ledger, account) == (True, True)
    assert ledger.calls.count("restrict_account") == 2


def test_a_holder_does_not_loosen_the_banks_freeze_by_freezing_less(
    api: APIClient, account: Account, ledger: FakeLedger
):
    staff = client_of(person("compliance_officer"))
    staff.post(f"/api/accounts/{account.pk}/freeze", {"reason": "legal_order"})

    shown = api.post(f"/api/accounts/{account.pk}/freeze", {"direction": "credit"}).json()

    assert shown["frozen"] == "all"
    assert sides(ledger, account) == (True, True)


def test_what_the_bank_froze_an_account_for_is_told_to_nobody(account: Account, published):
    staff = client_of(person("compliance_officer"))

    answer = staff.post(f"/api/accounts/{account.pk}/freeze", {"reason": "suspected_fraud"})

    [event] = published(AccountFrozenEvent)
    assert event.reason == ""
    assert "fraud" not in answer.content.decode()


@pytest.mark.parametrize("said", [{"direction": "sideways"}, {"reason": "x"}, {"direction": 1}])
def test_a_freeze_of_no_side_is_refused(api: APIClient, account: Account, ledger, said):
    assert api.post(f"/api/accounts/{account.pk}/freeze", said).status_code == 422
    assert sides(ledger, account) == (False, False)


def test_closing_takes_the_money_to_another_own_account(
    api: APIClient, ada: Principal, account: Account, ledger: FakeLedger, published
):
    savings = an_account(owner_id=ada.user_id)
    ledger.credit(account.pk, 700)

    body = {"transfer_to": str(savings.pk)}
    shown = [api.post(f"/api/accounts/{account.pk}/close", body).json() for _ in range(2)]

    assert [one["status"] for one in shown] == ["closed", "closed"]
    assert ledger.kept[savings.pk].booked_minor == 700
    [event] = published(AccountClosedEvent)
    assert (event.moved_to, event.moved_minor) == (savings.pk, 700)


def test_money_goes_with_an_account_only_by_a_fresh_proof_and_only_to_oneself(
    api: APIClient, ada: Principal, account: Account, ledger, presence: FakeChallenges
):
    savings, theirs = an_account(owner_id=ada.user_id), an_account()
    ledger.credit(account.pk, 700)
    address = f"/api/accounts/{account.pk}/close"

    stolen = api.post(address, {"transfer_to": str(theirs.pk)})
    presence.is_fresh = False
    stale = api.post(address, {"transfer_to": str(savings.pk)})

    assert (stolen.status_code, stale.status_code) == (404, 403)
    assert ledger.kept[account.pk].booked_minor == 700
    assert not ledger.kept[account.pk].closed


def test_a_close_whose_process_died_after_the_money_went_moves_nothing_more(
    ada: Principal, account: Account, ledger: FakeLedger, published
):
    savings = an_account(owner_id=ada.user_id)
    ledger.credit(account.pk, 700)

    def unreachable(_: str) -> None:
        raise Unavailable

    ledger.after = unreachable
    asked = standing.Asked(change=Change.CLOSE, party=Party.HOLDER, target_id=savings.pk)
    long_ago = now() - 2 * CHANGE_ABANDONED_AFTER
    with pytest.raises(Unavailable):
        standing.change_as_asked(account_id=account.pk, asked=asked, asked_at=long_ago)
    ledger.after = lambda _: None

    assert standing.finish_abandoned_changes(now=now()) == 1

    assert ledger.kept[savings.pk].booked_minor == 700
    [event] = published(AccountClosedEvent)
    assert event.moved_minor == 700


def test_what_one_has_closed_one_can_reopen_for_a_while(
    api: APIClient, account: Account, ledger: FakeLedger, published
):
    api.post(f"/api/accounts/{account.pk}/close")

    shown = api.post(f"/api/accounts/{account.pk}/reopen").json()

    assert (shown["status"], shown["closed_at"]) == ("active", None)
    assert not ledger.kept[account.pk].closed
    assert len(published(AccountReopened)) == 1


def test_after_a_while_or_where_the_bank_closed_it_only_the_bank_reopens(
    api: APIClient, ada: Principal, ledger: FakeLedger
):
    late, banks = an_account(owner_id=ada.user_id), an_account(owner_id=ada.user_id)
    for account, party in ((late, Party.HOLDER), (banks, Party.BANK)):
        standing.change_standing(
            account_id=account.pk, change=Change.CLOSE, party=party, asked_at=now()
        )
    Account.objects.filter(pk=late.pk).update(closed_at=now() - REOPENED_WITHIN * 2)

    answers = [api.post(f"/api/accounts/{one.pk}/reopen") for one in (late, banks)]

    assert [answer.json()["code"] for answer in answers] == ["reopening_too_late"] * 2
    assert ledger.kept[late.pk].closed
    staff = client_of(person("support_agent"))
    assert staff.post(f"/api/accounts/{late.pk}/reopen").json()["status"] == "active"


def used(account: Account, kind: str, at) -> TransactionPosted:
    leg = PostedLeg(
        account_id=account.pk,
        owner_id=account.owner_id,
        amount_minor=-1,
        currency="EUR",
        balance_after_minor=0,
        version=1,
    )
    return TransactionPosted(
        posting_id=new_id(),
        kind=kind,
        description="",
        category="",
        counterparty="",
        booked_at=at,
        effective_date=at.date(),
        reverses=None,
        legs=(leg,),
    )


def hear(*events: TransactionPosted) -> None:
    with unit_of_work("accounts"):
        note_use(list(events))


def test_what_nobody_used_for_a_year_sleeps_and_what_was_used_does_not(
    ledger: FakeLedger, published
):
    long_ago = now() - DORMANT_AFTER - timedelta(days=2)
    asleep, awake, young, unseen = (
        an_account(opened_at=long_ago),
        an_account(opened_at=long_ago),
        an_account(),
        an_account(opened_at=long_ago),
    )
    hear(used(asleep, "transfer", long_ago), used(asleep, "fee", now()))
    hear(used(awake, "card", long_ago), used(awake, "card", now()), used(young, "card", long_ago))

    assert dormancy.let_sleep(now=now()) == 1

    standings = {one.pk: one.standing for one in Account.objects.all()}
    assert standings[asleep.pk] == Standing.DORMANT
    assert {standings[one.pk] for one in (awake, young, unseen)} == {Standing.ACTIVE}
    assert sides(ledger, asleep) == (True, False)
    assert [event.account_id for event in published(AccountDormant)] == [asleep.pk]
    unseen.refresh_from_db()
    assert unseen.last_moved_date == today()


@pytest.fixture
def asleep(account: Account) -> Account:
    asked = standing.Asked(change=Change.REST, party=Party.BANK)
    return standing.change_as_asked(account_id=account.pk, asked=asked, asked_at=now())


def test_only_a_fresh_proof_wakes_an_account(
    api: APIClient, asleep: Account, ledger: FakeLedger, presence: FakeChallenges, published
):
    presence.is_fresh = False
    api.post(f"/api/accounts/{asleep.pk}/freeze", {"direction": "credit"})
    api.post(f"/api/accounts/{asleep.pk}/unfreeze")
    assert api.post(f"/api/accounts/{asleep.pk}/reactivate").status_code == 403
    assert sides(ledger, asleep) == (True, False)
    presence.is_fresh = True

    shown = api.post(f"/api/accounts/{asleep.pk}/reactivate").json()

    assert (shown["status"], shown["is_dormant"]) == ("active", False)
    assert sides(ledger, asleep) == (False, False)
    assert len(published(AccountReactivated)) == 1
    assert dormancy.let_sleep(now=now()) == 0


@pytest.mark.parametrize("address", ["reopen", "reactivate"])
def test_somebody_elses_account_neither_reopens_nor_wakes(
    api: APIClient, keeping: FakeKeeping, address
):
    theirs = an_account()

    answer = api.post(f"/api/accounts/{theirs.pk}/{address}")

    assert (answer.status_code, answer.json()["code"]) == (404, "bank_account_not_found")
