"""Moving to another address: proved by the new one, undone by the former, silent to strangers."""

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.auth import handlers
from apps.auth.adapters.mail import Mailbox
from apps.auth.contracts import UserEmailChanged, UserEmailVerified, UserLinkRequested
from apps.auth.models import ApiKey, EmailChange, MailLink, Passkey, Session, User
from apps.auth.services import api_keys
from apps.auth.tests.authenticators import app_of
from apps.auth.tests.factories import OWN, PASSWORD, a_user, sign_in
from apps.auth.tests.test_credentials import NEXT, RESET, own
from vortex import identity, valkey
from vortex.clock import now
from vortex.identity import SessionIsRevoked
from vortex.ids import new_id

pytestmark = pytest.mark.django_db(databases=[OWN])

CHANGE, VERIFY, UNDO = (f"/api/auth/email/{verb}" for verb in ("change", "verify", "undo"))
THEIRS = "thief@example.net"


@pytest.fixture(autouse=True)
def _empty_mailbox():
    valkey.client().delete("auth:mailbox")


def sent_to(address: str, published: Any) -> str:
    """Carry out what was asked to be sent and return the last token that an address was sent."""
    for event in published(UserLinkRequested):
        if MailLink.objects.filter(pk=event.link_id, secret_hash="").exists():
            handlers.send_link(event)
    [mail, *_] = [mail for mail in Mailbox().read() if mail.to == address and "token=" in mail.text]
    return mail.text.partition("token=")[2].split()[0]


def moved(user: User, address: str, api: APIClient, published: Any, tokens: Any = None) -> None:
    """Move somebody's account to an address, as whoever holds a session and that mailbox does."""
    asked = own(user, tokens).post(CHANGE, {"email": address})
    assert asked.status_code == 202
    assert api.post(VERIFY, {"token": sent_to(address, published)}).status_code == 204


def test_a_new_address_counts_once_mail_reaches_it(api: APIClient, ada: User, published):
    client = own(ada)
    assert client.post(CHANGE, {"email": "Next@example.com"}).status_code == 202
    assert client.get("/api/auth/user/profile").json()["email"] == ada.email

    token = sent_to("next@example.com", published)
    assert api.post(VERIFY, {"token": token}).status_code == 204

    assert client.get("/api/auth/user/profile").json()["email"] == "next@example.com"
    assert api.post(VERIFY, {"token": token}).json()["code"] == "link_not_valid"
    assert [event.undone for event in published(UserEmailChanged)] == [False]
    assert len(published(UserEmailVerified)) == 1
    [change] = EmailChange.objects.all()
    assert (change.former, change.email) == (ada.email, "next@example.com")


def test_a_change_signs_everybody_out_except_where_it_was_asked_for(
    api: APIClient, ada: User, published
):
    here, elsewhere = sign_in(ada), sign_in(ada)

    moved(ada, "next@example.com", api, published, here)

    assert identity.verify(here.access).user_id == ada.pk
    with pytest.raises(SessionIsRevoked):
        identity.verify(elsewhere.access)


def test_the_former_address_takes_the_account_back_with_all_that_was_set_up_since(
    api: APIClient, ada: User, published
):
    stolen = sign_in(ada)
    Session.objects.update(amr=["pwd", "hwk", "mfa"])
    before = Passkey.objects.create(**_a_passkey(ada, b"before"))
    moved(ada, THEIRS, api, published, stolen)
    Passkey.objects.create(**_a_passkey(ada, b"since"))
    api_keys.create(
        user=User.objects.get(pk=ada.pk),
        name="Theirs",
        scopes=("accounts:read",),
        lives=timedelta(days=1),
        now=now(),
    )
    token = sent_to(ada.email, published)

    answer = api.post(UNDO, {"token": token})

    assert answer.status_code == 204
    back = User.objects.get(pk=ada.pk)
    assert back.email == ada.email
    assert [one.pk for one in Passkey.objects.filter(user=ada)] == [before.pk]
    assert not ApiKey.objects.filter(revoked_at__isnull=True).exists()
    with pytest.raises(SessionIsRevoked):
        identity.verify(stolen.access)
    assert (
        api.post("/api/auth/login", {"email": ada.email, "password": PASSWORD}).status_code == 401
    )
    reset = sent_to(ada.email, published)
    assert api.post(RESET, {"token": reset, "password": NEXT}).status_code == 204
    assert [event.undone for event in published(UserEmailChanged)] == [False, True]
    assert api.post(UNDO, {"token": token}).json()["code"] == "link_not_valid"
    assert EmailChange.objects.get().undone_at is not None


def test_an_address_that_moved_on_is_taken_back_by_the_first_and_not_by_the_second(
    api: APIClient, ada: User, published
):
    tokens = sign_in(ada)
    moved(ada, THEIRS, api, published, tokens)
    first = sent_to(ada.email, published)
    moved(User.objects.get(pk=ada.pk), "further@example.net", api, published, tokens)
    second = sent_to(THEIRS, published)

    assert api.post(UNDO, {"token": second}).status_code == 204
    assert api.post(UNDO, {"token": first}).status_code == 204

    assert User.objects.get(pk=ada.pk).email == ada.email
    assert not MailLink.objects.filter(purpose="undo_email", used_at__isnull=True).exists()


@pytest.mark.parametrize("how", ["registers with", "moves to"])
def test_nobody_takes_an_address_that_can_still_be_taken_back(
    api: APIClient, ada: User, published, how
):
    moved(ada, THEIRS, api, published)
    bob = a_user()

    if how == "moves to":
        own(bob).post(CHANGE, {"email": ada.email})
        refused = api.post(VERIFY, {"token": sent_to(ada.email, published)})
        assert refused.json()["code"] == "email_taken"
    else:
        body = {"email": ada.email, "password": PASSWORD, "full_name": "Somebody Else"}
        assert api.post("/api/auth/register", body).status_code == 201

    assert not User.objects.filter(email=ada.email).exists()


def test_an_address_that_was_never_proved_takes_nothing_back(api: APIClient, ada: User, published):
    User.objects.filter(pk=ada.pk).update(email_verified_at=None)

    moved(User.objects.get(pk=ada.pk), "right@example.com", api, published)

    assert not MailLink.objects.filter(purpose="undo_email").exists()


def test_an_address_that_is_taken_cannot_be_moved_to_and_nothing_is_said_before(
    api: APIClient, ada: User, published
):
    bob = a_user()
    free = own(ada).post(CHANGE, {"email": "free@example.com"})

    taken = own(ada).post(CHANGE, {"email": bob.email})

    assert (taken.status_code, taken.content) == (free.status_code, free.content)
    refused = api.post(VERIFY, {"token": sent_to(bob.email, published)})
    assert refused.json()["code"] == "email_taken"
    assert User.objects.get(pk=ada.pk).email == ada.email


def test_of_two_links_to_new_addresses_only_the_latest_works(api: APIClient, ada: User, published):
    client = own(ada)
    client.post(CHANGE, {"email": "mistyped@example.com"})
    mistyped = sent_to("mistyped@example.com", published)
    client.post(CHANGE, {"email": "right@example.com"})

    assert api.post(VERIFY, {"token": mistyped}).json()["code"] == "link_not_valid"
    assert api.post(VERIFY, {"token": sent_to("right@example.com", published)}).status_code == 204


@pytest.mark.parametrize("what", ["a new password", "signing out everywhere"])
def test_a_change_on_its_way_ends_with_what_it_was_asked_in(
    api: APIClient, ada: User, published, what
):
    own(ada).post(CHANGE, {"email": THEIRS})
    token = sent_to(THEIRS, published)

    if what == "a new password":
        body = {"current_password": PASSWORD, "new_password": NEXT}
        assert own(ada).post("/api/auth/password/change", body).status_code == 200
    else:
        own(ada).post("/api/auth/logout-others")

    assert api.post(VERIFY, {"token": token}).json()["code"] == "link_not_valid"
    assert User.objects.get(pk=ada.pk).email == ada.email


def test_a_reset_on_its_way_to_the_former_address_ends_with_it(
    api: APIClient, ada: User, published
):
    api.post("/api/auth/password/forgot", {"email": ada.email})
    reset = sent_to(ada.email, published)

    moved(ada, "next@example.com", api, published)

    assert api.post(RESET, {"token": reset, "password": NEXT}).json()["code"] == "link_not_valid"


def test_an_address_is_changed_by_whoever_was_there_lately_by_all_factors(ada: User):
    tokens = sign_in(ada)
    app_of(ada)
    one_factor = own(ada, tokens).post(CHANGE, {"email": "next@example.com"})
    same = own(a_user(email="same@example.com")).post(CHANGE, {"email": "Same@example.com"})
    Session.objects.update(authenticated_at=now() - timedelta(hours=1))
    stale = own(ada, tokens).post(CHANGE, {"email": "next@example.com"})

    assert (one_factor.status_code, stale.status_code) == (403, 403)
    assert one_factor.json()["code"] == "step_up_required"
    assert same.json()["code"] == "same_email"
    assert not MailLink.objects.exists()


def test_a_link_that_undoes_serves_nothing_else_and_ends_after_a_week(
    api: APIClient, ada: User, published
):
    moved(ada, THEIRS, api, published)
    token = sent_to(ada.email, published)

    assert api.post(VERIFY, {"token": token}).status_code == 422
    assert api.post(RESET, {"token": token, "password": NEXT}).status_code == 422
    [link] = MailLink.objects.filter(purpose="undo_email")
    assert link.expires_at - link.created_at == timedelta(days=7)
    MailLink.objects.update(expires_at=now())
    assert api.post(UNDO, {"token": token}).status_code == 422
    assert len(published(UserLinkRequested)) == 2


def _a_passkey(user: User, credential_id: bytes) -> dict[str, Any]:
    return {
        "pk": new_id(),
        "user": user,
        "credential_id": credential_id,
        "public_key": b"key",
        "sign_count": 0,
        "name": "One",
        "aaguid": "",
        "is_synced": False,
        "created_at": now(),
    }
