"""What the issuer says by itself is believed if it is signed, counts once, and is never lost."""

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from django.db import connections
from rest_framework.test import APIClient

from apps.accounts.adapters.vaults.lithic import LithicAt
from apps.accounts.adapters.vaults.signed import NotSignedError, check, keys_of
from apps.accounts.contracts import CardPaymentState
from apps.accounts.models import Account, Card, CardPayment, IssuerEvent
from apps.accounts.services import issuer_events
from apps.accounts.tasks import go_on_with_issuer_events
from apps.accounts.tests.factories import OWN, an_account
from apps.accounts.tests.fakes import FakeLedger
from apps.accounts.tests.issuer import (
    KEY,
    PAN,
    SECRET,
    Issuer,
    card_event,
    open_issuer,
    payment_event,
    signed,
)
from vortex.clock import now
from vortex.contracts import Principal
from vortex.errors import Unavailable
from vortex.ids import new_id
from vortex.testing import client_of

pytestmark = pytest.mark.django_db(databases=[OWN], transaction=True)

EARS = "/api/accounts/cards/issuer/events"


@pytest.fixture(autouse=True)
def issuer(settings) -> Iterator[Issuer]:
    with open_issuer() as server:
        told = {"kind": "lithic", "base_url": server.url, "api_key": KEY, "webhook_secret": SECRET}
        settings.VORTEX_CARD_VAULT = msgspec.json.encode(told).decode()
        yield server


@pytest.fixture
def account(ada: Principal, ledger: FakeLedger) -> Account:
    opened = an_account(owner_id=ada.user_id)
    ledger.credit(opened.pk, 100_00)
    return opened


@pytest.fixture
def card(ada: Principal, account: Account) -> Card:
    headers = {"Idempotency-Key": str(new_id())}
    address = f"/api/accounts/{account.pk}/cards"
    made = client_of(ada).post(address, {"name": "Shopping"}, headers=headers)
    assert made.status_code == 201, made.content
    return Card.objects.get(account_id=account.pk)


def say(event: dict[str, Any] | bytes, event_id: str = "", **told: Any) -> Any:
    told = {"event_id": event_id or f"msg_{new_id()}", "at": now(), **told}
    return APIClient().post(EARS, **signed(event, **told))


def outcomes() -> list[tuple[str, str]]:
    return list(IssuerEvent.objects.order_by("received_at", "pk").values_list("state", "outcome"))


def state_of(card: Card) -> str:
    return CardPayment.objects.get(card_id=card.pk).state


def test_a_payment_that_the_issuer_let_through_is_set_aside_and_then_paid(
    card: Card, account: Account, ledger: FakeLedger
):
    assert say(payment_event(card.token, "PENDING")).status_code == 204
    payment = CardPayment.objects.get()
    assert (payment.state, payment.amount_minor) == (CardPaymentState.AUTHORISED, 1_234)
    assert payment.merchant == "BAKERY BERLIN"
    assert payment.pk in ledger.set_aside

    assert say(payment_event(card.token, "SETTLED")).status_code == 204

    assert state_of(card) == CardPaymentState.CAPTURED
    assert ledger.kept[account.pk].booked_minor == 100_00 - 1_234
    assert outcomes() == [("done", "authorised"), ("done", "captured")]


@pytest.mark.parametrize("status", ["VOIDED", "EXPIRED"])
def test_a_payment_that_is_called_off_is_free_again_in_any_order(
    card: Card, account: Account, ledger: FakeLedger, status
):
    say(payment_event(card.token, "PENDING"))
    say(payment_event(card.token, status))
    assert state_of(card) == CardPaymentState.RELEASED

    late = {"token": "11111111-2371-40f0-8cbb-9a2e1230d955"}
    say(payment_event(card.token, status, **late))
    say(payment_event(card.token, "PENDING", **late))

    assert CardPayment.objects.count() == 1
    assert outcomes()[2:] == [("done", "nothing_to_do")] * 2
    assert ledger.kept[account.pk].booked_minor == 100_00


def test_what_was_settled_before_it_was_asked_for_is_paid_once(
    card: Card, account: Account, ledger: FakeLedger
):
    for status in ("SETTLED", "PENDING", "SETTLED"):
        say(payment_event(card.token, status))

    assert ledger.kept[account.pk].booked_minor == 100_00 - 1_234
    assert CardPayment.objects.count() == 1
    assert state_of(card) == CardPaymentState.CAPTURED


def test_an_event_counts_once_however_often_it_is_sent(
    card: Card, account: Account, ledger: FakeLedger
):
    for _ in range(3):
        assert say(payment_event(card.token, "PENDING"), "msg_1").status_code == 204
        assert say(payment_event(card.token, "SETTLED"), "msg_2").status_code == 204
    assert say(payment_event(card.token, "SETTLED", minor=5_000), "msg_2").status_code == 204

    assert IssuerEvent.objects.count() == 2
    assert ledger.kept[account.pk].booked_minor == 100_00 - 1_234


def test_one_event_sent_at_once_many_times_counts_once(
    card: Card, account: Account, ledger: FakeLedger
):
    together = threading.Barrier(5)

    def one(_: int) -> int:
        together.wait()
        try:
            return int(say(payment_event(card.token, "SETTLED"), "msg_1").status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(5) as threads:
        assert set(threads.map(one, range(5))) == {204}

    assert outcomes() == [("done", "captured")]
    assert ledger.kept[account.pk].booked_minor == 100_00 - 1_234


FORGED: dict[str, dict[str, Any]] = {
    "another secret": {"secret": "whsec_" + "A" * 24},
    "too old": {"at": timedelta(minutes=-6)},
    "too new": {"at": timedelta(minutes=6)},
}


@pytest.mark.parametrize("told", FORGED.values(), ids=list(FORGED))
def test_what_is_not_signed_for_now_is_refused_and_not_kept(card: Card, told):
    told = {name: now() + one if name == "at" else one for name, one in told.items()}

    answer = say(payment_event(card.token, "SETTLED"), **told)

    assert (answer.status_code, answer.data["code"]) == (401, "issuer_event_not_signed")
    assert not IssuerEvent.objects.exists()
    assert not CardPayment.objects.exists()


SPOILT: dict[str, dict[str, str]] = {
    "no signature": {"webhook-signature": ""},
    "no scheme": {"webhook-signature": "AAAA"},
    "another scheme": {"webhook-signature": "v2,AAAA"},
    "not ascii": {"webhook-signature": "v1,\u00e9"},
    "no id": {"webhook-id": ""},
    "another id": {"webhook-id": "msg_other"},
    "long id": {"webhook-id": "x" * 256},
    "no time": {"webhook-timestamp": ""},
    "time as text": {"webhook-timestamp": "now"},
    "negative time": {"webhook-timestamp": "-1"},
    "endless time": {"webhook-timestamp": "9" * 400},
    "another digit": {"webhook-timestamp": "\u0661\u0662"},
}


@pytest.mark.parametrize("spoilt", SPOILT.values(), ids=list(SPOILT))
def test_a_header_that_is_wrong_is_refused_whatever_stands_in_it(card: Card, spoilt):
    sent = signed(payment_event(card.token, "SETTLED"), event_id="msg_1", at=now())
    sent["headers"] |= spoilt

    answer = APIClient().post(EARS, **sent)

    assert answer.status_code == 401
    assert not IssuerEvent.objects.exists()


def test_a_body_that_was_changed_on_the_way_is_refused(card: Card):
    sent = signed(payment_event(card.token, "SETTLED"), event_id="msg_1", at=now())
    sent["data"] = sent["data"].replace(b"1234", b"9999")

    assert APIClient().post(EARS, **sent).status_code == 401
    assert not IssuerEvent.objects.exists()


def test_while_the_secret_changes_both_are_believed(card: Card, settings):
    other = "whsec_" + "B" * 32
    said = msgspec.json.decode(settings.VORTEX_CARD_VAULT)
    both = {**said, "webhook_secret": f"{other} {SECRET}"}
    settings.VORTEX_CARD_VAULT = msgspec.json.encode(both).decode()

    answers = [
        say(card_event(card.token, "OPEN"), secret=secret).status_code for secret in (SECRET, other)
    ]

    assert answers == [204, 204]


def test_where_nobody_agreed_on_a_secret_nothing_is_listened_to(card: Card, settings):
    for told in ({"kind": "local"}, {"kind": "lithic", "base_url": "https://x", "api_key": KEY}):
        settings.VORTEX_CARD_VAULT = msgspec.json.encode(told).decode()

        answer = say(payment_event(card.token, "SETTLED"))

        assert (answer.status_code, answer.data["code"]) == (404, "issuer_events_not_expected")


@pytest.mark.parametrize("secret", ["whsec_short", "whsec_!!!!", "whsec_" + "A" * 8])
def test_an_operator_who_names_no_secret_is_told_at_the_start(secret: str):
    with pytest.raises(ValueError, match="webhook secret"):
        LithicAt(base_url="https://issuer.example", api_key=KEY, webhook_secret=secret)


UNKNOWN: dict[str, dict[str, Any] | bytes] = {
    "another kind": {"event_type": "dispute.updated", "token": "d1", "amount": 5},
    "no kind": {"hello": "world"},
    "a kind that is none": {"event_type": ["card.updated"]},
}


@pytest.mark.parametrize("event", UNKNOWN.values(), ids=list(UNKNOWN))
def test_what_is_not_understood_is_kept_and_taken(event):
    assert say(event).status_code == 204

    kept = IssuerEvent.objects.get()
    assert (kept.state, kept.content) == ("ignored", event)


BROKEN: dict[str, dict[str, Any] | bytes] = {
    "no amounts": {"event_type": "card_transaction.updated", "token": "t", "card_token": "c"},
    "state as number": {"event_type": "card.updated", "card_token": "c", "state": 1},
}


@pytest.mark.parametrize("event", BROKEN.values(), ids=list(BROKEN))
def test_an_event_that_is_not_what_its_kind_promises_is_kept_for_people(event):
    assert say(event).status_code == 204

    assert outcomes() == [("refused", "not_readable")]


@pytest.mark.parametrize("body", [b"", b"no json", b"[1]", b"null", b"\xff", b"[" * 5_000])
def test_a_signed_body_that_is_no_event_is_kept_and_breaks_nothing(body: bytes):
    assert say(body).status_code == 204
    assert outcomes() == [("ignored", "")]


def test_an_event_that_is_too_large_is_refused(card: Card):
    answer = say({**card_event(card.token, "CLOSED"), "more": "x" * 300_000})

    assert answer.status_code == 413
    assert not IssuerEvent.objects.exists()


@pytest.mark.parametrize(("said", "state"), [("PAUSED", "locked"), ("CLOSED", "cancelled")])
def test_a_card_that_the_issuer_stopped_pays_nothing_here(card: Card, said: str, state: str):
    say(card_event(card.token, said))
    say(payment_event(card.token, "PENDING"))

    card.refresh_from_db()
    assert card.state == state
    assert outcomes()[1][0] == "refused"
    assert not CardPayment.objects.exists()


def test_a_card_that_its_holder_locked_is_not_unlocked_by_the_issuer(card: Card, ada: Principal):
    client_of(ada).post(f"/api/accounts/cards/{card.pk}/lock")

    say(card_event(card.token, "OPEN"))

    card.refresh_from_db()
    assert card.state == "locked"


def test_what_the_account_cannot_pay_is_kept_as_refused_and_moves_nothing(
    card: Card, account: Account, ledger: FakeLedger
):
    say(payment_event(card.token, "SETTLED", minor=100_01))
    say(payment_event(card.token, "SETTLED", minor=-5, token="refund"))
    say(payment_event("00000000-0000-0000-0000-000000000000", "PENDING", token="nobody"))

    assert outcomes() == [
        ("refused", "insufficient_funds"),
        ("refused", "malformed_card_payment"),
        ("refused", "card_not_found"),
    ]
    assert ledger.kept[account.pk].booked_minor == 100_00


def test_what_came_while_the_ledger_was_away_is_done_by_the_clock(
    card: Card, account: Account, ledger: FakeLedger
):
    def away(_: str) -> None:
        raise Unavailable

    ledger.before = away
    assert say(payment_event(card.token, "SETTLED")).status_code == 204
    assert outcomes() == [("waiting", "")]
    ledger.before = lambda _: None

    assert go_on_with_issuer_events() == 0  # it is still with whoever received it
    assert issuer_events.go_on(now=now() + timedelta(minutes=2)) == 1

    assert outcomes() == [("done", "captured")]
    assert ledger.kept[account.pk].booked_minor == 100_00 - 1_234


def test_no_card_number_is_kept_or_logged(card: Card, caplog):
    caplog.set_level(logging.DEBUG)
    spaced = " ".join(PAN[place : place + 4] for place in range(0, 16, 4))
    event = {
        **payment_event(card.token, "SETTLED", merchant=f"SHOP {PAN}"),
        "card": {"pan": PAN, "cvv": "123", "expiry": {"PIN": "0000"}},
        "memo": [f"paid with {spaced}", int(PAN)],
    }

    assert say(event).status_code == 204

    kept = msgspec.json.encode(IssuerEvent.objects.get().content).decode()
    for secret in (PAN, spaced, '"123"', '0000"'):
        assert secret not in kept
        assert secret not in caplog.text
    assert CardPayment.objects.get().merchant == "SHOP (not kept)"


def test_lithics_own_example_of_a_signature_is_believed_for_five_minutes():
    """The values of the tests of Lithic's own Python library (lithic-python, test_webhooks.py)."""
    body = (
        b'{"card_token":"sit Lorem ipsum, accusantium repellendus possimus","created_at":"elit. '
        b'placeat libero architecto molestias, sit","account_token":"elit.","issuer_decision":"'
        b'magnam, libero esse Lorem ipsum magnam, magnam,","tokenization_attempt_id":"illum dolor'
        b' repellendus libero esse accusantium","wallet_decisioning_info":{"device_score":"placeat'
        b' architecto"},"digital_wallet_token_metadata":{"status":"reprehenderit dolor",'
        b'"token_requestor_id":"possimus","payment_account_info":{"account_holder_data":'
        b'{"phone_number":"libero","email_address":"nobis molestias, veniam culpa! quas elit. quas'
        b' libero esse architecto placeat"},"pan_unique_reference":"adipisicing odit magnam,'
        b' odit"}}}'
    )
    keys = keys_of("whsec_zlFsbBZ8Xcodlpcu6NDTdSzZRLSdhkst")
    signature = "v1,Dwa0AHInLL3XFo2sxcHamOQDrJNi7F654S3L6skMAOI="
    said = ("msg_2Lh9KRb0pzN4LePd3XiA4v12Axj", "1676312382", signature)
    at = datetime.fromtimestamp(1676312382, tz=UTC)

    check(body, keys=keys, said=said, at=at + timedelta(minutes=4, seconds=59))
    check(body, keys=keys, said=(*said[:2], f"v1,AAAA v2,x {signature}"), at=at)

    for wrong in (timedelta(minutes=6), -timedelta(minutes=6)):
        with pytest.raises(NotSignedError):
            check(body, keys=keys, said=said, at=at + wrong)
