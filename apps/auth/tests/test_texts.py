"""Sending codes by SMS: once each, whatever the carrier does and whoever dies in between."""

import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from apps.auth import tasks
from apps.auth.adapters import texts as carriers
from apps.auth.adapters.texts.twilio import TwilioAt, TwilioCarrier
from apps.auth.domain.texts import MOST_ATTEMPTS, PROVE_PHONE, SIGN_IN_TEXT, text_of
from apps.auth.models import TextCode, User
from apps.auth.services import texts
from apps.auth.tests.carrier import ACCOUNT, SECRET, SENDER, SmsCarrier, open_carrier
from apps.auth.tests.factories import OWN, a_user
from apps.auth.tests.telephones import NUMBER, asked_for, code_at, forget_texts
from apps.auth.tests.test_credentials import own
from vortex.clock import now

pytestmark = pytest.mark.django_db(databases=[OWN])

LATER = timedelta(minutes=3)


@pytest.fixture(autouse=True)
def _nothing_sent():
    forget_texts()


@pytest.fixture
def elsewhere(settings: Any) -> Iterator[SmsCarrier]:
    with open_carrier() as server:
        settings.VORTEX_SMS_CARRIER = server.setting
        yield server


def code_in(told: dict[str, str]) -> str:
    found = re.search(r"\d{6}", told["Body"])
    assert found
    return found[0]


def test_a_text_is_posted_as_the_api_wants_it_and_its_code_is_right(
    ada: User, elsewhere: SmsCarrier
):
    client = own(ada)
    where = asked_for(client)

    assert tasks.send_texts() == 1

    [told] = elsewhere.texts
    assert (told["To"], told["From"]) == (NUMBER, SENDER)
    [row] = TextCode.objects.all()
    assert (row.state, row.attempts, row.carrier_id[:2]) == ("sent", 1, "SM")
    assert client.post(where, {"code": code_in(told)}).status_code == 200
    assert tasks.send_texts() == 0
    assert len(elsewhere.texts) == 1


@pytest.mark.parametrize("manner", ["20429", "429", "500", "503", "hang up"])
def test_a_carrier_that_is_away_is_tried_again_with_another_code(
    ada: User, elsewhere: SmsCarrier, manner
):
    client = own(ada)
    where = asked_for(client)
    elsewhere.manner = manner

    assert texts.send_due(now=now()) == 1
    assert texts.send_due(now=now()) == 0  # not at once
    [row] = TextCode.objects.all()
    assert (row.state, row.problem) == ("waiting", "unavailable")
    if "429" in manner:
        assert row.due_at > now() + timedelta(seconds=6)
    elsewhere.manner = "calm"
    assert texts.send_due(now=now() + LATER) == 1

    [told] = elsewhere.texts
    assert client.post(where, {"code": code_in(told)}).status_code == 200


@pytest.mark.parametrize("manner", ["garbage", "another thing", "endless", "slow"])
def test_no_code_is_sent_twice_where_nobody_knows_whether_it_went(
    ada: User, elsewhere: SmsCarrier, manner, monkeypatch
):
    """The answer got lost, so both may arrive: the newest counts, and the carrier saw each once."""
    monkeypatch.setattr(TwilioCarrier.__init__, "__kwdefaults__", {"most_seconds": 0.1})
    client = own(ada)
    where = asked_for(client)
    elsewhere.manner = manner
    texts.send_due(now=now())
    elsewhere.manner = "calm"

    texts.send_due(now=now() + LATER)

    first, second = (told["Body"] for told in elsewhere.texts)
    assert first != second
    assert client.post(where, {"code": code_in({"Body": first})}).status_code == 401
    assert client.post(where, {"code": code_in({"Body": second})}).status_code == 200


def test_whoever_dies_while_sending_loses_nothing_and_nobody_sends_meanwhile(
    ada: User, elsewhere: SmsCarrier, monkeypatch
):
    asked_for(own(ada))
    monkeypatch.setattr(TwilioCarrier, "send", _die)
    with pytest.raises(KeyboardInterrupt):
        texts.send_due(now=now())
    monkeypatch.undo()

    assert TextCode.objects.get().state == "sending"
    assert texts.send_due(now=now() + timedelta(seconds=30)) == 0
    assert texts.send_due(now=now() + timedelta(seconds=70)) == 1

    [row] = TextCode.objects.all()
    assert (row.state, row.attempts) == ("sent", 2)


def test_a_text_is_given_up_after_some_attempts_and_not_sent_when_it_is_too_late(
    ada: User, elsewhere: SmsCarrier
):
    asked_for(own(ada))
    elsewhere.manner = "503"
    for attempt in range(MOST_ATTEMPTS + 2):
        texts.send_due(now=now() + attempt * timedelta(minutes=2))
    row = TextCode.objects.get()
    assert (row.state, row.problem, row.attempts) == ("failed", "given_up", MOST_ATTEMPTS)

    asked_for(own(ada))
    elsewhere.manner = "calm"
    assert texts.send_due(now=now() + timedelta(minutes=11)) == 0
    assert elsewhere.texts == []


@pytest.mark.parametrize("manner", ["21211", "21408", "21610", "21614"])
def test_a_number_that_the_carrier_refuses_is_not_tried_again(
    ada: User, elsewhere: SmsCarrier, manner
):
    asked_for(own(ada))
    elsewhere.manner = manner

    texts.send_due(now=now())

    row = TextCode.objects.get()
    assert (row.state, row.problem) == ("failed", "number_refused")
    assert texts.send_due(now=now() + LATER) == 0


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("secret", "401 20003"),
        ("account", "404 20404"),
        ("", "400 21212"),
    ],
)
def test_what_the_operator_got_wrong_is_said_loudly_and_without_secrets(
    elsewhere: SmsCarrier, settings, wrong, said, caplog
):
    caplog.set_level(logging.DEBUG)
    settings.VORTEX_SMS_CARRIER = msgspec.json.encode(
        msgspec.json.decode(elsewhere.setting) | ({wrong: "AC" + "f" * 32} if wrong else {})
    ).decode()
    elsewhere.manner = "calm" if wrong else "21212"
    asked_for(own(a_user()))

    texts.send_due(now=now())

    row = TextCode.objects.get()
    assert (row.state, row.problem) == ("waiting", "misconfigured")
    assert "auth.sms.misconfigured" in caplog.text
    assert said in caplog.text
    assert not any(secret in caplog.text for secret in (NUMBER[1:], SECRET, "is no good"))


@pytest.mark.parametrize(
    "wrong",
    [{"base_url": "http://carrier.example"}, {"account": "AC/../x"}, {"token": "unknown field"}],
)
def test_a_setting_that_would_send_the_secret_in_clear_or_astray_is_refused(wrong):
    told = {"kind": "twilio", "account": ACCOUNT, "secret": SECRET, "sender": SENDER, **wrong}

    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(told), type=TwilioAt)


def test_a_messaging_service_and_an_api_key_are_used_where_they_are_named(elsewhere: SmsCarrier):
    at = TwilioAt(
        account=ACCOUNT, secret=SECRET, sender="MG" + "0" * 32, key="SK1", base_url=elsewhere.url
    )
    with pytest.raises(carriers.CarrierMisconfiguredError):  # the test's carrier knows no key
        TwilioCarrier(at).send(number=NUMBER, text="x")

    TwilioCarrier(msgspec.structs.replace(at, key="")).send(number=NUMBER, text="x")

    assert elsewhere.texts[0]["MessagingServiceSid"] == at.sender


def test_a_code_that_arrives_before_its_carrier_says_so_is_right_and_stays_used(
    ada: User, monkeypatch
):
    client = own(ada)
    where = asked_for(client)
    code = code_at()
    TextCode.objects.update(state="sending")

    assert client.post(where, {"code": code}).status_code == 200
    texts._settle(TextCode.objects.get(), "sent")

    assert TextCode.objects.get().state == "used"


@pytest.mark.parametrize("purpose", [PROVE_PHONE, SIGN_IN_TEXT])
def test_a_text_is_one_sms_and_bound_to_the_pages_of_the_bank(purpose):
    text = text_of(purpose, "123456", "bank.example")

    assert len(text) <= 160
    assert text.isascii()
    assert text.endswith("\n@bank.example #123456")


def _die(*_: Any, **__: Any) -> str:
    raise KeyboardInterrupt
