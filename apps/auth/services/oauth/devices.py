"""Programs on devices without a keyboard: they show a code, a person types it and decides.

The device asks again and again and is told to wait; whoever asks faster than they were told to is
told to ask less often. Nothing of this replaces a factor: the person signs in by all of theirs.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from apps.auth.adapters import codes
from apps.auth.domain.device import Device
from apps.auth.domain.oauth import (
    DEVICE_INTERVAL_SECONDS,
    DEVICE_LIFETIME,
    USER_CODE_LENGTH,
    USER_CODE_LETTERS,
    typed_user_code,
)
from apps.auth.models import DeviceGrant, OAuthClient, Session
from apps.auth.services.issuing import begin_connection
from apps.auth.services.oauth.grants import Presence
from vortex.db import unit_of_work
from vortex.errors import NotFound, Refused
from vortex.ids import new_id

_DEVICE: Final = "oauth-device"
_USER: Final = "oauth-user-code"

PENDING: Final = "authorization_pending"
SLOW_DOWN: Final = "slow_down"
EXPIRED: Final = "expired_token"
DENIED: Final = "access_denied"
AUTHORIZED: Final = "authorized"


class DeviceCodeNotFound(NotFound, code="device_code_not_found", title="Code not found"):
    """No device waits with this code; it may have waited for too long. Start again there."""


class DeviceCodeUsed(Refused, code="device_code_used", title="Code used before"):
    """The device has got what this code gave, or the person has taken it back meanwhile."""


@dataclass(frozen=True)
class Begun:
    """What a device keeps to itself, and what it shows."""

    device_code: str
    user_code: str


def begin(*, client: OAuthClient, scopes: tuple[str, ...], now: datetime) -> Begun:
    """Let a device wait for a person's yes. Every call is another one that waits."""
    begun = Begun(
        codes.new_secret(),
        "".join(secrets.choice(USER_CODE_LETTERS) for _ in range(USER_CODE_LENGTH)),
    )
    with unit_of_work("auth"):
        DeviceGrant.objects.create(
            pk=new_id(),
            client=client,
            device_hash=codes.secret_hash(_DEVICE, begun.device_code),
            user_code_hash=codes.secret_hash(_USER, begun.user_code),
            scopes=list(scopes),
            interval_seconds=DEVICE_INTERVAL_SECONDS,
            expires_at=now + DEVICE_LIFETIME,
        )
    return begun


def waiting(*, user_code: str, now: datetime) -> DeviceGrant:
    """Return what waits under the code that a person has typed, or refuse."""
    found = DeviceGrant.objects.select_related("client").filter(
        user_code_hash=codes.secret_hash(_USER, typed_user_code(user_code)),
        state="pending",
        expires_at__gt=now,
        client__is_active=True,
    )
    grant = found.first()
    if grant is None:
        raise DeviceCodeNotFound
    return grant


def decide(*, grant_id: UUID, presence: Presence, allowed: bool, now: datetime) -> None:
    """Write down a person's yes or no; whoever decides second finds nothing that waits."""
    with unit_of_work("auth"):
        open_still = DeviceGrant.objects.filter(pk=grant_id, state="pending", expires_at__gt=now)
        decided = open_still.update(
            state="approved" if allowed else "denied",
            user=presence.user,
            amr=list(presence.amr),
            authenticated_at=presence.authenticated_at,
        )
        if not decided:
            raise DeviceCodeNotFound


def poll(
    *, device_code: str, client: OAuthClient, now: datetime
) -> tuple[str | None, DeviceGrant | None]:
    """Say how a device's wait stands, in RFC 8628's words; None where it never waited."""
    with unit_of_work("auth"):
        grant = (
            DeviceGrant.objects.select_for_update(of=("self",))
            .select_related("client", "user")
            .filter(device_hash=codes.secret_hash(_DEVICE, device_code), client=client)
            .first()
        )
        if grant is None or grant.state == "used":
            return None, None
        if grant.expires_at <= now:
            return EXPIRED, grant
        if grant.state != "pending":
            return (AUTHORIZED if grant.state == "approved" else DENIED), grant
        wait = timedelta(seconds=grant.interval_seconds)
        hasty = grant.polled_at is not None and now - grant.polled_at < wait
        grant.interval_seconds += DEVICE_INTERVAL_SECONDS if hasty else 0
        grant.polled_at = now
        grant.save(update_fields=["polled_at", "interval_seconds"])
        return (SLOW_DOWN if hasty else PENDING), grant


def connect(*, grant: DeviceGrant, device: Device, now: datetime) -> tuple[Session, UUID]:
    """Open the session that a person has agreed to. Of two polls at once, one opens it."""
    with unit_of_work("auth"):
        agreed = DeviceGrant.objects.filter(pk=grant.pk, state="approved", expires_at__gt=now)
        if not agreed.update(state="used"):
            raise DeviceCodeUsed
        session, token_id = begin_connection(grant, device=device, now=now)
        DeviceGrant.objects.filter(pk=grant.pk).update(session_id=session.pk)
    return session, token_id
