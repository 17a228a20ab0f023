"""Devices without a keyboard (RFC 8628), judged by authlib: waiting, slowing down, yes and no."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from authlib.integrations.base_client.errors import OAuthError
from django.test import Client
from rest_framework.test import APIClient

from apps.auth.models import DeviceGrant, Session, User
from apps.auth.services.oauth import clients, devices
from apps.auth.services.oauth.grants import Presence
from apps.auth.services.oauth.server import DEVICE_CODE
from apps.auth.tests.authenticators import app_of
from apps.auth.tests.factories import OWN, PASSWORD, a_user
from apps.auth.tests.programs import Program, a_program, form, transport
from vortex import clock, identity

pytestmark = pytest.mark.django_db(databases=[OWN])

BEGIN, TOKEN = "/api/auth/oauth/device_authorization", "/api/auth/oauth/token"


def begun(program: Program, **changes: Any) -> dict[str, Any]:
    body = {
        "client_id": program.client.client_id,
        "client_secret": program.secret or None,
        "scope": "openid accounts:read",
        **changes,
    }
    answer = form(BEGIN, body)
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def polled(program: Program, device_code: str, **changes: Any) -> Any:
    body = {
        "grant_type": DEVICE_CODE,
        "device_code": device_code,
        "client_id": program.client.client_id,
        "client_secret": program.secret or None,
        **changes,
    }
    return form(TOKEN, body)


def before_the_page(user: User, page: str) -> Client:
    """Return a browser whose owner has typed the code and proved who they are."""
    browser = Client()
    browser.post(page, {"step": "password", "email": user.email, "password": PASSWORD})
    return browser


def decided(user: User, page: str, step: str = "allow") -> Any:
    return before_the_page(user, page).post(page, {"step": step})


def page_of(told: dict[str, Any]) -> str:
    return str(told["verification_uri_complete"]).partition("/api/")[2].join(("/api/", ""))


@pytest.fixture
def later(monkeypatch):
    """Let time pass."""
    passed = timedelta(0)

    def move(**by: float) -> None:
        nonlocal passed
        passed += timedelta(**by)
        at: datetime = real() + passed
        for module in ("apps.auth.api.oauth", "apps.auth.api.oauth_device"):
            monkeypatch.setattr(f"{module}.now", lambda: at)

    real = clock.now
    return move


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
def test_an_independent_client_waits_for_a_yes_and_reads_what_it_was_let(ada: User):
    program = a_program(confidential=False)
    library = program.library()
    bank = httpx.Client(transport=transport(), base_url="http://localhost")
    there = bank.get("/.well-known/openid-configuration").json()
    asked = bank.post(
        there["device_authorization_endpoint"],
        data={"client_id": program.client.client_id, "scope": "openid email accounts:read"},
    ).json()
    poll = {"grant_type": DEVICE_CODE, "device_code": asked["device_code"]}

    with pytest.raises(OAuthError, match="authorization_pending"):
        library.fetch_token(there["token_endpoint"], **poll)
    answer = decided(ada, page_of(asked))
    tokens = library.fetch_token(there["token_endpoint"], **poll)

    assert "Your device is connected" in answer.content.decode()
    assert library.get(there["userinfo_endpoint"]).json()["email"] == ada.email
    assert set(tokens["scope"].split()) == {"openid", "email", "accounts:read"}
    assert tokens["id_token"]
    principal = identity.verify(tokens["access_token"])
    assert (principal.user_id, principal.client_id) == (ada.pk, program.client.client_id)
    library.scope = tokens["scope"]  # else authlib asks for all that the program may ask for
    assert library.refresh_token(there["token_endpoint"])["access_token"]
    with pytest.raises(OAuthError, match="invalid_grant"):
        library.fetch_token(there["token_endpoint"], **poll)


def test_whoever_polls_too_fast_is_slowed_down_more_each_time(later):
    program = a_program()
    code = begun(program)["device_code"]

    said = [polled(program, code).json()["error"] for _ in range(3)]
    later(seconds=14)
    still = polled(program, code).json()["error"]
    later(seconds=30)
    patient = polled(program, code).json()["error"]

    assert said == ["authorization_pending", "slow_down", "slow_down"]
    assert (still, patient) == ("slow_down", "authorization_pending")
    assert DeviceGrant.objects.get().interval_seconds == 20


def test_a_no_is_a_no_and_is_said_once_and_for_all(ada: User):
    program = a_program()
    told = begun(program)

    answer = decided(ada, page_of(told), "deny")

    assert "may do nothing" in answer.content.decode()
    assert polled(program, told["device_code"]).json()["error"] == "access_denied"
    assert decided(ada, page_of(told)).status_code == 400
    assert polled(program, told["device_code"]).json()["error"] == "access_denied"
    assert not Session.objects.filter(client=program.client).exists()


def test_who_waits_for_too_long_has_to_begin_again(ada: User, later):
    program = a_program()
    told = begun(program)
    assert told["expires_in"] == 600
    later(seconds=601)

    assert polled(program, told["device_code"]).json()["error"] == "expired_token"
    assert Client().get(page_of(told)).status_code == 400


def test_a_yes_opens_one_session_however_often_it_is_polled_for(ada: User):
    program = a_program()
    told = begun(program)
    decided(ada, page_of(told))

    answers = [polled(program, told["device_code"]) for _ in range(3)]

    assert [one.status_code for one in answers] == [200, 400, 400]
    assert answers[1].json()["error"] == "invalid_grant"
    assert Session.objects.filter(client=program.client).count() == 1


def test_a_device_code_is_worth_nothing_to_another_program(ada: User):
    program, other = a_program(), a_program(name="Thief")
    told = begun(program)
    decided(ada, page_of(told))

    stolen = polled(other, told["device_code"])
    unproved = polled(program, told["device_code"], client_secret="vxs_wrong")

    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")
    assert (unproved.status_code, unproved.json()["error"]) == (401, "invalid_client")
    assert polled(program, told["device_code"]).status_code == 200


@pytest.mark.parametrize("scope", ["", "accounts:write", "openid nonsense"])
def test_a_device_asks_for_no_more_than_its_program_may(scope):
    program = a_program()
    body = {"client_id": program.client.client_id, "client_secret": program.secret, "scope": scope}

    refused = form(BEGIN, body)

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_scope")
    assert not DeviceGrant.objects.exists()


def test_the_person_proves_all_factors_and_reads_which_device_asks_for_what(ada: User):
    app = app_of(ada)
    program = a_program(name="Television")
    told = begun(program)
    page = page_of(told)

    browser = before_the_page(ada, page)
    half = browser.post(page, {"step": "allow"})
    second = browser.get(page).content.decode()
    browser.post(page, {"step": "second_factor", "code": app.code()})
    shown = browser.get(page)

    assert half.status_code == 302
    assert polled(program, told["device_code"]).json()["error"] == "authorization_pending"
    assert "Second factor" in second
    text = shown.content.decode()
    for said in ("Television", told["user_code"], "See your accounts and balances"):
        assert said in text
    assert "form-action 'self'" in shown["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in shown["Content-Security-Policy"]
    browser.post(page, {"step": "allow"})
    assert "mfa" in identity.verify(polled(program, told["device_code"]).json()["access_token"]).amr


def test_a_code_is_typed_as_people_type_and_guessed_by_nobody(settings):
    told = begun(a_program())
    page = "/api/auth/oauth/device"
    typed = told["user_code"].replace("-", " ").lower()

    assert Client().get(page, {"user_code": typed}).status_code == 200
    assert Client().get(page).status_code == 200
    assert Client().get(page, {"user_code": "BBBB-BBBB"}).status_code == 400
    assert Client().get(page, {"user_code": "<script>" * 50}).status_code == 400
    settings.VORTEX_RATE_LIMITS = {**settings.VORTEX_RATE_LIMITS, "user_code": (1, 60, "closed")}
    Client().get(page, {"user_code": typed})
    assert "too many" in Client().get(page, {"user_code": typed}).content.decode().lower()


@pytest.mark.parametrize("what", ["a new password", "suspension of the program"])
def test_a_yes_that_was_not_fetched_ends_with_what_it_rests_on(api: APIClient, ada: User, what):
    program = a_program()
    told = begun(program)
    decided(ada, page_of(told))

    if what == "a new password":
        client = APIClient()
        tokens = client.post(
            "/api/auth/login", {"email": ada.email, "password": PASSWORD}, format="json"
        ).json()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}")
        body = {"current_password": PASSWORD, "new_password": "another long pass phrase"}
        assert client.post("/api/auth/password/change", body, format="json").status_code == 200
    else:
        clients.suspend(client_id=program.client.pk, now=clock.now())

    assert polled(program, told["device_code"]).status_code in {400, 401}
    assert not Session.objects.filter(client=program.client).exists()


def test_of_two_people_who_decide_the_first_one_does(ada: User):
    program = a_program()
    told = begun(program)
    grant = devices.waiting(user_code=told["user_code"], now=clock.now())
    first = Presence(ada, ("pwd",), clock.now())
    second = Presence(a_user(), ("pwd",), clock.now())
    devices.decide(grant_id=grant.pk, presence=first, allowed=True, now=clock.now())

    with pytest.raises(devices.DeviceCodeNotFound):
        devices.decide(grant_id=grant.pk, presence=second, allowed=False, now=clock.now())

    answer = polled(program, told["device_code"]).json()
    assert identity.verify(answer["access_token"]).user_id == ada.pk
    assert told["device_code"] not in str(DeviceGrant.objects.values())
    assert told["user_code"].replace("-", "") not in str(DeviceGrant.objects.values())
