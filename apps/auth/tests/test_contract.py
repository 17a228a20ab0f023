"""What auth promises holds in place, over the wire and in another process."""

from uuid import UUID

import pytest

from apps.auth.contracts import EmailTaken, TokenKeys, UserNotFound, Users, UserView
from apps.auth.tests.factories import OWN
from vortex.binding import bind
from vortex.clock import now
from vortex.ids import new_id
from vortex.telemetry import context as request
from vortex.testing import person

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=[OWN]),
    pytest.mark.usefixtures("runner"),
]


def registered(email: str, user_id: UUID | None = None) -> UserView:
    return bind(Users).register(
        user_id=user_id or new_id(),
        email=email,
        full_name="Ada Lovelace",
        password=None,
        roles=("customer",),
        created_at=now(),
    )


def test_somebody_who_is_registered_is_found_by_id_and_by_address() -> None:
    ada = registered("ada@example.com")

    assert bind(Users).user(user_id=ada.user_id) == ada
    assert bind(Users).by_email(email="ADA@example.com") == ada


def test_an_address_belongs_to_one_person() -> None:
    registered("ada@example.com")

    with pytest.raises(EmailTaken):
        registered("ada@example.com")


def test_somebody_who_never_registered_is_not_found() -> None:
    with pytest.raises(UserNotFound):
        bind(Users).user(user_id=new_id())
    with pytest.raises(UserNotFound):
        bind(Users).by_email(email="nobody@example.com")


def test_the_person_behind_a_call_does_not_change_its_answer() -> None:
    with request.use(actor=person()):
        ada = registered("ada@example.com")

    assert bind(Users).user(user_id=ada.user_id) == ada


def test_the_keys_of_tokens_are_public_and_stay_the_same() -> None:
    first = bind(TokenKeys).verification_keys()

    assert bind(TokenKeys).verification_keys() == first
    assert '"d"' not in first.jwks  # the private part of an OKP key, RFC 8037
