"""One test body holds in place, over the wire and against another process."""

import pytest

from apps.auth.contracts import EmailTaken, UserNotFound, Users
from vortex.binding import bind
from vortex.clock import now
from vortex.contracts import Principal
from vortex.ids import new_id
from vortex.telemetry import context as request
from vortex.testing import person
from vortex.testing.runners import Runner, running

pytestmark = pytest.mark.django_db(transaction=True, databases=["default"])
everywhere = pytest.mark.parametrize("how", ["local", "loopback", "process"])


@everywhere
def test_a_command_takes_effect_and_a_query_sees_it(how: Runner) -> None:
    user_id = new_id()

    with running("auth", how):
        registered = bind(Users).register(
            user_id=user_id,
            email="ada@example.com",
            full_name="Ada Lovelace",
            password=None,
            roles=("customer",),
            created_at=now(),
        )

        assert bind(Users).user(user_id=user_id) == registered


@everywhere
def test_a_refusal_arrives_as_itself(how: Runner) -> None:
    with running("auth", how):
        _register("ada@example.com")

        with pytest.raises(EmailTaken):
            _register("ada@example.com")
        with pytest.raises(UserNotFound):
            bind(Users).user(user_id=new_id())


@everywhere
def test_the_person_behind_a_call_does_not_change_its_answer(how: Runner) -> None:
    actor: Principal = person()

    with running("auth", how), request.use(actor=actor):
        _register("grace@example.com")

        assert bind(Users).by_email(email="GRACE@example.com").full_name == "Somebody"


def _register(email: str) -> None:
    bind(Users).register(
        user_id=new_id(),
        email=email,
        full_name="Somebody",
        password=None,
        roles=("customer",),
        created_at=now(),
    )
