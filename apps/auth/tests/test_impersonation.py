"""Staff who look as a customer: never without their yes, never longer, never to change a thing."""

from datetime import timedelta

import jwt
import pytest
from rest_framework.test import APIClient

from apps.auth.contracts import UserImpersonationChanged
from apps.auth.models import Impersonation, StaffAct, User
from apps.auth.services import authority, impersonations
from apps.auth.tests.factories import OWN, a_user, sign_in
from apps.auth.tests.telephones import NUMBER, a_phone
from apps.auth.tests.test_people import staff
from vortex import identity
from vortex.clock import now
from vortex.outbox.publishing import headers
from vortex.telemetry import context
from vortex.testing import client_of

pytestmark = pytest.mark.django_db(databases=[OWN])
PATH = "/api/auth/impersonations"


@pytest.fixture
def own(ada: User) -> APIClient:
    return client_of(identity.verify(sign_in(ada).access))


@pytest.fixture
def agent() -> APIClient:
    return staff("support_agent")


def ask(agent: APIClient, user: User, minutes: int = 15):
    body = {"user_id": str(user.pk), "reason": "To see the statement.", "minutes": minutes}
    return agent.post(PATH, body)


def looking(agent: APIClient, own: APIClient, ada: User) -> tuple[str, APIClient]:
    asked = ask(agent, ada).json()["id"]
    own.post(f"{PATH}/{asked}/approve")
    return asked, client_with(agent.post(f"{PATH}/{asked}/token").json()["access"])


def client_with(token: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def test_nothing_is_shown_before_the_person_agrees(agent: APIClient, own: APIClient, ada: User):
    asked = ask(agent, ada)
    path = f"{PATH}/{asked.json()['id']}"

    early = agent.post(f"{path}/token")
    [shown] = own.get(PATH).json()["items"]
    denied = own.post(f"{path}/deny")

    assert (asked.status_code, early.status_code) == (201, 404)
    assert (shown["reason"], shown["state"]) == ("To see the statement.", "requested")
    assert denied.json()["state"] == "denied"
    assert agent.post(f"{path}/token").status_code == 404
    assert own.post(f"{path}/approve").status_code == 404


def test_whoever_looks_sees_a_banner_and_changes_nothing(
    agent: APIClient, own: APIClient, ada: User
):
    a_phone(ada)
    asked, client = looking(agent, own, ada)

    profile = client.get("/api/auth/user/profile").json()

    assert (profile["email"], profile["impersonation"]["id"]) == (ada.email, asked)
    assert profile["impersonation"]["reason"] == "To see the statement."
    assert profile["phone"] == "•••• 001"
    mine = own.get("/api/auth/user/profile").json()
    assert (mine["impersonation"], mine["phone"]) == (None, NUMBER)
    for method, path in (
        ("patch", "/api/auth/user/profile"),
        ("get", "/api/auth/sessions"),
        ("get", "/api/auth/phone"),
        ("delete", "/api/auth/phone"),
        ("post", "/api/auth/phone/change"),
        ("post", "/api/auth/ws-ticket"),
        ("post", "/api/auth/api-keys"),
        ("post", "/api/auth/user/export"),
        ("post", f"{PATH}/{asked}/approve"),
        ("post", "/api/auth/password/change"),
        ("get", "/api/auth/oauth/userinfo"),
    ):
        refused = getattr(client, method)(path, {}, format="json")
        assert refused.json()["code"] == "insufficient_scope", path


def test_every_act_carries_both_identities(agent: APIClient, own: APIClient, ada: User):
    asked = ask(agent, ada).json()["id"]
    own.post(f"{PATH}/{asked}/approve")
    token = agent.post(f"{PATH}/{asked}/token").json()["access"]
    staff_id = Impersonation.objects.get().staff_id

    principal = identity.verify(token)
    claims = jwt.decode(token, options={"verify_signature": False})

    assert (principal.user_id, principal.actor_id) == (ada.pk, staff_id)
    assert (claims["act"], str(principal.session_id)) == ({"sub": str(staff_id)}, asked)
    assert principal.roles == ("customer",)
    assert all(scope.endswith(":read") for scope in principal.scopes)
    with context.use(actor=principal):
        assert f'"authstaffid":"{staff_id}"' in headers().replace(" ", "")
    assert list(StaffAct.objects.order_by("done_at").values_list("act", flat=True)) == [
        "ask_to_look",
        "look",
    ]


@pytest.mark.parametrize("who", ["own", "agent"])
def test_either_ends_it_and_the_token_is_dead_at_once(
    agent: APIClient, own: APIClient, ada: User, who, published
):
    asked, client = looking(agent, own, ada)

    ended = {"own": own, "agent": agent}[who].post(f"{PATH}/{asked}/end")

    assert ended.json()["state"] == "ended"
    assert client.get("/api/auth/user/profile").status_code == 401
    assert agent.post(f"{PATH}/{asked}/token").status_code == 404
    said = [event.state for event in published(UserImpersonationChanged)]
    assert said == ["requested", "approved", "ended"]


def test_it_ends_by_itself(agent: APIClient, own: APIClient, ada: User):
    asked, _ = looking(agent, own, ada)
    until = Impersonation.objects.get().until_at
    assert until is not None
    assert timedelta(minutes=14) < until - now() <= timedelta(minutes=15)
    Impersonation.objects.update(until_at=now() + timedelta(seconds=20))

    short = agent.post(f"{PATH}/{asked}/token").json()
    Impersonation.objects.update(until_at=now())

    assert short["expires_in"] <= 20
    assert agent.post(f"{PATH}/{asked}/token").status_code == 404


def test_a_request_that_nobody_answered_is_none(agent: APIClient, own: APIClient, ada: User):
    asked = ask(agent, ada).json()["id"]
    Impersonation.objects.update(requested_at=now() - timedelta(hours=2))

    assert own.post(f"{PATH}/{asked}/approve").status_code == 404


def test_nobody_answers_or_looks_for_another(agent: APIClient, own: APIClient, ada: User):
    asked, _ = looking(agent, own, ada)
    stranger = client_of(identity.verify(sign_in(a_user()).access))
    colleague = staff("support_agent")

    assert stranger.post(f"{PATH}/{asked}/end").status_code == 404
    assert stranger.get(PATH).json() == {"items": []}
    assert colleague.post(f"{PATH}/{asked}/token").status_code == 404
    assert agent.post(f"{PATH}/{ask(agent, ada).json()['id']}/approve").status_code == 404


@pytest.mark.parametrize("role", ["analyst", "compliance_officer", "administrator", "customer"])
def test_only_support_asks_and_only_about_customers(ada: User, role):
    assert ask(staff(role), ada).status_code == 403

    assert not Impersonation.objects.exists()


def test_nobody_of_the_bank_is_looked_at(agent: APIClient):
    colleague = a_user(roles=("customer", "administrator"))

    assert ask(agent, colleague).json()["code"] == "not_a_customer"
    assert ask(agent, a_user(), minutes=61).status_code == 422


def test_whoever_loses_the_role_looks_no_more(agent: APIClient, own: APIClient, ada: User):
    _, client = looking(agent, own, ada)
    root = a_user(roles=("administrator",))

    authority.change_roles(
        user_id=Impersonation.objects.get().staff_id,
        roles=("customer",),
        changed_by=root.pk,
        now=now(),
    )

    assert client.get("/api/auth/user/profile").status_code == 401
    assert Impersonation.objects.get().state == "ended"
    assert impersonations.concerning(user_id=ada.pk, limit=1)[0].state == "ended"
