"""Requests that a program pushes (RFC 9126): checked at once, decided once, changed by nobody."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from django.test import Client

from apps.auth.models import AuthorizationCode, PushedRequest, User
from apps.auth.tests.factories import OWN
from apps.auth.tests.programs import AUTHORIZE, Program, a_program, agreed, code_of, form, signed_in
from vortex.clock import now

pytestmark = pytest.mark.django_db(databases=[OWN])


def pushed(program: Program, **changes: Any) -> Any:
    asked = dict(parse_qsl(urlsplit(program.address()).query))
    return form("/api/auth/oauth/par", {**asked, "client_secret": program.secret, **changes})


def carried(program: Program, answer: Any) -> str:
    """Return the address that the browser is sent to."""
    told = {"client_id": program.client.client_id, "request_uri": answer.json()["request_uri"]}
    return f"{AUTHORIZE}?{urlencode(told)}"


def test_what_was_pushed_is_what_the_person_decides_about(ada: User):
    program = a_program(must_push=True)
    answer = pushed(program)

    location = agreed(ada, carried(program, answer))

    assert (answer.status_code, answer.json()["expires_in"]) == (201, 600)
    assert parse_qs(urlsplit(location).query)["state"] == ["a state"]
    assert program.exchange(code_of(location)).json()["id_token"]
    there = Client().get("/.well-known/openid-configuration").json()
    assert there["pushed_authorization_request_endpoint"].endswith("/api/auth/oauth/par")


def test_a_pushed_request_is_decided_once(ada: User):
    program = a_program()
    address = carried(program, pushed(program))
    agreed(ada, address)

    again = Client().get(address)

    assert again.status_code == 400
    assert AuthorizationCode.objects.count() == 1


def test_what_the_browser_adds_changes_nothing(ada: User):
    program = a_program()
    address = f"{carried(program, pushed(program))}&scope=accounts%3Awrite&state=other"

    location = agreed(ada, address)

    assert parse_qs(urlsplit(location).query)["state"] == ["a state"]
    assert AuthorizationCode.objects.get().scopes == list(program.client.scopes)


def test_a_program_that_has_to_push_gets_nothing_by_the_browser(ada: User):
    program = a_program(must_push=True)

    answer = Client().get(program.address())

    assert answer.status_code == 302
    assert parse_qs(urlsplit(answer["Location"]).query)["error"] == ["invalid_request"]


def test_a_no_goes_back_with_the_pushed_state(ada: User):
    program = a_program()
    address = carried(program, pushed(program))

    answer = signed_in(ada, address).post(address, {"step": "deny"})

    said = parse_qs(urlsplit(answer["Location"]).query)
    assert (said["error"], said["state"]) == (["access_denied"], ["a state"])
    assert not PushedRequest.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_secret": "vxs_wrong"},
        {"redirect_uri": "https://thief.example/"},
        {"scope": "accounts:write"},
        {"code_challenge": None},
        {"code_challenge_method": "plain"},
        {"response_type": "token"},
        {"request_uri": "urn:ietf:params:oauth:request_uri:x"},
    ],
)
def test_what_the_page_would_refuse_is_refused_at_once(wrong):
    answer = pushed(a_program(), **wrong)

    assert answer.status_code in {400, 401}
    assert answer.json()["error"]
    assert not PushedRequest.objects.exists()


def test_a_name_of_another_program_or_of_long_ago_is_none(ada: User):
    program, other = a_program(), a_program(name="Other")
    answer = pushed(program)

    stolen = Client().get(carried(other, answer))
    PushedRequest.objects.update(expires_at=now() - timedelta(seconds=1))
    late = Client().get(carried(program, answer))

    assert (stolen.status_code, late.status_code) == (400, 400)
    assert answer.json()["request_uri"].rpartition(":")[2] not in str(
        PushedRequest.objects.values()
    )
