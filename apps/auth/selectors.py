"""Reads of people, sessions and keys: one per object and level of access. None of them writes."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from apps.auth.contracts import UserNotFound
from apps.auth.models import Session, SigningKey, User
from vortex.errors import NotFound


class SessionNotFound(NotFound, code="session_not_found", title="Session not found"):
    """There is no such session of the caller, or it has ended."""


def user(*, user_id: UUID) -> User:
    """Return a person, active or not."""
    found = User.objects.filter(pk=user_id).first()
    if found is None:
        raise UserNotFound(user_id=str(user_id))
    return found


def user_or_none(*, email: str) -> User | None:
    """Return the person with a canonical address, or None."""
    return User.objects.filter(email=email).first()


def session_of_user(*, session_id: UUID | None, user_id: UUID) -> Session:
    """Return a person's own session while it lasts; anyone else's does not exist."""
    own = Session.objects.filter(user_id=user_id, revoked_at__isnull=True)
    found = own.filter(pk=session_id).first() if session_id else None
    if found is None:
        raise SessionNotFound
    return found


def sessions_alive(*, user_id: UUID) -> list[UUID]:
    """Return the ids of a person's sessions that have not been revoked, oldest first."""
    alive = Session.objects.filter(user_id=user_id, revoked_at__isnull=True)
    return list(alive.order_by("created_at").values_list("pk", flat=True))


def keys_in_force(*, now: datetime) -> list[SigningKey]:
    """Return the keys that vouch for tokens at an instant: the active one first, then retiring."""
    in_force = Q(state="active") | Q(state="retiring", retires_at__gt=now)
    return list(SigningKey.objects.filter(in_force).order_by("state", "-created_at"))
