"""Second factors: an app's codes open once, paper stands in once, and guessing is stopped."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from rest_framework.test import APIClient

from apps.auth.adapters import totp
from apps.auth.contracts import UserMfaEnabled, UserMfaFailed, WrongAnswer
from apps.auth.domain.device import Device
from apps.auth.models import (
    AuthenticatorApp,
    Challenge,
    RecoveryCode,
    Session,
    TrustedBrowser,
    User,
)
from apps.auth.services import challenges, factors, signing_in, trusted_browsers
from apps.auth.tests.authenticators import App, app_of
from apps.auth.tests.factories import OWN, PASSWORD, SOMEWHERE, a_user, sign_in
from vortex import identity
from vortex.clock import now
from vortex.testing import client_of

pytestmark = pytest.mark.django_db(databases=[OWN])

LOGIN, VERIFY = "/api/auth/login", "/api/auth/mfa/verify"


def asked_of(api: APIClient, user: User) -> Any:
    answer = api.post(LOGIN, {"email": user.email, "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (401, "mfa_required")
    return answer.json()


def answer_to(api: APIClient, asked: dict[str, Any], code: str, method: str = "totp", **more):
    return api.post(
        VERIFY, {"challenge": asked["challenge"], "method": method, "code": code, **more}
    )


def signed_in(user: User) -> APIClient:
    client = client_of(None)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {sign_in(user).access}")
    return client


@pytest.mark.parametrize(
    ("instant", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_rfc_6238(instant, code):
    """The vectors of appendix B for SHA-1, their last six digits."""
    assert totp.code_at(b"12345678901234567890", instant // 30) == code


def test_an_app_counts_once_a_code_of_it_was_shown(ada: User, published):
    own = signed_in(ada)
    offered = own.post("/api/auth/mfa/totp/enroll").json()
    assert sign_in(ada).access  # not yet

    wrong = own.post("/api/auth/mfa/totp/confirm", {"code": "000000"})
    confirmed = own.post("/api/auth/mfa/totp/confirm", {"code": App(offered["secret"]).code()})

    assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong_answer")
    assert confirmed.status_code == 200
    assert len(set(confirmed.json()["recovery_codes"])) == 10
    assert offered["uri"].startswith("otpauth://totp/VortexCore:")
    assert offered["qr_svg"].startswith("<svg")
    assert len(published(UserMfaEnabled)) == 1
    asked_of(client_of(None), ada)


def test_a_secret_is_sealed_at_rest_and_never_shown_again(ada: User):
    app = app_of(ada)
    stored = bytes(AuthenticatorApp.objects.get().sealed_secret)

    assert app.secret not in stored
    assert totp.unsealed(stored) == app.secret
    with pytest.raises(factors.TotpExists):
        factors.enroll_totp(user=ada, now=now())


def test_the_right_code_opens_a_session_of_two_factors(api: APIClient, ada: User):
    app = app_of(ada)

    answer = answer_to(api, asked_of(api, ada), app.code())

    assert answer.status_code == 200
    assert identity.verify(answer.json()["access"]).amr == ("pwd", "otp", "mfa")


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 200), (0, 200), (1, 200), (2, 401)])
@pytest.mark.asvs("V6.5.5")
def test_a_clock_may_be_one_step_off(api: APIClient, ada: User, steps, status):
    app = App(factors.enroll_totp(user=ada, now=now()).secret)
    AuthenticatorApp.objects.update(confirmed=True)

    assert answer_to(api, asked_of(api, ada), app.code(steps=steps)).status_code == status


@pytest.mark.asvs("V6.5.1")
def test_a_code_opens_once(api: APIClient, ada: User):
    code = app_of(ada).code()
    first, second = asked_of(api, ada), asked_of(api, ada)

    assert answer_to(api, first, code).status_code == 200
    assert answer_to(api, second, code).json()["code"] == "wrong_answer"


def test_an_earlier_code_than_the_last_used_opens_nothing(api: APIClient, ada: User):
    app = app_of(ada)
    assert answer_to(api, asked_of(api, ada), app.code(steps=1)).status_code == 200

    assert answer_to(api, asked_of(api, ada), app.code()).status_code == 401


@pytest.mark.django_db(databases=[OWN], transaction=True)
def test_one_code_sent_many_times_at_once_opens_one_session(ada: User, settings):
    code, together = app_of(ada).code(), threading.Barrier(4)
    asked = [asked_of(client_of(None), ada) for _ in range(4)]

    def enter(question: dict[str, Any]) -> int:
        together.wait()
        try:
            return int(answer_to(client_of(None), question, code).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        statuses = sorted(threads.map(enter, asked))

    assert statuses == [200, 401, 401, 401]
    assert Session.objects.count() == 1


def test_a_question_opens_one_session(api: APIClient, ada: User):
    app = app_of(ada)
    asked = asked_of(api, ada)
    assert answer_to(api, asked, app.code()).status_code == 200

    assert answer_to(api, asked, app.code(steps=1)).status_code == 401


@pytest.mark.parametrize("challenge", ["", "x", "a.b", "0" * 32 + ".AAAA", "é"])
def test_a_question_that_was_not_asked_has_no_answer(api: APIClient, ada: User, challenge):
    code = app_of(ada).code()

    answer = api.post(VERIFY, {"challenge": challenge, "method": "totp", "code": code})

    assert answer.status_code in {401, 422}


def test_a_question_is_open_for_five_minutes(ada: User):
    app = app_of(ada)
    later = now() + timedelta(minutes=6)
    asked = asked_of(client_of(None), ada)

    with pytest.raises(WrongAnswer):
        signing_in.finish(
            challenge=asked["challenge"],
            answer=challenges.Answer("totp", app.code(later)),
            device=SOMEWHERE,
            now=later,
        )


def test_five_wrong_answers_close_a_question(api: APIClient, ada: User, published):
    app = app_of(ada)
    asked = asked_of(api, ada)
    for _ in range(5):
        answer_to(api, asked, "000000")

    assert answer_to(api, asked, app.code()).status_code == 401
    assert Challenge.objects.get().state == "void"
    assert len(published(UserMfaFailed)) == 5


def test_guessing_six_digits_ends_whatever_the_question(api: APIClient, ada: User, settings):
    limits = settings.VORTEX_RATE_LIMITS
    settings.VORTEX_RATE_LIMITS = {**limits, "second_factor": (3, 1800, "closed")}
    app = app_of(ada)
    for _ in range(3):
        answer_to(api, asked_of(api, ada), "000000")

    answer = answer_to(api, asked_of(api, ada), app.code())

    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_answers")


@pytest.mark.asvs("V6.5.1")
def test_a_recovery_code_stands_in_once(api: APIClient, ada: User):
    app_of(ada)
    [code, other, *_] = factors.regenerate_recovery_codes(user_id=ada.pk, now=now())

    typed = code.lower().replace("-", " ")
    first = answer_to(api, asked_of(api, ada), typed, "recovery_code")
    again = answer_to(api, asked_of(api, ada), code, "recovery_code")

    assert (first.status_code, again.status_code) == (200, 401)
    assert answer_to(api, asked_of(api, ada), other, "recovery_code").status_code == 200
    assert RecoveryCode.objects.filter(used_at__isnull=True).count() == 8


@pytest.mark.asvs("V6.5.2", "V6.5.3")
def test_recovery_codes_are_hashed_and_replaced_as_a_sheet(ada: User):
    app_of(ada)
    former = factors.regenerate_recovery_codes(user_id=ada.pk, now=now())
    own = signed_in_with(ada)

    fresh = own.post("/api/auth/mfa/recovery-codes").json()["recovery_codes"]

    stored = str(list(RecoveryCode.objects.values_list("code_hash", flat=True)))
    assert set(fresh).isdisjoint(former)
    assert not any(code in stored for code in fresh)
    assert own.get("/api/auth/mfa/methods").json() == {
        "methods": ["totp", "recovery_code"],
        "recovery_codes_left": 10,
    }


@pytest.mark.asvs("V6.3.4")
def test_the_password_is_no_second_factor(api: APIClient, ada: User):
    app_of(ada)

    assert answer_to(api, asked_of(api, ada), PASSWORD, "password").status_code == 401


def test_a_trusted_browser_is_not_asked_again_until_it_is_forgotten(ada: User):
    app, browser = app_of(ada), client_of(None)
    answer = answer_to(browser, asked_of(browser, ada), app.code(), trust_browser=True)
    cookie = answer.cookies["vortex_trusted_browser"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Strict")

    assert browser.post(LOGIN, {"email": ada.email, "password": PASSWORD}).status_code == 200
    asked_of(client_of(None), ada)

    own = signed_in_with(ada)
    [trusted] = own.get("/api/auth/trusted-browsers").json()["items"]
    assert own.delete(f"/api/auth/trusted-browsers/{trusted['id']}").status_code == 204
    asked_of(browser, ada)


def test_a_cookie_of_another_person_or_of_no_making_of_ours_is_worth_nothing(ada: User):
    app, browser, bob = app_of(ada), client_of(None), a_user()
    app_of(bob)
    answer_to(browser, asked_of(browser, ada), app.code(), trust_browser=True)
    asked_of(browser, bob)

    browser.cookies["vortex_trusted_browser"] = "forged"
    asked_of(browser, ada)


def test_trust_ends_after_thirty_days(ada: User):
    token = trusted_browsers.trust(user=ada, device=Device("", ""), now=now())
    later = now() + timedelta(days=31)

    assert trusted_browsers.is_trusted(user=ada, token=token, now=now())
    assert not trusted_browsers.is_trusted(user=ada, token=token, now=later)


def test_somebody_elses_trusted_browser_does_not_exist(ada: User):
    trusted_browsers.trust(user=a_user(), device=SOMEWHERE, now=now())
    [theirs] = TrustedBrowser.objects.all()

    assert signed_in(ada).delete(f"/api/auth/trusted-browsers/{theirs.pk}").status_code == 404


@pytest.mark.asvs("V6.5.6")
def test_removing_the_last_factor_needs_that_factor(ada: User, api: APIClient):
    own = signed_in(ada)  # a session of the password alone, from before
    app_of(ada)

    refused = own.delete("/api/auth/mfa/totp")

    assert (refused.status_code, refused.json()["code"]) == (403, "step_up_required")
    assert refused.json()["methods"] == ["totp", "recovery_code"]
    assert 'error="insufficient_user_authentication"' in refused["WWW-Authenticate"]
    assert signed_in_with(ada).delete("/api/auth/mfa/totp").status_code == 204
    assert sign_in(ada).access
    assert not RecoveryCode.objects.exists()


def signed_in_with(user: User) -> APIClient:
    """Sign in by password and paper, so that no code of the app is spent."""
    [paper, *_] = factors.regenerate_recovery_codes(user_id=user.pk, now=now())
    client = client_of(None)
    tokens = answer_to(client, asked_of(client, user), paper, "recovery_code").json()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}")
    return client
