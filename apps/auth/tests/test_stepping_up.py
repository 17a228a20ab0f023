"""Proving again, and agreeing to one payment: an answer serves what was asked, and nothing else."""

from datetime import timedelta

import msgspec
import pytest
from rest_framework.test import APIClient

from apps.auth.contracts import (
    Binding,
    BindingMismatch,
    ChallengeNotFound,
    Challenges,
    StepUpRequired,
    WrongAnswer,
)
from apps.auth.models import Challenge, Session, User
from apps.auth.services import challenges, passkeys
from apps.auth.tests.authenticators import SoftPasskey, app_of
from apps.auth.tests.factories import OWN, PASSWORD, a_user, sign_in
from vortex import identity
from vortex.binding import bind
from vortex.clock import now
from vortex.ids import new_id
from vortex.money import Money
from vortex.testing import client_of

pytestmark = pytest.mark.django_db(databases=[OWN])

OPTIONS, VERIFY = "/api/auth/step-up/options", "/api/auth/step-up/verify"
RENT = Binding(
    purpose="payment",
    amount=Money(120_000, "EUR"),
    payee="DE89370400440532013000",
    payee_name="Larry Landlord",
    reference="payment-1",
)


@pytest.fixture
def own(ada: User) -> APIClient:
    """An HTTP client with Ada's own access token."""
    client = client_of(None)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {sign_in(ada).access}")
    return client


def grow_old() -> None:
    Session.objects.update(authenticated_at=now() - timedelta(hours=1))


def required(user: User, acr: str = "aal1", max_age_seconds: int = 300):
    return bind(Challenges).require_step_up(
        user_id=user.pk,
        session_id=Session.objects.get().pk,
        max_age_seconds=max_age_seconds,
        acr=acr,
    )


def test_a_fresh_session_needs_no_step_up(own: APIClient, ada: User):
    assert (required(ada).acr, required(ada).amr) == ("aal1", ("pwd",))


def test_an_old_session_is_asked_and_a_password_serves_who_has_nothing_else(
    own: APIClient, ada: User
):
    grow_old()
    with pytest.raises(StepUpRequired) as refused:
        required(ada)
    assert refused.value.facts == {"max_age": 300, "acr": "aal1", "methods": ["password"]}

    asked = own.post(OPTIONS).json()
    proof = {"challenge_id": asked["challenge_id"], "method": "password", "code": PASSWORD}
    fresh = own.post(VERIFY, proof).json()

    assert required(ada).acr == "aal1"
    assert identity.verify(fresh["access"]).auth_time >= int(now().timestamp()) - 5
    assert own.post(VERIFY, proof).status_code == 401


@pytest.mark.asvs("V10.3.4")
def test_whoever_has_a_second_factor_is_held_to_it(own: APIClient, ada: User):
    app = app_of(ada)
    with pytest.raises(StepUpRequired) as refused:
        required(ada)
    assert refused.value.facts["acr"] == "aal2"

    asked = own.post(OPTIONS).json()
    proof = {"challenge_id": asked["challenge_id"]}
    assert own.post(VERIFY, {**proof, "method": "password", "code": PASSWORD}).status_code == 401
    assert own.post(VERIFY, {**proof, "method": "totp", "code": app.code()}).status_code == 200

    assert required(ada).acr == "aal2"


def test_an_assurance_that_nobody_has_given_is_asked_for(own: APIClient, ada: User):
    with pytest.raises(StepUpRequired):
        required(ada, acr="aal2")


def test_the_question_of_another_session_or_person_does_not_serve(own: APIClient, ada: User):
    elsewhere = client_of(None)
    elsewhere.credentials(HTTP_AUTHORIZATION=f"Bearer {sign_in(ada).access}")
    bob = client_of(None)
    bob.credentials(HTTP_AUTHORIZATION=f"Bearer {sign_in(a_user()).access}")
    asked = own.post(OPTIONS).json()
    proof = {"challenge_id": asked["challenge_id"], "method": "password", "code": PASSWORD}

    assert elsewhere.post(VERIFY, proof).status_code == 401
    assert bob.post(VERIFY, proof).status_code == 404


def asked_for(user: User, binding: Binding = RENT):
    return bind(Challenges).issue_challenge(
        challenge_id=new_id(), user_id=user.pk, session_id=None, binding=binding
    )


def agreed(user: User, challenge_id, binding: Binding = RENT, method="totp", answer=""):
    return bind(Challenges).verify_challenge(
        challenge_id=challenge_id,
        user_id=user.pk,
        binding=binding,
        method=method,
        answer=answer,
    )


@pytest.mark.asvs("V7.5.3")
def test_a_code_agrees_to_what_was_asked_and_a_retry_hears_the_same(ada: User):
    (app,) = (app_of(ada),)
    asked = asked_for(ada)

    first = agreed(ada, asked.challenge_id, answer=app.code())
    again = agreed(ada, asked.challenge_id, answer=app.code())

    assert first == again
    assert first.amr == ("otp",)


@pytest.mark.parametrize(
    "change",
    [
        {"amount": Money(120_001, "EUR")},
        {"amount": Money(120_000, "USD")},
        {"payee": "DE02120300000000202051"},
        {"reference": "payment-2"},
        {"purpose": "standing_order"},
    ],
)
@pytest.mark.asvs("V6.6.2")
def test_any_change_voids_the_agreement(ada: User, change):
    app = app_of(ada)
    asked = asked_for(ada)
    other = msgspec.structs.replace(RENT, **change)

    with pytest.raises(BindingMismatch):
        agreed(ada, asked.challenge_id, binding=other, answer=app.code())

    with pytest.raises(WrongAnswer):
        agreed(ada, asked.challenge_id, answer=app.code())
    assert Challenge.objects.get(pk=asked.challenge_id).state == "void"


def test_parts_of_a_binding_do_not_run_into_each_other(ada: User):
    asked = asked_for(ada, msgspec.structs.replace(RENT, payee="A", reference="BC"))

    with pytest.raises(BindingMismatch):
        agreed(ada, asked.challenge_id, msgspec.structs.replace(RENT, payee="AB", reference="C"))


def test_asking_twice_is_asking_once_and_about_the_same(ada: User):
    asked = asked_for(ada)
    ask = bind(Challenges).issue_challenge
    again = ask(challenge_id=asked.challenge_id, user_id=ada.pk, session_id=None, binding=RENT)
    assert again.expires_at == asked.expires_at

    with pytest.raises(BindingMismatch):
        ask(
            challenge_id=asked.challenge_id,
            user_id=ada.pk,
            session_id=None,
            binding=msgspec.structs.replace(RENT, amount=Money(1, "EUR")),
        )


def test_a_person_agrees_over_http_seeing_amount_and_payee(own: APIClient, ada: User):
    asked = asked_for(ada)
    address = f"/api/auth/challenges/{asked.challenge_id}"

    shown = own.get(address).json()
    with pytest.raises(WrongAnswer):
        agreed(ada, asked.challenge_id)
    proved = own.post(f"{address}/verify", {"method": "password", "code": PASSWORD})

    assert shown["shown"]["amount"] == "1200.00"
    assert shown["shown"]["payee_name"] == "Larry Landlord"
    assert proved.json()["state"] == "proved"
    assert agreed(ada, asked.challenge_id).amr == ("pwd",)


def test_nobody_agrees_for_another(ada: User):
    bob = a_user()
    asked = asked_for(ada)
    stranger = client_of(None)
    stranger.credentials(HTTP_AUTHORIZATION=f"Bearer {sign_in(bob).access}")
    address = f"/api/auth/challenges/{asked.challenge_id}"

    assert stranger.get(address).status_code == 404
    assert (
        stranger.post(f"{address}/verify", {"method": "password", "code": PASSWORD}).status_code
        == 404
    )
    with pytest.raises(ChallengeNotFound):
        agreed(bob, asked.challenge_id, answer="x")


def test_a_passkey_signs_the_amount_and_the_payee(ada: User):
    device = SoftPasskey()
    question, options = passkeys.registration_options(user=ada, now=now())
    passkeys.register(
        user=ada,
        challenge=challenges.token_of(question),
        credential=device.create(options),
        name="laptop",
        now=now(),
    )
    rent, other = asked_for(ada), asked_for(ada, msgspec.structs.replace(RENT, payee="X"))
    signed = msgspec.json.encode(device.get(msgspec.json.decode(rent.passkey_options))).decode()

    with pytest.raises(WrongAnswer):
        agreed(
            ada,
            other.challenge_id,
            msgspec.structs.replace(RENT, payee="X"),
            method="passkey",
            answer=signed,
        )
    assert agreed(ada, rent.challenge_id, method="passkey", answer=signed).amr == ("hwk",)


@pytest.mark.parametrize("answer", ["{", "[]", "null", "{}", '{"rawId": 1}'])
def test_what_is_no_passkey_response_is_a_wrong_answer(ada: User, answer):
    asked = asked_for(ada)

    with pytest.raises(WrongAnswer):
        agreed(ada, asked.challenge_id, method="passkey", answer=answer)
