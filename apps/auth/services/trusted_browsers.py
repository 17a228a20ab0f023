"""Browsers in which a person has asked not to be asked for a second factor, for thirty days.

What the browser keeps is a secret of its own. It replaces the second factor and never the first;
a new password or a lost factor ends the trust in all of them.
"""

from datetime import datetime
from uuid import UUID

from apps.auth.adapters import codes
from apps.auth.conf import TRUST_LIFETIME
from apps.auth.domain.challenges import MULTI_FACTOR
from apps.auth.domain.device import Device
from apps.auth.models import Session, TrustedBrowser, User
from vortex.db import needs_transaction, unit_of_work
from vortex.errors import NotFound
from vortex.ids import new_id

_PURPOSE = "trusted-browser"


class TrustedBrowserNotFound(
    NotFound, code="trusted_browser_not_found", title="Trusted browser not found"
):
    """There is no such browser of the caller, or it is not trusted any more."""


def trust(*, user: User, device: Device, now: datetime) -> str:
    """Trust a browser and return what it keeps. Every call trusts another one."""
    secret = codes.new_secret()
    with unit_of_work("auth"):
        TrustedBrowser.objects.create(
            pk=new_id(),
            user=user,
            secret_hash=codes.secret_hash(_PURPOSE, secret),
            user_agent=device.name,
            network=device.neighbourhood,
            created_at=now,
            last_used_at=now,
            expires_at=now + TRUST_LIFETIME,
        )
    return secret


def is_trusted(*, user: User, token: str, now: datetime) -> bool:
    """Say whether a browser is trusted by a person, and remember that it was used."""
    if not token:
        return False
    with unit_of_work("auth"):
        trusted = TrustedBrowser.objects.filter(
            user=user,
            secret_hash=codes.secret_hash(_PURPOSE, token),
            revoked_at__isnull=True,
            expires_at__gt=now,
        )
        return trusted.update(last_used_at=now) == 1


def is_where_trusted(*, user_id: UUID, session_id: UUID, now: datetime) -> bool:
    """Say whether a session that goes on was proved by two factors, or is in a trusted browser."""
    alive = Session.objects.filter(pk=session_id, user_id=user_id, revoked_at__isnull=True)
    session = alive.filter(expires_at__gt=now, client__isnull=True).first()
    if session is None:
        return False
    alike = TrustedBrowser.objects.filter(
        user_id=user_id,
        user_agent=session.user_agent,
        network=session.network,
        revoked_at__isnull=True,
        expires_at__gt=now,
    )
    return MULTI_FACTOR in session.amr or alike.exists()


def distrust(*, browser_id: UUID, user_id: UUID, now: datetime) -> None:
    """Trust a person's own browser no more."""
    with unit_of_work("auth"):
        own = TrustedBrowser.objects.filter(pk=browser_id, user_id=user_id, revoked_at__isnull=True)
        if not own.update(revoked_at=now):
            raise TrustedBrowserNotFound


@needs_transaction("auth")
def distrust_all(*, user_id: UUID, now: datetime) -> None:
    """Trust none of a person's browsers any more; a second call changes nothing."""
    trusted = TrustedBrowser.objects.filter(user_id=user_id, revoked_at__isnull=True)
    trusted.update(revoked_at=now)
