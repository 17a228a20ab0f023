"""Telephone numbers: proved by a code at the number, told of by mail, in nobody's log."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.contracts import Accounts
from apps.auth import handlers
from apps.auth.adapters.mail import Mailbox
from apps.auth.conf import SECOND_FACTOR_OF
from apps.auth.contracts import (
    UserPhoneChanged,
    UserProfileUpdated,
    UserTextRequested,
)
from apps.auth.domain.phones import (
    InvalidPhone,
    PhoneNotServed,
    block_of,
    canonical_phone,
    masked,
)
from apps.auth.interface import ServedUsers
from apps.auth.models import Phone, PhoneChange, Session, TextCode, User
from apps.auth.services import erasure, texts
from apps.auth.tests.authenticators import app_of
from apps.auth.tests.factories import OWN, a_user, sign_in
from apps.auth.tests.telephones import (
    CHANGE,
    NUMBER,
    OTHER,
    PHONE,
    a_phone,
    asked_for,
    code_at,
    forget_texts,
    proved,
    received,
)
from apps.auth.tests.test_addresses import UNDO, moved, sent_to
from apps.auth.tests.test_authority import NoAccounts
from apps.auth.tests.test_credentials import own
from vortex import valkey
from vortex.clock import now
from vortex.db import unit_of_work
from vortex.ids import new_id
from vortex.testing import stub

pytestmark = pytest.mark.django_db(databases=[OWN])

SERVED = frozenset({"DE", "GB", "US", "CA", "FR"})


@pytest.fixture(autouse=True)
def _nothing_sent():
    forget_texts()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" +49 171 392-0001 ", NUMBER),
        ("0049 171 3920001", NUMBER),
        ("\uff0b\uff14\uff19 171 3920001", NUMBER),
        ("+1 (202) 555-0123", "+12025550123"),
        ("+\u0664\u0669 171 3920001", NUMBER),
    ],
)
def test_a_number_has_one_spelling(typed, kept):
    assert canonical_phone(typed, regions=SERVED) == kept


@pytest.mark.parametrize(
    "typed",
    [
        *("", "0171 3920001", "+49", "+49 171", "+1 800 FLOWERS", "+49 171 3920001 ext. 5"),
        *("+49171392000199999", "+" + "9" * 200, "tel:+491713920001", "+49\x00171", "+999 123456"),
    ],
)
def test_what_is_no_number_is_refused(typed):
    with pytest.raises(InvalidPhone):
        canonical_phone(typed, regions=SERVED)


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("+1 876 555 0123", id="an island that shares the code of the United States"),
        pytest.param("+44 7797 712345", id="Jersey"),
        pytest.param("+882 16 1234 5678", id="a satellite"),
        pytest.param("+44 909 879 0123", id="premium rate"),
        pytest.param("+44 843 123 4567", id="shared cost"),
        pytest.param("+44 70 1234 5678", id="a personal number, which costs its caller"),
        pytest.param("+1 800 555 1234", id="toll free"),
        pytest.param("+33 1 70 18 99 00", id="a landline"),
    ],
)
def test_no_sms_goes_where_somebody_earns_by_it(typed):
    with pytest.raises(PhoneNotServed):
        canonical_phone(typed, regions=SERVED)


def test_only_the_end_of_a_number_is_shown_and_its_block_is_what_networks_are_given():
    assert masked(NUMBER) == "•••• 001"
    assert masked("") == ""
    assert block_of(NUMBER) == block_of(OTHER) == "+49171392"


@pytest.mark.asvs("V6.6.1", "V6.6.2")
def test_a_number_counts_once_its_code_was_typed(ada: User, published):
    client = own(ada)
    where = asked_for(client, "+49 171 3920001")
    assert client.get(PHONE).json()["number"] == ""
    assert ServedUsers().contact_points(user_id=ada.pk).phone == ""

    answer = client.post(where, {"code": code_at()})

    assert answer.status_code == 200
    assert (answer.json()["number"], answer.json()["signs_in"]) == (NUMBER, False)
    assert client.get("/api/auth/user/profile").json()["phone"] == NUMBER
    points = ServedUsers().contact_points(user_id=ada.pk)
    assert (points.phone, points.phone_verified) == (NUMBER, True)
    assert [event.removed for event in published(UserPhoneChanged)] == [False]
    assert len(published(UserProfileUpdated)) == 1
    [change] = PhoneChange.objects.all()
    assert (change.former, change.number) == ("", NUMBER)


def test_staff_see_the_end_of_a_number_only(client, ada: User):
    a_phone(ada)
    PhoneChange.objects.create(pk=new_id(), user=ada, number=NUMBER, changed_at=now())
    asked_for(own(ada), OTHER)
    client.force_login(officer := a_user(roles=("administrator",)))
    session = client.session
    session[SECOND_FACTOR_OF] = str(officer.pk)
    session.save()

    for page in (f"user/{ada.pk}/change/", "phonechange/", "textcode/"):
        text = client.get(f"/admin/vortex_auth/{page}").content.decode()
        assert "•••• 00" in text
        assert NUMBER[:-4] not in text
    [text] = TextCode.objects.all()
    assert (
        NUMBER[:-4]
        not in client.get(f"/admin/vortex_auth/textcode/{text.pk}/change/").content.decode()
    )


def test_a_person_hears_by_mail_of_another_number_and_of_none(ada: User, published):
    proved(ada)
    own(ada).delete(PHONE)

    for event in published(UserPhoneChanged):
        handlers.tell_of_phone(event)

    gone, came = [mail for mail in Mailbox().read() if mail.to == ada.email]
    assert "now the one ending in 001" in came.text
    assert "•••• 001 was removed" in gone.text
    assert NUMBER not in came.text + gone.text
    assert own(ada).delete(PHONE).json()["code"] == "phone_not_found"


@pytest.mark.asvs("V6.6.3")
def test_a_code_is_good_once_for_ten_minutes_and_five_tries(ada: User):
    client = own(ada)
    where = asked_for(client)
    code = code_at()
    assert client.post(where, {"code": code}).status_code == 200
    assert client.post(where, {"code": code}).json()["code"] == "wrong_answer"

    where, code = asked_for(client, OTHER), code_at(OTHER)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for _ in range(5):
        assert client.post(where, {"code": wrong}).json()["code"] == "wrong_answer"
    assert client.post(where, {"code": code}).json()["code"] == "wrong_answer"

    where, code = asked_for(client, OTHER), code_at(OTHER)
    [late] = TextCode.objects.filter(state="sent")
    assert late.expires_at - late.created_at == timedelta(minutes=10)
    TextCode.objects.update(expires_at=now())
    assert client.post(where, {"code": code}).json()["code"] == "wrong_answer"
    assert Phone.objects.get().number == NUMBER


@pytest.mark.asvs("V6.6.2")
def test_a_code_proves_the_number_that_it_was_sent_to_and_no_other(ada: User):
    client = own(ada)
    first = asked_for(client)
    code = code_at()
    second = asked_for(client, OTHER)
    code_at(OTHER)

    assert client.post(second, {"code": code}).json()["code"] == "wrong_answer"
    assert client.post(first, {"code": code}).json()["code"] == "wrong_answer"  # not the latest
    assert not Phone.objects.exists()


def test_ten_wrong_codes_make_the_person_wait_whatever_they_are_for(ada: User, settings):
    settings.VORTEX_RATE_LIMITS = settings.VORTEX_RATE_LIMITS | {
        "second_factor": (2, 1800, "closed")
    }
    client = own(ada)
    where = asked_for(client)

    answers = [client.post(where, {"code": "0"}).json()["code"] for _ in range(3)]

    assert answers == ["wrong_answer", "wrong_answer", "too_many_answers"]


def test_a_code_is_of_no_use_to_anybody_else_nor_in_another_session(ada: User):
    where = asked_for(own(ada))
    code = code_at()

    for stranger in (own(a_user()), own(ada, sign_in(ada))):
        answer = stranger.post(where, {"code": code})
        assert (answer.status_code, answer.json()["code"]) == (404, "phone_change_not_found")
    assert own(ada).post(f"{CHANGE}s/{new_id()}/verify", {"code": code}).status_code == 404


def test_a_code_is_kept_as_a_hash_that_does_not_fall_to_trying(ada: User, settings):
    asked_for(own(ada))
    code = code_at()
    [row] = TextCode.objects.all()
    assert code not in row.code_hash

    settings.SECRET_KEY = "another"

    assert texts._hash_of(row, code) != row.code_hash


def test_a_number_is_changed_and_removed_by_whoever_was_there_lately(ada: User):
    a_phone(ada)
    tokens = sign_in(ada)
    app_of(ada)
    one_factor = own(ada, tokens).post(CHANGE, {"number": OTHER})
    Session.objects.update(authenticated_at=now() - timedelta(hours=1))
    stale = own(ada, tokens).delete(PHONE)

    assert (one_factor.status_code, stale.status_code) == (403, 403)
    assert one_factor.json()["code"] == stale.json()["code"] == "step_up_required"
    assert one_factor.json()["methods"] == ["totp", "recovery_code"]
    assert not TextCode.objects.exists()


def test_whoever_has_not_proved_their_address_leaves_no_number_behind(ada: User):
    User.objects.update(email_verified_at=None)

    assert own(ada).post(CHANGE, {"number": NUMBER}).json()["code"] == "email_not_verified"


def test_the_present_number_is_not_asked_for_again(ada: User):
    proved(ada)

    assert own(ada).post(CHANGE, {"number": NUMBER}).json()["code"] == "same_phone"


@pytest.mark.asvs("V6.3.8")
def test_a_number_of_somebody_elses_is_answered_as_any_other(ada: User):
    """A family may share a telephone, and who has a number is nobody's business."""
    a_phone(a_user(), OTHER)
    seen = {}
    for number in (NUMBER, OTHER):
        client = own(a_user())
        before = TextCode.objects.count()
        answer = client.post(CHANGE, {"number": number})
        said = {name: value for name, value in answer.json().items() if name != "id"}
        seen[number] = (
            answer.status_code,
            said | {"sent_to": ""},
            TextCode.objects.count() - before,
        )

    assert seen[NUMBER] == seen[OTHER]
    assert proved(ada, OTHER).status_code == 200
    assert Phone.objects.filter(number=OTHER).count() == 2


def test_a_number_is_no_identity_to_sign_in_with(api: APIClient, ada: User):
    proved(ada)

    for path in ("/api/auth/login", "/api/auth/login/code"):
        body = {"email": NUMBER, "password": "a long enough pass phrase"}
        assert api.post(path, body).status_code in {401, 422}


def test_what_was_proved_since_a_stolen_change_of_address_goes_with_it(
    api: APIClient, ada: User, published
):
    tokens = sign_in(ada)
    moved(ada, "thief@example.net", api, published, tokens)
    proved(User.objects.get(pk=ada.pk), NUMBER, tokens)
    Phone.objects.update(signs_in_since=now())

    assert api.post(UNDO, {"token": sent_to(ada.email, published)}).status_code == 204

    assert not Phone.objects.exists()
    assert User.objects.get(pk=ada.pk).email == ada.email


def test_a_person_takes_their_number_along_and_is_forgotten_with_it(ada: User):
    proved(ada)
    proved(ada, OTHER)

    known = erasure.export(user_id=ada.pk, now=now())

    assert [phone["number"] for phone in known["phones"]] == [OTHER]
    assert len(known["phone_changes"]) == len(known["texts"]) == 2
    with stub(Accounts, NoAccounts()):
        erasure.erase(user_id=ada.pk, now=now())
    for model in (Phone, PhoneChange, TextCode):
        assert not model.objects.exists()


def test_neither_a_number_nor_a_code_is_in_a_log(ada: User, caplog, capfd):
    caplog.set_level(logging.DEBUG)

    proved(ada)
    own(ada).post(CHANGE, {"number": "+49 171"})
    own(ada).delete(PHONE)

    said = caplog.text + "".join(capfd.readouterr())
    assert "auth.sms.settled" in said
    assert NUMBER[-7:] not in said
    [text] = received()
    assert not any(part in said for part in text.split() if part.isdigit() and len(part) == 6)


@pytest.mark.parametrize(
    ("scope", "who"),
    [
        *(("sms_person", "one person"), ("sms_person_day", "one person")),
        *(("sms_number", "one number"), ("sms_number_day", "one number")),
        *(("sms_network", "one network"), ("sms_block", "one block of numbers")),
    ],
)
@pytest.mark.asvs("V6.6.3")
def test_sms_are_limited_per_person_number_network_and_block(ada: User, settings, scope, who):
    settings.VORTEX_RATE_LIMITS = settings.VORTEX_RATE_LIMITS | {scope: (1, 3600, "closed")}
    asking = ada if "person" in scope else a_user()
    other = asking if "person" in scope else a_user()
    number = NUMBER if "number" in scope else OTHER

    first = own(asking).post(CHANGE, {"number": NUMBER})
    second = own(other).post(CHANGE, {"number": number})

    assert first.status_code == 202
    assert (second.status_code, second.json()["limit"]) == (429, scope), who
    assert int(second["Retry-After"]) > 0


def test_the_budget_of_a_day_ends_with_a_clear_refusal(ada: User, settings):
    settings.VORTEX_SMS_DAILY_BUDGET = 1
    first = own(ada).post(CHANGE, {"number": NUMBER})

    second = own(a_user()).post(CHANGE, {"number": OTHER})

    assert first.status_code == 202
    assert (second.status_code, second.json()["code"]) == (503, "sms_budget_spent")
    assert 0 < int(second["Retry-After"]) <= 86_400
    assert TextCode.objects.count() == 1
    assert len(valkey.client().keys("auth:sms:budget:*")) == 1


def test_without_valkey_no_sms_is_asked_for(ada: User, settings, monkeypatch):
    client = own(ada)
    monkeypatch.setattr("apps.auth.adapters.budget.valkey.client", _broken)
    monkeypatch.setattr("apps.auth.services.texts.spend", lambda *_: None)

    answer = client.post(CHANGE, {"number": NUMBER})

    assert (answer.status_code, TextCode.objects.count()) == (503, 0)


def _broken() -> Any:
    raise valkey.FAILURES[0]


def test_what_was_asked_for_is_heard_of_and_a_worker_is_woken(ada: User, published):
    asked_for(own(ada))
    [event] = published(UserTextRequested)

    with unit_of_work("auth"):
        handlers.have_text_sent(event)

    assert event.text_id == TextCode.objects.get().pk
