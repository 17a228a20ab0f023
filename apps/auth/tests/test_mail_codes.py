"""Signing in by a code in a mail: once, in the page that asked, silent to strangers, one factor."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.auth import handlers
from apps.auth.adapters.mail import Mailbox
from apps.auth.contracts import UserLinkRequested, UserLoginFailed
from apps.auth.models import Challenge, MailLink, User
from apps.auth.tests.authenticators import app_of
from apps.auth.tests.factories import OWN, PASSWORD, a_user
from apps.auth.tests.test_credentials import NEXT, own
from vortex import identity, valkey
from vortex.clock import now

pytestmark = pytest.mark.django_db(databases=[OWN])

ASK, ENTER = "/api/auth/login/code", "/api/auth/login/code/verify"


@pytest.fixture(autouse=True)
def _empty_mailbox():
    valkey.client().delete("auth:mailbox")


def asked(api: APIClient, email: str) -> str:
    answer = api.post(ASK, {"email": email})
    assert answer.status_code == 202, answer.content
    return str(answer.json()["challenge"])


def code_sent(published: Any) -> str:
    """Carry out what was asked last and return the code of the mail."""
    handlers.send_link(published(UserLinkRequested)[-1])
    [code] = re.findall(r"\b\d{8}\b", Mailbox().read()[0].text)
    return str(code)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**8:08d}"


@pytest.mark.asvs("V6.6.3")
def test_a_code_in_a_mail_signs_in_once(api: APIClient, ada: User, published):
    body = {"challenge": asked(api, ada.email.upper()), "code": code_sent(published)}

    entered = api.post(ENTER, body)
    again = api.post(ENTER, body)

    principal = identity.verify(entered.json()["access"])
    assert (principal.user_id, principal.amr) == (ada.pk, ("otp",))
    assert (again.status_code, again.json()["code"]) == (401, "wrong_answer")
    assert body["code"] not in str(MailLink.objects.values()) + str(Challenge.objects.values())


def test_a_code_is_no_second_factor_and_replaces_none(api: APIClient, ada: User, published):
    app = app_of(ada)
    body = {"challenge": asked(api, ada.email), "code": code_sent(published)}

    entered = api.post(ENTER, body)

    assert (entered.status_code, entered.json()["code"]) == (401, "mfa_required")
    question = entered.json()["challenge"]
    by_mail = {"challenge": question, "method": "totp", "code": body["code"]}
    assert api.post("/api/auth/mfa/verify", by_mail).status_code in {401, 422}
    right = {"challenge": question, "method": "totp", "code": app.code()}
    tokens = api.post("/api/auth/mfa/verify", right).json()
    assert "mfa" in identity.verify(tokens["access"]).amr


@pytest.mark.asvs("V6.3.8")
def test_asking_says_and_does_the_same_for_everybody(api: APIClient, ada: User, published):
    api.post(ASK, {"email": ada.email})
    answers, counts = [], []
    for email in (ada.email, "nobody@example.com"):
        with CaptureQueriesContext(connections[OWN]) as queries:
            answers.append(api.post(ASK, {"email": email}))
        counts.append(len(queries))

    shapes = [{name: len(str(value)) for name, value in one.json().items()} for one in answers]
    assert answers[0].status_code == answers[1].status_code == 202
    assert shapes[0] == shapes[1]
    assert counts[0] == counts[1]
    for event in published(UserLinkRequested):
        handlers.send_link(event)
    assert {mail.to for mail in Mailbox().read()} == {ada.email}


def test_guessing_a_code_is_the_same_for_nobody_and_somebody(api: APIClient, ada: User, published):
    answers = [
        api.post(ENTER, {"challenge": asked(api, email), "code": "00000000"})
        for email in (ada.email, "nobody@example.com")
    ]

    assert [one.status_code for one in answers] == [401, 401]
    bodies = [{**one.json(), "trace_id": "", "instance": ""} for one in answers]
    assert bodies[0] == bodies[1]
    assert [event.user_id for event in published(UserLoginFailed)] == [ada.pk, None]


def test_five_wrong_codes_close_the_question(api: APIClient, ada: User, published):
    question, code = asked(api, ada.email), code_sent(published)
    for _ in range(5):
        assert api.post(ENTER, {"challenge": question, "code": wrong(code)}).status_code == 401

    assert api.post(ENTER, {"challenge": question, "code": code}).status_code == 401


def test_ten_wrong_codes_make_the_address_wait_whoever_asks(
    api: APIClient, ada: User, settings, published
):
    limits = settings.VORTEX_RATE_LIMITS
    settings.VORTEX_RATE_LIMITS = {**limits, "second_factor": (2, 1800, "closed")}
    question = asked(api, ada.email)
    code = code_sent(published)
    for _ in range(2):
        api.post(ENTER, {"challenge": question, "code": wrong(code)})

    waits = api.post(ENTER, {"challenge": question, "code": code})

    assert (waits.status_code, waits.json()["code"]) == (429, "too_many_answers")


def test_a_code_is_of_no_use_to_whoever_did_not_ask(api: APIClient, ada: User, published):
    asked(api, ada.email)
    code = code_sent(published)
    thief = asked(api, ada.email)

    assert api.post(ENTER, {"challenge": thief, "code": code}).status_code == 401


@pytest.mark.parametrize("token", ["", "x", "é.é", f"{'0' * 32}.AAAA"])
def test_a_question_of_no_making_of_ours_lets_nobody_in(api: APIClient, token):
    answer = api.post(ENTER, {"challenge": token, "code": "00000000"})

    assert answer.status_code in {401, 422}


@pytest.mark.parametrize("what", ["late", "suspended", "a new password", "another address"])
def test_a_code_ends_with_what_it_was_sent_for(api: APIClient, ada: User, published, what):
    question, code = asked(api, ada.email), code_sent(published)

    if what == "late":
        Challenge.objects.update(expires_at=now() - timedelta(seconds=1))
    elif what == "suspended":
        User.objects.update(is_active=False)
    elif what == "another address":
        User.objects.update(email="next@example.com")
    else:
        body = {"current_password": PASSWORD, "new_password": NEXT}
        assert own(ada).post("/api/auth/password/change", body).status_code == 200

    assert api.post(ENTER, {"challenge": question, "code": code}).status_code == 401


def test_an_address_that_is_not_proved_is_asked_to_be_and_gets_no_code(api: APIClient, published):
    user = a_user()
    User.objects.update(email_verified_at=None)
    asked(api, user.email)
    [event] = published(UserLinkRequested)

    handlers.send_link(event)

    assert Mailbox().read() == []
    handlers.send_link(published(UserLinkRequested)[-1])
    assert Mailbox().read()[0].subject == "Confirm your e-mail address"
