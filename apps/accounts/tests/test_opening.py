"""Opening an account: in the ledger and here, once per id, whatever dies in between."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from apps.accounts.contracts import (
    AccountOpened,
    Accounts,
    AccountTermsDiffer,
    InvalidNickname,
    InvalidOverdraft,
    Product,
    TooManyAccounts,
)
from apps.accounts.domain.standing import Change, Party
from apps.accounts.models import Account
from apps.accounts.services import standing
from apps.accounts.tests.factories import OWN, an_account
from apps.accounts.tests.fakes import FakeLedger
from vortex.binding import bind
from vortex.clock import now
from vortex.errors import Unavailable
from vortex.ids import new_id
from vortex.money import UnknownCurrency

pytestmark = pytest.mark.django_db(databases=[OWN])


def test_an_opened_account_is_kept_here_and_in_the_ledger(ledger: FakeLedger, published):
    owner_id = new_id()

    account = an_account(owner_id=owner_id, nickname="Everyday")

    assert ledger.kept[account.pk].owner_id == owner_id
    assert Account.objects.get().nickname == "Everyday"
    [event] = published(AccountOpened)
    assert (event.account_id, event.owner_id) == (account.pk, owner_id)


def test_opening_twice_opens_once(ledger: FakeLedger, published):
    owner_id, account_id = new_id(), new_id()

    first = an_account(account_id=account_id, owner_id=owner_id, nickname="first")
    second = an_account(account_id=account_id, owner_id=owner_id, nickname="second")

    assert (second.pk, second.iban, second.nickname) == (first.pk, first.iban, "first")
    assert len(published(AccountOpened)) == 1
    assert ledger.calls == ["open_account"]


@pytest.mark.parametrize(
    "other", [{"currency": "GBP"}, {"product": Product.SAVINGS}, {"overdraft_minor": 1}]
)
def test_an_id_is_not_reused_on_other_terms(other):
    account = an_account()

    with pytest.raises(AccountTermsDiffer):
        an_account(account_id=account.pk, owner_id=account.owner_id, **other)


def test_an_id_of_somebody_else_is_refused_and_stays_theirs():
    account = an_account()

    with pytest.raises(AccountTermsDiffer):
        an_account(account_id=account.pk)

    assert Account.objects.get().owner_id == account.owner_id


def test_a_death_between_the_ledger_and_our_row_is_made_good_by_the_retry(
    ledger: FakeLedger, published
):
    account_id, owner_id = new_id(), new_id()

    def die(_: str) -> None:
        raise Unavailable

    ledger.after = die
    with pytest.raises(Unavailable):
        an_account(account_id=account_id, owner_id=owner_id)
    assert account_id in ledger.kept
    assert not Account.objects.exists()

    ledger.after = lambda _: None
    account = an_account(account_id=account_id, owner_id=owner_id)

    assert account.pk == account_id
    assert len(published(AccountOpened)) == 1


@pytest.mark.parametrize(
    ("terms", "refusal"),
    [
        ({"currency": "ZZZ"}, UnknownCurrency),
        ({"currency": "eur"}, UnknownCurrency),
        ({"overdraft_minor": -1}, InvalidOverdraft),
        ({"overdraft_minor": 2**62}, InvalidOverdraft),
        ({"nickname": "x" * 65}, InvalidNickname),
        ({"nickname": "a\x00b"}, InvalidNickname),
    ],
)
def test_terms_that_cannot_be_kept_reach_nobody(terms, refusal, ledger: FakeLedger):
    with pytest.raises(refusal):
        an_account(**terms)

    assert ledger.calls == []
    assert not Account.objects.exists()


def test_a_person_opens_only_so_many_accounts(settings, ledger: FakeLedger):
    settings.VORTEX_OPEN_ACCOUNTS_PER_PERSON = 2
    owner_id = new_id()
    first = an_account(owner_id=owner_id)
    an_account(owner_id=owner_id)

    with pytest.raises(TooManyAccounts) as refused:
        an_account(owner_id=owner_id)

    assert refused.value.facts["most"] == 2
    assert ledger.calls == ["open_account"] * 2
    an_account()  # somebody else is not concerned
    standing.change_standing(
        account_id=first.pk,
        change=Change.CLOSE,
        party=Party.HOLDER,
        asked_at=now(),
    )
    an_account(owner_id=owner_id)


def test_opening_and_closing_in_turns_ends_some_day(settings):
    settings.VORTEX_OPEN_ACCOUNTS_PER_PERSON = 1
    owner_id = new_id()
    for _ in range(5):
        opened = an_account(owner_id=owner_id)
        standing.change_standing(
            account_id=opened.pk, change=Change.CLOSE, party=Party.HOLDER, asked_at=now()
        )

    with pytest.raises(TooManyAccounts):
        an_account(owner_id=owner_id)


@pytest.mark.django_db(databases=[OWN], transaction=True)
def test_of_many_openings_at_once_no_more_than_allowed_succeed(settings, ledger: FakeLedger):
    settings.VORTEX_OPEN_ACCOUNTS_PER_PERSON = 3
    owner_id, together = new_id(), threading.Barrier(6)

    def open_one(_: int) -> bool:
        together.wait()
        try:
            an_account(owner_id=owner_id)
        except TooManyAccounts:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(6) as threads:
        opened = list(threads.map(open_one, range(6)))

    assert sum(opened) == Account.objects.filter(owner_id=owner_id).count() == 3


@pytest.mark.django_db(databases=[OWN], transaction=True)
def test_one_id_opened_at_once_by_many_is_one_account(published):
    owner_id, account_id, together = new_id(), new_id(), threading.Barrier(4)

    def open_it(_: int) -> str:
        together.wait()
        try:
            return an_account(account_id=account_id, owner_id=owner_id).iban
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        ibans = set(threads.map(open_it, range(4)))

    assert len(ibans) == 1
    assert len(published(AccountOpened)) == 1


def test_the_contract_opens_and_finds_accounts():
    accounts, owner_id, account_id = bind(Accounts), new_id(), new_id()

    opened = accounts.open_account(
        account_id=account_id,
        owner_id=owner_id,
        product=Product.WALLET,
        currency="JPY",
        nickname="",
        overdraft_minor=0,
        opened_at=now(),
    )

    assert accounts.account(account_id=account_id) == opened
    assert accounts.accounts_of(owner_id=owner_id) == (opened,)
    assert accounts.resolve(iban=f" {opened.iban[:4]} {opened.iban[4:].lower()}") == opened
