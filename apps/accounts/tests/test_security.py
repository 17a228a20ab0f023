"""All that protects an account on one page: loosened only by who proves to be there."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from rest_framework.test import APIClient

from apps.accounts.contracts import AccountFrozenEvent
from apps.accounts.domain.standing import Change, Party
from apps.accounts.models import Account, Monitor
from apps.accounts.services import standing
from apps.accounts.tests.factories import OWN, an_account
from apps.accounts.tests.fake_keeping import FakeChallenges, FakeKeeping
from apps.accounts.tests.fakes import FakeLedger
from vortex.clock import now
from vortex.contracts import Principal
from vortex.testing import client_of, person

pytestmark = pytest.mark.django_db(databases=[OWN])


def eur(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


OPEN = {"debits_frozen": False, "credits_frozen": False, "limits": [], "monitors": []}
LOW = {"kind": "low", "amount": eur("10.00")}
GUARDED = {
    "debits_frozen": True,
    "credits_frozen": False,
    "limits": [{"period": "day", "channel": "any", "amount": eur("50.00")}],
    "monitors": [LOW],
}


@pytest.fixture
def account(ada: Principal) -> Account:
    return an_account(owner_id=ada.user_id)


def put(api: APIClient, account: Account, page: object, etag: str = ""):
    address = f"/api/accounts/{account.pk}/security"
    match = etag or api.get(address)["ETag"]
    return api.put(address, page, headers={"If-Match": match})


def test_the_page_is_read_replaced_and_put_back_as_it_was(
    api: APIClient, account: Account, ledger: FakeLedger, keeping: FakeKeeping, published
):
    guarded = put(api, account, GUARDED)

    shown = guarded.json()
    assert (guarded.status_code, shown["debits_frozen"]) == (200, True)
    assert ledger.kept[account.pk].debits_frozen
    [limit] = keeping.kept_limits[(account.pk, None)]
    assert limit.amount_minor == 50_00
    assert Monitor.objects.get().kind == "low"

    again = put(api, account, GUARDED, guarded["ETag"])
    assert (again.status_code, again["ETag"]) == (200, guarded["ETag"])
    assert len(published(AccountFrozenEvent)) == 1

    opened = put(api, account, OPEN).json()
    assert (opened["debits_frozen"], opened["monitors"]) == (False, [])
    assert opened["limits"][0]["next_at"] is not None  # lifted after it has cooled off
    assert put(api, account, OPEN).status_code == 200


@pytest.mark.parametrize(
    ("change", "needs_proof"),
    [
        ({"debits_frozen": False}, True),
        ({"limits": []}, True),
        ({"limits": [{"period": "day", "amount": eur("40.00")}]}, True),
        ({"limits": [{"period": "day", "amount": eur("60.00")}]}, True),
        ({"monitors": []}, True),
        ({"debits_frozen": False, "credits_frozen": True}, True),
        ({"credits_frozen": True}, False),
        ({"monitors": [LOW, {"kind": "high", "amount": eur("9.00")}]}, False),
        ({}, False),
    ],
)
def test_what_loosens_needs_a_fresh_proof_and_changes_nothing_without_one(
    api: APIClient, account: Account, presence: FakeChallenges, change, needs_proof
):
    before = put(api, account, GUARDED)
    presence.is_fresh = False

    answer = put(api, account, {**GUARDED, **change})

    assert answer.status_code == (403 if needs_proof else 200), answer.content
    if needs_proof:
        assert answer.json()["code"] == "step_up_required"
        now_there = api.get(f"/api/accounts/{account.pk}/security")
        assert now_there["ETag"] == before["ETag"]


def test_a_page_that_somebody_else_has_changed_is_not_overwritten(api: APIClient, account: Account):
    read = api.get(f"/api/accounts/{account.pk}/security")["ETag"]
    put(api, account, GUARDED)

    late = put(api, account, OPEN, read)
    blind = api.put(f"/api/accounts/{account.pk}/security", OPEN)

    assert (late.status_code, blind.status_code) == (412, 428)
    assert api.get(f"/api/accounts/{account.pk}/security").json()["debits_frozen"]


@pytest.mark.django_db(databases=[OWN], transaction=True)
def test_of_two_pages_at_once_one_is_taken(api: APIClient, account: Account):
    read = api.get(f"/api/accounts/{account.pk}/security")["ETag"]
    together = threading.Barrier(2)

    def send(page: object) -> int:
        own = client_of(person(user_id=account.owner_id))
        together.wait()
        try:
            return int(put(own, account, page, read).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as threads:
        pages = (GUARDED, {**OPEN, "credits_frozen": True})
        assert sorted(threads.map(send, pages)) == [200, 412]


def test_what_the_bank_froze_is_shown_and_stays(api: APIClient, account: Account):
    standing.change_standing(
        account_id=account.pk, change=Change.FREEZE, party=Party.BANK, asked_at=now()
    )

    shown = api.get(f"/api/accounts/{account.pk}/security").json()
    answer = put(api, account, OPEN)

    assert (shown["debits_frozen"], shown["credits_frozen"]) == (True, True)
    assert shown["may_unfreeze"] is False
    assert answer.json()["code"] == "account_frozen_by_bank"


@pytest.mark.parametrize(
    "change",
    [
        {"debits_frozen": "no"},
        {"debits_frozen": None},
        {"limits": [{"period": "day", "amount": eur("-1.00")}]},
        {"limits": [{"period": "day", "amount": {"amount": "1.00", "currency": "GBP"}}]},
        {"limits": [{"period": "balance", "amount": eur("1.00")}]},
        {"limits": [{"period": "day", "amount": eur("1.00")}] * 2},
        {"limits": "none"},
        {"monitors": [{"kind": "low", "amount": {"amount": "1.00", "currency": "GBP"}}]},
        {"monitors": [{"kind": "large_debit", "amount": eur("0.00")}]},
        {"monitors": [{"kind": "low", "amount": eur("1.00")}] * 21},
    ],
)
def test_what_is_no_page_changes_nothing(api: APIClient, account: Account, change):
    before = api.get(f"/api/accounts/{account.pk}/security")["ETag"]

    answer = put(api, account, {**OPEN, **change})

    assert answer.status_code == 422, answer.content
    assert api.get(f"/api/accounts/{account.pk}/security")["ETag"] == before


def test_somebody_elses_page_does_not_exist_and_a_closed_account_has_none_to_change(
    api: APIClient, account: Account
):
    theirs = an_account()
    api.post(f"/api/accounts/{account.pk}/close")

    assert api.get(f"/api/accounts/{theirs.pk}/security").status_code == 404
    assert put(api, theirs, OPEN, "*").status_code == 404
    assert put(api, account, OPEN).json()["code"] == "bank_account_closed"
