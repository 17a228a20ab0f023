"""Addresses and passwords: proved by a link that works once; a change ends every session."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connections
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.auth import handlers, tasks
from apps.auth.adapters.argon2 import Argon2id
from apps.auth.adapters.mail import Mailbox
from apps.auth.adapters.texts.local import LocalCarrier
from apps.auth.contracts import (
    UserEmailVerified,
    UserLinkRequested,
    UserNewDeviceSeen,
    UserPasswordChanged,
    UserRegistered,
)
from apps.auth.domain.device import Device
from apps.auth.models import MailLink, Session, User
from apps.auth.services import signing_in
from apps.auth.tests.authenticators import app_of
from apps.auth.tests.factories import OWN, PASSWORD, a_user, sign_in
from vortex import identity, valkey
from vortex.clock import now
from vortex.identity import SessionIsRevoked
from vortex.ids import new_id
from vortex.testing import client_of

pytestmark = pytest.mark.django_db(databases=[OWN])

FORGOT, RESET = "/api/auth/password/forgot", "/api/auth/password/reset"
NEXT = "another long pass phrase"


@pytest.fixture(autouse=True)
def _empty_mailbox():
    valkey.client().delete("auth:mailbox")


def delivered(published: Any) -> list[str]:
    """Carry out what was asked to be sent and return the tokens of the mails, oldest first."""
    for event in published(UserLinkRequested):
        handlers.send_link(event)
    mails = reversed(Mailbox().read())
    return [found[1] for mail in mails if (found := re.search(r"token=(\S+)", mail.text))]


def own(user: User, tokens: Any = None) -> APIClient:
    client = client_of(None)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {(tokens or sign_in(user)).access}")
    return client


def test_a_forgotten_password_is_replaced_by_a_link_that_works_once(
    api: APIClient, ada: User, published
):
    tokens = sign_in(ada)
    assert api.post(FORGOT, {"email": ada.email.upper()}).status_code == 202
    [token] = delivered(published)

    assert api.post(RESET, {"token": token, "password": NEXT}).status_code == 204
    again = api.post(RESET, {"token": token, "password": "yet another pass phrase"})

    assert (again.status_code, again.json()["code"]) == (422, "link_not_valid")
    with pytest.raises(SessionIsRevoked):
        identity.verify(tokens.access)
    assert sign_in(ada, NEXT).access
    assert published(UserPasswordChanged)[0].by == "reset"


def test_a_stranger_learns_nothing_by_forgetting(api: APIClient, ada: User, published):
    known = api.post(FORGOT, {"email": ada.email})
    unknown = api.post(FORGOT, {"email": "nobody@example.com"})
    nonsense = api.post(FORGOT, {"email": "nobody at all"})

    assert known.status_code == unknown.status_code == nonsense.status_code == 202
    assert known.content == unknown.content == nonsense.content == b""
    assert MailLink.objects.count() == len(published(UserLinkRequested)) == 2
    assert len(delivered(published)) == 1


@pytest.mark.asvs("V6.3.8")
def test_forgetting_does_the_same_work_for_everybody(api: APIClient, ada: User):
    api.post(FORGOT, {"email": ada.email})
    counts = []
    for email in (ada.email, "nobody@example.com"):
        with CaptureQueriesContext(connections[OWN]) as queries:
            api.post(FORGOT, {"email": email})
        counts.append(len(queries))

    assert counts[0] == counts[1]


@pytest.mark.parametrize("token", ["x", "é" * 10, "x" * 128])
def test_a_link_of_no_making_of_ours_does_nothing(api: APIClient, token):
    assert api.post(RESET, {"token": token, "password": NEXT}).status_code == 422
    assert api.post("/api/auth/email/verify", {"token": token}).status_code == 422


def test_a_link_is_good_for_half_an_hour_and_only_the_latest(api: APIClient, ada: User, published):
    api.post(FORGOT, {"email": ada.email})
    [first] = delivered(published)
    MailLink.objects.update(expires_at=now())
    assert api.post(RESET, {"token": first, "password": NEXT}).status_code == 422


@pytest.mark.asvs("V6.6.2")
def test_a_link_for_one_purpose_does_not_serve_another(api: APIClient, ada: User, published):
    api.post(FORGOT, {"email": ada.email})
    [token] = delivered(published)

    assert api.post("/api/auth/email/verify", {"token": token}).status_code == 422


def test_a_weak_password_does_not_spend_the_link(api: APIClient, ada: User, published):
    api.post(FORGOT, {"email": ada.email})
    [token] = delivered(published)

    assert api.post(RESET, {"token": token, "password": "short"}).json()["code"] == "weak_password"
    assert api.post(RESET, {"token": token, "password": NEXT}).status_code == 204


def test_the_secret_of_a_link_is_only_in_the_mail(api: APIClient, ada: User, published):
    api.post(FORGOT, {"email": ada.email})
    [token] = delivered(published)

    assert token not in str(MailLink.objects.values())


@pytest.mark.asvs("V6.3.6", "V6.4.3")
def test_a_reset_leaves_second_factors_and_trusts_no_browser(api: APIClient, ada: User, published):
    app_of(ada)
    api.post(FORGOT, {"email": ada.email})
    [token] = delivered(published)
    api.post(RESET, {"token": token, "password": NEXT})

    with pytest.raises(signing_in.SecondFactorRequired):
        sign_in(ada, NEXT)


@pytest.mark.asvs("V6.2.2", "V6.2.3", "V7.4.3", "V6.3.7", "V7.2.4")
def test_a_password_is_changed_by_whoever_knows_it_and_everybody_else_is_out(ada: User, published):
    elsewhere, here = sign_in(ada), sign_in(ada)
    client = own(ada, here)
    body = {"current_password": PASSWORD, "new_password": NEXT}

    wrong = client.post("/api/auth/password/change", {**body, "current_password": "not this one"})
    right = client.post("/api/auth/password/change", body)

    assert (wrong.status_code, right.status_code) == (401, 200)
    for tokens in (elsewhere, here):
        with pytest.raises(SessionIsRevoked):
            identity.verify(tokens.access)
    assert identity.verify(right.json()["access"]).user_id == ada.pk
    handlers.tell_of_new_password(published(UserPasswordChanged)[0])
    assert Mailbox().read()[0].subject == "Your password was changed"


def test_whoever_registers_proves_their_address(api: APIClient, published):
    body = {"email": "new@example.com", "password": PASSWORD, "full_name": "Nora"}
    api.post("/api/auth/register", body)
    handlers.ask_to_verify(published(UserRegistered)[0])
    [token] = delivered(published)
    user = User.objects.get()
    assert own(user).get("/api/auth/user/profile").json()["email_verified_at"] is None

    assert api.post("/api/auth/email/verify", {"token": token}).status_code == 204

    user.refresh_from_db()
    assert user.email_verified_at is not None
    assert len(published(UserEmailVerified)) == 1


def test_a_verification_is_sent_again_on_request_and_never_to_who_is_verified(published):
    user = a_user()
    assert own(user).post("/api/auth/email/resend").status_code == 202
    assert published(UserLinkRequested) == []
    User.objects.update(email_verified_at=None)

    own(user).post("/api/auth/email/resend")

    assert len(delivered(published)) == 1


@pytest.mark.asvs("V6.3.5")
def test_a_new_device_is_told_of_and_a_known_one_is_not(ada: User, published):
    sign_in(ada)
    sign_in(ada)
    assert published(UserNewDeviceSeen) == []

    signing_in.sign_in(
        email=ada.email, password=PASSWORD, device=Device("198.51.100.9", "phone"), now=now()
    )

    [seen] = published(UserNewDeviceSeen)
    handlers.tell_of_new_device(seen)
    assert "phone from 198.51.100.0/24" in Mailbox().read()[0].text


def test_the_mailbox_is_shown_by_local_settings_only(client, settings):
    assert client.get("/dev/mailbox").status_code == 404

    settings.VORTEX_SHOWS_MAILBOX = True
    LocalCarrier().send(number="+491713920001", text="123456 is your code")
    shown = client.get("/dev/mailbox")
    assert shown.status_code == 200
    assert "<strong>SMS</strong>" in shown.content.decode()
    settings.VORTEX_SMTP_URL = "smtp://example.com"
    assert client.get("/dev/mailbox").status_code == 404


@pytest.mark.asvs("V7.5.2", "V10.4.9")
def test_sessions_are_listed_and_revoked_one_others_and_all(ada: User):
    here, there, third = sign_in(ada), sign_in(ada), sign_in(ada)
    client = own(ada, here)
    listed = client.get("/api/auth/sessions").json()["items"]
    assert [one["is_current"] for one in listed].count(True) == 1
    assert listed[0]["network"] == "203.0.113.0/24"
    there_id = identity.verify(there.access).session_id

    assert client.delete(f"/api/auth/sessions/{there_id}").status_code == 204
    with pytest.raises(SessionIsRevoked):
        identity.verify(there.access)
    assert client.post("/api/auth/logout-others").status_code == 204
    with pytest.raises(SessionIsRevoked):
        identity.verify(third.access)
    assert len(client.get("/api/auth/sessions").json()["items"]) == 1
    assert len(client.get("/api/auth/login-history").json()["items"]) == 3
    assert client.post("/api/auth/logout-all").status_code == 204
    assert client.get("/api/auth/sessions").status_code == 401


def test_somebody_elses_session_does_not_exist(ada: User):
    theirs = identity.verify(sign_in(a_user()).access).session_id

    assert own(ada).delete(f"/api/auth/sessions/{theirs}").status_code == 404
    assert own(ada).delete(f"/api/auth/sessions/{new_id()}").status_code == 404


def test_a_hash_of_former_parameters_is_replaced_on_sign_in(settings, ada: User):
    settings.PASSWORD_HASHERS = ["apps.auth.adapters.argon2.Argon2id"]
    former = User.objects.get(pk=ada.pk).password

    sign_in(ada)

    ada.refresh_from_db()
    assert ada.password != former
    assert "m=19456,t=2,p=1" in ada.password
    assert Argon2id.memory_cost < Argon2PasswordHasher.memory_cost
    assert sign_in(ada).access


def test_what_ended_long_ago_is_forgotten(ada: User):
    sign_in(ada)
    sign_in(ada)
    ended = Session.objects.order_by("pk").first()
    assert ended is not None
    long_ago = now() - timedelta(days=181)
    Session.objects.filter(pk=ended.pk).update(revoked_at=long_ago, revoked_reason="signed_out")

    assert tasks.prune_sessions() == 1
    assert Session.objects.count() == 1
    assert tasks.rotate_old_key() is False
