"""Signing in by what another provider says: believed only where nothing about it is wrong."""

import time
from collections.abc import Iterator

import pytest
from rest_framework.test import APIClient

from apps.auth.adapters import outward, providers
from apps.auth.api.carriers import NAME
from apps.auth.models import ExternalIdentity, ExternalRequest, Session, User
from apps.auth.services import sessions
from apps.auth.tests.elsewhere import CLIENT, SECRET, Elsewhere, opened
from apps.auth.tests.factories import OWN, a_user, sign_in
from apps.auth.tests.test_people import with_factors
from vortex import identity
from vortex.clock import now

pytestmark = pytest.mark.django_db(databases=[OWN])
START, BACK = "/api/auth/external/elsewhere/start", "/api/auth/external/callback"
LINK, LINKED = "/api/auth/external/elsewhere/link", "/api/auth/external/link/callback"


@pytest.fixture
def elsewhere(settings) -> Iterator[Elsewhere]:
    with opened() as provider:
        settings.VORTEX_PROVIDERS_MAY_BE_LOCAL = True
        settings.VORTEX_IDENTITY_PROVIDERS = [
            {
                "name": "elsewhere",
                "title": "Elsewhere",
                "issuer": provider.issuer,
                "client_id": CLIENT,
                "client_secret": SECRET,
            }
        ]
        providers.forget()
        yield provider
        providers.forget()


def enter(browser: APIClient, elsewhere: Elsewhere, **headers: str):
    url = browser.post(START).json()["authorization_url"]
    return browser.post(BACK, elsewhere.agree(url), headers=headers)


def owner(user: User) -> APIClient:
    client = APIClient()
    client.default_format = "json"
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {sign_in(user).access}")
    return client


def link(client: APIClient, elsewhere: Elsewhere):
    url = client.post(LINK).json()["authorization_url"]
    return client.post(LINKED, elsewhere.agree(url))


@pytest.mark.asvs("V10.2.1", "V10.5.1", "V10.5.3", "V7.6.2")
def test_somebody_new_gets_an_account_and_comes_back_to_it(api: APIClient, elsewhere: Elsewhere):
    first = enter(api, elsewhere, **{"X-Token-Transport": "cookie"})
    elsewhere.claims = {"email": "another@example.com", "name": "Renamed"}
    second = enter(api, elsewhere)

    assert (first.status_code, second.status_code) == (200, 200)
    assert (first.json()["refresh"], NAME in first.cookies) == ("", True)
    grace = User.objects.get()
    assert (grace.email, grace.full_name) == ("grace@example.com", "Grace Hopper")
    assert grace.email_verified_at is not None
    assert identity.verify(second.json()["access"]).user_id == grace.pk
    assert identity.verify(second.json()["access"]).amr == ("fed",)
    assert api.get("/api/auth/external/providers").json() == {
        "items": [{"name": "elsewhere", "title": "Elsewhere"}]
    }


@pytest.mark.parametrize(
    "lie",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "somebody-else"},
        {"aud": [CLIENT, "somebody-else"]},
        {"azp": "somebody-else"},
        {"iss": "https://issuer.example"},
        {"exp": 1},
        {"iat": 1},
        {"sub": ""},
        {"sub": None},
        {"alg": "none"},
        {"alg": "HS256"},
        {"kid": "unknown"},
        {"discovery": {"issuer": "https://issuer.example"}},
    ],
    ids=str,
)
@pytest.mark.asvs("V6.8.2", "V10.5.1", "V10.5.2", "V10.5.3", "V10.5.4")
def test_an_answer_with_a_lie_in_it_signs_nobody_in(api: APIClient, elsewhere: Elsewhere, lie):
    url = api.post(START).json().get("authorization_url", "")
    back = elsewhere.agree(url)
    if "alg" in lie:
        elsewhere.alg = lie["alg"]
    elif "discovery" in lie:
        elsewhere.discovery = lie["discovery"]
        providers.forget()
    elif "kid" in lie:
        elsewhere.answer = _with_keys_of_before(elsewhere)  # type: ignore[method-assign]
        elsewhere.kid = lie["kid"]
    else:
        elsewhere.claims = lie

    refused = api.post(BACK, back)

    assert (refused.status_code, refused.json()["code"]) == (401, "external_not_believed")
    assert not User.objects.exists()


def _with_keys_of_before(elsewhere: Elsewhere):
    answer, published = elsewhere.answer, elsewhere.answer("/jwks", {})
    return lambda path, form: published if path == "/jwks" else answer(path, form)


@pytest.mark.asvs("V10.1.2", "V10.2.1")
@pytest.mark.parametrize(
    "how", ["another browser", "no browser", "late", "twice", "made up", "code"]
)
def test_an_answer_to_another_question_signs_nobody_in(api: APIClient, elsewhere: Elsewhere, how):
    url = api.post(START).json()["authorization_url"]
    back = elsewhere.agree(url)
    if how == "another browser":
        victim = APIClient()
        victim.default_format = "json"
        victim.post(START)
        api = victim
    elif how == "no browser":
        api.cookies.clear()
    elif how == "late":
        ExternalRequest.objects.update(expires_at=now())
    elif how == "twice":
        kept = api.cookies["vortex_external"].value
        assert api.post(BACK, back).status_code == 200
        api.cookies["vortex_external"] = kept
        Session.objects.all().update(user_agent="before")
        elsewhere.agree(url)
    elif how == "made up":
        back = {**back, "state": "made-up"}
    else:
        back = {**back, "code": "made-up"}

    refused = api.post(BACK, back)

    assert (refused.status_code, refused.json()["code"]) == (401, "external_not_believed")
    assert Session.objects.count() == (1 if how == "twice" else 0)


@pytest.mark.asvs("V6.8.1")
def test_an_address_that_both_know_joins_nobody_to_anybody(api: APIClient, elsewhere: Elsewhere):
    a_user(email="grace@example.com")

    refused = enter(api, elsewhere)

    assert (refused.status_code, refused.json()["code"]) == (409, "external_email_taken")
    assert not ExternalIdentity.objects.exists()
    assert not Session.objects.exists()


@pytest.mark.parametrize("said", [False, None, "true", 1])
def test_an_address_that_the_provider_has_not_verified_opens_no_account(
    api: APIClient, elsewhere: Elsewhere, said
):
    elsewhere.claims = {"email_verified": said}

    refused = enter(api, elsewhere)

    assert refused.json()["code"] == "external_email_unverified"
    assert not User.objects.exists()


def test_whoever_is_signed_in_links_a_provider_and_signs_in_by_it(
    api: APIClient, ada: User, elsewhere: Elsewhere
):
    client = owner(ada)

    made = link(client, elsewhere)
    entered = enter(api, elsewhere)

    assert (made.status_code, made.json()["provider"]) == (201, "elsewhere")
    assert identity.verify(entered.json()["access"]).user_id == ada.pk
    [shown] = client.get("/api/auth/external/identities").json()["items"]
    assert shown["last_used_at"] is not None
    assert User.objects.count() == 1


def test_a_link_that_somebody_else_began_links_nothing(ada: User, elsewhere: Elsewhere):
    thief, victim = owner(a_user()), owner(ada)
    url = thief.post(LINK).json()["authorization_url"]
    back = elsewhere.agree(url)
    victim.cookies = thief.cookies

    refused = victim.post(LINKED, back)

    assert refused.json()["code"] == "external_not_believed"
    assert not ExternalIdentity.objects.exists()


def test_one_identity_belongs_to_one_person(ada: User, elsewhere: Elsewhere):
    link(owner(ada), elsewhere)

    refused = link(owner(a_user()), elsewhere)

    assert (refused.status_code, refused.json()["code"]) == (409, "external_taken")


def test_the_last_way_in_is_not_unlinked(api: APIClient, ada: User, elsewhere: Elsewhere):
    entered = enter(api, elsewhere)
    grace = APIClient()
    grace.credentials(HTTP_AUTHORIZATION=f"Bearer {entered.json()['access']}")
    path = "/api/auth/external/identities/elsewhere"

    refused = grace.delete(path)
    elsewhere.claims = {"sub": "number-2"}
    client = owner(ada)
    link(client, elsewhere)
    gone = client.delete(path)

    assert (refused.status_code, refused.json()["code"]) == (422, "last_way_in")
    assert gone.status_code == 204
    assert client.delete(path).status_code == 404
    assert ExternalIdentity.objects.get().user.email == "grace@example.com"


@pytest.mark.asvs("V6.8.4")
def test_the_banks_own_second_factor_is_asked_for_still(
    api: APIClient, ada: User, elsewhere: Elsewhere
):
    link(owner(ada), elsewhere)
    with_factors(ada)

    asked = enter(api, elsewhere)

    assert (asked.status_code, asked.json()["code"]) == (401, "mfa_required")


def test_who_is_suspended_is_out_here_too(api: APIClient, ada: User, elsewhere: Elsewhere):
    link(owner(ada), elsewhere)
    sessions.deactivate(user_id=ada.pk, now=now())

    assert enter(api, elsewhere).json()["code"] == "external_not_believed"


@pytest.mark.asvs("V10.5.5")
def test_a_provider_that_has_new_keys_is_believed_and_not_asked_all_the_time(
    api: APIClient, elsewhere: Elsewhere, monkeypatch
):
    enter(api, elsewhere)
    elsewhere.rotate()
    too_soon = enter(api, elsewhere)
    later = time.monotonic() + 6
    monkeypatch.setattr(time, "monotonic", lambda: later)

    rotated = enter(api, elsewhere)

    assert (too_soon.status_code, rotated.status_code) == (401, 200)
    assert elsewhere.asked.count("/jwks") == 2


def test_nobody_leaves_ways_in_behind_at_an_address_that_is_not_theirs(
    ada: User, elsewhere: Elsewhere
):
    User.objects.update(email_verified_at=None)
    client = owner(ada)

    for path in (
        "/api/auth/mfa/totp/enroll",
        "/api/auth/webauthn/register/options",
        "/api/auth/external/elsewhere/link",
    ):
        assert client.post(path).json()["code"] == "email_not_verified", path
    body = {"name": "Books", "scopes": ["accounts:read"], "expires_in_days": 9}
    assert client.post("/api/auth/api-keys", body).json()["code"] == "email_not_verified"


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:8000/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:127.0.0.1]/",
        "http://example.com/",
        "file:///etc/passwd",
        "https:///",
        "gopher://example.com/",
    ],
)
def test_no_machine_of_the_bank_is_asked_on_a_providers_behalf(address, settings):
    settings.VORTEX_PROVIDERS_MAY_BE_LOCAL = False

    with pytest.raises(outward.UnreachableError):
        outward.ask("GET", address)


def test_an_answer_without_end_is_not_read_to_the_end(elsewhere: Elsewhere):
    elsewhere.answer = lambda *_: (200, b'{"a":"' + b"x" * 300_000 + b'"}')  # type: ignore[method-assign]

    with pytest.raises(outward.UnreachableError):
        outward.ask("GET", f"{elsewhere.issuer}/x")


def test_a_redirect_is_not_followed(elsewhere: Elsewhere):
    elsewhere.answer = lambda *_: (302, {})  # type: ignore[method-assign]

    with pytest.raises(outward.UnreachableError):
        outward.ask("GET", f"{elsewhere.issuer}/x")


def test_a_provider_that_nobody_knows_is_not_found(api: APIClient, elsewhere: Elsewhere):
    assert api.post("/api/auth/external/nobody/start").status_code == 404
