"""What auth publishes: who exists, who may do what, and the keys that tokens are verified with."""

from datetime import datetime
from uuid import UUID

from vortex.contracts import Event, Service, Value, command, event, query
from vortex.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Refused,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from vortex.money import Money


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
    def by_email(self, *, email: str) -> UserView:
        """Return the user with this e-mail address, compared without case."""
        ...


class ChallengeNotFound(NotFound, code="challenge_not_found", title="Challenge not found"):
    """There is no such question to this person, or it has been forgotten."""


class BindingMismatch(Refused, code="binding_mismatch", title="Agreed to something else"):
    """The person was asked about another amount, payee or payment. The challenge is void."""


class WrongAnswer(Unauthenticated, code="wrong_answer", title="Not right"):
    """The code, passkey or password is not right, was used before, or the question is closed."""


class TooManyAnswers(TooMany, code="too_many_answers", title="Too many wrong answers"):
    """The person waits after too many wrong codes; `retry_after` says how long, in seconds."""


class StepUpRequired(Forbidden, code="step_up_required", title="Prove that it is you"):
    """This needs a fresher or stronger proof than the session has.

    Answer at POST /api/auth/step-up/verify by one of `methods`; `acr` and `max_age` (seconds) say
    how strong and how fresh it has to be.
    """


class Binding(Value):
    """What a person agrees to: so much, to this payee, by this payment. Any change is another."""

    purpose: str
    amount: Money
    payee: str  # what identifies the payee, such as an IBAN
    reference: str  # the payment that it is about, so that an agreement serves one
    payee_name: str = ""  # shown, and not part of what is agreed to


class ChallengeView(Value):
    """A question to a person, open until it expires; `passkey_options` is JSON, or empty."""

    challenge_id: UUID
    state: str
    methods: tuple[str, ...]
    expires_at: datetime
    passkey_options: str = ""


class Agreement(Value):
    """A person has agreed to exactly what they were asked, by these methods (RFC 8176)."""

    challenge_id: UUID
    user_id: UUID
    amr: tuple[str, ...]
    agreed_at: datetime


class StepUp(Value):
    """How strongly and how recently the owner of a session proved to be there."""

    acr: str
    amr: tuple[str, ...]
    authenticated_at: datetime


class Challenges(Service, context="auth", version=1):
    """Proofs of presence, and of agreement to a payment (dynamic linking)."""

    @query(refuses=(StepUpRequired, SessionNotFound))
    def require_step_up(
        self, *, user_id: UUID, session_id: UUID, max_age_seconds: int, acr: str
    ) -> StepUp:
        """Return how a session was proved, if within `max_age_seconds` and at least by `acr`.

        `acr` is aal1 or aal2; whoever has a second factor is always held to aal2.
        """
        ...

    @command(key="challenge_id", refuses=(UserNotFound, BindingMismatch))
    def issue_challenge(
        self, *, challenge_id: UUID, user_id: UUID, session_id: UUID | None, binding: Binding
    ) -> ChallengeView:
        """Ask a person to agree to a payment. They answer here, or at /api/auth/challenges/{id}."""
        ...

    @command(
        key="challenge_id",
        deadline_ms=5000,
        refuses=(
            ChallengeNotFound,
            BindingMismatch,
            WrongAnswer,
            TooManyAnswers,
            UserNotFound,
        ),
    )
    def verify_challenge(
        self, *, challenge_id: UUID, user_id: UUID, binding: Binding, method: str, answer: str
    ) -> Agreement:
        """Return the agreement to exactly this binding; a second call returns it again.

        `answer` is the code, or the passkey's response as JSON; empty where the person has answered
        to auth directly. Another binding than the one that was asked about voids the challenge.
        """
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


@event("user.registered", topic="user.events", key="user_id")
class UserRegistered(Event):
    """Somebody can become a customer."""

    user_id: UUID
    registered_at: datetime


@event("user.profile_updated", topic="user.events", key="user_id")
class UserProfileUpdated(Event):
    """What a person may change about themselves has changed."""

    user_id: UUID
    updated_at: datetime


@event("user.deactivated", topic="user.events", key="user_id")
class UserDeactivated(Event):
    """Somebody may not sign in any more; every session of theirs has ended."""

    user_id: UUID
    deactivated_at: datetime


@event("user.token_reuse_detected", topic="user.events", key="user_id")
class TokenReuseDetected(Event):
    """A refresh token came back after it had been replaced: two hold it. The session has ended."""

    user_id: UUID
    session_id: UUID
    detected_at: datetime


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


@event("user.mfa_enabled", topic="user.events", key="user_id")
class UserMfaEnabled(Event):
    """A second factor protects somebody's sign-in."""

    user_id: UUID
    method: str
    enabled_at: datetime


@event("user.mfa_disabled", topic="user.events", key="user_id")
class UserMfaDisabled(Event):
    """A second factor of somebody's is gone."""

    user_id: UUID
    method: str
    disabled_at: datetime


@event("user.mfa_failed", topic="user.events", key="user_id")
class UserMfaFailed(Event):
    """Somebody knew the password, or held a session, and gave a wrong second factor."""

    user_id: UUID
    method: str
    failed_at: datetime


@event("user.passkey_added", topic="user.events", key="user_id")
class UserPasskeyAdded(Event):
    """Somebody can sign in with another passkey."""

    user_id: UUID
    passkey_id: UUID
    added_at: datetime


@event("user.passkey_removed", topic="user.events", key="user_id")
class UserPasskeyRemoved(Event):
    """A passkey opens nothing any more."""

    user_id: UUID
    passkey_id: UUID
    removed_at: datetime


@event("user.email_verified", topic="user.events", key="user_id")
class UserEmailVerified(Event):
    """Mail to this person's address reaches them."""

    user_id: UUID
    verified_at: datetime


@event("user.password_changed", topic="user.events", key="user_id")
class UserPasswordChanged(Event):
    """Somebody has a new password; their sessions have ended. `by` is "change" or "reset"."""

    user_id: UUID
    by: str
    changed_at: datetime


@event("user.new_device_seen", topic="user.events", key="user_id")
class UserNewDeviceSeen(Event):
    """Somebody signed in from a device or a network that they had not used lately."""

    user_id: UUID
    session_id: UUID
    seen_at: datetime


@event("user.link_requested", topic="user.events", key="link_id", single=True)
class UserLinkRequested(Event):
    """A link by mail was asked for; whether anybody has the address, is not said."""

    link_id: UUID
    requested_at: datetime


@event("user.role_granted", topic="user.events", key="user_id")
class UserRoleGranted(Event):
    """Somebody was given a role; their sessions have ended."""

    user_id: UUID
    role: str
    changed_by: UUID
    changed_at: datetime


@event("user.role_revoked", topic="user.events", key="user_id")
class UserRoleRevoked(Event):
    """Somebody has lost a role; their sessions have ended."""

    user_id: UUID
    role: str
    changed_by: UUID
    changed_at: datetime


@event("user.erased", topic="user.events", key="user_id")
class UserErased(Event):
    """Somebody was forgotten; whatever names them shall forget the rest."""

    user_id: UUID
    erased_at: datetime
