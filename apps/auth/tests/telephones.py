"""Telephones that people have: the SMS that reach one, and a number that was proved before."""

import re
from typing import Any, Final

from apps.auth.adapters.mail import SMS, Mailbox
from apps.auth.models import Phone, User
from apps.auth.services import texts
from apps.auth.tests.test_credentials import own
from vortex import valkey
from vortex.clock import now
from vortex.ids import new_id

# Numbers that the Bundesnetzagentur keeps for films; nobody has them.
NUMBER: Final = "+491713920001"
OTHER: Final = "+491713920002"
PHONE, CHANGE, SEND = "/api/auth/phone", "/api/auth/phone/change", "/api/auth/mfa/sms/send"


def forget_texts() -> None:
    """Forget what was sent and how often: Valkey outlasts a test."""
    kept = (key for part in ("auth:sms:*", "limit:sms*") for key in valkey.client().scan_iter(part))
    valkey.client().delete("auth:mailbox", *kept)


def received(number: str = NUMBER) -> list[str]:
    """Return the SMS that have reached a telephone, newest first, once all that wait are sent."""
    texts.send_due(now=now())
    return [mail.text for mail in Mailbox().read() if (mail.kind, mail.to) == (SMS, number)]


def code_at(number: str = NUMBER) -> str:
    """Return the code of the newest SMS at a telephone."""
    found = re.search(r"\b\d{6}\b", received(number)[0])
    assert found
    return found[0]


def a_phone(user: User, number: str = NUMBER, **told: Any) -> Phone:
    """Give somebody a number that they have proved; name only what the test is about."""
    return Phone.objects.create(
        pk=new_id(), user=user, number=number, **{"verified_at": now(), **told}
    )


def asked_for(client: Any, number: str = NUMBER) -> str:
    """Ask for a code at a number and return where it is to be sent back."""
    answer = client.post(CHANGE, {"number": number})
    assert answer.status_code == 202, answer.content
    return f"/api/auth/phone/changes/{answer.json()['id']}/verify"


def proved(user: User, number: str = NUMBER, tokens: Any = None) -> Any:
    """Prove a number as its owner does, and return the answer."""
    client = own(user, tokens)
    return client.post(asked_for(client, number), {"code": code_at(number)})
