"""The money that accounts shows: the ledger's, of now and of then, and nobody else's."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.tests.factories import OWN, an_account
from apps.accounts.tests.fake_keeping import FakeKeeping
from apps.accounts.tests.fakes import FakeLedger
from apps.transactions.contracts import HoldLine, HoldState
from vortex.clock import now
from vortex.contracts import Principal
from vortex.ids import new_id

pytestmark = pytest.mark.django_db(databases=[OWN])


def line(minor: int, **more: object) -> HoldLine:
    said: dict[str, Any] = {
        "hold_id": new_id(),
        "amount_minor": minor,
        "currency": "EUR",
        "state": HoldState.PLACED,
        "reason": "hotel",
        "description": "",
        "placed_at": now(),
        "expires_at": now() + timedelta(days=1),
        "target_account_id": None,
    }
    return HoldLine(**{**said, **more})


def eur(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


def test_every_kind_of_balance_follows_from_the_ledgers_by_the_published_formula(
    api: APIClient, ada: Principal, ledger: FakeLedger, keeping: FakeKeeping
):
    account = an_account(owner_id=ada.user_id, overdraft_minor=500_00)
    ledger.credit(account.pk, -200_00)
    keeping.set_aside += [
        (account.pk, line(50_00)),
        (new_id(), line(30_00, target_account_id=account.pk)),
    ]

    shown = api.get(f"/api/accounts/{account.pk}/balances").json()

    assert shown["booked"] == eur("-200.00")
    assert shown["held"] == eur("50.00")
    assert shown["pending_in"] == eur("30.00")
    assert shown["overdraft_left"] == shown["available"] == eur("250.00")


def test_a_past_moment_is_asked_of_the_ledger_and_what_is_not_known_is_null(
    api: APIClient, ada: Principal, ledger: FakeLedger
):
    account = an_account(owner_id=ada.user_id)
    ledger.credit(account.pk, 10_00)

    shown = api.get(f"/api/accounts/{account.pk}/balances", {"at": "2026-01-01T00:00:00Z"}).json()

    assert shown["as_of"] == "2026-01-01T00:00:00Z"
    assert (shown["available"], shown["held"]) == (None, None)
    assert "balance_at" in ledger.calls


@pytest.mark.parametrize("at", ["yesterday", "2026-13-01", "\x00", "9" * 400])
def test_a_moment_that_is_none_is_refused(api: APIClient, ada: Principal, at):
    account = an_account(owner_id=ada.user_id)

    answer = api.get(f"/api/accounts/{account.pk}/balances", {"at": at})

    assert answer.status_code in {400, 422}


def test_history_is_a_point_a_day_for_as_many_days_as_were_asked(
    api: APIClient, ada: Principal, ledger: FakeLedger
):
    account = an_account(owner_id=ada.user_id, opened_at=datetime(2026, 1, 1, tzinfo=UTC))

    shown = api.get(
        f"/api/accounts/{account.pk}/balance/history",
        {"since": "2026-03-01", "until": "2026-03-31"},
    ).json()

    assert [point["day"] for point in shown["items"]][:2] == ["2026-03-01", "2026-03-02"]
    assert len(shown["items"]) == 31
    assert ledger.calls.count("balance_history") == 1


@pytest.mark.parametrize(
    "asked",
    [
        {"since": "2026-03-02", "until": "2026-03-01"},
        {"since": "2000-01-01", "until": "2026-03-01"},
        {"until": str(date.max)},
        {"since": "x"},
    ],
)
def test_a_range_that_cannot_be_drawn_is_refused(api: APIClient, ada: Principal, asked):
    account = an_account(owner_id=ada.user_id)

    answer = api.get(f"/api/accounts/{account.pk}/balance/history", asked)

    assert answer.status_code == 422, answer.content


def test_holds_are_paged_newest_first(api: APIClient, ada: Principal, keeping: FakeKeeping):
    account = an_account(owner_id=ada.user_id)
    keeping.set_aside += [(account.pk, line(minor)) for minor in (100, 200, 300)]
    keeping.set_aside.append((account.pk, line(400, state=HoldState.EXPIRED)))
    address = f"/api/accounts/{account.pk}/holds"

    first = api.get(address, {"limit": 2}).json()
    rest = api.get(address, {"limit": 2, "cursor": first["next_cursor"]}).json()

    amounts = [item["amount"]["amount"] for item in (*first["items"], *rest["items"])]
    assert amounts == ["3.00", "2.00", "1.00"]
    assert rest["next_cursor"] is None
    expired = api.get(address, {"state": "expired"}).json()["items"]
    assert [item["amount"] for item in expired] == [eur("4.00")]


def test_the_summary_adds_up_per_currency_and_asks_the_ledger_once(
    api: APIClient, ada: Principal, ledger: FakeLedger
):
    for currency, minor in (("EUR", 100_00), ("EUR", -40_00), ("GBP", 5_00)):
        account = an_account(owner_id=ada.user_id, currency=currency, overdraft_minor=10**6)
        ledger.credit(account.pk, minor)
    ledger.credit(an_account().pk, 999_00)
    ledger.calls.clear()

    euros, pounds = api.get("/api/accounts/summary").json()["items"]

    assert (euros["assets"], euros["debts"], euros["net"]) == (
        eur("100.00"),
        eur("40.00"),
        eur("60.00"),
    )
    assert (pounds["currency"], pounds["accounts"]) == ("GBP", 1)
    assert ledger.calls == ["funds"]


def test_who_has_no_account_is_worth_nothing(api: APIClient):
    assert api.get("/api/accounts/summary").json() == {"items": []}


@pytest.mark.parametrize("address", ["balances", "balance/history", "holds"])
def test_somebody_elses_money_does_not_exist(api: APIClient, ledger: FakeLedger, address):
    theirs = an_account()
    ledger.calls.clear()

    answers = [api.get(f"/api/accounts/{one}/{address}") for one in (theirs.pk, new_id())]

    assert {(a.status_code, a.json()["code"]) for a in answers} == {(404, "bank_account_not_found")}
    assert ledger.calls == []
