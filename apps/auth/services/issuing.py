"""Sessions when they begin, and the tokens that they are given."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.auth.adapters.tokens import AccessToken, Keys, RefreshToken
from apps.auth.conf import SESSION_LIFETIME, SUDO_LIFETIME, access_lifetime, refresh_lifetime
from apps.auth.contracts import UserAppConnected, UserLoggedIn, UserNewDeviceSeen
from apps.auth.domain.challenges import MULTI_FACTOR, acr_of
from apps.auth.domain.device import Device
from apps.auth.domain.risk import Place
from apps.auth.domain.roles import CUSTOMER
from apps.auth.models import AuthorizationCode, DeviceGrant, RefreshFamily, Session, User
from apps.auth.services import risk
from apps.auth.services.keys import keys_for_tokens
from vortex.db import needs_transaction, unit_of_work
from vortex.errors import Unauthenticated
from vortex.ids import new_id
from vortex.outbox import publish


class InvalidCredentials(
    Unauthenticated, code="invalid_credentials", title="E-mail or password not right"
):
    """Nobody with this address has this password, or they may not sign in. Which, is not said."""


@dataclass(frozen=True)
class Tokens:
    """What somebody who has signed in is given; `expires_in` is the access token's, in seconds."""

    access: str
    refresh: str
    expires_in: int


def open_session(user: User, *, amr: tuple[str, ...], device: Device, now: datetime) -> Tokens:
    """Open a session for somebody who has proved to be there. Every call opens another one."""
    with unit_of_work("auth"):
        session, token_id = begin_session(user, amr=amr, device=device, now=now)
    return tokens_of(session, token_id=token_id, issued_at=now, now=now)


@needs_transaction("auth")
def begin_session(
    user: User, *, amr: tuple[str, ...], device: Device, now: datetime
) -> tuple[Session, UUID]:
    """Store a session and return it with the id of its refresh token.

    What was proved must still hold: a password may just have changed, an account been closed.
    """
    _still_holds(user)
    judged = risk.judge(user_id=user.pk, device=device, now=now)
    # By one factor from where nobody can be: signed in, and asked again before anything sensitive.
    doubtful = judged.is_high and MULTI_FACTOR not in amr
    session, token_id = _store(
        user,
        amr=amr,
        device=device,
        now=now,
        authenticated_at=now - 2 * SUDO_LIFETIME if doubtful else now,
        risk=judged.score,
        **_told_of(judged.place),
    )
    publish(UserLoggedIn(user_id=user.pk, session_id=session.pk, logged_in_at=now))
    if judged.score:
        publish(
            UserNewDeviceSeen(
                user_id=user.pk,
                session_id=session.pk,
                seen_at=now,
                risk=judged.score,
                impossible_travel=judged.is_impossible_travel,
            )
        )
    return session, token_id


@needs_transaction("auth")
def begin_connection(
    grant: AuthorizationCode | DeviceGrant, *, device: Device, now: datetime
) -> tuple[Session, UUID]:
    """Store the session of a program that a person has let in, within the scopes they agreed to."""
    user = grant.user
    if user is None or grant.authenticated_at is None:  # nobody has agreed to it
        raise InvalidCredentials
    _still_holds(user)
    session, token_id = _store(
        user,
        amr=tuple(grant.amr),
        device=device,
        now=now,
        authenticated_at=grant.authenticated_at,
        client=grant.client,
        scopes=grant.scopes,
    )
    publish(
        UserAppConnected(
            user_id=user.pk,
            client_id=grant.client_id,
            scopes=tuple(grant.scopes),
            connected_at=now,
        )
    )
    return session, token_id


@needs_transaction("auth")
def _still_holds(user: User) -> None:
    unchanged = User.objects.filter(pk=user.pk, password=user.password, is_active=True)
    if not unchanged.select_for_update(no_key=True).exists():
        raise InvalidCredentials


@needs_transaction("auth")
def _store(
    user: User, *, amr: tuple[str, ...], device: Device, now: datetime, **told: Any
) -> tuple[Session, UUID]:
    token_id = new_id()
    session = Session.objects.create(
        pk=new_id(),
        user=user,
        amr=list(amr),
        user_agent=device.name,
        network=device.neighbourhood,
        created_at=now,
        last_seen_at=now,
        expires_at=now + SESSION_LIFETIME,
        **told,
    )
    RefreshFamily.objects.create(
        session=session, state="active", current_id=token_id, rotated_at=now
    )
    return session, token_id


def _told_of(place: Place | None) -> dict[str, Any]:
    if place is None:
        return {}
    return {
        "place": place.name,
        "latitude": place.latitude,
        "longitude": place.longitude,
        "radius_km": place.radius_km,
    }


def tokens_of(
    session: Session,
    *,
    token_id: UUID,
    issued_at: datetime,
    now: datetime,
    scopes: tuple[str, ...] = (),
) -> Tokens:
    """Return a pair of tokens of a session. The same refresh token comes of the same arguments.

    `scopes` are fewer than the session's, where a program asks for an access token of less.
    """
    keys = keys_for_tokens(now=now)
    access, expires_in = access_token_of(session, keys=keys, now=now, scopes=scopes)
    refresh = RefreshToken.issued(
        keys,
        token_id=str(token_id),
        issued_at=issued_at,
        expires_at=min(issued_at + refresh_lifetime(), session.expires_at),
        sub=str(session.user_id),
        sid=str(session.pk),
    )
    return Tokens(access, refresh, expires_in)


def access_token_of(
    session: Session, *, keys: Keys, now: datetime, scopes: tuple[str, ...] = ()
) -> tuple[str, int]:
    """Return an access token of a session, and how many seconds it lives.

    That of a program carries its scopes and its name, and never a role of the bank's staff.
    """
    told: dict[str, Any] = {"roles": sorted(session.user.roles)}
    if session.client_id is not None:
        within = list(scopes) or session.scopes
        told = {"roles": [CUSTOMER], "scopes": within, "client_id": str(session.client_id)}
    until = min(now + access_lifetime(), session.expires_at)
    access = AccessToken.issued(
        keys,
        token_id=str(new_id()),
        issued_at=now,
        expires_at=until,
        sub=str(session.user_id),
        sid=str(session.pk),
        **told,
        amr=session.amr,
        acr=acr_of(session.amr),
        auth_time=int(session.authenticated_at.timestamp()),
    )
    return access, int((until - now).total_seconds())
