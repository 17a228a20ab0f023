"""What holds in a service that does not host auth; test_staff.py runs it in such a process."""

from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import IntegrityError
from django.test import Client
from django.urls import path

from vortex.identity.entering import COOKIE, send_to
from vortex.ids import new_id

pytestmark = [pytest.mark.servers, pytest.mark.django_db]


def remember(*roles: str, email: str = "staff@example.com", is_active: bool = True, user_id=None):
    users: Any = get_user_model().objects
    return users.remember(
        user_id=user_id or new_id(),
        email=email,
        full_name="Sam Staff",
        roles=roles,
        is_active=is_active,
    )


def test_the_shadow_is_the_user_model_and_stands_in_the_services_own_database():
    assert settings.AUTH_USER_MODEL == "identity.StaffUser"
    assert list(settings.DATABASES) == ["default"]

    assert remember("analyst")._state.db == "default"


def test_remembering_twice_leaves_one_row_that_says_the_last():
    user_id = new_id()

    remember("analyst", user_id=user_id)
    remember("administrator", user_id=user_id, email="Renamed@Example.com")

    user = get_user_model().objects.get()
    assert (user.email, user.roles, user.is_superuser) == (
        "renamed@example.com",
        ["administrator"],
        True,
    )


def test_nobody_signs_in_here_with_a_password():
    user = remember("administrator")

    assert not user.has_usable_password()
    assert not Client().login(email="staff@example.com", password="!")


def test_a_customer_is_no_staff_and_cannot_become_it_by_the_table():
    customer = remember("customer")

    assert customer.roles == []
    assert not customer.is_staff
    assert not customer.is_active
    with pytest.raises(IntegrityError):
        get_user_model().objects.filter(pk=customer.pk).update(roles=["customer"])


def test_roles_are_the_only_authority():
    analyst, administrator = remember("analyst"), remember("administrator", email="a@example.com")
    former = remember("administrator", email="f@example.com", is_active=False)

    assert analyst.has_perm("accounts.view_account")
    assert not analyst.has_perm("accounts.change_account")
    assert administrator.has_perms(["accounts.change_account", "accounts.delete_account"])
    assert not former.has_perm("accounts.view_account")
    assert not former.has_module_perms("accounts")


def test_the_administration_opens_for_a_shadow_and_for_nobody_else(settings):
    settings.ROOT_URLCONF = "tests.kernel.identity.unhosted"
    client, stranger = Client(), Client()
    client.force_login(remember("administrator"))

    assert client.get("/admin/").status_code == 200
    assert stranger.get("/admin/").status_code == 302


def brought(**changes: Any) -> Client:
    """A browser that auth has sent here with an entry."""
    said: dict[str, Any] = {
        "user_id": new_id(),
        "email": "Sam@Example.com",
        "full_name": "Sam Staff",
        "roles": ("analyst",),
        "target": "/admin/identity/",
    }
    client = Client()
    sent = send_to(**said | changes, secure=False)
    client.cookies[COOKIE] = sent.cookies[COOKIE].value
    return client


def test_staff_whom_auth_sends_enter_and_are_remembered_as_auth_says(settings):
    settings.ROOT_URLCONF = "tests.kernel.identity.unhosted"
    client = brought()

    entered = client.get("/admin/enter/")

    user = get_user_model().objects.get()
    assert (user.email, user.roles, user.is_active) == ("sam@example.com", ["analyst"], True)
    assert entered["Location"] == "/admin/identity/"
    assert client.get("/admin/").status_code == 200
    assert client.session.get_expiry_age() <= 3600, "a role that is taken away ends soon"


def test_a_customer_whom_auth_sent_does_not_enter_and_is_not_remembered(settings):
    settings.ROOT_URLCONF = "tests.kernel.identity.unhosted"

    answer = brought(roles=("customer",)).get("/admin/enter/")

    assert answer["Location"] == "/admin/login/"
    assert not get_user_model().objects.exists()


def test_an_entry_leads_nowhere_else(settings):
    settings.ROOT_URLCONF = "tests.kernel.identity.unhosted"

    answer = brought(target="https://evil.example/").get("/admin/enter/")

    assert answer["Location"] == "/admin/"


urlpatterns = [path("admin/", admin.site.urls)]
