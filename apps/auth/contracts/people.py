"""Who exists, who may do what, and the keys that tokens are verified with."""

from datetime import datetime
from uuid import UUID

from vortex.contracts import Service, Value, command, query
from vortex.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable


class UserNotFound(NotFound, code="user_not_found", title="User not found"):
    """There is no such user."""


class EmailTaken(Conflict, code="email_taken", title="E-mail already registered"):
    """Somebody is registered with this e-mail address."""


class WeakPassword(Invalid, code="weak_password", title="Password not accepted"):
    """The password is too short, too long, too common or unreadable."""


class InvalidEmail(Invalid, code="invalid_email", title="E-mail address not accepted"):
    """The text is not an address that mail is sent to, or it imitates another one."""


class InvalidName(Invalid, code="invalid_name", title="Name not accepted"):
    """The name is empty, too long, or contains control characters."""


class UnknownRole(Invalid, code="unknown_role", title="Unknown role"):
    """There is no such role."""


class UserIdReused(Conflict, code="user_id_reused", title="User id already used"):
    """Somebody with another e-mail address was registered under this id."""


class SessionNotFound(NotFound, code="session_not_found", title="Session not found"):
    """There is no such session of the caller, or it has ended."""


class SignInUnavailable(Unavailable, code="sign_in_unavailable", title="Cannot sign in now"):
    """Attempts cannot be counted at the moment, so none is made."""


class UserView(Value):
    """A user as other contexts may see them."""

    user_id: UUID
    email: str
    full_name: str
    roles: tuple[str, ...]
    is_active: bool
    created_at: datetime


class ContactPoints(Value):
    """Where a person is reached, and how they like to be written to; empty where not known."""

    user_id: UUID
    full_name: str
    email: str
    email_verified: bool
    phone: str = ""
    phone_verified: bool = False
    locale: str = "en"
    timezone: str = "UTC"


class VerificationKeys(Value):
    """A JSON Web Key Set (RFC 7517) as text, public keys only."""

    jwks: str


class Users(Service, context="auth", version=1):
    """Who exists."""

    @command(
        key="user_id",
        deadline_ms=5000,
        refuses=(EmailTaken, WeakPassword, InvalidEmail, InvalidName, UnknownRole, UserIdReused),
    )
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
    def contact_points(self, *, user_id: UUID) -> ContactPoints:
        """Return where a person is reached; of an address that is not verified, be careful."""
        ...

    @query(refuses=(UnknownRole,))
    def users_in_role(self, *, role: str) -> tuple[UserView, ...]:
        """Return the active people who hold a role of staff, at most 500; never the customers."""
        ...

    @query(refuses=(UserNotFound,))
    def by_email(self, *, email: str) -> UserView:
        """Return the user with this e-mail address, compared without case."""
        ...


class PermissionMissing(Forbidden, code="permission_missing", title="Not allowed"):
    """The caller's roles do not allow this."""


class Permissions(Service, context="auth", version=1):
    """Who may do what: the one place that knows."""

    @query()
    def has_permission(
        self, *, user_id: UUID, permission: str, owner_id: UUID | None = None
    ) -> bool:
        """Say whether a person may do this to what belongs to the owner.

        Without an owner it is about everybody's. Nobody unknown or deactivated may do anything.
        """
        ...


class TokenKeys(Service, context="auth", version=1):
    """The keys with which access tokens are verified."""

    @query()
    def verification_keys(self) -> VerificationKeys:
        """Return the public keys in force, retiring ones included."""
        ...
