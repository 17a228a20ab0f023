"""Sessions and consents as other contexts may ask about them."""

from datetime import datetime
from uuid import UUID

from apps.auth.contracts.people import UserNotFound
from vortex.contracts import Service, Value, command, query
from vortex.errors import Invalid, Unauthenticated


class TokenNotAccepted(Unauthenticated, code="token_not_accepted", title="Token not accepted"):
    """The access token is not genuine, is over, or its session has ended."""


class UnknownPurpose(Invalid, code="unknown_purpose", title="Unknown purpose"):
    """Nobody is asked to agree to this; `known` lists what people are asked."""


class TokenOwner(Value):
    """Whom an access token was issued to, and what it may do."""

    user_id: UUID
    session_id: UUID
    roles: tuple[str, ...]
    scopes: tuple[str, ...]
    amr: tuple[str, ...]
    auth_time: int
    client_id: str = ""
    actor_id: UUID | None = None  # who of the bank looks, with the person's consent


class SessionView(Value):
    """A session that goes on: where it is, and how it was proved."""

    session_id: UUID
    user_agent: str
    network: str
    amr: tuple[str, ...]
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


class UserMark(Value):
    """Everything that was issued to a user before an instant is worthless."""

    user_id: UUID
    before: datetime


class RevokedLately(Value):
    """What has ended and might still be shown: sessions, until when, and whole users."""

    sessions: tuple[UUID, ...]
    until: datetime
    users: tuple[UserMark, ...]


class Sessions(Service, context="auth", version=1):
    """Who is signed in, and the end of it."""

    @query(refuses=(TokenNotAccepted,))
    def authenticate_token(self, *, raw: str) -> TokenOwner:
        """Return whom an access token belongs to, or refuse it."""
        ...

    @query(deadline_ms=5000)
    def revoked_lately(self) -> RevokedLately:
        """Return what ended so lately that its tokens are not over: all that has to be marked."""
        ...

    @query()
    def list_active_sessions(self, *, user_id: UUID) -> tuple[SessionView, ...]:
        """Return a person's sessions that go on, the one used last first."""
        ...

    @command(key="command_id", refuses=(UserNotFound,))
    def revoke_all_sessions(self, *, command_id: UUID, user_id: UUID, reason: str) -> int:
        """End all sessions of a person and return how many; a retry finds none more to end."""
        ...

    @query()
    def is_trusted_device(self, *, user_id: UUID, session_id: UUID) -> bool:
        """Say whether a session was proved by two factors, or is in a browser that is trusted."""
        ...


class ConsentView(Value):
    """What holds about a purpose. `granted` is about today's version and nothing older."""

    purpose: str
    granted: bool
    version: str
    decided_at: datetime | None = None


class Consents(Service, context="auth", version=1):
    """What people have agreed to."""

    @query(refuses=(UnknownPurpose,))
    def consent(self, *, user_id: UUID, purpose: str) -> ConsentView:
        """Say whether a person agrees to terms, marketing or ai_training; a no unless they did."""
        ...
