"""A person's telephone number: proved by a code sent to it, told of by mail, never an identity.

Whoever holds a stolen session and moves the number to one of theirs has not moved a factor: another
number rests for a day, unless the person has proved more than SMS can.
"""

from datetime import datetime
from uuid import UUID

from django.conf import settings

from apps.auth import selectors
from apps.auth.adapters import attempts
from apps.auth.contracts import (
    UserMfaDisabled,
    UserMfaEnabled,
    UserPhoneChanged,
    UserProfileUpdated,
    WrongAnswer,
)
from apps.auth.domain.challenges import MULTI_FACTOR, SMS
from apps.auth.domain.phones import RESTS_FOR, canonical_phone
from apps.auth.domain.texts import PROVE_PHONE, SIGN_IN_TEXT
from apps.auth.models import Phone, PhoneChange, TextCode, User
from apps.auth.services import factors, texts, trusted_browsers
from vortex.db import needs_transaction, unit_of_work
from vortex.errors import Forbidden, NotFound, Refused
from vortex.ids import new_id
from vortex.outbox import publish


class SamePhone(Refused, code="same_phone", title="The same number"):
    """The account has this telephone number already."""


class PhoneNotFound(NotFound, code="phone_not_found", title="No telephone number"):
    """The caller has no telephone number that was proved."""


class PhoneChangeNotFound(NotFound, code="phone_change_not_found", title="Change not found"):
    """There is no such change that the caller has asked for in this session."""


class SmsNotForStaff(Forbidden, code="sms_not_for_staff", title="Not for staff"):
    """Whoever works for the bank does not sign in by SMS."""


class SmsRisksNotAccepted(Refused, code="sms_risks_not_accepted", title="Read the risks first"):
    """Signing in by SMS is switched on by whoever says that they know what can go wrong with it."""


def request_change(
    *, user: User, phone: str, session_id: UUID | None, network: str, now: datetime
) -> TextCode:
    """Ask for a code at a number; nothing changes before it is typed in the same session.

    Whether anybody has the number plays no part. Asked twice, only the latest code works.
    """
    number = canonical_phone(phone, regions=settings.VORTEX_SMS_COUNTRIES)
    known = selectors.phone_of(user_id=user.pk)
    if known is not None and known.number == number:
        raise SamePhone
    texts.spend_limits(user_id=user.pk, number=number, network=network, now=now)
    with unit_of_work("auth"):
        return texts.request(
            user=user, number=number, purpose=PROVE_PHONE, session_id=session_id, now=now
        )


def verify_change(
    *, text_id: UUID, user_id: UUID, session_id: UUID | None, code: str, now: datetime
) -> Phone:
    """Prove a number by the code that was sent to it; it takes the place of the former one.

    Refuses with WrongAnswer; a code is good once, and five wrong ones void it. Codes on their way
    to the former number open nothing more.
    """
    session = selectors.session_of_user(session_id=session_id, user_id=user_id)
    own = TextCode.objects.filter(pk=text_id, user_id=user_id, session_id=session.pk)
    if not own.filter(purpose=PROVE_PHONE).exists():
        raise PhoneChangeNotFound
    attempts.count(str(user_id), "second_factor")
    with unit_of_work("auth"):
        user = User.objects.select_for_update().get(pk=user_id)
        asked = own.select_for_update().get()
        right = texts.is_right(asked, code, now=now)
        proved_more = MULTI_FACTOR in session.amr
        phone = _moved(user, asked.number, now, proved_more=proved_more) if right else None
    if phone is None:
        raise WrongAnswer
    attempts.forget(str(user_id), "second_factor")
    return phone


def remove(*, user_id: UUID, now: datetime) -> None:
    """Forget a person's number, and signing in by SMS with it."""
    with unit_of_work("auth"):
        phone = _locked(user_id)
        number, signs_in = phone.number, phone.signs_in_since is not None
        phone.delete()
        if signs_in:
            _no_factor_any_more(user_id, now)
        _say(user_id, former=number, number="", now=now)


def switch_sign_in(*, user: User, on: bool, risks_accepted: bool, now: datetime) -> list[str]:
    """Let a person sign in by SMS beside what else they have, or no more.

    Returns recovery codes where it is their first factor, to be shown once, for the telephone may
    get lost. Switched on twice, it was switched on once; off likewise.
    """
    if on and user.is_staff:
        raise SmsNotForStaff
    if on and not risks_accepted:
        raise SmsRisksNotAccepted
    with unit_of_work("auth"):
        phone = _locked(user.pk)
        if (phone.signs_in_since is not None) == on:
            return []
        phone.signs_in_since = now if on else None
        phone.save(update_fields=["signs_in_since"])
        if not on:
            _no_factor_any_more(user.pk, now)
            return []
        trusted_browsers.distrust_all(user_id=user.pk, now=now)
        publish(UserMfaEnabled(user_id=user.pk, method=SMS, enabled_at=now))
        return factors.first_recovery_codes(user_id=user.pk, now=now)


@needs_transaction("auth")
def forget_since(*, user_id: UUID, since: datetime, now: datetime) -> None:
    """Forget a number that was proved, and signing in by SMS that was switched on, since then."""
    own = Phone.objects.select_for_update().filter(user_id=user_id)
    for phone in own.filter(verified_at__gte=since):
        phone.delete()
        _say(user_id, former=phone.number, number="", now=now)
    own.filter(signs_in_since__gte=since).update(signs_in_since=None)
    factors.forget_paper_with_the_last_factor(user_id)
    texts.void(user_id=user_id, purposes=(PROVE_PHONE, SIGN_IN_TEXT))


@needs_transaction("auth")
def _moved(user: User, number: str, now: datetime, *, proved_more: bool) -> Phone:
    phone = Phone.objects.select_for_update().filter(user=user).first()
    former = phone.number if phone else ""
    had_another = PhoneChange.objects.filter(user=user).exclude(number__in=("", number)).exists()
    rests = had_another and not proved_more
    phone = phone or Phone(pk=new_id(), user=user)
    phone.number, phone.verified_at = number, now
    phone.rests_until = now + RESTS_FOR if rests else None
    phone.save()
    if phone.signs_in_since is not None:
        trusted_browsers.distrust_all(user_id=user.pk, now=now)
    texts.void(user_id=user.pk, purposes=(SIGN_IN_TEXT,))
    _say(user.pk, former=former, number=number, now=now)
    return phone


@needs_transaction("auth")
def _say(user_id: UUID, *, former: str, number: str, now: datetime) -> None:
    PhoneChange.objects.create(
        pk=new_id(), user_id=user_id, former=former, number=number, changed_at=now
    )
    publish(UserPhoneChanged(user_id=user_id, removed=not number, changed_at=now))
    publish(UserProfileUpdated(user_id=user_id, updated_at=now))


@needs_transaction("auth")
def _no_factor_any_more(user_id: UUID, now: datetime) -> None:
    factors.forget_paper_with_the_last_factor(user_id)
    trusted_browsers.distrust_all(user_id=user_id, now=now)
    texts.void(user_id=user_id, purposes=(SIGN_IN_TEXT,))
    publish(UserMfaDisabled(user_id=user_id, method=SMS, disabled_at=now))


@needs_transaction("auth")
def _locked(user_id: UUID) -> Phone:
    found = Phone.objects.select_for_update().filter(user_id=user_id).first()
    if found is None:
        raise PhoneNotFound
    return found
