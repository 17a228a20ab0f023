"""What has ended lately, from the tables: the truth that Valkey's marks are a copy of."""

from datetime import datetime, timedelta
from uuid import UUID

from apps.auth.conf import access_lifetime
from apps.auth.models import ApiKey, Impersonation, Session, User
from vortex import identity
from vortex.identity import Revoked

# Clocks differ a little, and a token is taken for a few seconds longer than it says.
_MARGIN = timedelta(minutes=1)


def lately(*, now: datetime) -> Revoked:
    """Return what ended so lately that a token of it may still be shown."""
    since = now - access_lifetime() - _MARGIN
    ended: list[UUID] = [
        *Session.objects.filter(revoked_at__gt=since).values_list("pk", flat=True),
        *ApiKey.objects.filter(revoked_at__gt=since).values_list("pk", flat=True),
        *Impersonation.objects.filter(ended_at__gt=since).values_list("pk", flat=True),
    ]
    users = User.objects.filter(revoked_before__gt=since).values_list("pk", "revoked_before")
    return Revoked(
        sessions=tuple(ended),
        until=now + access_lifetime() + _MARGIN,
        users=tuple((user_id, before) for user_id, before in users if before is not None),
    )


def renew(*, now: datetime) -> int:
    """Mark again what has ended lately, in case Valkey came back as it was before; say how much."""
    known = lately(now=now)
    identity.remember(known)
    return len(known.sessions) + len(known.users)
