"""Staff who sign in where auth is come into the administration that another deployment serves."""

from typing import Any

import pytest
from django.core import signing
from django.test import Client

from apps.auth.models import User
from apps.auth.tests.authenticators import app_of
from apps.auth.tests.factories import OWN, PASSWORD, a_user
from vortex import valkey
from vortex.http.headers import HOPS
from vortex.identity.entering import COOKIE
from vortex.ids import new_id

pytestmark = pytest.mark.django_db(databases=[OWN])

HANDED_ON = {HOPS: "1"}


def proved(staff: User, client: Client) -> Any:
    """Sign in as through the door of another deployment; return the last answer."""
    app = app_of(staff)
    said = {"username": staff.email, "password": PASSWORD}
    client.post("/admin/login/?next=/admin/outbox/", said, headers=HANDED_ON)
    return client.post("/admin/second-factor/", {"code": app.code()}, headers=HANDED_ON)


def entering(cookie: str) -> Client:
    """A browser that brings an entry to the administration."""
    client = Client()
    client.cookies[COOKIE] = cookie
    return client


def test_staff_who_signed_in_elsewhere_enter_where_they_came_from():
    staff, away = a_user(roles=("administrator",)), Client()

    answer = proved(staff, away)
    cookie = answer.cookies[COOKIE]
    here = entering(cookie.value)
    entered = here.get("/admin/enter/")

    assert answer["Location"] == "/admin/enter/"
    assert away.get("/admin/").status_code == 302, "where they signed in they have no session"
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (
        True,
        "Strict",
        "/admin/enter/",
    )
    assert entered["Location"] == "/admin/outbox/"
    assert entered.cookies[COOKIE].value == ""
    assert here.get("/admin/").status_code == 200


def test_auth_keeps_who_signed_in_when_and_whoever_merely_lets_them_in_writes_nothing():
    staff = a_user(roles=("administrator",))
    cookie = proved(staff, Client()).cookies[COOKIE].value
    staff.refresh_from_db()
    proved_at = staff.last_login

    entering(cookie).get("/admin/enter/")
    staff.refresh_from_db()

    assert proved_at is not None
    assert staff.last_login == proved_at


def test_an_entry_opens_once():
    cookie = proved(a_user(roles=("administrator",)), Client()).cookies[COOKIE].value
    entering(cookie).get("/admin/enter/")

    thief = entering(cookie)

    assert thief.get("/admin/enter/")["Location"] == "/admin/login/"
    assert thief.get("/admin/").status_code == 302


def forged(**changes: object) -> dict[str, object]:
    known = {"entry_id": str(new_id()), "user_id": str(new_id()), "email": "a@example.com"}
    return known | {"full_name": "A", "roles": ["administrator"], "target": "/admin/"} | changes


@pytest.mark.parametrize("key", ["", "another key of thirty-two letters"])
def test_what_the_bank_did_not_sign_opens_nothing(key: str):
    signed = signing.dumps(forged(), key=key or None, salt="vortex.identity.entering")
    client = entering(signed)

    assert client.get("/admin/enter/")["Location"] == "/admin/login/"
    assert client.get("/admin/").status_code == 302


def test_nobody_enters_without_an_entry():
    assert Client().get("/admin/enter/")["Location"] == "/admin/login/"


def test_who_is_no_staff_any_more_by_their_own_row_does_not_enter():
    staff = a_user(roles=("administrator",))
    cookie = proved(staff, Client()).cookies[COOKIE].value
    User.objects.filter(pk=staff.pk).update(is_active=False)

    assert entering(cookie).get("/admin/enter/")["Location"] == "/admin/login/"


def test_where_it_cannot_be_known_whether_an_entry_was_used_nobody_enters(monkeypatch):
    cookie = proved(a_user(roles=("administrator",)), Client()).cookies[COOKIE].value

    def away() -> None:
        raise valkey.FAILURES[0]

    monkeypatch.setattr(valkey, "client", away)

    assert entering(cookie).get("/admin/enter/")["Location"] == "/admin/login/"
