"""One's own profile, tickets for the socket, and the administration of people."""

import base64

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from rest_framework.test import APIClient

from apps.auth.contracts import UserProfileUpdated
from apps.auth.models import Session, User
from apps.auth.services import factors, sessions
from apps.auth.tests.authenticators import App
from apps.auth.tests.factories import OWN, PASSWORD, a_user, sign_in
from vortex.clock import now
from vortex.ids import new_id
from vortex.testing import client_of, person

pytestmark = pytest.mark.django_db(databases=[OWN])

PROFILE = "/api/auth/user/profile"


@pytest.fixture
def own(ada: User) -> APIClient:
    """An HTTP client with Ada's own access token."""
    client = client_of(None)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {sign_in(ada).access}")
    return client


def browser(*roles: str) -> Client:
    """A browser in which somebody of the bank has signed in to the administration."""
    staff = a_user(roles=roles)
    client = Client()
    answer = client.post(
        "/admin/login/", {"username": staff.email.upper(), "password": PASSWORD}, follow=False
    )
    assert answer.status_code in {200, 302}
    if answer.status_code == 302:
        app = App(factors.pending_enrolment(user=staff, now=now()).secret)
        client.post("/admin/second-factor/", {"code": app.code(steps=-1)})
    return client


def test_the_password_alone_opens_no_administration():
    staff, client = a_user(roles=("administrator",)), Client()

    answer = client.post("/admin/login/", {"username": staff.email, "password": PASSWORD})

    assert answer["Location"] == "/admin/second-factor/"
    assert client.get("/admin/").status_code == 302


def test_the_first_sign_in_sets_up_the_second_factor_and_shows_recovery_codes_once():
    staff, client = a_user(roles=("administrator",)), Client()
    client.post("/admin/login/", {"username": staff.email, "password": PASSWORD})
    shown = client.get("/admin/second-factor/").content.decode()
    app = App(factors.pending_enrolment(user=staff, now=now()).secret)
    assert base64.b32encode(app.secret).decode() in shown

    wrong = client.post("/admin/second-factor/", {"code": "000000"})
    assert (wrong.status_code, client.get("/admin/").status_code) == (200, 302)
    right = client.post("/admin/second-factor/", {"code": app.code(steps=-1)}).content.decode()

    assert right.count("<li><code>") == 10
    assert client.get("/admin/").status_code == 200
    another = Client()
    another.post(
        "/admin/login/?next=https://evil.example", {"username": staff.email, "password": PASSWORD}
    )
    assert 'id="secret"' not in another.get("/admin/second-factor/").content.decode()
    entered = another.post("/admin/second-factor/", {"code": app.code()})
    assert entered["Location"] == "/admin/"


def test_a_session_without_a_second_factor_opens_no_administration():
    client = Client()
    client.force_login(a_user(roles=("administrator",)))

    assert client.get("/admin/").status_code == 302


def test_a_person_reads_their_own_profile(own: APIClient, ada: User):
    profile = own.get(PROFILE).json()

    assert (profile["id"], profile["email"]) == (str(ada.pk), ada.email)
    assert set(profile) == {
        *("id", "email", "email_verified_at", "phone"),
        *("full_name", "roles", "created_at", "impersonation"),
    }


@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_person_changes_their_name_and_nothing_else(own: APIClient, ada: User, published, method):
    gifts = {
        "roles": ["administrator"],
        "email": "other@example.com",
        "is_active": False,
        "id": str(new_id()),
    }

    answer = getattr(own, method)(PROFILE, {"full_name": "Ada King", **gifts})

    assert answer.status_code == 200
    changed = User.objects.get()
    assert changed.full_name == "Ada King"
    assert (changed.pk, changed.email, changed.roles, changed.is_active) == (
        ada.pk,
        ada.email,
        ["customer"],
        True,
    )
    assert len(published(UserProfileUpdated)) == 1


def test_the_same_name_again_is_no_news(own: APIClient, ada: User, published):
    own.patch(PROFILE, {"full_name": ada.full_name})
    own.patch(PROFILE, {})

    assert published(UserProfileUpdated) == []


@pytest.mark.parametrize("name", ["", "   ", "x" * 121, "a\u0000b", None, []])
def test_a_name_that_cannot_be_shown_is_refused(own: APIClient, ada: User, name):
    answer = own.patch(PROFILE, {"full_name": name})

    assert answer.status_code in {400, 422}
    assert User.objects.get().full_name == ada.full_name


def test_a_ticket_is_for_a_session_that_lasts(own: APIClient, ada: User):
    first, second = (own.post("/api/auth/ws-ticket") for _ in range(2))

    assert first.status_code == 201
    assert first.json()["ticket"] != second.json()["ticket"]
    assert first.json()["expires_in"] == 30


def test_no_ticket_for_a_session_that_is_not_ones_own(ada: User):
    sign_in(ada)
    thief = person()
    theirs = Session.objects.get().pk

    answer = client_of(
        type(thief)(user_id=thief.user_id, session_id=theirs, roles=thief.roles)
    ).post("/api/auth/ws-ticket")

    assert (answer.status_code, answer.json()["code"]) == (404, "session_not_found")


@pytest.mark.parametrize(
    ("method", "address"),
    [("get", PROFILE), ("post", "/api/auth/logout"), ("post", "/api/auth/ws-ticket")],
)
def test_nobody_in_particular_gets_nothing(api: APIClient, method, address):
    assert getattr(api, method)(address).status_code == 401


def test_staff_sign_in_to_the_administration_and_look_at_people(ada: User):
    page = browser("analyst").get("/admin/vortex_auth/user/")

    assert page.status_code == 200
    assert ada.email in page.content.decode()


@pytest.mark.parametrize("roles", [("customer",), ()])
def test_customers_do_not_get_into_the_administration(roles):
    assert browser(*roles).get("/admin/").status_code == 302


def test_the_administration_counts_wrong_passwords_like_the_api(settings):
    limits = settings.VORTEX_RATE_LIMITS
    settings.VORTEX_RATE_LIMITS = {**limits, "sign_in_account": (2, 1800, "closed")}
    staff, client = a_user(roles=("administrator",)), Client()

    pages = [
        client.post("/admin/login/", {"username": staff.email, "password": password})
        for password in ("wrong password 1", "wrong password 2", PASSWORD)
    ]

    assert "Too many attempts" in pages[-1].content.decode()
    assert client.get("/admin/").status_code == 302


def test_an_administrator_deactivates_somebody_with_a_record(ada: User):
    sign_in(ada)
    client = browser("administrator")

    client.post(
        "/admin/vortex_auth/user/", {"action": "deactivate", "_selected_action": [str(ada.pk)]}
    )

    ada.refresh_from_db()
    assert not ada.is_active
    assert Session.objects.get().revoked_reason == "deactivated"
    assert LogEntry.objects.get().change_message == "deactivated"

    client.post(
        "/admin/vortex_auth/user/", {"action": "reactivate", "_selected_action": [str(ada.pk)]}
    )
    ada.refresh_from_db()
    assert ada.is_active


@pytest.mark.asvs("V7.4.5")
def test_an_administrator_ends_a_session_with_a_record(ada: User):
    sign_in(ada)
    session = Session.objects.get()

    browser("administrator").post(
        "/admin/vortex_auth/session/",
        {"action": "revoke", "_selected_action": [str(session.pk)]},
    )

    session.refresh_from_db()
    assert session.revoked_reason == "revoked_by_staff"
    assert LogEntry.objects.count() == 1


def test_an_analyst_changes_nobody(ada: User):
    browser("analyst").post(
        "/admin/vortex_auth/user/", {"action": "deactivate", "_selected_action": [str(ada.pk)]}
    )

    ada.refresh_from_db()
    assert ada.is_active


@pytest.mark.parametrize("page", ["user", "session", "signingkey"])
def test_pages_of_the_administration_look_and_edit_nothing(ada: User, page):
    sign_in(ada)
    client = browser("administrator")

    assert client.get(f"/admin/vortex_auth/{page}/").status_code == 200
    assert client.get(f"/admin/vortex_auth/{page}/add/").status_code == 403


def test_a_password_hash_is_nowhere_to_be_seen(ada: User):
    page = browser("administrator").get(f"/admin/vortex_auth/user/{ada.pk}/change/")

    assert page.status_code == 200
    assert "argon2" not in page.content.decode()


def test_whoever_is_deactivated_loses_the_administration_at_once():
    client = browser("administrator")
    assert client.get("/admin/").status_code == 200

    sessions.deactivate(user_id=User.objects.get().pk, now=now())

    assert client.get("/admin/").status_code == 302


def test_the_first_administrator_is_registered_by_command(monkeypatch, capsys):
    from apps.auth.management.commands import register_staff

    monkeypatch.setattr(register_staff, "getpass", lambda _: PASSWORD)
    call_command("register_staff", "root@example.com", "Root")

    assert User.objects.get().roles == ["administrator"]
    assert PASSWORD not in capsys.readouterr().out
    with pytest.raises(CommandError, match="registered"):
        call_command("register_staff", "root@example.com", "Root")
