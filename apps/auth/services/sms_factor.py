"""Signing in with a code by SMS: an alternative second factor, offered after every stronger one.

Whoever takes over a number, by a copied SIM or by moving it to another network, gets its SMS. So
it is a factor only where the person has switched it on, never for staff, for signing in and for
nothing else, and a session that it opens is one of a single factor: whatever asks for more asks
again.
"""

from dataclasses import dataclass
from datetime import datetime

from apps.auth import selectors
from apps.auth.contracts import WrongAnswer
from apps.auth.domain.challenges import RECOVERY_CODE, SIGN_IN, SMS
from apps.auth.domain.phones import masked
from apps.auth.domain.texts import SIGN_IN_TEXT
from apps.auth.models import Challenge, Phone, TextCode, User
from apps.auth.services import texts
from vortex.db import needs_transaction, unit_of_work
from vortex.errors import Forbidden


class SmsRests(Forbidden, code="sms_rests", title="The new number is too new"):
    """The telephone number was changed lately; until `until` no code of it signs in."""


@dataclass(frozen=True)
class Offered:
    """How a person may answer at sign-in, the strongest first; none are offered to whom none is."""

    methods: tuple[str, ...]
    is_asked: bool
    phone: str = ""  # its last digits, where SMS is among the methods


def offered_to(user: User, *, now: datetime) -> Offered:
    """Return the second factors that a person may sign in with, or refuse with SmsRests.

    It refuses where SMS is the only one, its number rests, and no code on paper is left.
    """
    strong, by_sms = selectors.factors_held(user_id=user.pk)
    phone = selectors.phone_of(user_id=user.pk) if by_sms and not user.is_staff else None
    if phone is None:
        return Offered(strong, is_asked=bool(strong))
    if not strong and selectors.recovery_codes_left(user_id=user.pk):
        strong = (RECOVERY_CODE,)
    if _rests(phone, now):
        if not strong:
            raise SmsRests(until=_text_of(phone.rests_until))
        return Offered(strong, is_asked=True)
    return Offered((*strong, SMS), is_asked=True, phone=masked(phone.number))


def send(*, asked: Challenge, network: str, now: datetime) -> TextCode:
    """Send a code that answers a question of signing in; every call sends another one.

    Refuses with WrongAnswer where SMS answers nothing, as whoever was not offered it knows.
    """
    user = asked.user
    phone = None if user is None else _factor_of(user, now)
    if user is None or phone is None or asked.purpose != SIGN_IN:
        raise WrongAnswer
    texts.spend_limits(user_id=user.pk, number=phone.number, network=network, now=now)
    with unit_of_work("auth"):
        return texts.request(
            user=user,
            number=phone.number,
            purpose=SIGN_IN_TEXT,
            challenge_id=asked.pk,
            until=asked.expires_at,
            now=now,
        )


@needs_transaction("auth")
def is_answer(*, asked: Challenge, user: User, code: str, now: datetime) -> bool:
    """Say whether a code answers a question of signing in, and use it up."""
    phone = _factor_of(user, now)
    if asked.purpose != SIGN_IN or phone is None:
        return False
    sent = TextCode.objects.select_for_update().filter(
        user=user, purpose=SIGN_IN_TEXT, challenge_id=asked.pk, number=phone.number
    )
    latest = sent.order_by("-created_at", "-pk").first()
    return latest is not None and texts.is_right(latest, code, now=now)


def _factor_of(user: User, now: datetime) -> Phone | None:
    phone = selectors.phone_of(user_id=user.pk)
    if phone is None or phone.signs_in_since is None or user.is_staff or _rests(phone, now):
        return None
    return phone


def _rests(phone: Phone, now: datetime) -> bool:
    return phone.rests_until is not None and phone.rests_until > now


def _text_of(instant: datetime | None) -> str:
    return instant.isoformat() if instant else ""
