"""Passkeys: only this bank's, only with its user verified, each question once."""

from datetime import timedelta

import pytest
from django.conf import settings
from rest_framework.test import APIClient
from webauthn.helpers import base64url_to_bytes

from apps.auth.contracts import UserPasskeyAdded, UserPasskeyRemoved
from apps.auth.models import Passkey, Session, User
from apps.auth.services import sessions
from apps.auth.tests.authenticators import SoftPasskey
from apps.auth.tests.factories import OWN, PASSWORD, a_user, sign_in
from apps.auth.tests.test_mail_codes import ENTER, asked, code_sent
from vortex import identity
from vortex.clock import now
from vortex.testing import client_of

pytestmark = pytest.mark.django_db(databases=[OWN])

REGISTER, LOGIN = "/api/auth/webauthn/register", "/api/auth/webauthn/login"
CREDENTIALS = "/api/auth/webauthn/credentials"


def client_with(access: str) -> APIClient:
    client = client_of(None)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
    return client


@pytest.fixture
def own(ada: User) -> APIClient:
    """An HTTP client with Ada's own access token."""
    return client_with(sign_in(ada).access)


def registered(own: APIClient, device: SoftPasskey, name: str = "laptop"):
    asked = own.post(f"{REGISTER}/options").json()
    credential = device.create(asked["public_key"])
    body = {"challenge": asked["challenge"], "credential": credential, "name": name}
    return own.post(f"{REGISTER}/verify", body)


def enter(api: APIClient, device: SoftPasskey):
    asked = api.post(f"{LOGIN}/options").json()
    body = {"challenge": asked["challenge"], "credential": device.get(asked["public_key"])}
    return api.post(f"{LOGIN}/verify", body)


def test_a_passkey_signs_in_without_a_name_and_counts_as_two_factors(
    own: APIClient, api: APIClient, ada: User, published
):
    device = SoftPasskey()

    made = registered(own, device)
    tokens = enter(api, device).json()

    assert (made.status_code, made.json()["name"]) == (201, "laptop")
    assert len(made.json()["recovery_codes"]) == 10
    principal = identity.verify(tokens["access"])
    assert (principal.user_id, principal.amr) == (ada.pk, ("hwk", "user", "mfa"))
    assert Passkey.objects.get().sign_count == 1
    assert len(published(UserPasskeyAdded)) == 1


def test_somebody_registers_without_a_password_and_signs_in_by_passkey_alone(
    api: APIClient, published
):
    newcomer = {"email": "grace@example.com", "password": None, "full_name": "Grace Hopper"}
    assert api.post("/api/auth/register", newcomer).status_code == 201
    user = User.objects.get()
    User.objects.update(email_verified_at=now())
    body = {"challenge": asked(api, user.email), "code": code_sent(published)}
    by_mail = api.post(ENTER, body).json()["access"]
    device = SoftPasskey()

    made = registered(client_with(by_mail), device)
    tokens = enter(api, device).json()

    assert made.status_code == 201
    assert identity.verify(tokens["access"]).amr == ("hwk", "user", "mfa")
    tried = {"email": user.email, "password": PASSWORD}
    assert api.post("/api/auth/login", tried).status_code == 401


def test_options_demand_a_resident_key_and_a_verified_user(own: APIClient):
    options = own.post(f"{REGISTER}/options").json()["public_key"]

    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["rp"]["id"] == "localhost"


@pytest.mark.parametrize(
    "lie",
    [{"origin": "https://evil.example"}, {"rp_id": "evil.example"}, {"verified": False}],
)
@pytest.mark.asvs("V6.5.7")
def test_a_lie_registers_nothing(own: APIClient, lie):
    answer = registered(own, SoftPasskey(**lie))

    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_answer")
    assert not Passkey.objects.exists()


@pytest.mark.parametrize("lie", ["origin", "relying_party", "unverified", "key", "count"])
def test_a_lie_opens_nothing(own: APIClient, api: APIClient, lie):
    device = SoftPasskey()
    registered(own, device)
    assert enter(api, device).status_code == 200
    if lie == "origin":
        device.origin = "http://localhost.evil.example"
    elif lie == "relying_party":
        device.rp_id = "evil.example"
    elif lie == "unverified":
        device.flags = 0x01
    elif lie == "key":
        device.key = SoftPasskey().key
    else:  # a copy of the key that was made before it was last used
        device.sign_count = 0

    answer = enter(api, device)

    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_answer")


def test_an_answer_opens_one_session(own: APIClient, api: APIClient):
    device = SoftPasskey()
    registered(own, device)
    asked = api.post(f"{LOGIN}/options").json()
    body = {"challenge": asked["challenge"], "credential": device.get(asked["public_key"])}

    assert api.post(f"{LOGIN}/verify", body).status_code == 200
    assert api.post(f"{LOGIN}/verify", body).status_code == 401


@pytest.mark.asvs("V6.7.2")
def test_the_answer_to_one_question_does_not_serve_another(own: APIClient, api: APIClient):
    device = SoftPasskey()
    registered(own, device)
    first, second = (api.post(f"{LOGIN}/options").json() for _ in range(2))

    body = {"challenge": second["challenge"], "credential": device.get(first["public_key"])}

    assert api.post(f"{LOGIN}/verify", body).status_code == 401


def test_a_registration_serves_whom_it_was_offered(own: APIClient):
    asked = own.post(f"{REGISTER}/options").json()
    bob = client_with(sign_in(a_user()).access)
    credential = SoftPasskey().create(asked["public_key"])
    body = {"challenge": asked["challenge"], "credential": credential, "name": "x"}

    assert bob.post(f"{REGISTER}/verify", body).status_code == 401
    assert own.post(f"{REGISTER}/verify", body).status_code == 201
    assert own.post(f"{REGISTER}/verify", body).status_code == 403  # it is two factors from now on
    assert Passkey.objects.count() == 1


def test_a_passkey_belongs_to_one_person(own: APIClient):
    device, bob = SoftPasskey(), client_with(sign_in(a_user()).access)
    registered(own, device)

    answer = registered(bob, device)

    assert (answer.status_code, answer.json()["code"]) == (409, "passkey_taken")


def test_a_credential_under_another_name_opens_nothing(own: APIClient, api: APIClient):
    device = SoftPasskey()
    registered(own, device)
    device.handle = a_user().pk.bytes

    assert enter(api, device).status_code == 401


def test_an_unknown_passkey_opens_nothing(own: APIClient, api: APIClient):
    assert enter(api, SoftPasskey()).status_code == 401


@pytest.mark.parametrize("credential", [{}, {"rawId": "AA"}, {"rawId": "AA", "response": []}])
def test_what_is_no_credential_opens_nothing(api: APIClient, credential):
    asked = api.post(f"{LOGIN}/options").json()
    body = {"challenge": asked["challenge"], "credential": credential}

    assert api.post(f"{LOGIN}/verify", body).status_code in {401, 422}


@pytest.mark.asvs("V6.5.6")
def test_passkeys_are_listed_renamed_and_removed(own: APIClient, api: APIClient, published):
    device = SoftPasskey()
    made = registered(own, device).json()
    tokens = enter(api, device).json()
    owner = client_with(tokens["access"])
    address = f"{CREDENTIALS}/{made['id']}"

    assert owner.patch(address, {"name": "phone"}).json()["name"] == "phone"
    assert [key["name"] for key in owner.get(CREDENTIALS).json()["items"]] == ["phone"]
    assert own.delete(address).json()["code"] == "step_up_required"
    assert owner.delete(address).status_code == 204

    assert enter(api, device).status_code == 401
    assert len(published(UserPasskeyRemoved)) == 1


def test_somebody_elses_passkey_does_not_exist(own: APIClient):
    made = registered(own, SoftPasskey()).json()
    bob = client_with(sign_in(a_user()).access)
    address = f"{CREDENTIALS}/{made['id']}"

    assert bob.patch(address, {"name": "mine"}).status_code == 404
    assert bob.delete(address).status_code == 404
    assert bob.get(CREDENTIALS).json() == {"items": []}


def test_a_passkey_is_the_second_factor_of_the_password(own: APIClient, api: APIClient, ada: User):
    device = SoftPasskey()
    registered(own, device)
    asked = api.post("/api/auth/login", {"email": ada.email, "password": PASSWORD}).json()
    assert asked["methods"] == ["passkey", "recovery_code"]

    answer = api.post(
        "/api/auth/mfa/verify",
        {
            "challenge": asked["challenge"],
            "method": "passkey",
            "credential": device.get(asked["public_key"]),
        },
    )

    assert identity.verify(answer.json()["access"]).amr == ("pwd", "hwk", "mfa")


@pytest.mark.asvs("V7.5.1")
def test_a_new_passkey_needs_a_fresh_sign_in(own: APIClient):
    Session.objects.update(authenticated_at=now() - timedelta(hours=1))

    assert own.post(f"{REGISTER}/options").json()["code"] == "step_up_required"


def test_whoever_is_deactivated_has_no_passkey_that_works(
    own: APIClient, api: APIClient, ada: User
):
    device = SoftPasskey()
    registered(own, device)
    sessions.deactivate(user_id=ada.pk, now=now())

    assert enter(api, device).status_code == 401


def test_authenticators_are_told_which_passkeys_count_and_todays_name(own: APIClient, ada: User):
    kept, lost = SoftPasskey(), SoftPasskey()
    ids = [registered(own, kept).json()["id"]]
    Session.objects.update(amr=["pwd", "hwk", "mfa"])
    ids.append(registered(own, lost).json()["id"])
    path = "/api/auth/webauthn/signals"
    before = own.get(path).json()
    Passkey.objects.filter(pk=ids[1]).delete()
    User.objects.update(full_name="Ada King")

    after = own.get(path).json()

    assert len(before["all_accepted_credential_ids"]) == 2
    [left] = after["all_accepted_credential_ids"]
    assert base64url_to_bytes(left) == bytes(Passkey.objects.get().credential_id)
    assert base64url_to_bytes(after["user_id"]) == ada.pk.bytes
    assert (after["rp_id"], after["display_name"]) == (settings.VORTEX_RP_ID, "Ada King")
    assert client_of(None).get(path).status_code == 401
