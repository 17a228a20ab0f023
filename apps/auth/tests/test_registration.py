"""Registering: one identity per address, nothing learnt about others, no authority to be taken."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import IntegrityError, connections
from rest_framework.test import APIClient

from apps.auth.contracts import (
    EmailTaken,
    InvalidEmail,
    UserIdReused,
    UserNotFound,
    UserRegistered,
    Users,
    WeakPassword,
)
from apps.auth.models import User
from apps.auth.tests.factories import OWN, PASSWORD, a_user
from vortex.binding import bind
from vortex.clock import now
from vortex.ids import new_id

pytestmark = pytest.mark.django_db(databases=[OWN])

ADA = {"email": "ada@example.com", "password": PASSWORD, "full_name": "Ada Lovelace"}


def test_somebody_who_registers_exists_and_is_a_customer(api: APIClient, published):
    answer = api.post("/api/auth/register", ADA)

    assert (answer.status_code, answer.json()) == (201, {"email": "ada@example.com"})
    user = User.objects.get()
    assert (user.email, user.roles, user.is_active) == ("ada@example.com", ["customer"], True)
    [event] = published(UserRegistered)
    assert event.user_id == user.pk


@pytest.mark.parametrize("email", ["ada@example.com", "ADA@Example.com", "ａda@example.com"])
def test_an_address_that_is_taken_gets_the_same_answer_and_changes_nothing(
    api: APIClient, published, email
):
    first = api.post("/api/auth/register", ADA)
    stored = User.objects.get().password

    second = api.post(
        "/api/auth/register", {**ADA, "email": email, "password": "another long password"}
    )

    assert (second.status_code, second.json()) == (first.status_code, first.json())
    assert User.objects.get().password == stored
    assert len(published(UserRegistered)) == 1


def test_registering_hashes_whether_or_not_the_address_is_taken(api: APIClient, hasher):
    for _ in range(2):
        api.post("/api/auth/register", ADA)

    assert hasher.work == ["hashed", "hashed"]


def test_nobody_registers_with_authority_or_as_somebody(api: APIClient):
    gifts = {
        "roles": ["administrator"],
        "is_staff": True,
        "is_superuser": True,
        "id": str(new_id()),
        "is_active": False,
    }

    api.post("/api/auth/register", {**ADA, **gifts})

    user = User.objects.get()
    assert user.roles == ["customer"]
    assert not user.is_staff
    assert user.is_active
    assert str(user.pk) != gifts["id"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"password": "short"}, "weak_password"),
        ({"password": "x" * 200}, "weak_password"),
        ({"password": "x" * 10_240}, "validation_failed"),
        ({"password": "qwerty123456"}, "weak_password"),
        ({"password": "vortex-demo-2026"}, "weak_password"),
        ({"email": "аda@example.com"}, "invalid_email"),
        ({"email": "ada"}, "invalid_email"),
        ({"email": ["ada@example.com"]}, "validation_failed"),
        ({"full_name": ""}, "validation_failed"),
        ({"full_name": "a\u0007b"}, "invalid_name"),
        ({"full_name": "x" * 121}, "validation_failed"),
    ],
)
@pytest.mark.asvs("V6.2.4")
def test_what_cannot_be_registered_is_refused_and_hashed_by_nobody(
    api: APIClient, hasher, body, code
):
    answer = api.post("/api/auth/register", {**ADA, **body})

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert hasher.work == []
    assert not User.objects.exists()


def test_a_nul_does_not_get_past_the_parser(api: APIClient):
    answer = api.generic(
        "POST",
        "/api/auth/register",
        '{"email":"a@example.com","password":"nul\\u0000 in the middle","full_name":"A"}',
        content_type="application/json",
    )

    assert answer.status_code == 400


def test_the_demonstration_password_is_taken_by_a_demonstration(api: APIClient, settings):
    settings.VORTEX_DEMO = True

    api.post("/api/auth/register", {**ADA, "password": "vortex-demo-2026"})

    assert User.objects.exists()


@pytest.mark.django_db(databases=[OWN], transaction=True)
def test_of_many_who_take_one_address_at_once_one_gets_it(published):
    together = threading.Barrier(4)

    def take(_: int) -> bool:
        together.wait()
        try:
            a_user(email="ada@example.com")
        except EmailTaken:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(take, range(4))) == 1

    assert User.objects.count() == len(published(UserRegistered)) == 1


def test_signing_up_is_limited_per_address(api: APIClient, settings):
    settings.VORTEX_RATE_LIMITS = {**settings.VORTEX_RATE_LIMITS, "sign_up": (2, 60, "closed")}

    statuses = [
        api.post("/api/auth/register", ADA, REMOTE_ADDR="198.51.100.9").status_code
        for _ in range(3)
    ]

    assert statuses == [201, 201, 429]


def test_the_bank_registers_somebody_once_per_id():
    users, user_id = bind(Users), new_id()

    def register(email: str):
        return users.register(
            user_id=user_id,
            email=email,
            full_name="Staff",
            password=None,
            roles=("support_agent",),
            created_at=now(),
        )

    assert register("staff@example.com") == register("Staff@example.com")
    assert users.user(user_id=user_id).roles == ("support_agent",)
    assert users.by_email(email="STAFF@example.com").user_id == user_id
    with pytest.raises(UserIdReused):
        register("other@example.com")


def test_the_contract_refuses_what_the_api_refuses():
    users = bind(Users)
    told: dict[str, Any] = {
        "user_id": new_id(),
        "full_name": "A",
        "roles": (),
        "created_at": now(),
    }
    a_user(email="taken@example.com")

    with pytest.raises(WeakPassword):
        users.register(email="a@example.com", password="short", **told)
    with pytest.raises(InvalidEmail):
        users.register(email="nobody", password=None, **told)
    with pytest.raises(EmailTaken):
        users.register(email="taken@example.com", password=None, **told)
    for unknown in ("nobody@example.com", "no address"):
        with pytest.raises(UserNotFound):
            users.by_email(email=unknown)
    with pytest.raises(UserNotFound):
        users.user(user_id=new_id())


@pytest.mark.parametrize("column", [{"email": "Upper@example.com"}, {"roles": ["superuser"]}])
def test_postgresql_refuses_what_no_service_would_write(column):
    row = {"email": "a@example.com", "full_name": "A", "roles": [], "created_at": now(), **column}

    with pytest.raises(IntegrityError):
        User.objects.create(**row)
