"""What a token of a program is worth now, for that program only, and its end when it asks."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.auth import selectors
from apps.auth.domain.oauth import EMAIL, PROFILE
from apps.auth.models import OAuthClient, RefreshFamily, Session
from apps.auth.services import sessions
from apps.auth.services.oauth.grants import connection_of, disconnect
from apps.auth.services.oauth.server import issuer
from vortex.contracts import Principal
from vortex.errors import Unauthenticated
from vortex.identity import tokens


@dataclass(frozen=True)
class _Known:
    session: Session
    scopes: tuple[str, ...]
    about: dict[str, Any]


def introspect(*, token: str, client: OAuthClient, now: datetime) -> dict[str, Any]:
    """Say what a token is worth (RFC 7662); one of another program is worth nothing to this one."""
    known = _known(token, client, now)
    if known is None:
        return {"active": False}
    return {
        "active": True,
        "scope": " ".join(known.scopes),
        "client_id": client.client_id,
        "sub": str(known.session.user_id),
        "iss": issuer(),
        **known.about,
    }


def revoke(*, token: str, client: OAuthClient, now: datetime) -> None:
    """End what a token of this program belongs to (RFC 7009); any other is left alone."""
    known = _known(token, client, now)
    if known is not None:
        disconnect(client_id=client.pk, user_id=known.session.user_id, now=now, by="client")


def userinfo(*, principal: Principal) -> dict[str, Any]:
    """Return what the person lets the program know of them; their own token sees all of it."""
    user = selectors.user(user_id=principal.user_id)
    told: dict[str, Any] = {"sub": str(user.pk)}
    if not principal.scopes or PROFILE in principal.scopes:
        told["name"] = user.full_name
    if not principal.scopes or EMAIL in principal.scopes:
        told |= {"email": user.email, "email_verified": user.email_verified_at is not None}
    return told


def _known(token: str, client: OAuthClient, now: datetime) -> _Known | None:
    return _known_access(token, client, now) or _known_refresh(token, client, now)


def _known_access(token: str, client: OAuthClient, now: datetime) -> _Known | None:
    try:
        principal = tokens.verify(token)
        verified = tokens.verify_signature(token)
    except Unauthenticated:
        return None
    session = _session(principal.session_id, client, now)
    if session is None:
        return None
    about = {"exp": int(verified.expires_at), "iat": int(verified.issued_at)}
    return _Known(session, principal.scopes, {**about, "token_type": "Bearer"})


def _known_refresh(token: str, client: OAuthClient, now: datetime) -> _Known | None:
    try:
        session_id, token_id = sessions.read_refresh_token(token, now=now)
    except sessions.InvalidRefreshToken:
        return None
    session = _session(session_id, client, now)
    in_force = RefreshFamily.objects.filter(session_id=session_id, current_id=token_id)
    if session is None or not in_force.exists():
        return None
    return _Known(session, tuple(session.scopes), {"exp": int(session.expires_at.timestamp())})


def _session(session_id: UUID | None, client: OAuthClient, now: datetime) -> Session | None:
    return connection_of(session_id=session_id, client=client, now=now) if session_id else None
