"""Accounts over HTTP: what a customer can do with their own, and nobody with anybody else's."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from rest_framework.test import APIClient

from apps.accounts.domain.standing import Standing
from apps.accounts.models import Account
from apps.accounts.tests.factories import OWN, an_account
from apps.accounts.tests.fakes import FakeLedger, FakeUsers
from vortex.contracts import Principal
from vortex.ids import new_id
from vortex.testing import client_of, person

pytestmark = pytest.mark.django_db(databases=[OWN])

UNKNOWN = "0199b3a0-5f3e-7c8e-9d5e-3f1d9d1f0a11"
OPENING = {"product": "checking", "currency": "EUR", "nickname": "Everyday"}


def opening(api: APIClient, key: str = "", **body: object):
    return api.post(
        "/api/accounts", {**OPENING, **body}, headers={"Idempotency-Key": key or str(new_id())}
    )


def own_account(principal: Principal, **told: object) -> Account:
    return an_account(owner_id=principal.user_id, **told)


def test_a_customer_opens_an_account_and_finds_it_in_the_list(api: APIClient, ledger: FakeLedger):
    opened = opening(api)

    assert opened.status_code == 201
    assert opened.json()["status"] == "active"
    ledger.credit(Account.objects.get().pk, 1234)
    [listed] = api.get("/api/accounts").json()["items"]
    assert listed["iban"] == opened.json()["iban"]
    assert listed["balance"]["booked"] == {"amount": "12.34", "currency": "EUR"}
    assert api.get(opened["Location"]).json() == opened.json()


def test_opening_needs_an_idempotency_key(api: APIClient, ledger: FakeLedger):
    answer = api.post("/api/accounts", OPENING)

    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_required")
    assert ledger.calls == []


def test_one_key_opens_one_account_and_gets_the_same_answer(api: APIClient):
    first, second = opening(api, "one-key"), opening(api, "one-key")

    assert first.json() == second.json()
    assert second["Idempotency-Replayed"] == "true"
    assert Account.objects.count() == 1


def test_one_key_with_another_wish_is_refused(api: APIClient):
    opening(api, "one-key")

    answer = opening(api, "one-key", currency="GBP")

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


def test_a_retry_after_a_death_before_the_answer_opens_nothing_more(
    api: APIClient, ada: Principal, monkeypatch
):
    from vortex.idempotency import Slot

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Slot, "record_apart", die)
        with pytest.raises(KeyboardInterrupt):
            opening(api, "one-key")

    answer = opening(api, "one-key")

    assert answer.status_code == 201
    assert answer.json()["id"] == str(Account.objects.get().pk)


@pytest.mark.django_db(databases=[OWN], transaction=True)
def test_two_opens_at_once_with_one_key_open_one_account(ada: Principal):
    together = threading.Barrier(4)

    def open_it(_: int) -> int:
        together.wait()
        try:
            return int(opening(client_of(ada), "one-key").status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        statuses = set(threads.map(open_it, range(4)))

    assert statuses <= {201, 409}
    assert 201 in statuses
    assert Account.objects.count() == 1


def test_nobody_opens_an_account_for_somebody_else_or_with_a_gift(api: APIClient, ada: Principal):
    opening(api, owner_id=str(new_id()), overdraft_minor=10**9, status="frozen", iban="DE1")

    account = Account.objects.get()
    assert account.owner_id == ada.user_id
    assert (account.overdraft_minor, account.standing) == (0, Standing.ACTIVE)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"currency": "XXX"}, "/currency"),
        ({"currency": "eur"}, "/currency"),
        ({"currency": 978}, "/currency"),
        ({"product": "casino"}, "/product"),
        ({"product": None}, "/product"),
        ({"nickname": "x" * 65}, "/nickname"),
        ({"nickname": ["list"]}, "/nickname"),
    ],
)
def test_what_cannot_be_opened_is_said_field_by_field(api: APIClient, body, pointer):
    answer = opening(api, **body)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize("nickname", ["<b>rent</b>", "\u202egnihton\u202c", " padded ", "=1+1"])
def test_a_nickname_comes_back_as_it_was_written(api: APIClient, nickname):
    assert opening(api, nickname=nickname).json()["nickname"] == nickname


def test_the_list_can_be_narrowed(api: APIClient, ada: Principal):
    own_account(ada, currency="GBP")
    frozen = own_account(ada)
    api.post(f"/api/accounts/{frozen.pk}/freeze")

    def listed(query: str) -> list[str]:
        return [item["id"] for item in api.get(f"/api/accounts?{query}").json()["items"]]

    assert listed("status=frozen") == [str(frozen.pk)]
    assert listed("currency=EUR") == [str(frozen.pk)]
    assert listed("currency=EUR&status=active") == []
    assert api.get("/api/accounts?status=nonsense").status_code == 422


def test_the_list_costs_the_same_however_long_it_is(
    api: APIClient, ada: Principal, ledger: FakeLedger, django_assert_num_queries
):
    for _ in range(5):
        own_account(ada)
    ledger.calls.clear()

    with django_assert_num_queries(1, using=OWN):
        assert len(api.get("/api/accounts").json()["items"]) == 5

    assert ledger.calls == ["balances"]


@pytest.mark.parametrize(
    ("operation", "queries"),
    [("get ", 1), ("get /balance", 1), ("patch ", 7), ("post /freeze", 13)],
)
def test_an_operation_stays_within_its_queries(
    api: APIClient, ada: Principal, django_assert_max_num_queries, operation, queries
):
    account = own_account(ada)
    method, _, address = operation.partition(" ")
    send = getattr(api, method)

    with django_assert_max_num_queries(queries, using=OWN):
        answer = send(
            f"/api/accounts/{account.pk}{address}", {"nickname": "n"}, headers={"If-Match": "*"}
        )

    assert answer.status_code == 200


def test_opening_stays_within_its_queries(api: APIClient, django_assert_max_num_queries):
    with django_assert_max_num_queries(17, using=OWN):
        assert opening(api).status_code == 201


def test_the_balance_is_the_ledgers(api: APIClient, ada: Principal, ledger: FakeLedger):
    account = own_account(ada, currency="JPY", overdraft_minor=50)
    ledger.credit(account.pk, 1000)

    balance = api.get(f"/api/accounts/{account.pk}/balance").json()

    assert balance["booked"] == {"amount": "1000", "currency": "JPY"}
    assert balance["available"] == {"amount": "1050", "currency": "JPY"}
    assert balance["held"]["amount"] == "0"


def test_a_change_needs_the_version_that_was_read(api: APIClient, ada: Principal):
    address = f"/api/accounts/{own_account(ada).pk}"
    etag = api.get(address)["ETag"]

    blind = api.patch(address, {"nickname": "a"})
    first = api.patch(address, {"nickname": "b"}, headers={"If-Match": etag})
    late = api.patch(address, {"nickname": "c"}, headers={"If-Match": etag})

    assert (blind.status_code, first.status_code, late.status_code) == (428, 200, 412)
    assert api.get(address).json()["nickname"] == "b"
    assert api.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 304


def test_only_what_belongs_to_the_look_can_be_changed(api: APIClient, ada: Principal):
    account = own_account(ada)

    answer = api.patch(
        f"/api/accounts/{account.pk}",
        {
            "colour": "#0b7a75",
            "position": 3,
            "hidden": True,
            "owner_id": str(new_id()),
            "status": "closed",
            "currency": "GBP",
            "overdraft": {"amount": "1000000.00", "currency": "EUR"},
            "iban": "DE89370400440532013000",
        },
        headers={"If-Match": "*"},
    )

    assert answer.status_code == 200
    account.refresh_from_db()
    assert (account.colour, account.position, account.hidden) == ("#0b7a75", 3, True)
    assert (account.owner_id, account.standing, account.currency, account.overdraft_minor) == (
        ada.user_id,
        Standing.ACTIVE,
        "EUR",
        0,
    )


def test_put_replaces_the_whole_look(api: APIClient, ada: Principal):
    address, match = f"/api/accounts/{own_account(ada).pk}", {"If-Match": "*"}
    look = {"nickname": "n", "colour": "", "position": 0, "hidden": False}

    assert api.put(address, {"nickname": "n"}, headers=match).status_code == 422
    assert api.put(address, look, headers=match).status_code == 200


@pytest.mark.parametrize(
    "look", [{"colour": "red"}, {"colour": "#FFFFFF"}, {"position": -1}, {"position": 10**6}]
)
def test_a_look_that_cannot_be_shown_is_refused(api: APIClient, ada: Principal, look):
    account = own_account(ada)

    answer = api.patch(f"/api/accounts/{account.pk}", look, headers={"If-Match": "*"})

    assert answer.status_code == 422


def test_closing_is_for_empty_accounts_and_can_be_said_twice(
    api: APIClient, ada: Principal, ledger: FakeLedger
):
    account = own_account(ada)
    ledger.credit(account.pk, 1)
    refused = api.post(f"/api/accounts/{account.pk}/close")
    assert (refused.status_code, refused.json()["code"]) == (409, "account_not_empty")
    ledger.credit(account.pk, -1)

    assert api.post(f"/api/accounts/{account.pk}/close").json()["status"] == "closed"
    assert api.delete(f"/api/accounts/{account.pk}").status_code == 204
    assert api.get(f"/api/accounts/{account.pk}").json()["status"] == "closed"


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("get", ""),
        ("put", ""),
        ("patch", ""),
        ("delete", ""),
        ("get", "/balance"),
        ("post", "/close"),
        ("post", "/freeze"),
        ("post", "/unfreeze"),
    ],
)
def test_somebody_elses_account_does_not_exist(api: APIClient, ledger: FakeLedger, method, address):
    theirs = an_account()
    ledger.calls.clear()

    def answer(account_id: object):
        send = getattr(api, method)
        body = {} if method == "get" else {"nickname": "mine"}
        return send(f"/api/accounts/{account_id}{address}", body, headers={"If-Match": "*"})

    real, invented = answer(theirs.pk), answer(new_id())

    assert real.status_code == invented.status_code == 404
    assert real.json()["code"] == invented.json()["code"] == "bank_account_not_found"
    assert ledger.calls == []


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("get", "/api/accounts"),
        ("post", "/api/accounts"),
        ("get", "/api/accounts/resolve?iban=x"),
        ("get", f"/api/accounts/{UNKNOWN}"),
        ("post", f"/api/accounts/{UNKNOWN}/freeze"),
    ],
)
def test_nobody_in_particular_gets_nothing(method, address):
    answer = getattr(client_of(None), method)(address)

    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_staff_freeze_any_account_and_the_holder_cannot_lift_it(
    api: APIClient, ada: Principal, ledger: FakeLedger
):
    account, staff = own_account(ada), client_of(person("support_agent"))

    assert staff.post(f"/api/accounts/{account.pk}/freeze").json()["status"] == "frozen"
    refused = api.post(f"/api/accounts/{account.pk}/unfreeze")

    assert (refused.status_code, refused.json()["code"]) == (422, "account_frozen_by_bank")
    assert ledger.kept[account.pk].credits_frozen
    assert staff.post(f"/api/accounts/{account.pk}/unfreeze").json()["status"] == "active"


def test_staff_do_not_read_or_close_a_customers_account(ada: Principal):
    account, staff = own_account(ada), client_of(person("administrator"))

    assert staff.get(f"/api/accounts/{account.pk}").status_code == 404
    assert staff.post(f"/api/accounts/{account.pk}/close").status_code == 404


def test_an_analyst_freezes_nothing(ada: Principal):
    account = own_account(ada)

    answer = client_of(person("analyst")).post(f"/api/accounts/{account.pk}/freeze")

    assert answer.status_code == 404


def test_a_payee_is_recognised_and_not_revealed(api: APIClient, users: FakeUsers):
    theirs = an_account()
    users.names[theirs.owner_id] = "Grace Hopper"

    found = api.get("/api/accounts/resolve", {"iban": theirs.iban.lower()})

    assert found.json() == {
        "account_id": str(theirs.pk),
        "iban": f"DE•• •••• {theirs.iban[-4:]}",
        "holder": "G••• H•••",
        "currency": "EUR",
    }


@pytest.mark.parametrize(
    ("iban", "status", "code"),
    [
        ("DE89370400440532013000", 404, "bank_account_not_found"),
        ("DE89370400440532013001", 422, "invalid_iban"),
        ("garbage", 422, "invalid_iban"),
        ("", 422, "validation_failed"),
        ("9" * 65, 422, "validation_failed"),
    ],
)
def test_an_iban_that_names_nobody_here_finds_nobody(api: APIClient, iban, status, code):
    answer = api.get("/api/accounts/resolve", {"iban": iban})

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_closed_account_is_nobodys_payee(api: APIClient, ada: Principal):
    account = own_account(ada)
    api.post(f"/api/accounts/{account.pk}/close")

    assert api.get("/api/accounts/resolve", {"iban": account.iban}).status_code == 404


def test_looking_for_payees_is_limited(api: APIClient, settings):
    settings.VORTEX_RATE_LIMITS = {**settings.VORTEX_RATE_LIMITS, "resolve": (2, 60, "closed")}

    statuses = [api.get("/api/accounts/resolve?iban=x").status_code for _ in range(3)]

    assert statuses == [422, 422, 429]
