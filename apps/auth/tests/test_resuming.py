"""What staff do outlives the process that does it: one transaction, then auth's own word."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from rest_framework.test import APIClient

from apps.auth import handlers
from apps.auth.adapters import attempts
from apps.auth.adapters.mail import Mailbox
from apps.auth.contracts import (
    SessionRevoked,
    UserDeactivated,
    UserFactorResetChanged,
    UserImpersonationChanged,
    UserUnlocked,
)
from apps.auth.models import FactorReset, Impersonation, RoleChange, StaffAct, User
from apps.auth.services import authority, factor_resets, impersonations, staffing
from apps.auth.tests.factories import OWN, PASSWORD, a_user, sign_in
from vortex import identity, valkey
from vortex.clock import now
from vortex.identity import SessionIsRevoked
from vortex.testing import client_of

pytestmark = pytest.mark.django_db(databases=[OWN])


class DiedError(RuntimeError):
    """The process is gone."""


@pytest.fixture
def dying(monkeypatch) -> Callable[[], object]:
    """Make whatever is done in Valkey from now on the moment in which the process dies."""

    @contextmanager
    def dies() -> Iterator[None]:
        def gone(*_: object, **__: object) -> None:
            raise DiedError

        with monkeypatch.context() as broken:
            for target, name in (
                (identity, "revoke_session"),
                (identity, "revoke_user"),
                (attempts, "forget"),
            ):
                broken.setattr(target, name, gone)
            with pytest.raises(DiedError):
                yield

    return dies


@pytest.fixture(autouse=True)
def _empty_mailbox():
    valkey.client().delete("auth:mailbox")


def test_who_is_suspended_is_out_though_the_process_died(ada: User, published, dying):
    tokens, officer = sign_in(ada), a_user(roles=("compliance_officer",))

    with dying():
        staffing.suspend(user_id=ada.pk, staff_id=officer.pk, reason="Seen.", now=now())

    ada.refresh_from_db()
    assert (ada.is_active, StaffAct.objects.get().act) == (False, "suspend")
    handlers.end_everything_of_the_deactivated(published(UserDeactivated)[0])
    handlers.end_session_everywhere(published(SessionRevoked)[0])
    with pytest.raises(SessionIsRevoked):
        identity.verify(tokens.access)


def test_an_act_that_cannot_be_written_down_is_not_done(ada: User, monkeypatch):
    officer = a_user(roles=("compliance_officer",))

    def full(**_: object) -> None:
        raise DiedError

    monkeypatch.setattr(StaffAct.objects, "create", full)
    for act in (staffing.suspend, staffing.unlock):
        with pytest.raises(DiedError):
            act(user_id=ada.pk, staff_id=officer.pk, reason="Seen.", now=now())

    ada.refresh_from_db()
    assert ada.is_active


def test_who_is_unlocked_tries_again_though_the_process_died(
    api: APIClient, ada: User, settings, published, dying
):
    limits = settings.VORTEX_RATE_LIMITS
    settings.VORTEX_RATE_LIMITS = {**limits, "sign_in_account": (1, 1800, "closed")}
    attempts.count(ada.email)
    agent = a_user(roles=("support_agent",))

    with dying():
        staffing.unlock(user_id=ada.pk, staff_id=agent.pk, reason="Seen.", now=now())

    assert StaffAct.objects.get().act == "unlock"
    handlers.let_try_again(published(UserUnlocked)[0])
    body = {"email": ada.email, "password": PASSWORD}
    assert api.post("/api/auth/login", body).status_code == 200


def test_a_role_that_was_lost_is_lost_though_the_process_died(published, dying):
    agent, chief = a_user(roles=("support_agent",)), a_user(roles=("administrator",))
    tokens = sign_in(agent)

    with dying():
        authority.change_roles(user_id=agent.pk, roles=(), changed_by=chief.pk, now=now())

    assert RoleChange.objects.get().roles_after == []
    handlers.end_session_everywhere(published(SessionRevoked)[0])
    with pytest.raises(SessionIsRevoked):
        identity.verify(tokens.access)


def test_whoever_looks_loses_sight_with_the_role_though_the_process_died(
    ada: User, published, dying
):
    agent, chief = a_user(roles=("support_agent",)), a_user(roles=("administrator",))
    asked = impersonations.request(
        user_id=ada.pk, staff_id=agent.pk, reason="Seen.", minutes=15, now=now()
    )
    impersonations.decide(impersonation_id=asked.pk, user_id=ada.pk, approved=True, now=now())
    access, _ = impersonations.token(impersonation_id=asked.pk, staff_id=agent.pk, now=now())
    assert client_of(identity.verify(access)).get("/api/auth/user/profile").status_code == 200

    with dying():
        authority.change_roles(user_id=agent.pk, roles=(), changed_by=chief.pk, now=now())

    assert Impersonation.objects.get().state == "ended"
    handlers.carry_out_impersonation(published(UserImpersonationChanged)[-1])
    with pytest.raises(SessionIsRevoked):
        identity.verify(access)


def test_factors_that_were_reset_are_gone_though_the_process_died(ada: User, published, dying):
    first, second = (a_user(roles=("support_agent",)) for _ in range(2))
    tokens = sign_in(ada)
    asked = factor_resets.request(
        user_id=ada.pk, staff_id=first.pk, proof="video", note="Seen.", now=now()
    )

    with dying():
        factor_resets.decide(reset_id=asked.pk, staff_id=second.pk, approved=True, now=now())

    assert FactorReset.objects.get().state == "approved"
    handlers.end_session_everywhere(published(SessionRevoked)[0])
    with pytest.raises(SessionIsRevoked):
        identity.verify(tokens.access)


def test_people_are_told_what_staff_ask_for_by_whoever_hears_of_it(ada: User, published):
    agent = a_user(roles=("support_agent",))
    factor_resets.request(user_id=ada.pk, staff_id=agent.pk, proof="video", note="Seen.", now=now())
    impersonations.request(
        user_id=ada.pk, staff_id=agent.pk, reason="A statement.", minutes=5, now=now()
    )
    assert Mailbox().read() == []

    handlers.tell_of_factor_reset(published(UserFactorResetChanged)[0])
    handlers.carry_out_impersonation(published(UserImpersonationChanged)[0])

    assert [mail.subject for mail in Mailbox().read()] == [
        "May we look at your accounts?",
        "Your second factors are about to be reset",
    ]
    assert "A statement." in Mailbox().read()[0].text
