"""One primary account a person, accounts that have to keep something, and how many are open."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from rest_framework.test import APIClient

from apps.accounts.contracts import (
    Accounts,
    AccountTermsDiffer,
    AccountUpdated,
    InvalidMinimum,
    Product,
    TooManyAccounts,
)
from apps.accounts.domain.standing import Change, Party
from apps.accounts.models import Account
from apps.accounts.services import primary, standing
from apps.accounts.tests.factories import OWN, an_account
from apps.accounts.tests.fake_keeping import FakeKeeping
from apps.accounts.tests.fakes import FakeLedger
from apps.transactions.contracts import Channel, Period, SpendingLimit
from vortex.binding import bind
from vortex.clock import now
from vortex.contracts import Principal
from vortex.ids import new_id
from vortex.testing import client_of, person

pytestmark = pytest.mark.django_db(databases=[OWN])


def primaries(owner: Principal) -> list[Account]:
    return list(Account.objects.filter(owner_id=owner.user_id, is_primary=True))


def test_the_first_account_is_primary_and_another_takes_its_place(
    api: APIClient, ada: Principal, published
):
    first, second = (an_account(owner_id=ada.user_id) for _ in range(2))
    assert primaries(ada) == [first]

    answers = [api.post(f"/api/accounts/{second.pk}/primary") for _ in range(2)]

    assert [answer.json()["is_primary"] for answer in answers] == [True, True]
    assert primaries(ada) == [second]
    assert {e.account_id for e in published(AccountUpdated)} == {first.pk, second.pk}
    assert len(published(AccountUpdated)) == 2
    assert bind(Accounts).primary_of(owner_id=ada.user_id).account_id == second.pk


def test_what_is_closed_kept_elsewhere_or_somebody_elses_is_not_made_primary(
    api: APIClient, ada: Principal
):
    outside = an_account(owner_id=ada.user_id, product=Product.EXTERNAL)
    closed = an_account(owner_id=ada.user_id)
    api.post(f"/api/accounts/{closed.pk}/close")
    theirs = an_account()

    codes = [
        api.post(f"/api/accounts/{one.pk}/primary").json()["code"]
        for one in (outside, closed, theirs)
    ]

    assert codes == ["account_cannot_be_primary", "bank_account_closed", "bank_account_not_found"]
    assert primaries(ada) == []


@pytest.mark.django_db(databases=[OWN], transaction=True)
def test_of_many_switches_at_once_one_stands(ada: Principal):
    held = [an_account(owner_id=ada.user_id) for _ in range(4)]
    together = threading.Barrier(8)

    def switch(account: Account) -> None:
        together.wait()
        try:
            primary.make_primary(account_id=account.pk, owner_id=ada.user_id, at=now())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(switch, held * 2))

    assert len(primaries(ada)) == 1


def test_who_shares_an_account_does_not_see_whose_primary_it_is(ada: Principal):
    account = an_account(owner_id=ada.user_id)

    shown = client_of(ada).get(f"/api/accounts/{account.pk}").json()
    listed = client_of(person()).get("/api/accounts").json()["items"]

    assert shown["is_primary"] is True
    assert listed == []


def opened(minimum_minor: int, overdraft_minor: int = 0, account_id=None):
    return bind(Accounts).open_account(
        account_id=account_id or new_id(),
        owner_id=new_id(),
        product=Product.SAVINGS,
        currency="EUR",
        nickname="",
        overdraft_minor=overdraft_minor,
        opened_at=now(),
        minimum_minor=minimum_minor,
    )


@pytest.mark.django_db(databases=[OWN], transaction=True)
def test_what_an_account_has_to_keep_is_the_ledgers_before_the_account_can_be_named(
    keeping: FakeKeeping,
):
    account = opened(25_00)

    kept = SpendingLimit(period=Period.BALANCE, channel=Channel.ANY, amount_minor=25_00)
    assert keeping.kept_limits[(account.account_id, None)] == (kept,)
    assert account.minimum_minor == 25_00
    with pytest.raises(AccountTermsDiffer):
        opened(24_00, account_id=account.account_id)


@pytest.mark.django_db(databases=[OWN], transaction=True)
@pytest.mark.parametrize(("minimum", "overdraft"), [(-1, 0), (1 << 62, 0), (1, 1)])
def test_a_minimum_that_is_none_is_refused(minimum: int, overdraft: int):
    with pytest.raises(InvalidMinimum):
        opened(minimum, overdraft)


def test_a_product_keeps_what_the_operator_says_and_available_knows(
    api: APIClient, ledger: FakeLedger, settings
):
    settings.VORTEX_MINIMUM_BALANCES = {"savings.EUR": 10_00}
    asked = {"product": "savings", "currency": "EUR"}

    shown = api.post("/api/accounts", asked, headers={"Idempotency-Key": str(new_id())}).json()
    ledger.credit(Account.objects.get().pk, 15_00)
    balance = api.get(f"/api/accounts/{shown['id']}/balance").json()
    balances = api.get(f"/api/accounts/{shown['id']}/balances").json()

    assert shown["minimum"] == {"amount": "10.00", "currency": "EUR"}
    assert balance["available"] == balances["available"] == {"amount": "5.00", "currency": "EUR"}


def test_reopening_counts_towards_the_most_that_one_has_open(
    api: APIClient, ada: Principal, settings
):
    closed, _ = an_account(owner_id=ada.user_id), an_account(owner_id=ada.user_id)
    api.post(f"/api/accounts/{closed.pk}/close")
    settings.VORTEX_OPEN_ACCOUNTS_PER_PERSON = 1

    refused = api.post(f"/api/accounts/{closed.pk}/reopen")
    by_the_bank = standing.change_standing(
        account_id=closed.pk, change=Change.REOPEN, party=Party.BANK, asked_at=now()
    )

    assert (refused.status_code, refused.json()["code"]) == (422, "too_many_accounts")
    assert by_the_bank.closed_at is None


@pytest.mark.django_db(databases=[OWN], transaction=True)
def test_two_that_reopen_at_once_are_not_both_the_last_allowed(ada: Principal, settings):
    settings.VORTEX_OPEN_ACCOUNTS_PER_PERSON = 2
    closed = [an_account(owner_id=ada.user_id) for _ in range(2)]
    for account in closed:
        standing.change_standing(
            account_id=account.pk, change=Change.CLOSE, party=Party.HOLDER, asked_at=now()
        )
    an_account(owner_id=ada.user_id)
    together = threading.Barrier(2)

    def reopen(account: Account) -> bool:
        together.wait()
        try:
            standing.change_standing(
                account_id=account.pk, change=Change.REOPEN, party=Party.HOLDER, asked_at=now()
            )
        except TooManyAccounts:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(reopen, closed)) == [False, True]


def test_products_are_listed_with_what_is_agreed(api: APIClient, settings):
    settings.VORTEX_MINIMUM_BALANCES = {"savings.EUR": 10_00}

    listed = {one["product"]: one for one in api.get("/api/accounts/products").json()["items"]}

    assert set(listed) == {product.value for product in Product}
    assert {name for name, one in listed.items() if one["has_cards"]} == {"checking", "wallet"}
    assert {name for name, one in listed.items() if not one["is_kept_here"]} == {"external"}
    savings = {one["currency"]: one["minimum"]["amount"] for one in listed["savings"]["terms"]}
    assert (savings["EUR"], savings["GBP"], savings["JPY"]) == ("10.00", "0.00", "0")
