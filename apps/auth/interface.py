"""What auth serves to other contexts: each operation decodes, calls one service and encodes."""

from datetime import datetime
from uuid import UUID

from apps.auth import selectors
from apps.auth.contracts import (
    InvalidEmail,
    TokenKeys,
    UserNotFound,
    Users,
    UserView,
    VerificationKeys,
)
from apps.auth.domain.email import canonical_email
from apps.auth.models import User
from apps.auth.services import keys, registration
from vortex.clock import now
from vortex.contracts import serves


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


def _view_of(user: User) -> UserView:
    return UserView(
        user_id=user.pk,
        email=user.email,
        full_name=user.full_name,
        roles=tuple(user.roles),
        is_active=user.is_active,
        created_at=user.created_at,
    )
