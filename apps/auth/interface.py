"""What auth serves to other contexts: each operation decodes, calls one service and encodes."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from apps.auth import selectors
from apps.auth.contracts import (
    Agreement,
    Binding,
    Challenges,
    ChallengeView,
    Consents,
    ConsentView,
    ContactPoints,
    InvalidEmail,
    Permissions,
    RevokedLately,
    Sessions,
    SessionView,
    StepUp,
    TokenKeys,
    TokenNotAccepted,
    TokenOwner,
    UnknownRole,
    UserMark,
    UserNotFound,
    Users,
    UserView,
    VerificationKeys,
)
from apps.auth.domain.challenges import PASSKEY, acr_of, binding_digest
from apps.auth.domain.email import canonical_email
from apps.auth.domain.roles import is_staff_role
from apps.auth.models import Challenge, User
from apps.auth.services import (
    agreements,
    authority,
    challenges,
    consents,
    keys,
    registration,
    revocations,
    sessions,
    stepping_up,
    trusted_browsers,
)
from vortex import identity
from vortex.clock import now
from vortex.contracts import STAFF_ROLES, serves
from vortex.errors import Unauthenticated


@serves(Users)
class ServedUsers(Users):
    """Who exists, from this context's own table."""

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
        """Register somebody on the bank's own behalf."""
        registered = registration.register(
            user_id=user_id,
            email=email,
            full_name=full_name,
            password=password,
            roles=roles,
            registered_at=created_at,
        )
        return _view_of(registered)

    def user(self, *, user_id: UUID) -> UserView:
        """Return a user."""
        return _view_of(selectors.user(user_id=user_id))

    def contact_points(self, *, user_id: UUID) -> ContactPoints:
        """Return where a person is reached."""
        user, phone = selectors.user(user_id=user_id), selectors.phone_of(user_id=user_id)
        return ContactPoints(
            user_id=user.pk,
            full_name=user.full_name,
            email=user.email,
            email_verified=user.email_verified_at is not None,
            phone=phone.number if phone else "",
            phone_verified=phone is not None,
        )

    def users_in_role(self, *, role: str) -> tuple[UserView, ...]:
        """Return the active people who hold a role of staff."""
        if not is_staff_role(role):
            raise UnknownRole(known=list(STAFF_ROLES))
        return tuple(_view_of(user) for user in selectors.active_in_role(role=role, limit=500))

    def by_email(self, *, email: str) -> UserView:
        """Return the user with this e-mail address."""
        try:
            found = selectors.user_or_none(email=canonical_email(email))
        except InvalidEmail:  # nobody can be registered with what is no address
            found = None
        if found is None:
            raise UserNotFound
        return _view_of(found)


@serves(TokenKeys)
class ServedTokenKeys(TokenKeys):
    """The public halves of the signing keys."""

    def verification_keys(self) -> VerificationKeys:
        """Return the public keys in force."""
        return VerificationKeys(jwks=keys.verification_jwks(now=now()))


@serves(Challenges)
class ServedChallenges(Challenges):
    """Proofs of presence and of agreement, by the factors that a person has."""

    def require_step_up(
        self, *, user_id: UUID, session_id: UUID, max_age_seconds: int, acr: str
    ) -> StepUp:
        """Return how a session was proved, or refuse."""
        session = stepping_up.require(
            user_id=user_id,
            session_id=session_id,
            max_age=timedelta(seconds=max_age_seconds),
            acr=acr,
            now=now(),
        )
        return StepUp(
            acr=acr_of(session.amr),
            amr=tuple(session.amr),
            authenticated_at=session.authenticated_at,
        )

    def issue_challenge(
        self, *, challenge_id: UUID, user_id: UUID, session_id: UUID | None, binding: Binding
    ) -> ChallengeView:
        """Ask a person to agree to a payment."""
        asked = agreements.ask(
            challenge_id=challenge_id,
            user_id=user_id,
            session_id=session_id,
            digest=_digest_of(binding),
            shown={
                "purpose": binding.purpose,
                "amount": binding.amount.amount,
                "currency": binding.amount.currency,
                "payee": binding.payee,
                "payee_name": binding.payee_name,
            },
            now=now(),
        )
        return _question_of(asked, user_id)

    def verify_challenge(
        self, *, challenge_id: UUID, user_id: UUID, binding: Binding, method: str, answer: str
    ) -> Agreement:
        """Return the agreement to exactly this binding, or refuse."""
        proved = agreements.verify(
            challenge_id=challenge_id,
            user_id=user_id,
            digest=_digest_of(binding),
            answer=_answer_of(method, answer) if answer else None,
            now=now(),
        )
        return Agreement(
            challenge_id=challenge_id,
            user_id=user_id,
            amr=tuple(proved.amr),
            agreed_at=proved.proved_at or now(),
        )


@serves(Permissions)
class ServedPermissions(Permissions):
    """Who may do what, by the roles that they have now."""

    def has_permission(
        self, *, user_id: UUID, permission: str, owner_id: UUID | None = None
    ) -> bool:
        """Say whether a person may do this to what belongs to the owner."""
        return authority.has_permission(user_id=user_id, permission=permission, owner_id=owner_id)


@serves(Sessions)
class ServedSessions(Sessions):
    """Who is signed in, and the end of it."""

    def authenticate_token(self, *, raw: str) -> TokenOwner:
        """Return whom an access token belongs to, or refuse it."""
        try:
            principal = identity.verify(raw)
        except Unauthenticated:
            raise TokenNotAccepted from None
        if principal.session_id is None:
            raise TokenNotAccepted
        return TokenOwner(
            user_id=principal.user_id,
            session_id=principal.session_id,
            roles=principal.roles,
            scopes=principal.scopes,
            amr=principal.amr,
            auth_time=principal.auth_time,
            client_id=principal.client_id,
            actor_id=principal.actor_id,
        )

    def revoked_lately(self) -> RevokedLately:
        """Return what ended so lately that its tokens are not over."""
        known = revocations.lately(now=now())
        return RevokedLately(
            sessions=known.sessions,
            until=known.until or now(),
            users=tuple(UserMark(user_id=one, before=before) for one, before in known.users),
        )

    def list_active_sessions(self, *, user_id: UUID) -> tuple[SessionView, ...]:
        """Return a person's sessions that go on."""
        found = selectors.sessions_of(user_id=user_id, now=now())
        return tuple(
            SessionView(
                session_id=session.pk,
                user_agent=session.user_agent,
                network=session.network,
                amr=tuple(session.amr),
                created_at=session.created_at,
                last_seen_at=session.last_seen_at,
                expires_at=session.expires_at,
            )
            for session in found
        )

    def revoke_all_sessions(self, *, command_id: UUID, user_id: UUID, reason: str) -> int:
        """End all sessions of a person and return how many."""
        del command_id  # what has ended does not end again
        selectors.user(user_id=user_id)
        return sessions.revoke_all(user_id=user_id, reason=reason[:32], now=now())

    def is_trusted_device(self, *, user_id: UUID, session_id: UUID) -> bool:
        """Say whether a session was proved by two factors, or is in a browser that is trusted."""
        return trusted_browsers.is_where_trusted(user_id=user_id, session_id=session_id, now=now())


@serves(Consents)
class ServedConsents(Consents):
    """What people have agreed to."""

    def consent(self, *, user_id: UUID, purpose: str) -> ConsentView:
        """Say whether a person agrees; a no unless they did."""
        found = consents.standing(user_id=user_id, purpose=purpose)
        return ConsentView(
            purpose=purpose,
            granted=found.granted,
            version=found.version,
            decided_at=found.decided_at,
        )


def _digest_of(binding: Binding) -> str:
    return binding_digest(
        binding.purpose,
        binding.amount.minor,
        binding.amount.currency,
        binding.payee,
        binding.reference,
    )


def _question_of(asked: Challenge, user_id: UUID) -> ChallengeView:
    methods = challenges.methods_for(user_id)
    options = challenges.passkey_options(asked) if PASSKEY in methods else None
    return ChallengeView(
        challenge_id=asked.pk,
        state=asked.state,
        methods=methods,
        expires_at=asked.expires_at,
        passkey_options=msgspec.json.encode(options).decode() if options else "",
    )


def _answer_of(method: str, text: str) -> challenges.Answer:
    if method != PASSKEY:
        return challenges.Answer(method=method, code=text)
    try:
        credential = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeError):
        credential = {}
    return challenges.Answer(method=method, credential=credential)


def _view_of(user: User) -> UserView:
    return UserView(
        user_id=user.pk,
        email=user.email,
        full_name=user.full_name,
        roles=tuple(user.roles),
        is_active=user.is_active,
        created_at=user.created_at,
    )
