"""Programs of others, as the person who let them in sees and ends them."""

import pytest
from rest_framework.test import APIClient

from apps.auth import handlers
from apps.auth.adapters.mail import Mailbox
from apps.auth.contracts import UserAppConnected, UserAppDisconnected
from apps.auth.models import OAuthClient, User
from apps.auth.services import credentials
from apps.auth.tests.factories import OWN, PASSWORD, SOMEWHERE, a_user, sign_in
from apps.auth.tests.programs import (
    a_program,
    agreed,
    code_of,
)
from vortex import identity
from vortex.clock import now
from vortex.testing import client_of

pytestmark = pytest.mark.django_db(databases=[OWN])


def asks(token: str, path: str, method: str = "get", **body):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return getattr(client, method)(path, body or None, format="json")


@pytest.mark.asvs("V10.4.9", "V10.7.3")
def test_a_person_sees_what_they_let_in_and_ends_it(ada: User, published):
    program = a_program()
    tokens = program.tokens_of(ada)
    api = client_of(identity.verify(sign_in(ada).access))
    bob = client_of(identity.verify(sign_in(a_user()).access))

    [shown] = api.get("/api/auth/connected-apps").json()["items"]
    stranger = bob.delete(f"/api/auth/connected-apps/{program.client.client_id}")
    ended = api.delete(f"/api/auth/connected-apps/{program.client.client_id}")

    assert (shown["name"], shown["client_id"]) == ("Books", program.client.client_id)
    assert shown["scopes"] == ["openid", "profile", "email", "accounts:read"]
    assert (stranger.status_code, ended.status_code) == (404, 204)
    assert api.get("/api/auth/connected-apps").json() == {"items": []}
    assert asks(tokens["access_token"], "/api/auth/oauth/userinfo").status_code == 401
    assert program.refresh(tokens["refresh_token"]).status_code == 400
    assert len(published(UserAppConnected)) == 1
    assert published(UserAppDisconnected)[0].by == "user"


def test_a_person_is_told_by_mail_of_a_program_that_they_let_in(ada: User):
    a_program().tokens_of(ada)
    event = UserAppConnected(
        user_id=ada.pk,
        client_id=OAuthClient.objects.get().pk,
        scopes=("accounts:read",),
        connected_at=now(),
    )

    handlers.tell_of_connected_app(event)

    [mail] = [one for one in Mailbox().read() if one.to == ada.email]
    assert "Books" in mail.text
    assert "See your accounts and balances" in mail.text


def test_a_connection_is_no_place_where_its_owner_is_signed_in(ada: User):
    a_program().tokens_of(ada)
    api = client_of(identity.verify(sign_in(ada).access))

    assert len(api.get("/api/auth/sessions").json()["items"]) == 1
    assert len(api.get("/api/auth/login-history").json()["items"]) == 1


def test_a_new_password_ends_connections_and_codes_on_their_way(ada: User):
    program = a_program()
    tokens = program.tokens_of(ada)
    code = code_of(agreed(ada, program.address()))

    credentials.change_password(
        user_id=ada.pk,
        amr=("pwd",),
        current=PASSWORD,
        password="another long pass phrase",
        device=SOMEWHERE,
        now=now(),
    )

    assert program.exchange(code).json()["error"] == "invalid_grant"
    assert program.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert asks(tokens["access_token"], "/api/auth/oauth/userinfo").status_code == 401
