"""Programs of others, judged by authlib: what they are given, and what ends it."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from authlib.oidc.core import CodeIDToken
from django.test import Client
from joserfc import jwt as jose
from joserfc.jwk import KeySet
from rest_framework.test import APIClient

from apps.auth.models import AuthorizationCode, OAuthClient, RefreshFamily, Session, User
from apps.auth.services.oauth import clients
from apps.auth.services.oauth.server import issuer
from apps.auth.tests.factories import OWN, PASSWORD, a_user, sign_in
from apps.auth.tests.programs import (
    VERIFIER,
    Program,
    a_program,
    agreed,
    code_of,
    form,
    transport,
)
from vortex import identity
from vortex.clock import now

pytestmark = pytest.mark.django_db(databases=[OWN])


def asks(token: str, path: str, method: str = "get", **body):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return getattr(client, method)(path, body or None, format="json")


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.asvs("V10.4.6", "V10.4.12", "V10.6.1")
def test_an_independent_client_signs_a_person_in_and_reads_what_it_was_let(ada: User):
    program = a_program()
    bank = httpx.Client(transport=transport(), base_url="http://localhost")
    there = bank.get("/.well-known/openid-configuration").json()
    library = program.library()
    address, state = library.create_authorization_url(
        there["authorization_endpoint"], code_verifier=VERIFIER, nonce="n-0S6_WzA2Mj"
    )

    location = agreed(ada, address)
    tokens = library.fetch_token(
        there["token_endpoint"],
        authorization_response=location,
        state=state,
        code_verifier=VERIFIER,
    )

    answered = parse_qs(urlsplit(location).query)
    assert (answered["iss"], answered["state"]) == ([there["issuer"]], [state])
    judge_id_token(tokens["id_token"], program, bank.get(there["jwks_uri"]).json(), ada)
    told = library.get(there["userinfo_endpoint"]).json()
    assert told == {
        "sub": str(ada.pk),
        "name": ada.full_name,
        "email": ada.email,
        "email_verified": True,
    }
    again = library.refresh_token(there["token_endpoint"])
    assert again["refresh_token"] != tokens["refresh_token"]
    assert "id_token" not in again
    worth = library.introspect_token(there["introspection_endpoint"], token=again["access_token"])
    assert (worth.json()["active"], worth.json()["sub"]) == (True, str(ada.pk))
    assert library.revoke_token(there["revocation_endpoint"], again["refresh_token"]).is_success
    worth = library.introspect_token(there["introspection_endpoint"], token=again["access_token"])
    assert worth.json() == {"active": False}
    assert library.get(there["userinfo_endpoint"]).status_code == 401


def judge_id_token(token: str, program: Program, jwks: Any, ada: User) -> None:
    """Judge an id token as authlib does."""
    keys = KeySet.import_key_set(jwks)
    said = jose.decode(token, keys, algorithms=["EdDSA"])
    who = CodeIDToken(
        said.claims,
        said.header,
        {
            "iss": {"essential": True, "value": issuer()},
            "aud": {"essential": True, "value": program.client.client_id},
        },
        {"nonce": "n-0S6_WzA2Mj", "client_id": program.client.client_id},
    )
    who.validate()
    assert (who["sub"], who["acr"], who["amr"]) == (str(ada.pk), "aal1", ["pwd"])


def test_discovery_names_addresses_that_answer_and_nothing_that_is_not_done():
    bank = Client()
    told = bank.get("/.well-known/openid-configuration").json()

    for name in ("token", "revocation", "introspection"):
        path = urlsplit(told[f"{name}_endpoint"]).path
        assert bank.post(path, {}, content_type="application/x-www-form-urlencoded").json()
    assert bank.get(urlsplit(told["userinfo_endpoint"]).path).status_code == 401
    assert told["grant_types_supported"] == [
        "authorization_code",
        "refresh_token",
        "urn:ietf:params:oauth:grant-type:device_code",
    ]
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert told["response_types_supported"] == ["code"]


@pytest.mark.asvs("V10.4.10")
@pytest.mark.parametrize("secret", ["", "vxs_wrong", None])
def test_a_program_that_cannot_prove_itself_gets_nothing(ada: User, secret):
    program = a_program()
    code = code_of(agreed(ada, program.address()))

    refused = program.exchange(code, client_secret=secret)

    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert "Basic" in refused["WWW-Authenticate"]
    assert program.exchange(code).status_code == 200


@pytest.mark.parametrize(
    "sent", ["Basic", "Basic \u00e9", "Basic !!!", "Basic 4pyTOng", "Bearer x"]
)
def test_a_header_that_proves_nothing_is_no_error_of_the_bank(sent):
    answer = Client().post(
        "/api/auth/oauth/introspect",
        "token=x",
        content_type="application/x-www-form-urlencoded",
        headers={"Authorization": sent},
    )

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_a_program_that_can_keep_no_secret_is_held_to_its_verifier(ada: User):
    program = a_program(confidential=False)
    code = code_of(agreed(ada, program.address()))

    tokens = program.exchange(code, client_secret=None)

    assert tokens.status_code == 200
    assert asks(tokens.json()["access_token"], "/api/auth/oauth/userinfo").status_code == 200
    denied = form(
        "/api/auth/oauth/introspect",
        {"client_id": program.client.client_id, "token": tokens.json()["access_token"]},
    )
    assert (denied.status_code, denied.json()["error"]) == (401, "invalid_client")


@pytest.mark.asvs("V10.4.2")
def test_a_code_that_comes_twice_ends_what_the_first_exchange_gave(ada: User):
    program = a_program()
    code = code_of(agreed(ada, program.address()))
    first = program.exchange(code).json()

    replayed = program.exchange(code)

    assert (replayed.status_code, replayed.json()["error"]) == (400, "invalid_grant")
    assert asks(first["access_token"], "/api/auth/oauth/userinfo").status_code == 401
    assert program.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"
    assert Session.objects.get().revoked_reason == "code_replayed"


@pytest.mark.asvs("V10.4.3")
def test_a_code_is_good_for_a_minute(ada: User):
    program = a_program()
    code = code_of(agreed(ada, program.address()))
    life = AuthorizationCode.objects.get().expires_at - now()
    AuthorizationCode.objects.update(expires_at=now())

    assert timedelta(seconds=50) < life <= timedelta(seconds=60)
    assert program.exchange(code).json()["error"] == "invalid_grant"
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "x" * 43},
        {"code_verifier": None},
        {"redirect_uri": "https://books.example/other"},
        {"redirect_uri": None},
        {"client": "another"},
        {"code": "made-up"},
    ],
    ids=lambda changes: "-".join(changes) + str(next(iter(changes.values())))[-5:],
)
@pytest.mark.asvs("V10.2.1", "V10.4.6")
def test_a_stolen_code_is_worth_nothing(ada: User, changes):
    program, thief = a_program(), a_program(name="Thief")
    code = code_of(agreed(ada, program.address()))
    if changes.pop("client", None):
        changes = {"client_id": thief.client.client_id, "client_secret": thief.secret}

    refused = program.exchange(changes.pop("code", code), **changes)

    assert refused.status_code == 400
    assert not Session.objects.exists()


def test_one_guess_at_the_verifier_is_all_there_is(ada: User):
    program = a_program()
    code = code_of(agreed(ada, program.address()))

    assert program.exchange(code, code_verifier="x" * 43).status_code == 400

    assert program.exchange(code).json()["error"] == "invalid_grant"


@pytest.mark.asvs("V10.4.5")
def test_a_refresh_token_used_again_later_ends_the_connection(ada: User):
    program = a_program()
    tokens = program.tokens_of(ada)
    fresh = program.refresh(tokens["refresh_token"]).json()
    assert (
        program.refresh(tokens["refresh_token"]).json()["refresh_token"] == (fresh["refresh_token"])
    )
    RefreshFamily.objects.update(rotated_at=now() - timedelta(minutes=1))

    reused = program.refresh(tokens["refresh_token"])

    assert (reused.status_code, reused.json()["error"]) == (400, "invalid_grant")
    assert asks(fresh["access_token"], "/api/auth/oauth/userinfo").status_code == 401
    assert program.refresh(fresh["refresh_token"]).json()["error"] == "invalid_grant"


@pytest.mark.asvs("V10.2.3", "V10.4.11")
def test_a_refresh_may_ask_for_less_and_never_for_more(ada: User):
    program = a_program()
    tokens = program.tokens_of(ada)

    less = program.refresh(tokens["refresh_token"], scope="openid").json()
    more = program.refresh(less["refresh_token"], scope="openid payments:write")

    assert less["scope"] == "openid"
    assert asks(less["access_token"], "/api/auth/oauth/userinfo").json() == {"sub": str(ada.pk)}
    assert identity.verify(less["access_token"]).scopes == ("openid",)
    assert more.json()["error"] == "invalid_scope"


def test_a_refresh_token_serves_its_own_program_and_nobody_else(api: APIClient, ada: User):
    program, other = a_program(), a_program(name="Other")
    tokens, own = program.tokens_of(ada), sign_in(ada)

    assert other.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    here = api.post("/api/auth/refresh", {"refresh": tokens["refresh_token"]})
    assert here.json()["code"] == "invalid_refresh_token"
    assert program.refresh(own.refresh).json()["error"] == "invalid_grant"
    assert program.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.asvs("V10.3.1", "V10.3.2")
def test_a_program_reads_what_it_was_let_and_nothing_of_how_its_owner_signs_in(ada: User):
    staff = a_user(roles=("customer", "administrator"))
    token = a_program().tokens_of(staff)["access_token"]

    principal = identity.verify(token)

    assert principal.roles == ("customer",)
    assert set(principal.scopes) == {"openid", "profile", "email", "accounts:read"}
    for method, path in (
        ("get", "/api/auth/user/profile"),
        ("get", "/api/auth/roles"),
        ("post", "/api/auth/api-keys"),
        ("post", "/api/auth/ws-ticket"),
        ("delete", "/api/auth/user"),
    ):
        assert asks(token, path, method).json()["code"] == "insufficient_scope", path


def test_a_program_learns_no_more_of_a_person_than_they_let_it(ada: User):
    token = a_program(scopes=("openid",)).tokens_of(ada)["access_token"]

    assert asks(token, "/api/auth/oauth/userinfo").json() == {"sub": str(ada.pk)}


def test_an_id_token_opens_nothing(ada: User):
    token = a_program().tokens_of(ada)["id_token"]

    assert asks(token, "/api/auth/oauth/userinfo").json()["code"] == "invalid_token"
    assert "email" not in jwt.decode(token, options={"verify_signature": False})


def test_tokens_of_others_are_worth_nothing_to_a_program_that_asks(ada: User):
    program, other = a_program(), a_program(name="Other")
    tokens, own = program.tokens_of(ada), sign_in(ada)

    for token in (tokens["access_token"], tokens["refresh_token"], own.access, own.refresh, "x"):
        body = {
            "client_id": other.client.client_id,
            "client_secret": other.secret,
            "token": token,
        }
        assert form("/api/auth/oauth/introspect", body).json() == {"active": False}
        assert form("/api/auth/oauth/revoke", body).status_code == 200
    assert asks(tokens["access_token"], "/api/auth/oauth/userinfo").status_code == 200


def test_a_suspended_program_does_nothing_more_for_anybody(ada: User):
    program = a_program()
    tokens = program.tokens_of(ada)

    clients.suspend(client_id=program.client.pk, now=now())

    assert asks(tokens["access_token"], "/api/auth/oauth/userinfo").status_code == 401
    assert program.refresh(tokens["refresh_token"]).json()["error"] == "invalid_client"
    assert Client().get(program.address()).status_code == 400


def test_a_replaced_secret_opens_nothing(ada: User):
    program = a_program()
    code = code_of(agreed(ada, program.address()))

    program.secret, former = clients.replace_secret(client_id=program.client.pk), program.secret

    assert program.exchange(code, client_secret=former).status_code == 401
    assert program.exchange(code).status_code == 200
    assert former not in str(OAuthClient.objects.values())


@pytest.mark.asvs("V10.4.4", "V10.4.7")
@pytest.mark.parametrize("grant", ["password", "client_credentials", "implicit", "", None])
def test_there_are_no_other_grants(ada: User, grant):
    program = a_program()
    body = {
        "grant_type": grant,
        "username": ada.email,
        "password": PASSWORD,
        "client_id": program.client.client_id,
        "client_secret": program.secret,
    }

    refused = form("/api/auth/oauth/token", body)

    assert refused.status_code == 400
    assert refused.json()["error"] == "unsupported_grant_type"
    assert not Session.objects.exists()


@pytest.mark.parametrize("path", ["token", "revoke", "introspect"])
def test_a_request_without_a_form_is_refused_in_words(path):
    answer = Client().post(f"/api/auth/oauth/{path}", content_type="application/octet-stream")

    assert answer.status_code in {400, 401, 415}
