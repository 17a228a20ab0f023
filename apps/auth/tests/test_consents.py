"""Consents: a no until somebody says yes, to the text of today, and never without a trace."""

import pytest
from rest_framework.test import APIClient

from apps.auth.contracts import Consents, UnknownPurpose, UserConsentChanged
from apps.auth.domain import consents as rules
from apps.auth.models import Consent, User
from apps.auth.tests.factories import OWN, a_user, sign_in
from vortex import identity
from vortex.binding import bind
from vortex.testing import client_of

pytestmark = pytest.mark.django_db(databases=[OWN])
NOW = rules.VERSIONS[rules.MARKETING]


@pytest.fixture
def own(ada: User) -> APIClient:
    return client_of(identity.verify(sign_in(ada).access))


def decide(own: APIClient, purpose: str, *, granted: bool, version: str = NOW):
    return own.put(f"/api/auth/consents/{purpose}", {"granted": granted, "version": version})


def holds(user: User, purpose: str) -> bool:
    return bind(Consents).consent(user_id=user.pk, purpose=purpose).granted


def test_nothing_is_agreed_to_before_somebody_says_so(own: APIClient, ada: User):
    items = own.get("/api/auth/consents").json()["items"]

    assert {item["purpose"] for item in items} == {"terms", "marketing", "ai_training"}
    assert not any(item["granted"] for item in items)
    assert not holds(ada, "ai_training")


def test_a_yes_and_a_later_no_are_both_kept_and_the_last_one_holds(
    own: APIClient, ada: User, published
):
    yes = decide(own, "ai_training", granted=True)
    agreed = holds(ada, "ai_training")
    decide(own, "ai_training", granted=True)
    decide(own, "ai_training", granted=False)

    assert (yes.status_code, yes.json()["granted"], agreed) == (200, True, True)
    assert not holds(ada, "ai_training")
    history = own.get("/api/auth/consents/history").json()["items"]
    assert [item["granted"] for item in history] == [False, True]
    assert [event.granted for event in published(UserConsentChanged)] == [True, False]


def test_a_yes_to_another_text_is_none_to_this_one(own: APIClient, ada: User, monkeypatch):
    decide(own, "terms", granted=True)
    monkeypatch.setitem(rules.VERSIONS, "terms", "2027-01")

    late = decide(own, "terms", granted=True)
    [terms] = [
        item for item in own.get("/api/auth/consents").json()["items"] if item["purpose"] == "terms"
    ]

    assert (late.status_code, late.json()["code"]) == (409, "consent_version")
    assert late.json()["version"] == "2027-01"
    assert (terms["granted"], terms["decided_version"]) == (False, NOW)
    assert not holds(ada, "terms")


def test_the_terms_last_as_long_as_the_accounts(own: APIClient, ada: User):
    decide(own, "terms", granted=True)

    refused = decide(own, "terms", granted=False)

    assert (refused.status_code, refused.json()["code"]) == (422, "lasting_consent")
    assert holds(ada, "terms")


def test_what_nobody_is_asked_cannot_be_agreed_to(own: APIClient, ada: User):
    assert decide(own, "anything", granted=True).json()["code"] == "unknown_purpose"
    with pytest.raises(UnknownPurpose):
        bind(Consents).consent(user_id=ada.pk, purpose="anything")

    assert not Consent.objects.exists()


def test_one_persons_yes_is_nobody_elses(own: APIClient, ada: User):
    decide(own, "marketing", granted=True)

    assert not holds(a_user(), "marketing")
    own_export = own.post("/api/auth/user/export").json()
    assert [one["purpose"] for one in own_export["consents"]] == ["marketing"]
