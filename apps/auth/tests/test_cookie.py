"""Pages in a browser: no script reads the refresh token, and no other site uses it."""

import pytest
from rest_framework.test import APIClient

from apps.auth.api.carriers import NAME
from apps.auth.models import Session, User
from apps.auth.tests.factories import OWN, PASSWORD, sign_in
from vortex.testing import client_of

pytestmark = pytest.mark.django_db(databases=[OWN])

PAGE = {"X-Token-Transport": "cookie"}


def enter(api: APIClient, ada: User, **headers: str):
    body = {"email": ada.email, "password": PASSWORD}
    return api.post("/api/auth/login", body, headers={**PAGE, **headers})


def renew(api: APIClient, headers: dict[str, str] | None = None):
    return api.post("/api/auth/refresh", {}, headers=PAGE if headers is None else headers)


@pytest.mark.asvs("V7.2.2")
def test_a_page_gets_no_refresh_token_that_a_script_could_read(api: APIClient, ada: User, settings):
    settings.SESSION_COOKIE_SECURE = True

    answer = enter(api, ada)

    assert answer.status_code == 200
    assert answer.json()["refresh"] == ""
    cookie = answer.cookies[NAME]
    assert cookie.value.count(".") == 2
    assert (cookie["httponly"], cookie["secure"], cookie["samesite"]) == (True, True, "Strict")
    assert (cookie["path"], cookie["max-age"]) == ("/api/", 30 * 86_400)


def test_a_page_refreshes_by_its_cookie_and_gets_the_next_one(api: APIClient, ada: User):
    first = enter(api, ada).cookies[NAME].value

    answer = renew(api)

    assert answer.status_code == 200
    assert answer.json()["refresh"] == ""
    assert answer.cookies[NAME].value not in {"", first}
    client = client_of(None)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['access']}")
    assert client.get("/api/auth/user/profile").json()["email"] == ada.email


@pytest.mark.parametrize(
    "headers",
    [{}, {"X-Token-Transport": "body"}, {**PAGE, "Sec-Fetch-Site": "cross-site"}],
    ids=["a form of another site", "a program", "a page of another site"],
)
def test_the_cookie_alone_refreshes_nothing(api: APIClient, ada: User, headers):
    enter(api, ada)

    refused = renew(api, headers)

    assert refused.status_code in {401, 403}
    assert refused.json()["code"] in {"invalid_refresh_token", "cross_site"}
    assert NAME not in refused.cookies
    assert renew(api).status_code == 200


def test_a_way_that_tokens_do_not_go_is_refused(api: APIClient, ada: User):
    body = {"email": ada.email, "password": PASSWORD}

    refused = api.post("/api/auth/login", body, headers={"X-Token-Transport": "pigeon"})

    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_transport")
    assert not Session.objects.exists()


def test_two_tabs_that_refresh_at_once_keep_one_cookie(api: APIClient, ada: User):
    cookie = enter(api, ada).cookies[NAME].value
    first = renew(api).cookies[NAME].value
    api.cookies[NAME] = cookie

    second = renew(api)

    assert second.status_code == 200
    assert second.cookies[NAME].value == first


@pytest.mark.parametrize("path", ["/api/auth/logout", "/api/auth/logout-all"])
def test_signing_out_drops_the_cookie_and_ends_the_session(api: APIClient, ada: User, path):
    answer = enter(api, ada)
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['access']}")

    gone = api.post(path)

    assert gone.status_code == 204
    assert (gone.cookies[NAME].value, gone.cookies[NAME]["max-age"]) == ("", 0)
    assert Session.objects.get().revoked_at is not None
    assert renew(client_of(None)).json()["code"] == "invalid_refresh_token"


def test_a_program_is_given_no_cookie(api: APIClient, ada: User):
    answer = api.post("/api/auth/login", {"email": ada.email, "password": PASSWORD})

    assert NAME not in answer.cookies
    assert api.post("/api/auth/refresh", {"refresh": answer.json()["refresh"]}).status_code == 200
    assert sign_in(ada).refresh
