"""Signing in: the right password opens a session, and a wrong one tells nothing."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import jwt
import pytest
from django.db import connections
from rest_framework.test import APIClient

from apps.auth.contracts import UserLoggedIn
from apps.auth.models import RefreshFamily, Session, User
from apps.auth.services import sessions
from apps.auth.services.issuing import InvalidCredentials
from apps.auth.tests.factories import OWN, PASSWORD, a_user, sign_in
from vortex import identity
from vortex.clock import now
from vortex.testing import client_of

pytestmark = pytest.mark.django_db(databases=[OWN])


def attempt(api: APIClient, email: str, password: str = PASSWORD, **headers: str):
    return api.post("/api/auth/login", {"email": email, "password": password}, headers=headers)


@pytest.mark.asvs("V10.3.3")
def test_the_right_password_opens_a_session(api: APIClient, ada: User, published):
    answer = attempt(api, ada.email.upper(), **{"User-Agent": "a browser"})

    assert answer.status_code == 200
    tokens = answer.json()
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 900)
    principal = identity.verify(tokens["access"])
    session = Session.objects.get()
    assert (principal.user_id, principal.session_id) == (ada.pk, session.pk)
    assert (principal.roles, principal.amr) == (("customer",), ("pwd",))
    assert (session.user_agent, session.network) == ("a browser", "127.0.0.0/24")
    [event] = published(UserLoggedIn)
    assert (event.user_id, event.session_id) == (ada.pk, session.pk)


def test_an_access_token_says_what_is_promised_and_nothing_about_the_person(ada: User):
    tokens = sign_in(ada)

    header = jwt.get_unverified_header(tokens.access)
    claims = jwt.decode(tokens.access, options={"verify_signature": False})

    assert (header["alg"], bool(header["kid"])) == ("EdDSA", True)
    assert set(claims) == {
        *("sub", "sid", "jti", "iat", "nbf", "exp", "iss", "aud"),
        *("token_type", "roles", "amr", "acr", "auth_time"),
    }
    assert ada.email not in str(claims)


@pytest.mark.asvs("V6.2.8")
def test_a_password_is_right_from_another_keyboard(api: APIClient):
    user = a_user(password="ﬁsh and chips, caf\u00e9")

    assert attempt(api, user.email, "fish and chips, cafe\u0301").status_code == 200


@pytest.mark.parametrize("wrong", ["password", "address", "no_address", "inactive", "no_password"])
@pytest.mark.asvs("V6.3.8")
def test_whatever_is_wrong_the_answer_and_the_work_are_the_same(
    api: APIClient, ada: User, hasher, wrong
):
    email, password = ada.email, PASSWORD
    if wrong == "password":
        password = "another long password"
    elif wrong == "address":
        email = "nobody@example.com"
    elif wrong == "no_address":
        email = "nobody at all"
    elif wrong == "inactive":
        sessions.deactivate(user_id=ada.pk, now=now())
    else:
        email = a_user(password=None).email
    hasher.work.clear()

    answer = attempt(api, email, password)

    assert answer.status_code == 401
    problem = {name: answer.json()[name] for name in ("code", "title", "detail")}
    assert problem == {
        "code": "invalid_credentials",
        "title": "E-mail or password not right",
        "detail": "E-mail or password not right",
    }
    assert hasher.work == ([] if wrong == "no_address" else ["compared"])
    assert not Session.objects.exists()


@pytest.mark.parametrize("password", ["x" * 1025, "x" * 10_240])
def test_a_password_of_ten_kilobytes_is_not_hashed(api: APIClient, ada: User, hasher, password):
    hasher.work.clear()

    assert attempt(api, ada.email, password).status_code == 422

    assert hasher.work == []


@pytest.mark.parametrize(
    "body", [{}, {"email": "a@example.com"}, {"email": None, "password": None}]
)
def test_half_an_attempt_is_none(api: APIClient, body):
    assert api.post("/api/auth/login", body).status_code == 422


def test_the_demonstration_password_opens_nothing_elsewhere(api: APIClient, settings):
    settings.VORTEX_DEMO = True
    user = a_user(password="vortex-demo-2026")
    assert attempt(api, user.email, "vortex-demo-2026").status_code == 200

    settings.VORTEX_DEMO = False

    assert attempt(api, user.email, "vortex-demo-2026").status_code == 401


@pytest.mark.parametrize("known", [True, False])
def test_an_account_waits_after_too_many_wrong_passwords_known_or_not(
    api: APIClient, ada: User, settings, known
):
    limits = settings.VORTEX_RATE_LIMITS
    settings.VORTEX_RATE_LIMITS = {**limits, "sign_in_account": (3, 1800, "closed")}
    email = ada.email if known else f"not-{ada.email}"
    wrong = [attempt(api, email, "another long password").status_code for _ in range(3)]

    right = attempt(api, email)

    assert wrong == [401, 401, 401]
    assert (right.status_code, right.json()["code"]) == (429, "too_many_sign_ins")
    assert 0 < int(right["Retry-After"]) <= 1800
    assert attempt(api, a_user().email).status_code == 200


def test_a_copy_of_a_request_is_no_attempt_and_learns_nothing(api: APIClient, ada: User, settings):
    settings.VORTEX_RATE_LIMITS = settings.VORTEX_RATE_LIMITS | {
        "sign_in_account": (2, 1800, "closed")
    }
    copies = [
        attempt(api, ada.email, password, **{"X-Vortex-Mirrored": "1"})
        for password in (PASSWORD, "wrong", "wrong")
    ]

    assert [copy.status_code for copy in copies] == [503] * 3
    assert attempt(api, ada.email, "wrong").status_code == 401
    assert attempt(api, ada.email).status_code == 200


def test_the_right_password_makes_up_for_wrong_ones(api: APIClient, ada: User, settings):
    limits = settings.VORTEX_RATE_LIMITS
    settings.VORTEX_RATE_LIMITS = {**limits, "sign_in_account": (3, 1800, "closed")}

    for _ in range(3):
        attempt(api, ada.email, "another long password")
        attempt(api, ada.email, "yet another password")
        assert attempt(api, ada.email).status_code == 200


@pytest.mark.django_db(databases=[OWN], transaction=True)
@pytest.mark.asvs("V6.3.1")
def test_many_guesses_at_once_are_no_more_guesses_than_allowed(ada: User, settings, hasher):
    limits = settings.VORTEX_RATE_LIMITS
    settings.VORTEX_RATE_LIMITS = {
        **limits,
        "sign_in_account": (3, 1800, "closed"),
        "sign_in": (1000, 1, "closed"),
    }
    hasher.work.clear()

    def guess(_: int) -> int:
        try:
            return int(attempt(client_of(None), ada.email, "another long password").status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        statuses = list(threads.map(guess, range(40)))

    assert len(hasher.work) == statuses.count(401) == 3
    assert statuses.count(429) == 37


def test_an_address_tries_only_so_often(api: APIClient, settings):
    settings.VORTEX_RATE_LIMITS = {**settings.VORTEX_RATE_LIMITS, "sign_in": (2, 60, "closed")}

    statuses = [
        api.post(
            "/api/auth/login",
            {"email": f"{number}@example.com", "password": PASSWORD},
            REMOTE_ADDR="198.51.100.7",
        ).status_code
        for number in range(3)
    ]

    assert statuses == [401, 401, 429]


@pytest.mark.django_db(databases=[OWN], transaction=True)
def test_who_is_deactivated_while_signing_in_is_not_signed_in(ada: User, hasher):
    hasher.meanwhile = lambda: sessions.deactivate(user_id=ada.pk, now=now())

    with pytest.raises(InvalidCredentials):
        sign_in(ada)

    assert not Session.objects.exists()


def test_a_session_has_one_family_and_ends_some_day(ada: User):
    sign_in(ada)

    family = RefreshFamily.objects.select_related("session").get()
    assert family.state == "active"
    assert family.session.expires_at - family.session.created_at == timedelta(days=90)


@pytest.mark.django_db(databases=[OWN], transaction=True)
def test_the_first_two_to_sign_in_at_once_share_one_signing_key(ada: User):
    together = threading.Barrier(4)

    def enter(_: int) -> str:
        together.wait()
        try:
            return str(jwt.get_unverified_header(sign_in(ada).access)["kid"])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(enter, range(4)))) == 1


def test_signing_in_stays_within_its_queries(
    api: APIClient, ada: User, django_assert_max_num_queries
):
    attempt(api, ada.email)

    with django_assert_max_num_queries(11, using=OWN):
        assert attempt(api, ada.email).status_code == 200
