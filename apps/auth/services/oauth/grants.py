"""What a person agrees to let a program do, from the yes in the browser to its end."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from apps.auth.adapters import codes
from apps.auth.contracts import UserAppDisconnected
from apps.auth.domain.device import Device
from apps.auth.domain.oauth import CODE_LIFETIME
from apps.auth.models import AuthorizationCode, OAuthClient, Session, User
from apps.auth.services import sessions
from apps.auth.services.issuing import begin_connection
from apps.auth.services.oauth.clients import OAuthClientNotFound
from vortex.db import unit_of_work
from vortex.errors import Refused
from vortex.ids import new_id
from vortex.outbox import publish
from vortex.telemetry import get_logger

_PURPOSE: Final = "oauth-code"

log = get_logger("auth.oauth")


class CodeReplayed(Refused, code="code_replayed", title="Code used before"):
    """The code had been exchanged before, so somebody else has seen it; what came of it is over."""


@dataclass(frozen=True)
class Presence:
    """Who sits before the browser, and how and when they proved it."""

    user: User
    amr: tuple[str, ...]
    authenticated_at: datetime


@dataclass(frozen=True)
class Asked:
    """What a program asks for, once oauthlib has found nothing wrong with it."""

    client: OAuthClient
    redirect_uri: str
    scopes: tuple[str, ...]
    code_challenge: str
    nonce: str


def issue_code(*, code: str, asked: Asked, presence: Presence, now: datetime) -> None:
    """Keep the hash of a code that stands for a person's yes."""
    with unit_of_work("auth"):
        AuthorizationCode.objects.create(
            pk=new_id(),
            client=asked.client,
            user=presence.user,
            code_hash=codes.secret_hash(_PURPOSE, code),
            redirect_uri=asked.redirect_uri,
            scopes=list(asked.scopes),
            code_challenge=asked.code_challenge,
            nonce=asked.nonce,
            amr=list(presence.amr),
            authenticated_at=presence.authenticated_at,
            expires_at=now + CODE_LIFETIME,
        )


def take_code(*, code: str, client: OAuthClient, now: datetime) -> AuthorizationCode | None:
    """Return what a code of this program stands for and use it up, or None.

    A code that comes a second time was seen by two: what the first exchange gave ends.
    """
    with unit_of_work("auth"):
        found = AuthorizationCode.objects.select_related("user", "client")
        grant = (
            found.select_for_update(of=("self",))
            .filter(code_hash=codes.secret_hash(_PURPOSE, code), client=client)
            .first()
        )
        if grant is None:
            return None
        replayed = grant.used_at is not None
        if replayed:
            AuthorizationCode.objects.filter(pk=grant.pk).update(replayed_at=now)
        else:
            AuthorizationCode.objects.filter(pk=grant.pk).update(used_at=now)
    if replayed:
        _end_what_came_of(grant, now)
    return grant if not replayed and grant.expires_at > now and grant.user.is_active else None


def connect(*, grant: AuthorizationCode, device: Device, now: datetime) -> tuple[Session, UUID]:
    """Open the session that a code was exchanged for, unless the code has come twice meanwhile."""
    with unit_of_work("auth"):
        code = AuthorizationCode.objects.select_for_update().get(pk=grant.pk)
        if code.replayed_at is not None:
            raise CodeReplayed
        session, token_id = begin_connection(grant, device=device, now=now)
        code.session_id = session.pk
        code.save(update_fields=["session_id"])
    return session, token_id


def disconnect(*, client_id: UUID, user_id: UUID, now: datetime, by: str = "user") -> None:
    """End everything that a program may do for a person; refuses where it may do nothing."""
    with unit_of_work("auth"):
        alive = Session.objects.filter(
            user_id=user_id, client_id=client_id, revoked_at__isnull=True
        )
        ids = list(alive.values_list("pk", flat=True))
        if not ids:
            raise OAuthClientNotFound
        publish(
            UserAppDisconnected(user_id=user_id, client_id=client_id, by=by, disconnected_at=now)
        )
        sessions.end_some(session_ids=ids, reason="disconnected", now=now)
    for session_id in ids:
        sessions.end_session_everywhere(session_id=session_id, now=now)


def connections_of(*, user_id: UUID, now: datetime) -> list[Session]:
    """Return the programs that a person has let in, the one used last first."""
    alive = Session.objects.filter(
        user_id=user_id, client__isnull=False, revoked_at__isnull=True, expires_at__gt=now
    )
    return list(alive.select_related("client").order_by("-last_seen_at"))


def connection_of(*, session_id: UUID, client: OAuthClient, now: datetime) -> Session | None:
    """Return what a program may do by a token of its own, while it may; anyone else's is None."""
    alive = Session.objects.filter(client=client, revoked_at__isnull=True, expires_at__gt=now)
    return alive.select_related("user").filter(pk=session_id, user__is_active=True).first()


def _end_what_came_of(grant: AuthorizationCode, now: datetime) -> None:
    log.warning("auth.oauth.code_replayed", client_id=str(grant.client_id))
    if grant.session_id is not None:
        sessions.revoke_session(session_id=grant.session_id, reason="code_replayed", now=now)
