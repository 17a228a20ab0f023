"""Reads of people, sessions and keys: one per object and level of access. None of them writes."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from apps.auth.contracts import SessionNotFound, UserNotFound
from apps.auth.domain.challenges import PASSKEY, RECOVERY_CODE, TOTP
from apps.auth.models import (
    AuthenticatorApp,
    Passkey,
    Phone,
    RecoveryCode,
    Session,
    SigningKey,
    TrustedBrowser,
    User,
)
from vortex.contexts import Law
from vortex.errors import NotFound

# What holds of every row, as statements that list breaches; a move asks them.
LAWS: Final = (
    Law(
        "no session ends, and no token is renewed, before the session began",
        "select s.id::text, f.state from vortex_auth_session s join vortex_auth_refresh_family f"
        " on f.session_id = s.id where s.expires_at < s.created_at or f.rotated_at < s.created_at",
    ),
    Law(
        "each person has one address, whatever its letters' case",
        "select min(id::text), lower(email) from vortex_auth_user group by lower(email)"
        " having count(*) > 1 and lower(email) <> ''",
    ),
    Law(
        "where keys are kept, one of them signs",
        "select 'keys', count(*)::text from vortex_auth_signing_key"
        " having count(*) > 0 and count(*) filter (where state = 'active') = 0",
    ),
)


class PasskeyNotFound(NotFound, code="passkey_not_found", title="Passkey not found"):
    """There is no such passkey of the caller."""


def user(*, user_id: UUID) -> User:
    """Return a person, active or not."""
    found = User.objects.filter(pk=user_id).first()
    if found is None:
        raise UserNotFound(user_id=str(user_id))
    return found


def user_or_none(*, email: str) -> User | None:
    """Return the person with a canonical address, or None."""
    return User.objects.filter(email=email).first()


def active_in_role(*, role: str, limit: int) -> list[User]:
    """Return the active people who hold a role, the longest known first."""
    found = User.objects.filter(roles__contains=[role], is_active=True)
    return list(found.order_by("created_at", "pk")[:limit])


def session_of_user(*, session_id: UUID | None, user_id: UUID) -> Session:
    """Return a person's own session while it lasts; anyone else's does not exist."""
    own = Session.objects.filter(user_id=user_id, revoked_at__isnull=True)
    found = own.filter(pk=session_id).first() if session_id else None
    if found is None:
        raise SessionNotFound
    return found


def sessions_of(*, user_id: UUID, now: datetime) -> list[Session]:
    """Return a person's sessions that go on, the one used last first."""
    alive = Session.objects.filter(user_id=user_id, revoked_at__isnull=True, expires_at__gt=now)
    return list(alive.filter(client__isnull=True).order_by("-last_seen_at"))


def sign_ins_of(*, user_id: UUID, limit: int) -> list[Session]:
    """Return a person's latest sign-ins, whether or not their sessions go on."""
    own = Session.objects.filter(user_id=user_id, client__isnull=True)
    return list(own.order_by("-created_at")[:limit])


def sessions_alive(*, user_id: UUID) -> list[UUID]:
    """Return the ids of a person's sessions that have not been revoked, oldest first."""
    alive = Session.objects.filter(user_id=user_id, revoked_at__isnull=True)
    return list(alive.order_by("created_at").values_list("pk", flat=True))


def keys_in_force(*, now: datetime, algorithm: str = "") -> list[SigningKey]:
    """Return the keys that vouch for tokens at an instant: the active ones first, then retiring."""
    in_force = Q(state="active") | Q(state="retiring", retires_at__gt=now)
    found = SigningKey.objects.filter(in_force)
    if algorithm:
        found = found.filter(algorithm=algorithm)
    return list(found.order_by("state", "algorithm", "-created_at"))


def phone_of(*, user_id: UUID) -> Phone | None:
    """Return the telephone number that a person has proved, or None."""
    return Phone.objects.filter(user_id=user_id).first()


def second_factors(*, user_id: UUID) -> tuple[str, ...]:
    """Return the ways in which a person can prove themselves besides the password; often none.

    SMS is not among them: it only signs in (`services/sms_factor.py`).
    """
    return factors_held(user_id=user_id)[0]


def factors_held(*, user_id: UUID) -> tuple[tuple[str, ...], bool]:
    """Return a person's second factors, and whether they have let SMS sign in beside those."""
    confirmed = AuthenticatorApp.objects.filter(user=OuterRef("pk"), confirmed=True)
    unused = RecoveryCode.objects.filter(user=OuterRef("pk"), used_at__isnull=True)
    phone = Phone.objects.filter(user=OuterRef("pk"), signs_in_since__isnull=False)
    held = (Passkey.objects.filter(user=OuterRef("pk")), confirmed, unused, phone)
    found = User.objects.filter(pk=user_id).values_list(*(Exists(rows) for rows in held)).first()
    passkey, app, paper, sms = found or (False, False, False, False)
    having = {TOTP: app, PASSKEY: passkey, RECOVERY_CODE: paper and (app or passkey)}
    return tuple(method for method, has in having.items() if has), sms


def recovery_codes_left(*, user_id: UUID) -> int:
    """Return how many recovery codes of a person have not been used."""
    return RecoveryCode.objects.filter(user_id=user_id, used_at__isnull=True).count()


def passkeys_of(*, user_id: UUID) -> list[Passkey]:
    """Return a person's passkeys, oldest first."""
    return list(Passkey.objects.filter(user_id=user_id).order_by("created_at"))


def passkey_of_user(*, passkey_id: UUID, user_id: UUID) -> Passkey:
    """Return a person's own passkey; anyone else's does not exist."""
    found = Passkey.objects.filter(pk=passkey_id, user_id=user_id).first()
    if found is None:
        raise PasskeyNotFound
    return found


def trusted_browsers(*, user_id: UUID, now: datetime) -> list[TrustedBrowser]:
    """Return the browsers in which a person is not asked for a second factor, newest first."""
    trusted = TrustedBrowser.objects.filter(
        user_id=user_id, revoked_at__isnull=True, expires_at__gt=now
    )
    return list(trusted.order_by("-created_at"))
