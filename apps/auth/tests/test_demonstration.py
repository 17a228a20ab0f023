"""The demonstration: what its people have at sign-in is there once, and opens nothing."""

import pytest
from django.core.management import CommandError, call_command

from apps.auth.adapters.mail import Mailbox
from apps.auth.models import ApiKey, Consent, OAuthClient, Phone, Session, User
from apps.auth.tests.factories import OWN, a_user
from apps.auth.tests.test_credentials import own
from vortex import valkey
from vortex.outbox.models import Message

pytestmark = pytest.mark.django_db(databases=[OWN])


def test_screens_of_security_show_something_and_twice_is_once(ada: User, settings):
    settings.VORTEX_DEMO = True
    bob = a_user()
    valkey.client().delete("auth:mailbox")
    told = Message.objects.using(OWN).count()

    for _ in range(2):
        call_command("demo_sign_ins", ada.email, bob.email, "nobody@example.com")

    client = own(ada)
    for path, least in (
        ("login-history", 8),
        ("sessions", 2),
        ("connected-apps", 1),
        ("api-keys", 1),
        ("consents/history", 4),
    ):
        items = client.get(f"/api/auth/{path}").json()["items"]
        assert len(items) >= least, path
    assert client.get("/api/auth/phone").json()["number"] == "+491713920042"
    assert Phone.objects.get().user == ada
    assert OAuthClient.objects.count() == 1
    assert ApiKey.objects.count() == 2
    assert Session.objects.filter(user=bob).count() == 9
    assert client.get("/api/auth/login-history").json()["items"][-1]["place"] == "Hamburg, Germany"
    assert Mailbox().read() == []
    assert Message.objects.using(OWN).count() == told + 2  # ada's own sign-in, on a new device


def test_a_bank_that_is_no_demonstration_gets_no_story(ada: User, settings):
    settings.VORTEX_DEMO = False

    with pytest.raises(CommandError):
        call_command("demo_sign_ins", ada.email)

    assert not Consent.objects.exists()
