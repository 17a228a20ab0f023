"""Signing in by a code in a mail: a first factor like the password, and never the second one.

Asking says nothing and takes the same time whether or not anybody has the address: it writes a
question and a mail to be sent, and whoever hears of that makes the code. The code answers the one
question that it was asked for with, so it is of no use to whoever reads it elsewhere.
"""

import hmac
from datetime import datetime

from apps.auth import selectors
from apps.auth.adapters import attempts
from apps.auth.contracts import UserLoginFailed, WrongAnswer
from apps.auth.domain.challenges import MAIL_LIFETIME, MAIL_SIGN_IN, WRONG_ANSWERS_ALLOWED
from apps.auth.domain.device import Device
from apps.auth.domain.email import canonical_email
from apps.auth.domain.links import SIGN_IN_CODE
from apps.auth.models import Challenge, MailLink, User
from apps.auth.services import challenges, links, signing_in
from apps.auth.services.issuing import Tokens
from vortex.db import unit_of_work
from vortex.http.throttles import spend
from vortex.ids import new_id
from vortex.outbox import publish

AMR = "otp"


def request(*, email: str, now: datetime) -> Challenge:
    """Ask for a code, and return the question that it answers. Every call asks for another one."""
    address = canonical_email(email)
    spend("mail_account", address)
    user = selectors.user_or_none(email=address)
    with unit_of_work("auth"):
        asked = challenges.ask(
            challenge_id=new_id(), user=user, purpose=MAIL_SIGN_IN, now=now, lives=MAIL_LIFETIME
        )
        links.request(user=user, email=address, purpose=SIGN_IN_CODE, now=now, link_id=asked.pk)
    return asked


def sign_in(
    *, challenge: str, code: str, device: Device, now: datetime, trusted: str = ""
) -> Tokens:
    """Open a session for whoever has the code, or ask for the second factor that they have.

    Five wrong codes close the question, ten make the address wait. A code is good once.
    """
    user = _proved(challenge, code, device, now)
    return signing_in.admit(user, amr=(AMR,), device=device, now=now, trusted=trusted)


def _proved(challenge: str, code: str, device: Device, now: datetime) -> User:
    asked = challenges.by_token(challenge, purpose=MAIL_SIGN_IN, now=now)
    address = MailLink.objects.values_list("email", flat=True).get(pk=asked.pk)
    attempts.count(address, "second_factor")
    with unit_of_work("auth"):
        link = (
            MailLink.objects.select_related("user").select_for_update(of=("self",)).get(pk=asked.pk)
        )
        open_still = Challenge.objects.filter(pk=asked.pk, state="pending", expires_at__gt=now)
        found = open_still.select_for_update().first()
        same = hmac.compare_digest(link.secret_hash, links.hash_of(link, code.strip()))
        user = link.user if found is not None and same else None
        proved = user is not None and user.is_active and user.email == link.email
        if proved:
            open_still.update(state="used")
            MailLink.objects.filter(pk=link.pk).update(used_at=now)
        elif found is not None:
            found.wrong_answers += 1
            found.state = "void" if found.wrong_answers >= WRONG_ANSWERS_ALLOWED else "pending"
            found.save(update_fields=["wrong_answers", "state"])
            publish(
                UserLoginFailed(
                    attempt_id=new_id(),
                    user_id=link.user_id,
                    network=device.neighbourhood,
                    failed_at=now,
                )
            )
    if user is None or not proved:
        raise WrongAnswer
    attempts.forget(address, "second_factor")
    return user
