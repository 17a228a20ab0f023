"""Revocation: a session's tokens die at once, and so does everything a user had before an instant.

The set lives in Valkey and only as long as the tokens it is about. It is asked on every request and
answers or the request is refused: a bank that cannot know whether a session is alive treats it as
dead. What auth's database says is the truth; this is the copy that every process can afford to ask.
Should Valkey lose its data, the mark that the copy is complete is lost with it: then nobody is let
in before whoever comes first has had the copy made again.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, cast
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from vortex import valkey
from vortex.clock import now
from vortex.errors import Unauthenticated, Unavailable
from vortex.telemetry import get_logger

# No access token may live longer, so no mark needs to be kept longer.
LONGEST_LIFE: Final = timedelta(hours=24)

# A mark only ever moves forward: an event that comes late must not revive what a later one killed.
_RAISE: Final = """
local known = tonumber(redis.call('GET', KEYS[1]) or '0')
if tonumber(ARGV[1]) > known then redis.call('SET', KEYS[1], ARGV[1], 'EXAT', ARGV[2]) end
"""

# Stands while nothing has been lost. It never expires by itself.
COMPLETE: Final = "revoked:complete"

log = get_logger("identity.revocation")
_making = threading.Lock()


@dataclass(frozen=True)
class Revoked:
    """What auth's database knows to have ended lately: sessions, and users with the instant."""

    sessions: tuple[UUID, ...] = ()
    until: datetime | None = None  # when the last token of those sessions is over
    users: tuple[tuple[UUID, datetime], ...] = ()


def nothing() -> Revoked:
    """Know of nothing: for tests, where no token was issued before they began."""
    return Revoked()


class SessionIsRevoked(Unauthenticated, code="session_revoked", title="Signed out"):
    """The session of this token has ended. Sign in again."""


class RevocationUnavailable(
    Unavailable, code="revocation_unavailable", title="Sessions cannot be checked"
):
    """Whether the session is alive cannot be known right now, so it is not taken for alive."""


def revoke_session(session_id: UUID, until: datetime) -> None:
    """End a session until its last token has expired; the second call changes nothing.

    Refuses with RevocationUnavailable when it could not be recorded: then the session is alive.
    """
    if until <= now():
        return
    try:
        valkey.client().set(session_key(session_id), "1", exat=int(until.timestamp()) + 1)
    except valkey.FAILURES as error:
        raise _unavailable(error) from None


def revoke_user(user_id: UUID, before: datetime) -> None:
    """End everything issued to a user before an instant; an earlier instant changes nothing.

    Tokens say in `iat` when they were issued, with a fraction of a second: with whole seconds, a
    token of the same second that was issued afterwards would be dead too.
    """
    expires = int((before + LONGEST_LIFE).timestamp()) + 1
    try:
        valkey.client().eval(
            _RAISE, 1, user_key(user_id), f"{before.timestamp():.6f}", str(expires)
        )
    except valkey.FAILURES as error:
        raise _unavailable(error) from None


def is_revoked(*, session_id: UUID | None, user_id: UUID, issued_at: float) -> bool:
    """Say whether a session has ended; `issued_at` is in seconds since the epoch.

    Refuses with RevocationUnavailable when Valkey does not answer.
    """
    keys = [COMPLETE, user_key(user_id)] + ([session_key(session_id)] if session_id else [])
    complete, mark, *session = _ask(keys)
    if complete is None:
        make_again()
        _, mark, *session = _ask(keys)
    return any(session) or (mark is not None and issued_at < float(mark))


def make_again() -> None:
    """Have the copy made again from what settings.VORTEX_REVOCATIONS_LOADER returns.

    Whoever comes meanwhile waits; refuses where it cannot be made, so that nobody is let in.
    """
    with _making:
        if _ask([COMPLETE])[0] is not None:
            return
        load = cast("Callable[[], Revoked]", import_string(settings.VORTEX_REVOCATIONS_LOADER))
        try:
            known = load()
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody is let in
            raise _unavailable(error) from None
        remember(known)
        log.info("identity.revocation.made_again", sessions=len(known.sessions))


def remember(known: Revoked) -> None:
    """Mark what is known to have ended, then the copy as complete; repeating it is harmless."""
    for user_id, before in known.users:
        revoke_user(user_id, before)
    try:
        with valkey.client().pipeline(transaction=False) as pipe:
            for session_id in known.sessions:
                if known.until is not None:
                    pipe.set(session_key(session_id), "1", exat=int(known.until.timestamp()) + 1)
            pipe.execute()
        valkey.client().set(COMPLETE, "1")
    except valkey.FAILURES as error:
        raise _unavailable(error) from None


def _ask(keys: list[str]) -> list[bytes | None]:
    try:
        return cast("list[bytes | None]", valkey.client().mget(keys))
    except valkey.FAILURES as error:
        raise _unavailable(error) from None


def session_key(session_id: UUID) -> str:
    """Return where the end of a session is marked."""
    return f"revoked:sid:{session_id}"


def user_key(user_id: UUID) -> str:
    """Return where the instant is kept before which nothing of a user counts."""
    return f"revoked:user:{user_id}"


def _unavailable(error: Exception) -> RevocationUnavailable:
    log.error("identity.revocation.unavailable", error=type(error).__name__)
    return RevocationUnavailable(retry_after=1)
