"""Roles, permissions, keys of programs, and being forgotten."""

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.contracts import Accounts, AccountStatus, AccountView, Product
from apps.auth.contracts import Permissions, UserErased, UserRoleGranted
from apps.auth.domain.permissions import PERMISSIONS
from apps.auth.domain.roles import ROLES
from apps.auth.models import ApiKey, Passkey, RoleChange, Session, User
from apps.auth.services import authority, erasure, sessions
from apps.auth.tests.authenticators import app_of
from apps.auth.tests.factories import OWN, PASSWORD, a_user, sign_in
from vortex import identity
from vortex.binding import bind
from vortex.clock import now
from vortex.errors import Refusal
from vortex.identity import SessionIsRevoked
from vortex.ids import new_id
from vortex.testing import client_of, stub

pytestmark = pytest.mark.django_db(databases=[OWN])

KEYS = "/api/auth/api-keys"
READS = {"name": "books", "scopes": ["accounts:read"], "expires_in_days": 30}


def own(user: User) -> APIClient:
    return bearing(sign_in(user).access)


def bearing(access: str) -> APIClient:
    client = client_of(None)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
    return client


def may(user: User, permission: str, owner: Any = None) -> bool:
    return bind(Permissions).has_permission(user_id=user.pk, permission=permission, owner_id=owner)


def test_a_customer_reaches_what_is_theirs_and_nothing_else(ada: User):
    assert may(ada, "accounts.read", ada.pk)
    assert not may(ada, "accounts.read", new_id())
    assert not may(ada, "accounts.read")
    assert not may(ada, "users.roles", ada.pk)
    assert not may(ada, "no.such_permission", ada.pk)


def test_staff_reach_what_their_role_says():
    agent = a_user(roles=("support_agent",))

    assert may(agent, "accounts.read")
    assert not may(agent, "users.roles")
    sessions.deactivate(user_id=agent.pk, now=now())
    assert not may(agent, "accounts.read")


def test_every_role_stands_in_the_table_and_no_other():
    assert set(PERMISSIONS) == set(ROLES)


def test_a_change_of_roles_ends_the_sessions_and_is_on_record(ada: User, published):
    root, tokens = a_user(roles=("administrator",)), sign_in(ada)
    address = f"/api/auth/users/{ada.pk}/roles"

    answer = own(root).put(address, {"roles": ["customer", "analyst"]})

    assert answer.json() == {"roles": ["customer", "analyst"]}
    with pytest.raises(SessionIsRevoked):
        identity.verify(tokens.access)
    change = RoleChange.objects.get()
    assert (change.changed_by_id, change.roles_before) == (root.pk, ["customer"])
    assert published(UserRoleGranted)[0].role == "analyst"


@pytest.mark.parametrize("role", ["customer", "support_agent", "analyst", "compliance_officer"])
def test_nobody_but_an_administrator_changes_roles(ada: User, role):
    someone = own(a_user(roles=(role,)))
    address = f"/api/auth/users/{ada.pk}/roles"

    assert someone.put(address, {"roles": ["administrator"]}).status_code == 403


def test_nobody_changes_their_own_roles_nor_those_of_the_last_administrator():
    root = a_user(roles=("administrator",))
    with pytest.raises(authority.OwnRoles):
        authority.change_roles(user_id=root.pk, roles=(), changed_by=root.pk, now=now())

    second = a_user(roles=("administrator",))
    authority.change_roles(user_id=root.pk, roles=(), changed_by=second.pk, now=now())
    with pytest.raises(Refusal):
        authority.change_roles(user_id=second.pk, roles=(), changed_by=root.pk, now=now())


@pytest.mark.asvs("V7.2.3", "V10.3.2")
def test_a_key_reads_within_its_scopes_and_nothing_more(ada: User, api: APIClient):
    made = own(ada).post(KEYS, READS).json()
    assert made["key"] not in str(ApiKey.objects.values())
    token = api.post(f"{KEYS}/token", {"key": made["key"]}).json()
    program = bearing(token["access"])

    assert identity.verify(token["access"]).scopes == ("accounts:read",)
    for method, address in [
        ("get", "/api/auth/user/profile"),
        ("get", "/api/v1/auth/sessions"),
        ("post", KEYS),
        ("post", "/api/auth/password/change"),
        ("post", "/api/auth/ws-ticket"),
    ]:
        answer = getattr(program, method)(address)
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


@pytest.mark.asvs("V7.2.2")
def test_a_revoked_key_opens_nothing_and_neither_do_its_tokens(ada: User, api: APIClient):
    client = own(ada)
    made = client.post(KEYS, READS).json()
    access = api.post(f"{KEYS}/token", {"key": made["key"]}).json()["access"]
    assert own(a_user()).delete(f"{KEYS}/{made['id']}").status_code == 404

    assert client.delete(f"{KEYS}/{made['id']}").status_code == 204

    with pytest.raises(SessionIsRevoked):
        identity.verify(access)
    assert api.post(f"{KEYS}/token", {"key": made["key"]}).json()["code"] == "invalid_api_key"
    assert client.get(KEYS).json() == {"items": []}


@pytest.mark.parametrize("end", ["expired", "deactivated"])
def test_a_key_ends_with_its_time_and_with_its_owner(ada: User, api: APIClient, end):
    made = own(ada).post(KEYS, READS).json()
    access = api.post(f"{KEYS}/token", {"key": made["key"]}).json()["access"]
    if end == "expired":
        ApiKey.objects.update(expires_at=now())
    else:
        sessions.deactivate(user_id=ada.pk, now=now())
        with pytest.raises(SessionIsRevoked):
            identity.verify(access)

    assert api.post(f"{KEYS}/token", {"key": made["key"]}).status_code == 401


@pytest.mark.parametrize("scopes", [[], ["auth:write"], ["accounts:read", "*"], ["config:write"]])
@pytest.mark.asvs("V10.4.11")
def test_no_key_is_given_more_than_may_be_given(ada: User, scopes):
    answer = own(ada).post(KEYS, {**READS, "scopes": scopes})

    assert (answer.status_code, answer.json()["code"]) == (403, "scope_escalation")


def test_staff_have_no_keys_and_a_key_no_staff_role(ada: User, api: APIClient):
    assert own(a_user(roles=("administrator",))).post(KEYS, READS).status_code == 403
    both = a_user(roles=("customer", "administrator"))
    made = own(both).post(KEYS, READS).json()

    access = api.post(f"{KEYS}/token", {"key": made["key"]}).json()["access"]

    assert identity.verify(access).roles == ("customer",)


class NoAccounts(Accounts):
    """Accounts in which nobody has any."""

    def accounts_of(self, *, owner_id: Any) -> tuple[AccountView, ...]:
        return ()


class OneAccount(Accounts):
    """Accounts in which everybody has one that is open."""

    def accounts_of(self, *, owner_id: Any) -> tuple[AccountView, ...]:
        return (
            AccountView(
                account_id=new_id(),
                owner_id=owner_id,
                product=Product.CHECKING,
                currency="EUR",
                iban="DE89370400440532013000",
                nickname="",
                status=AccountStatus.ACTIVE,
                opened_at=now(),
            ),
        )


def test_whoever_has_no_account_is_forgotten(ada: User, published):
    client, email = own(ada), ada.email
    app_of(ada)
    Session.objects.update(amr=["pwd", "mfa"])

    with stub(Accounts, NoAccounts()):
        assert client.delete("/api/auth/user").status_code == 204

    ada.refresh_from_db()
    assert (ada.email, ada.full_name, ada.is_active) == (
        f"{ada.pk}@erased.invalid",
        "Erased",
        False,
    )
    assert not Passkey.objects.exists()
    assert Session.objects.get().user_agent == ""
    assert email not in str(User.objects.values())
    assert len(published(UserErased)) == 1
    assert client.get("/api/auth/sessions").status_code == 401
    again = client_of(None).post("/api/auth/login", {"email": email, "password": PASSWORD})
    assert again.status_code == 401


def test_whoever_has_an_open_account_is_not_forgotten(ada: User):
    with stub(Accounts, OneAccount()), pytest.raises(erasure.ErasureRefused):
        erasure.erase(user_id=ada.pk, now=now())

    ada.refresh_from_db()
    assert ada.is_active


def test_a_person_gets_what_is_known_about_them_and_no_secret(ada: User):
    client = own(ada)

    told = client.post("/api/auth/user/export").json()

    assert told["profile"]["email"] == ada.email
    assert len(told["sessions"]) == 1
    assert "argon2" not in str(told)


def test_being_forgotten_needs_a_fresh_proof(ada: User):
    client = own(ada)
    Session.objects.update(authenticated_at=now() - timedelta(hours=1))

    assert client.delete("/api/auth/user").json()["code"] == "step_up_required"
    assert client.post("/api/auth/user/export").json()["code"] == "step_up_required"
