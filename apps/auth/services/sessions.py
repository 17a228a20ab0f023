"""Sessions while they last and when they end.

The database says first that a session has ended; then its access tokens are declared dead and its
sockets closed. Should the process die in between, the event that was published with the change does
the rest, so an end that was written down comes about.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import F, Q
from rest_framework_simplejwt.exceptions import TokenError

from apps.auth import selectors
from apps.auth.adapters.tokens import RefreshToken
from apps.auth.conf import KEPT_AFTER_END, access_lifetime
from apps.auth.contracts import (
    SessionRevoked,
    TokenReuseDetected,
    UserDeactivated,
    UserImpersonationChanged,
    UserNotFound,
)
from apps.auth.domain.links import CHANGE_EMAIL
from apps.auth.domain.rotation import Line, Verdict, judge
from apps.auth.models import (
    AuthorizationCode,
    Challenge,
    DeviceGrant,
    ExternalRequest,
    Impersonation,
    MailLink,
    PushedRequest,
    RefreshFamily,
    Session,
    TextCode,
    User,
)
from apps.auth.services import challenges
from apps.auth.services.issuing import Tokens, tokens_of
from apps.auth.services.keys import keys_for_tokens
from vortex import identity, realtime
from vortex.db import needs_transaction, unit_of_work
from vortex.errors import Unauthenticated
from vortex.ids import new_id
from vortex.outbox import publish
from vortex.telemetry import get_logger

_PRUNED_AT_ONCE: Final = 10_000

log = get_logger("auth.sessions")


class InvalidRefreshToken(
    Unauthenticated, code="invalid_refresh_token", title="Refresh token not accepted"
):
    """The refresh token is not one of ours, has expired, or its session has ended."""


class RefreshTokenReused(
    Unauthenticated, code="refresh_token_reused", title="Refresh token used before"
):
    """The refresh token had been replaced, so somebody else may hold it. The session has ended."""


def refresh(*, token: str, now: datetime) -> Tokens:
    """Exchange a refresh token for the next pair.

    A second call within the grace gives the same refresh token again; a later one ends the session.
    Of two calls at once one rotates and the other is such a second call.
    """
    session, line = rotate(token=token, client_id=None, now=now)
    return tokens_of(session, token_id=line.current_id, issued_at=line.rotated_at, now=now)


def rotate(*, token: str, client_id: UUID | None, now: datetime) -> tuple[Session, Line]:
    """Replace a refresh token of this program, or of a person where it is None; see `refresh`."""
    session_id, token_id = read_refresh_token(token, now=now)
    with unit_of_work("auth"):
        session = _alive(session_id, client_id, now)
        line = _rotate(session, token_id, now)
    if line is None:
        end_session_everywhere(session_id=session.pk, now=now)
        raise RefreshTokenReused
    return session, line


def revoke_session(*, session_id: UUID, reason: str, now: datetime) -> None:
    """End a session, its tokens and its sockets. Ending it twice is ending it once."""
    with unit_of_work("auth"):
        _end(session_id, reason, now)
    end_session_everywhere(session_id=session_id, now=now)


def end_session_everywhere(*, session_id: UUID, now: datetime) -> None:
    """Declare a session's access tokens dead and close its sockets; repeating it is harmless."""
    identity.revoke_session(session_id, until=now + access_lifetime())
    realtime.close_session(session_id)


def deactivate(*, user_id: UUID, now: datetime) -> User:
    """Let somebody sign in no more and end all their sessions. A second call changes nothing."""
    with unit_of_work("auth"):
        user, ended = write_down_deactivation(user_id=user_id, now=now)
    end_everywhere(user_id=user_id, ended=ended, now=now)
    return user


@needs_transaction("auth")
def write_down_deactivation(*, user_id: UUID, now: datetime) -> tuple[User, list[UUID]]:
    """Write down that somebody signs in no more; the caller carries it out by `end_everywhere`."""
    user = _locked(user_id)
    user.revoked_before = now
    user.save(update_fields=["revoked_before"])
    if user.is_active:
        user.is_active = False
        user.save(update_fields=["is_active"])
        publish(UserDeactivated(user_id=user_id, deactivated_at=now))
    return user, end_all(user_id=user_id, reason="deactivated", now=now)


def end_everywhere(*, user_id: UUID, ended: list[UUID], now: datetime) -> None:
    """Declare everything that was issued to somebody so far dead; repeating it is harmless."""
    identity.revoke_user(user_id, before=now)  # tokens of their programs have no session
    for session_id in ended:
        end_session_everywhere(session_id=session_id, now=now)


def revoke_all(*, user_id: UUID, reason: str, now: datetime, keep: UUID | None = None) -> int:
    """End a person's sessions, except the one to keep, and say how many; repeating is harmless."""
    with unit_of_work("auth"):
        ended = end_all(user_id=user_id, reason=reason, now=now, keep=keep)
    for session_id in ended:
        end_session_everywhere(session_id=session_id, now=now)
    return len(ended)


@needs_transaction("auth")
def end_all(*, user_id: UUID, reason: str, now: datetime, keep: UUID | None = None) -> list[UUID]:
    """Write down the end of a person's sessions; the caller ends them everywhere afterwards."""
    ended = [one for one in selectors.sessions_alive(user_id=user_id) if one != keep]
    for session_id in ended:
        _end(session_id, reason, now)
    looked_at = Impersonation.objects.filter(
        Q(staff_id=user_id) | Q(user_id=user_id), state__in=["requested", "approved"]
    )
    if keep is None:  # whoever signs out everywhere else goes on to be helped
        ended += _end_looking(list(looked_at.select_for_update().order_by("pk")), now)
    on_their_way = AuthorizationCode.objects.filter(user_id=user_id, used_at__isnull=True)
    on_their_way.update(used_at=now)
    agreed = DeviceGrant.objects.filter(user_id=user_id, state="approved")
    agreed.update(state="denied")
    # Nor does an account move to an address that was asked for in a session that has just ended.
    moving = MailLink.objects.filter(user_id=user_id, purpose=CHANGE_EMAIL, used_at__isnull=True)
    moving.exclude(session_id=keep, session_id__isnull=False).update(used_at=now)
    challenges.void_sign_ins(user_id=user_id)
    return ended


def prune(*, now: datetime) -> int:
    """Forget sessions that ended long ago and questions nobody can answer; return how many."""
    long_ago = now - KEPT_AFTER_END
    over = Q(revoked_at__lt=long_ago) | Q(expires_at__lt=long_ago)
    with unit_of_work("auth"):
        ids = list(Session.objects.filter(over).values_list("pk", flat=True)[:_PRUNED_AT_ONCE])
        RefreshFamily.objects.filter(session_id__in=ids).delete()
        Session.objects.filter(pk__in=ids).delete()
        yesterday = now - timedelta(days=1)
        Challenge.objects.filter(expires_at__lt=yesterday).delete()
        MailLink.objects.filter(expires_at__lt=yesterday).delete()
        TextCode.objects.filter(expires_at__lt=yesterday).delete()
        AuthorizationCode.objects.filter(expires_at__lt=yesterday).delete()
        ExternalRequest.objects.filter(expires_at__lt=yesterday).delete()
        DeviceGrant.objects.filter(expires_at__lt=yesterday).delete()
        PushedRequest.objects.filter(expires_at__lt=yesterday).delete()
        return len(ids)


def read_refresh_token(token: str, *, now: datetime) -> tuple[UUID, UUID]:
    """Return session and id of a genuine refresh token, or refuse it."""
    try:
        claims = RefreshToken(keys_for_tokens(now=now), token)
        return UUID(claims["sid"]), UUID(claims["jti"])
    except (TokenError, KeyError, ValueError, TypeError, AttributeError):
        raise InvalidRefreshToken from None


@needs_transaction("auth")
def _alive(session_id: UUID, client_id: UUID | None, now: datetime) -> Session:
    """Return the session, locked: a person is locked before a session, and it before its family."""
    found = Session.objects.filter(
        Q(client__isnull=True) | Q(client__is_active=True),
        pk=session_id,
        client_id=client_id,
        revoked_at__isnull=True,
        expires_at__gt=now,
        user__is_active=True,
    )
    session = found.select_related("user").select_for_update(of=("self",)).first()
    if session is None:
        raise InvalidRefreshToken
    return session


@needs_transaction("auth")
def _rotate(session: Session, token_id: UUID, now: datetime) -> Line | None:
    """Return the family's end after this call, or None where its reuse has ended the session.

    The update is the decision: of two that present one token, PostgreSQL lets one find it in force.
    """
    family = RefreshFamily.objects.filter(session_id=session.pk)
    successor = new_id()
    rotated = family.filter(state="active", current_id=token_id).update(
        current_id=successor, previous_id=F("current_id"), rotated_at=now
    )
    if rotated:
        Session.objects.filter(pk=session.pk).update(last_seen_at=now)
        return Line(successor, token_id, now)
    found = family.select_for_update().get()
    if found.state != "active":
        raise InvalidRefreshToken
    line = Line(found.current_id, found.previous_id, found.rotated_at)
    if judge(line, token_id, now) is Verdict.REPEAT:
        return line
    log.warning("auth.session.token_reused", session_id=str(session.pk))
    publish(TokenReuseDetected(user_id=session.user_id, session_id=session.pk, detected_at=now))
    _end(session.pk, "token_reuse", now)
    return None


@needs_transaction("auth")
def end_some(*, session_ids: list[UUID], reason: str, now: datetime) -> None:
    """Write down the end of these sessions; the caller ends them everywhere afterwards."""
    for session_id in session_ids:
        _end(session_id, reason, now)


@needs_transaction("auth")
def _end_looking(looked_at: list[Impersonation], now: datetime) -> list[UUID]:
    for one in looked_at:
        one.state, one.ended_at = "ended", now
        one.save(update_fields=["state", "ended_at"])
        publish(
            UserImpersonationChanged(
                user_id=one.user_id,
                impersonation_id=one.pk,
                staff_id=one.staff_id,
                state=one.state,
                changed_at=now,
            )
        )
    return [one.pk for one in looked_at]


@needs_transaction("auth")
def _end(session_id: UUID, reason: str, now: datetime) -> None:
    alive = Session.objects.select_for_update().filter(pk=session_id, revoked_at__isnull=True)
    session = alive.first()
    if session is None:
        return
    session.revoked_at, session.revoked_reason = now, reason
    session.save(update_fields=["revoked_at", "revoked_reason"])
    RefreshFamily.objects.filter(session_id=session_id).update(state="revoked")
    publish(
        SessionRevoked(
            user_id=session.user_id, session_id=session_id, reason=reason, revoked_at=now
        )
    )


@needs_transaction("auth")
def _locked(user_id: UUID) -> User:
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise UserNotFound(user_id=str(user_id))
    return user
