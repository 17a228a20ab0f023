"""What auth publishes: who exists, who may do what, and the keys that tokens are verified with."""

from datetime import datetime
from uuid import UUID

from vortex.contracts import Event, Service, Value, command, event, query
from vortex.errors import Conflict, Invalid, NotFound


class UserNotFound(NotFound, code="user_not_found", title="User not found"):
    """There is no such user."""


class EmailTaken(Conflict, code="email_taken", title="E-mail already registered"):
    """Somebody is registered with this e-mail address."""


class WeakPassword(Invalid, code="weak_password", title="Password not accepted"):
    """The password is too short, too long, too common or unreadable."""


class UserView(Value):
    """A user as other contexts may see them."""

    user_id: UUID
    email: str
    full_name: str
    roles: tuple[str, ...]
    is_active: bool
    created_at: datetime


class VerificationKeys(Value):
    """A JSON Web Key Set (RFC 7517) as text, public keys only."""

    jwks: str


class Users(Service, context="auth", version=1):
    """Who exists."""

    @command(key="user_id", refuses=(EmailTaken, WeakPassword))
    def register(
        self,
        *,
        user_id: UUID,
        email: str,
        full_name: str,
        password: str | None,
        roles: tuple[str, ...],
        created_at: datetime,
    ) -> UserView:
        """Register somebody on the bank's own behalf (demonstration, import, staff).

        The caller brings the id. Without a password nobody can sign in until one is set.
        """
        ...

    @query(refuses=(UserNotFound,))
    def user(self, *, user_id: UUID) -> UserView:
        """Return a user."""
        ...

    @query(refuses=(UserNotFound,))
    def by_email(self, *, email: str) -> UserView:
        """Return the user with this e-mail address, compared without case."""
        ...


class TokenKeys(Service, context="auth", version=1):
    """The keys with which access tokens are verified."""

    @query()
    def verification_keys(self) -> VerificationKeys:
        """Return the public keys in force, retiring ones included."""
        ...


@event("user.registered", topic="user.events", key="user_id")
class UserRegistered(Event):
    """Somebody can become a customer."""

    user_id: UUID
    registered_at: datetime


@event("user.logged_in", topic="user.events", key="user_id")
class UserLoggedIn(Event):
    """Somebody signed in."""

    user_id: UUID
    session_id: UUID
    logged_in_at: datetime


@event("user.session_revoked", topic="user.events", key="user_id")
class SessionRevoked(Event):
    """A session ended before its time; its tokens and sockets are dead."""

    user_id: UUID
    session_id: UUID
    reason: str
    revoked_at: datetime
