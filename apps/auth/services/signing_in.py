"""Proving who one is, and the tokens that are given for it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.auth import selectors
from apps.auth.adapters import attempts, hashing
from apps.auth.adapters.tokens import AccessToken, RefreshToken
from apps.auth.conf import SESSION_LIFETIME, access_lifetime, is_demonstration, refresh_lifetime
from apps.auth.contracts import InvalidEmail, UserLoggedIn, WeakPassword
from apps.auth.domain import passwords
from apps.auth.domain.device import Device
from apps.auth.domain.email import canonical_email
from apps.auth.models import RefreshFamily, Session, User
from apps.auth.services.keys import keys_for_tokens
from vortex.db import unit_of_work
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


def sign_in(*, email: str, password: str, device: Device, now: datetime) -> Tokens:
    """Open a session for whoever proves to be somebody. Every call opens another one."""
    user = prove(email=email, password=password)
    token_id = new_id()
    session = Session(
        pk=new_id(),
        user=user,
        amr=["pwd"],
        user_agent=device.name,
        network=device.neighbourhood,
        created_at=now,
        last_seen_at=now,
        expires_at=now + SESSION_LIFETIME,
    )
    with unit_of_work("auth"):
        # What was proved must still hold: a password just changed, an account just closed to them.
        unchanged = User.objects.filter(pk=user.pk, password=user.password, is_active=True)
        if not unchanged.select_for_update(no_key=True).exists():
            raise InvalidCredentials
        session.save(force_insert=True)
        RefreshFamily.objects.create(
            session=session, state="active", current_id=token_id, rotated_at=now
        )
        publish(UserLoggedIn(user_id=user.pk, session_id=session.pk, logged_in_at=now))
    return tokens_of(session, token_id=token_id, issued_at=now, now=now)


def prove(*, email: str, password: str) -> User:
    """Return the active person who has this address and password, or refuse.

    The refusal and the work are the same whatever is wrong, and every attempt counts for the
    account that was named, whether or not it exists.
    """
    try:
        address, typed = canonical_email(email), passwords.normalised(password)
    except (InvalidEmail, WeakPassword):
        raise InvalidCredentials from None
    attempts.count(address)
    user = selectors.user_or_none(email=address)
    proved = hashing.proves(typed, user.password if user else None)
    if user is None or not proved or not user.is_active or _opens_demonstrations_only(typed):
        raise InvalidCredentials
    attempts.forget(address)
    return user


def tokens_of(session: Session, *, token_id: UUID, issued_at: datetime, now: datetime) -> Tokens:
    """Return a pair of tokens of a session. The same refresh token comes of the same arguments."""
    keys = keys_for_tokens(now=now)
    access_until = min(now + access_lifetime(), session.expires_at)
    claims = {"sub": str(session.user_id), "sid": str(session.pk)}
    access = AccessToken.issued(
        keys,
        token_id=str(new_id()),
        issued_at=now,
        expires_at=access_until,
        roles=sorted(session.user.roles),
        amr=session.amr,
        auth_time=int(session.created_at.timestamp()),
        **claims,
    )
    refresh = RefreshToken.issued(
        keys,
        token_id=str(token_id),
        issued_at=issued_at,
        expires_at=min(issued_at + refresh_lifetime(), session.expires_at),
        **claims,
    )
    return Tokens(access, refresh, int((access_until - now).total_seconds()))


def _opens_demonstrations_only(password: str) -> bool:
    return password == passwords.DEMONSTRATION and not is_demonstration()
