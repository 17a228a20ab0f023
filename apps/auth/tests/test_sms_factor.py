"""Signing in by SMS: where it was switched on, after all that is stronger, and for nothing else."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.auth import handlers
from apps.auth.adapters.mail import Mailbox
from apps.auth.contracts import UserMfaDisabled, UserMfaEnabled, WrongAnswer
from apps.auth.domain.challenges import SMS, STEP_UP, TRANSACTION
from apps.auth.models import (
    AuthenticatorApp,
    Phone,
    PhoneChange,
    RecoveryCode,
    Session,
    TextCode,
    TrustedBrowser,
    User,
)
from apps.auth.services import challenges, factor_resets, sms_factor
from apps.auth.services.issuing import open_session
from apps.auth.tests.authenticators import app_of
from apps.auth.tests.factories import OWN, PASSWORD, SOMEWHERE, a_user, sign_in
from apps.auth.tests.programs import a_program
from apps.auth.tests.telephones import (
    NUMBER,
    OTHER,
    PHONE,
    SEND,
    a_phone,
    asked_for,
    code_at,
    forget_texts,
    proved,
    received,
)
from apps.auth.tests.test_credentials import own
from apps.auth.tests.test_factors import answer_to, asked_of
from vortex import identity
from vortex.clock import now
from vortex.ids import new_id

pytestmark = pytest.mark.django_db(databases=[OWN])

ON = {"signs_in": True, "risks_accepted": True}


@pytest.fixture(autouse=True)
def _nothing_sent():
    forget_texts()


def a_factor(user: User, number: str = NUMBER, **told: Any) -> Phone:
    """Give somebody a number that signs in."""
    return a_phone(user, number, **{"signs_in_since": now(), **told})


def texted(api: APIClient, asked: dict[str, Any], number: str = NUMBER) -> str:
    """Have a code sent for a question and return it."""
    sent = api.post(SEND, {"challenge": asked["challenge"]})
    assert sent.status_code == 202, sent.content
    return code_at(number)


@pytest.mark.asvs("V6.6.1")
def test_sms_signs_in_once_it_was_switched_on_by_whoever_knows_the_risk(
    api: APIClient, ada: User, published
):
    tokens = sign_in(ada)
    client = own(ada, tokens)
    assert client.patch(PHONE, ON).json()["code"] == "phone_not_found"  # nothing was proved
    proved(ada, NUMBER, tokens)
    assert sign_in(ada).access  # a number alone is no factor

    refused = client.patch(PHONE, {"signs_in": True})
    switched = client.patch(PHONE, ON)

    assert refused.json()["code"] == "sms_risks_not_accepted"
    assert switched.json()["signs_in"]
    assert len(switched.json()["recovery_codes"]) == 10
    assert client.patch(PHONE, ON).json()["recovery_codes"] == []
    [event] = published(UserMfaEnabled)
    handlers.tell_of_sms_on(event)
    assert "copied SIM card" in Mailbox().read()[0].text
    assert asked_of(api, ada)["methods"] == ["recovery_code", "sms"]


@pytest.mark.asvs("V6.6.1", "V6.6.2", "V6.5.1")
def test_a_code_by_sms_opens_a_session_of_one_factor_once(api: APIClient, ada: User):
    a_factor(ada)
    asked = asked_of(api, ada)
    assert (asked["methods"], asked["phone"]) == (["sms"], "•••• 001")
    code = texted(api, asked)

    answer = answer_to(api, asked, code, SMS)
    again = answer_to(api, asked_of(api, ada), code, SMS)

    assert answer.status_code == 200
    principal = identity.verify(answer.json()["access"])
    assert principal.amr == ("pwd", "sms")
    assert again.json()["code"] == "wrong_answer"
    assert asked["expires_in"] == 600
    assert "@localhost #" in received()[0]


@pytest.mark.asvs("V6.6.1")
def test_whatever_is_stronger_is_offered_first_and_stays_what_matters_asks_for(
    api: APIClient, ada: User
):
    app_of(ada)
    a_factor(ada)
    asked = asked_of(api, ada)
    assert asked["methods"] == ["totp", "recovery_code", "sms"]
    opened = answer_to(api, asked, texted(api, asked), SMS).json()

    client = api
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {opened['access']}")
    refused = client.delete("/api/auth/mfa/totp")
    moved = client.post("/api/auth/phone/change", {"number": OTHER})

    for answer in (refused, moved, client.delete(PHONE), client.patch(PHONE, {"signs_in": False})):
        assert answer.json()["code"] == "step_up_required"
        assert answer.json()["methods"] == ["totp", "recovery_code"]
    assert Phone.objects.get().signs_in_since is not None


@pytest.mark.parametrize("purpose", [STEP_UP, TRANSACTION])
@pytest.mark.asvs("V6.6.2")
def test_a_code_by_sms_agrees_to_nothing_and_proves_no_presence(api: APIClient, ada: User, purpose):
    a_factor(ada)
    asked = challenges.ask(challenge_id=new_id(), user=ada, purpose=purpose, now=now())
    with pytest.raises(WrongAnswer):
        sms_factor.send(asked=asked, network="", now=now())
    code = texted(api, asked_of(api, ada))
    TextCode.objects.update(challenge_id=asked.pk)

    with pytest.raises(WrongAnswer):
        challenges.answer(
            challenge_id=asked.pk, user=ada, answer=challenges.Answer(SMS, code), now=now()
        )


@pytest.mark.asvs("V6.6.2")
def test_a_code_answers_the_question_that_it_was_sent_for_and_nobody_elses(
    api: APIClient, ada: User
):
    bob = a_user()
    a_factor(ada)
    a_factor(bob)
    code = texted(api, asked_of(api, ada))

    other_question = answer_to(api, asked_of(api, ada), code, SMS)
    other_person = answer_to(api, asked_of(api, bob), code, SMS)

    assert other_question.json()["code"] == other_person.json()["code"] == "wrong_answer"


@pytest.mark.asvs("V6.6.3")
def test_five_wrong_codes_close_the_question_however_many_codes_are_sent(api: APIClient, ada: User):
    a_factor(ada)
    asked = asked_of(api, ada)
    for _ in range(4):
        wrong = f"{(int(texted(api, asked)) + 1) % 10**6:06d}"
        assert answer_to(api, asked, wrong, SMS).json()["code"] == "wrong_answer"
    code = texted(api, asked)
    assert answer_to(api, asked, "no code", SMS).json()["code"] == "wrong_answer"

    assert answer_to(api, asked, code, SMS).json()["code"] == "wrong_answer"
    assert api.post(SEND, {"challenge": asked["challenge"]}).json()["code"] == "wrong_answer"


@pytest.mark.asvs("V6.6.3")
def test_ten_wrong_codes_make_the_person_wait(api: APIClient, ada: User, settings):
    settings.VORTEX_RATE_LIMITS = settings.VORTEX_RATE_LIMITS | {
        "second_factor": (2, 1800, "closed")
    }
    a_factor(ada)
    asked = asked_of(api, ada)
    code = texted(api, asked)

    said = [answer_to(api, asked, "0", SMS).json()["code"] for _ in range(2)]
    locked = answer_to(api, asked, code, SMS)

    assert said == ["wrong_answer", "wrong_answer"]
    assert (locked.status_code, locked.json()["code"]) == (429, "too_many_answers")


def test_no_sms_is_sent_without_the_first_factor_nor_to_whoever_did_not_ask_for_it(
    api: APIClient, ada: User
):
    app_of(ada)
    a_phone(ada)
    asked = asked_of(api, ada)
    assert asked["methods"] == ["totp", "recovery_code"]

    for challenge in (asked["challenge"], f"{new_id().hex}.AAAA", "nothing"):
        assert api.post(SEND, {"challenge": challenge}).json()["code"] == "wrong_answer"
    assert not TextCode.objects.exists()


@pytest.mark.parametrize("scope", ["sms_person", "sms_number", "sms_network", "sms_block"])
def test_sms_for_signing_in_are_limited_like_all_others(api: APIClient, ada: User, settings, scope):
    settings.VORTEX_RATE_LIMITS = settings.VORTEX_RATE_LIMITS | {scope: (1, 3600, "closed")}
    a_factor(ada)
    asked = asked_of(api, ada)
    texted(api, asked)

    refused = api.post(SEND, {"challenge": asked["challenge"]})

    assert (refused.status_code, refused.json()["limit"]) == (429, scope)


@pytest.mark.asvs("V6.6.1")
def test_staff_never_sign_in_by_sms(api: APIClient):
    officer = a_user(roles=("customer", "support_agent"))
    app_of(officer)
    tokens = open_session(officer, amr=("pwd", "otp", "mfa"), device=SOMEWHERE, now=now())
    a_factor(officer)

    assert asked_of(api, officer)["methods"] == ["totp", "recovery_code"]
    challenge = asked_of(api, officer)["challenge"]
    assert api.post(SEND, {"challenge": challenge}).json()["code"] == "wrong_answer"
    Phone.objects.update(signs_in_since=None)
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.access}")
    assert api.patch(PHONE, ON).json()["code"] == "sms_not_for_staff"


@pytest.mark.asvs("V6.6.1")
def test_a_changed_number_does_not_sign_in_for_a_day(api: APIClient, ada: User):
    """Whoever has moved the number with a stolen session has not moved the factor."""
    tokens = sign_in(ada)
    proved(ada, NUMBER, tokens)
    codes = own(ada, tokens).patch(PHONE, ON).json()["recovery_codes"]

    changed = own(ada, tokens).post(asked_for(own(ada, tokens), OTHER), {"code": code_at(OTHER)})

    assert changed.json()["rests_until"] is not None
    asked = asked_of(api, ada)
    assert asked["methods"] == ["recovery_code"]
    assert api.post(SEND, {"challenge": asked["challenge"]}).json()["code"] == "wrong_answer"
    assert answer_to(api, asked, codes[0], "recovery_code").status_code == 200
    RecoveryCode.objects.update(used_at=now())
    rests = api.post("/api/auth/login", {"email": ada.email, "password": PASSWORD})
    assert (rests.status_code, rests.json()["code"]) == (403, "sms_rests")
    Phone.objects.update(rests_until=now())
    assert asked_of(api, ada)["methods"] == ["sms"]


def test_removing_and_adding_does_not_shorten_the_rest(ada: User):
    tokens = sign_in(ada)
    proved(ada, NUMBER, tokens)
    proved(ada, OTHER, tokens)
    own(ada, tokens).delete(PHONE)

    back = proved(ada, OTHER, tokens).json()

    assert back["rests_until"] is not None
    assert PhoneChange.objects.count() == 4


def test_a_number_that_was_changed_by_a_stronger_factor_signs_in_at_once(ada: User):
    proved(ada)
    tokens = sign_in(ada)
    app_of(ada)
    Session.objects.update(amr=["pwd", "otp", "mfa"])

    assert proved(ada, OTHER, tokens).json()["rests_until"] is None


def test_a_code_on_its_way_to_a_former_number_opens_nothing(api: APIClient, ada: User):
    tokens = sign_in(ada)
    a_factor(ada)
    asked = asked_of(api, ada)
    code = texted(api, asked)
    Session.objects.update(amr=["pwd", "otp", "mfa"])

    proved(ada, OTHER, tokens)

    assert answer_to(api, asked, code, SMS).json()["code"] == "wrong_answer"


@pytest.mark.parametrize("how", ["switched off", "removed", "reset by the bank"])
def test_where_sms_ends_so_does_the_paper_that_stood_in_for_it(
    api: APIClient, ada: User, published, how
):
    tokens = sign_in(ada)
    proved(ada, NUMBER, tokens)
    own(ada, tokens).patch(PHONE, ON)

    if how == "switched off":
        assert own(ada, tokens).patch(PHONE, {"signs_in": False}).status_code == 200
    elif how == "removed":
        assert own(ada, tokens).delete(PHONE).status_code == 204
    else:
        _reset(ada)

    assert not RecoveryCode.objects.exists()
    assert len(published(UserMfaDisabled)) == 1
    assert sign_in(ada).access


def _reset(user: User) -> None:
    asking, deciding = (a_user(roles=("administrator",)) for _ in range(2))
    reset = factor_resets.request(
        user_id=user.pk, staff_id=asking.pk, proof="video", note="Seen.", now=now()
    )
    factor_resets.decide(reset_id=reset.pk, staff_id=deciding.pk, approved=True, now=now())


def test_the_paper_of_an_app_stays_where_only_sms_ends(ada: User):
    tokens = sign_in(ada)
    app_of(ada)
    a_factor(ada)
    Session.objects.update(amr=["pwd", "otp", "mfa"])

    own(ada, tokens).patch(PHONE, {"signs_in": False})

    assert RecoveryCode.objects.count() == 10
    assert AuthenticatorApp.objects.exists()


def test_no_browser_is_trusted_for_a_code_by_sms(api: APIClient, ada: User):
    a_factor(ada)
    asked = asked_of(api, ada)

    answer = answer_to(api, asked, texted(api, asked), SMS, trust_browser=True)

    assert answer.status_code == 200
    assert not TrustedBrowser.objects.exists()


def test_a_program_is_not_let_in_past_the_sms_that_protects_a_person(ada: User):
    a_factor(ada)
    address, browser = a_program().address(), Client()

    asked = browser.post(
        address, {"step": "password", "email": ada.email, "password": PASSWORD}, follow=True
    )
    code = code_at()
    assert "You are signed in as" not in asked.content.decode()
    wrong = browser.post(address, {"step": "second_factor", "code": "000000"}, follow=True)
    shown = browser.post(address, {"step": "second_factor", "code": code}, follow=True)

    assert "You are signed in as" not in wrong.content.decode()
    assert "You are signed in as" in shown.content.decode()


def test_a_rest_ends_after_a_day(ada: User):
    a_factor(ada, rests_until=now() + timedelta(hours=24))

    assert sms_factor.offered_to(ada, now=now() + timedelta(hours=25)).methods == (SMS,)
    with pytest.raises(sms_factor.SmsRests):
        sms_factor.offered_to(ada, now=now() + timedelta(hours=23))
