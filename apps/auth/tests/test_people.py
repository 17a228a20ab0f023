"""Staff: unlocking, suspending, resetting lost factors under four eyes; nothing without a trace."""

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from apps.auth.adapters import attempts
from apps.auth.contracts import UserLocked, UserLoginFailed, UserMfaDisabled, UserUnlocked
from apps.auth.models import (
    AuthenticatorApp,
    FactorReset,
    RecoveryCode,
    Session,
    StaffAct,
    User,
)
from apps.auth.services import factor_resets, factors
from apps.auth.tests.authenticators import App
from apps.auth.tests.factories import OWN, PASSWORD, a_user, sign_in
from apps.auth.tests.test_profile import browser
from vortex import identity
from vortex.clock import now
from vortex.testing import client_of

pytestmark = pytest.mark.django_db(databases=[OWN])
WHY = {"reason": "Called from the number on file."}


def staff(*roles: str, two_factors: bool = True) -> APIClient:
    """An HTTP client of somebody of the bank who has just proved to be there."""
    tokens = sign_in(a_user(roles=roles))
    if two_factors:
        Session.objects.filter(user_id=identity.verify(tokens.access).user_id).update(
            amr=["pwd", "otp", "mfa"]
        )
    return client_of(identity.verify(tokens.access))


def with_factors(user: User) -> User:
    offered = factors.enroll_totp(user=user, now=now())
    factors.confirm_totp(user=user, code=App(offered.secret).code(), now=now())
    return user


def test_whoever_waits_after_too_many_guesses_is_unlocked(api: APIClient, ada: User, settings):
    limits = settings.VORTEX_RATE_LIMITS
    settings.VORTEX_RATE_LIMITS = {**limits, "sign_in_account": (1, 1800, "closed")}
    body = {"email": ada.email, "password": PASSWORD}
    attempts.count(ada.email)
    waits = api.post("/api/auth/login", body).status_code

    answer = staff("support_agent").post(f"/api/auth/users/{ada.pk}/unlock", WHY)

    assert (waits, answer.status_code) == (429, 200)
    assert api.post("/api/auth/login", body).status_code == 200
    [act] = StaffAct.objects.filter(act="unlock")
    assert (act.user_id, act.reason) == (ada.pk, WHY["reason"])


def test_failing_and_waiting_are_said_whether_or_not_anybody_has_the_address(
    api: APIClient, ada: User, settings, published
):
    limits = settings.VORTEX_RATE_LIMITS
    settings.VORTEX_RATE_LIMITS = {**limits, "sign_in_account": (2, 1800, "closed")}

    for email in (ada.email, f"{ada.pk.hex}@example.org"):
        for _ in range(4):
            api.post("/api/auth/login", {"email": email, "password": "x" * 20})

    assert [event.user_id for event in published(UserLoginFailed)] == [ada.pk, ada.pk, None, None]
    assert [event.user_id for event in published(UserLocked)] == [ada.pk, None]


def test_who_is_suspended_is_out_until_they_are_reactivated(api: APIClient, ada: User):
    tokens = sign_in(ada)
    officer = staff("compliance_officer")

    suspended = officer.post(f"/api/auth/users/{ada.pk}/suspend", WHY)
    out = client_of(None)
    out.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.access}")
    assert suspended.json() == {"id": str(ada.pk), "is_active": False}
    assert out.get("/api/auth/user/profile").status_code == 401
    body = {"email": ada.email, "password": PASSWORD}
    assert api.post("/api/auth/login", body).status_code == 401

    officer.post(f"/api/auth/users/{ada.pk}/reactivate", WHY)

    assert api.post("/api/auth/login", body).status_code == 200
    assert list(StaffAct.objects.order_by("done_at").values_list("act", flat=True)) == [
        "suspend",
        "reactivate",
    ]


@pytest.mark.parametrize(
    ("roles", "act"),
    [
        (("support_agent",), "suspend"),
        (("analyst",), "unlock"),
        (("analyst",), "suspend"),
        (("customer",), "unlock"),
    ],
)
def test_nobody_does_to_others_what_their_role_does_not_give(ada: User, roles, act):
    refused = staff(*roles).post(f"/api/auth/users/{ada.pk}/{act}", WHY)

    assert refused.status_code == 403
    assert not StaffAct.objects.exists()
    ada.refresh_from_db()
    assert ada.is_active


def test_staff_need_both_factors_a_reason_and_somebody_else(ada: User):
    one = staff("administrator", two_factors=False).post(f"/api/auth/users/{ada.pk}/suspend", WHY)
    officer = staff("administrator")
    empty = officer.post(f"/api/auth/users/{ada.pk}/suspend", {"reason": "  "})
    oneself = User.objects.latest("created_at")
    own = officer.post(f"/api/auth/users/{oneself.pk}/suspend", WHY)

    assert (one.status_code, one.json()["code"]) == (403, "step_up_required")
    assert empty.status_code == 422
    assert own.json()["code"] == "not_oneself"
    assert not StaffAct.objects.exists()


@pytest.mark.asvs("V6.4.4")
def test_lost_factors_are_reset_by_two_of_the_bank_and_the_person_is_told(ada: User, published):
    with_factors(ada)
    tokens = Session.objects.create(
        user=ada,
        created_at=now(),
        last_seen_at=now(),
        authenticated_at=now(),
        expires_at=now() + timedelta(days=1),
    )
    first, second = staff("support_agent"), staff("compliance_officer")

    asked = first.post(
        f"/api/auth/users/{ada.pk}/factor-resets", {"proof": "in_person", "note": "Passport seen."}
    )
    path = f"/api/auth/factor-resets/{asked.json()['id']}"
    alone = first.post(f"{path}/approve")
    assert AuthenticatorApp.objects.filter(user=ada).exists()
    waiting = second.get("/api/auth/factor-resets").json()["items"]
    approved = second.post(f"{path}/approve")

    assert (asked.status_code, alone.json()["code"]) == (201, "four_eyes")
    assert [one["id"] for one in waiting] == [asked.json()["id"]]
    assert approved.json()["state"] == "approved"
    assert not AuthenticatorApp.objects.filter(user=ada).exists()
    assert not RecoveryCode.objects.filter(user=ada).exists()
    tokens.refresh_from_db()
    assert tokens.revoked_reason == "factors_reset"
    assert published(UserMfaDisabled)[-1].method == "all"
    assert second.post(f"{path}/approve").status_code == 404
    assert sign_in(ada).access


@pytest.mark.parametrize("how", ["reject", "late", "whom it is about"])
def test_a_reset_that_is_not_approved_resets_nothing(ada: User, how):
    subject = with_factors(a_user(roles=("administrator",)) if "whom" in how else ada)
    asked = factor_resets.request(
        user_id=subject.pk,
        staff_id=a_user(roles=("support_agent",)).pk,
        proof="video",
        note="Seen.",
        now=now() - (timedelta(days=2) if how == "late" else timedelta(0)),
    )

    if "whom" in how:
        with pytest.raises(factor_resets.FourEyes):
            factor_resets.decide(reset_id=asked.pk, staff_id=subject.pk, approved=True, now=now())
    else:
        verb = "reject" if how == "reject" else "approve"
        staff("administrator").post(f"/api/auth/factor-resets/{asked.pk}/{verb}")

    assert AuthenticatorApp.objects.filter(user=subject).exists()


def test_a_reset_is_asked_for_once_and_by_those_who_may(ada: User):
    first = staff("support_agent")
    path = f"/api/auth/users/{ada.pk}/factor-resets"
    body = {"proof": "video", "note": "Seen."}

    assert staff("analyst").post(path, body).status_code == 403
    assert first.post(path, body).status_code == 201
    assert first.post(path, body).json()["code"] == "factor_reset_open"
    assert first.post(path, {**body, "proof": "by voice"}).status_code == 422
    assert FactorReset.objects.count() == 1


def test_a_reset_is_approved_in_the_administration_too(ada: User):
    with_factors(ada)
    asked = factor_resets.request(
        user_id=ada.pk,
        staff_id=a_user(roles=("support_agent",)).pk,
        proof="in_person",
        note="Seen.",
        now=now(),
    )
    chosen = {"action": "approve", "_selected_action": [str(asked.pk)]}

    browser("analyst").post("/admin/vortex_auth/factorreset/", chosen)
    assert AuthenticatorApp.objects.filter(user=ada).exists()
    browser("administrator").post("/admin/vortex_auth/factorreset/", chosen)

    assert not AuthenticatorApp.objects.filter(user=ada).exists()


def test_unlocking_is_said(ada: User, published):
    staff("support_agent").post(f"/api/auth/users/{ada.pk}/unlock", WHY)

    assert [event.user_id for event in published(UserUnlocked)] == [ada.pk]
