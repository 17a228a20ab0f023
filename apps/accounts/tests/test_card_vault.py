"""No card number leaves its vault, and a vault that misbehaves makes no card that is not one."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
from django.db import connections
from rest_framework.test import APIClient

from apps.accounts.adapters.vaults.lithic import LithicAt, LithicVault
from apps.accounts.adapters.vaults.local import SEALED_FOR, LocalVault
from apps.accounts.adapters.vaults.port import (
    VaultState,
    VaultTalksNonsenseError,
    VaultUnavailableError,
)
from apps.accounts.contracts import AccountCardIssued, CardState
from apps.accounts.models import Account, Card, VaultEntry
from apps.accounts.services import cards
from apps.accounts.tests.factories import OWN, an_account
from apps.accounts.tests.issuer import CVV, KEY, PAN, Issuer, open_issuer
from vortex.clock import now
from vortex.contracts import Principal
from vortex.ids import new_id
from vortex.sealing import safe

pytestmark = pytest.mark.django_db(databases=[OWN])


@pytest.fixture
def issuer(settings: Any) -> Iterator[Issuer]:
    with open_issuer() as server:
        told = {"kind": "lithic", "base_url": server.url, "api_key": KEY, "brand": "mastercard"}
        settings.VORTEX_CARD_VAULT = msgspec.json.encode(told).decode()
        yield server


@pytest.fixture
def account(ada: Principal) -> Account:
    return an_account(owner_id=ada.user_id)


def ask(api: APIClient, account: Account, key: str = ""):
    headers = {"Idempotency-Key": key or str(new_id())}
    return api.post(f"/api/accounts/{account.pk}/cards", {"name": "Trip"}, headers=headers)


def used_up(api: APIClient, account: Account) -> tuple[dict[str, Any], str]:
    """Make a card, use every address of it, and return it with all that was answered."""
    card = ask(api, account).json()
    address, amount = f"/api/accounts/cards/{card['id']}", {"amount": "9.00", "currency": "EUR"}
    answers = [
        api.get(f"/api/accounts/{account.pk}/cards"),
        api.get(address),
        api.post(f"{address}/limits", {"period": "day", "amount": amount}),
        api.get(f"{address}/limits"),
        api.get(f"{address}/payments"),
        *(api.post(f"{address}/{verb}") for verb in ("lock", "unlock", "cancel", "lock")),
    ]
    said = "\n".join(f"{dict(a.headers)} {a.content.decode()}" for a in answers)
    return card, f"{card} {said}"


def rows() -> str:
    """Return every row of every table of this context as text."""
    connection = connections[OWN]
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        found = []
        for table in map(connection.ops.quote_name, tables):
            cursor.execute(f"select t::text from {table} t")  # noqa: S608 - from the catalogue
            found += [row for (row,) in cursor.fetchall()]
    return "\n".join(found)


def test_an_issuers_number_and_code_are_in_no_answer_log_or_row(
    api: APIClient, account: Account, issuer: Issuer, caplog, capfd
):
    caplog.set_level(logging.DEBUG)

    card, answered = used_up(api, account)

    said = "\n".join((answered, rows(), caplog.text, *capfd.readouterr()))
    assert card["last_four"] == PAN[-4:]
    assert PAN not in said
    assert CVV not in said
    assert card["id"] in rows()  # what was searched is where it would be


def test_the_local_vaults_number_is_sealed_and_in_no_answer_log_or_other_row(
    api: APIClient, account: Account, caplog, capfd
):
    caplog.set_level(logging.DEBUG)

    card, answered = used_up(api, account)

    [entry] = VaultEntry.objects.all()
    secret = msgspec.json.decode(safe(SEALED_FOR).decrypt(bytes(entry.sealed)))
    number = secret["number"]
    said = "\n".join((answered, rows(), caplog.text, *capfd.readouterr()))
    assert number.endswith(card["last_four"])
    assert number not in said
    assert number[:-4] not in said
    assert number.encode().hex() not in said
    assert len(secret["code"]) == 3
    assert _luhn(number)


@pytest.mark.parametrize(
    "manner", ["garbage", "wrong types", "endless", "whole number", "another's memo", "500", "503"]
)
def test_a_vault_that_talks_nonsense_makes_no_card_and_nothing_of_it_is_kept(
    api: APIClient, account: Account, issuer: Issuer, manner, caplog
):
    caplog.set_level(logging.DEBUG)
    issuer.manner, key = manner, str(new_id())

    answer = ask(api, account, key)

    assert (answer.status_code, answer.json()["code"]) == (503, "card_vault_unavailable")
    [listed] = api.get(f"/api/accounts/{account.pk}/cards").json()["items"]
    assert (listed["state"], listed["last_four"]) == ("requested", "")
    said = f"{answer.content.decode()}\n{rows()}\n{caplog.text}"
    assert PAN not in said
    assert CVV not in said
    assert "account.card_issued" not in said
    issuer.manner = "calm"
    assert ask(api, account, key).json()["state"] == "active"
    assert len(issuer.cards) == 1


def test_a_key_that_the_issuer_does_not_know_makes_no_card(
    api: APIClient, account: Account, issuer: Issuer, settings
):
    settings.VORTEX_CARD_VAULT = settings.VORTEX_CARD_VAULT.replace(KEY, "another")

    assert ask(api, account).json()["code"] == "card_vault_unavailable"


def test_another_cards_token_is_taken_for_no_card(api: APIClient, account: Account, issuer: Issuer):
    first = ask(api, account).json()
    issuer.manner = "another's token"

    answer = ask(api, account)

    assert answer.json()["code"] == "card_vault_unavailable"
    assert [card.pk.hex for card in Card.objects.exclude(token="")] == [
        first["id"].replace("-", "")
    ]


def test_a_card_is_locked_here_at_once_where_its_issuer_is_not_reached_and_there_later(
    api: APIClient, account: Account, issuer: Issuer
):
    card = ask(api, account).json()
    issuer.manner = "503"

    locked = api.post(f"/api/accounts/cards/{card['id']}/lock").json()
    early = cards.tell_vault(now=now())
    issuer.manner = "calm"
    late = cards.tell_vault(now=now() + timedelta(minutes=5))

    assert locked["state"] == "locked"
    assert (early, late) == (0, 1)
    assert [kept["state"] for kept in issuer.cards.values()] == ["PAUSED"]
    assert cards.tell_vault(now=now() + timedelta(minutes=5)) == 0


def test_a_card_of_a_former_vault_is_told_to_that_vault(
    api: APIClient, account: Account, issuer: Issuer, settings
):
    theirs = ask(api, account).json()
    lithic = settings.VORTEX_CARD_VAULT
    settings.VORTEX_CARD_VAULT = '{"kind": "local"}'
    ours = ask(api, account).json()
    api.post(f"/api/accounts/cards/{theirs['id']}/lock")
    settings.VORTEX_CARD_VAULT = lithic
    api.post(f"/api/accounts/cards/{ours['id']}/lock")
    cards.tell_vault(now=now() + timedelta(minutes=5))

    assert VaultEntry.objects.get().state == "locked"
    assert [kept["state"] for kept in issuer.cards.values()] == ["PAUSED"]


def test_a_card_that_was_cancelled_before_it_was_made_is_cancelled_at_the_issuer(
    api: APIClient, account: Account, issuer: Issuer, published
):
    issuer.manner = "500"
    ask(api, account)
    card_id = Card.objects.get().pk
    api.post(f"/api/accounts/cards/{card_id}/cancel")
    issuer.manner = "calm"

    cards.tell_vault(now=now() + timedelta(hours=2))

    assert [kept["state"] for kept in issuer.cards.values()] == ["CLOSED"]
    assert published(AccountCardIssued) == []
    assert Card.objects.get().shown_state is CardState.CANCELLED


def test_an_issuer_that_answers_for_another_card_or_does_not_obey_is_not_believed(
    issuer: Issuer,
):
    vault = LithicVault(LithicAt(base_url=issuer.url, api_key=KEY))
    token = vault.issue(reference=new_id(), currency="EUR").token

    issuer.manner = "another's token"
    with pytest.raises(VaultTalksNonsenseError):
        vault.set_state(token=token, state=VaultState.LOCKED)
    issuer.manner = "deaf"
    with pytest.raises(VaultTalksNonsenseError):
        vault.set_state(token=token, state=VaultState.ACTIVE)
    issuer.manner = "calm"
    with pytest.raises(VaultTalksNonsenseError):
        vault.set_state(token="nobody-has-this", state=VaultState.LOCKED)


def test_an_issuer_that_never_ends_is_not_waited_for(issuer: Issuer, monkeypatch):
    issuer.manner = "slow"
    vault = LithicVault(LithicAt(base_url=issuer.url, api_key=KEY), most_seconds=0.1)

    with pytest.raises(VaultUnavailableError):
        vault.issue(reference=new_id(), currency="EUR")

    issuer.manner = "calm"
    monkeypatch.setattr("apps.accounts.adapters.asking.TIMEOUT", httpx.Timeout(0.01, connect=0))
    with pytest.raises(VaultUnavailableError):
        vault.issue(reference=new_id(), currency="EUR")


def test_closing_a_card_twice_is_closing_it_once(issuer: Issuer):
    vault = LithicVault(LithicAt(base_url=issuer.url, api_key=KEY))
    token = vault.issue(reference=new_id(), currency="EUR").token

    for _ in range(2):
        vault.set_state(token=token, state=VaultState.CANCELLED)

    with pytest.raises(VaultTalksNonsenseError):
        vault.set_state(token=token, state=VaultState.ACTIVE)


def test_a_repeated_reference_gives_the_same_card(issuer: Issuer):
    reference = new_id()
    for vault in (LithicVault(LithicAt(base_url=issuer.url, api_key=KEY)), LocalVault()):
        first = vault.issue(reference=reference, currency="EUR")
        assert vault.issue(reference=reference, currency="EUR") == first
    assert issuer.told[0][2]["memo"] == str(reference)


def test_the_local_vault_reopens_no_cancelled_card_and_knows_no_other_token():
    vault = LocalVault()
    token = vault.issue(reference=new_id(), currency="EUR").token
    vault.set_state(token=token, state=VaultState.CANCELLED)

    with pytest.raises(VaultTalksNonsenseError):
        vault.set_state(token=token, state=VaultState.ACTIVE)
    with pytest.raises(VaultTalksNonsenseError):
        vault.set_state(token="another", state=VaultState.LOCKED)


@pytest.mark.parametrize("base_url", ["http://issuer.example.com", "ftp://localhost", "nonsense"])
def test_the_key_is_sent_to_nobody_in_clear(base_url: str):
    with pytest.raises(ValueError, match="https"):
        LithicAt(base_url=base_url, api_key=KEY)


def _luhn(number: str) -> bool:
    digits = [int(digit) for digit in reversed(number)]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
