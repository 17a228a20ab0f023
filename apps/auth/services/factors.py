"""A person's second factors: an authenticator app, and the codes for when it is lost."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.auth.adapters import attempts, codes, totp
from apps.auth.contracts import UserMfaDisabled, UserMfaEnabled, WrongAnswer
from apps.auth.domain.challenges import TOTP
from apps.auth.models import AuthenticatorApp, Passkey, Phone, RecoveryCode, User
from apps.auth.services import challenges, trusted_browsers
from vortex.db import needs_transaction, unit_of_work
from vortex.errors import Conflict, NotFound
from vortex.ids import new_id
from vortex.outbox import publish


class TotpNotFound(NotFound, code="totp_not_found", title="No authenticator app"):
    """The caller has no authenticator app, or none that waits to be confirmed."""


class TotpExists(Conflict, code="totp_exists", title="There is an authenticator app"):
    """The caller has an authenticator app already; remove it before adding another."""


@dataclass(frozen=True)
class Enrolment:
    """What an authenticator app is told, once."""

    secret: str
    uri: str
    qr_svg: str


def enroll_totp(*, user: User, now: datetime) -> Enrolment:
    """Offer a secret to a person's authenticator app; it counts once a code of it has been shown.

    A second call replaces an offer that was not confirmed.
    """
    secret = totp.new_secret()
    with unit_of_work("auth"):
        User.objects.select_for_update().get(pk=user.pk)
        if AuthenticatorApp.objects.filter(user=user, confirmed=True).exists():
            raise TotpExists
        AuthenticatorApp.objects.filter(user=user, confirmed=False).delete()
        AuthenticatorApp.objects.create(
            user=user,
            name="Authenticator app",
            confirmed=False,
            sealed_secret=totp.sealed(secret),
            created_at=now,
        )
    return enrolment_of(user, secret)


def pending_enrolment(*, user: User, now: datetime) -> Enrolment:
    """Return the offer that waits to be confirmed; makes one where there is none."""
    waiting = AuthenticatorApp.objects.filter(user=user, confirmed=False).first()
    if waiting is None:
        return enroll_totp(user=user, now=now)
    return enrolment_of(user, totp.unsealed(bytes(waiting.sealed_secret)))


def enrolment_of(user: User, secret: bytes) -> Enrolment:
    """Return a secret as apps take it: typed, followed as a link, or photographed."""
    uri = totp.provisioning_uri(secret, user.email)
    return Enrolment(secret=totp.as_text(secret), uri=uri, qr_svg=totp.qr_svg(uri))


def confirm_totp(*, user: User, code: str, now: datetime) -> list[str]:
    """Put an authenticator app in force and return the recovery codes, which are shown once."""
    attempts.count(str(user.pk), "second_factor")
    with unit_of_work("auth"):
        waiting = AuthenticatorApp.objects.filter(user=user, confirmed=False)
        if not waiting.exists():
            raise TotpNotFound
        if not challenges.spend_totp(user.pk, code, now, confirmed=False):
            raise WrongAnswer
        waiting.update(confirmed=True)
        trusted_browsers.distrust_all(user_id=user.pk, now=now)
        fresh = _replace_recovery_codes(user.pk, now)
        publish(UserMfaEnabled(user_id=user.pk, method=TOTP, enabled_at=now))
    attempts.forget(str(user.pk), "second_factor")
    return fresh


def remove_totp(*, user_id: UUID, now: datetime) -> None:
    """Remove a person's authenticator app; the codes on paper go with the last factor."""
    with unit_of_work("auth"):
        removed, _ = AuthenticatorApp.objects.filter(user_id=user_id, confirmed=True).delete()
        if not removed:
            raise TotpNotFound
        forget_paper_with_the_last_factor(user_id)
        trusted_browsers.distrust_all(user_id=user_id, now=now)
        publish(UserMfaDisabled(user_id=user_id, method=TOTP, disabled_at=now))


def regenerate_recovery_codes(*, user_id: UUID, now: datetime) -> list[str]:
    """Return a fresh sheet of recovery codes; every former one is worthless."""
    with unit_of_work("auth"):
        User.objects.select_for_update().get(pk=user_id)
        return _replace_recovery_codes(user_id, now)


@needs_transaction("auth")
def first_recovery_codes(*, user_id: UUID, now: datetime) -> list[str]:
    """Return a sheet for somebody who has none yet, and nothing for whoever has one."""
    if RecoveryCode.objects.filter(user_id=user_id).exists():
        return []
    return _replace_recovery_codes(user_id, now)


@needs_transaction("auth")
def forget_paper_with_the_last_factor(user_id: UUID) -> None:
    """Forget recovery codes that stand in for no factor any more."""
    has = (
        AuthenticatorApp.objects.filter(user_id=user_id, confirmed=True),
        Passkey.objects.filter(user_id=user_id),
        Phone.objects.filter(user_id=user_id, signs_in_since__isnull=False),
    )
    if not any(rows.exists() for rows in has):
        RecoveryCode.objects.filter(user_id=user_id).delete()


@needs_transaction("auth")
def _replace_recovery_codes(user_id: UUID, now: datetime) -> list[str]:
    RecoveryCode.objects.filter(user_id=user_id).delete()
    fresh = codes.new_recovery_codes()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(
            pk=new_id(), user_id=user_id, code_hash=codes.recovery_hash(code), created_at=now
        )
        for code in fresh
    )
    return fresh
