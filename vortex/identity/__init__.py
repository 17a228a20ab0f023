"""Who is calling: verified tokens, revocation, permissions. There is no user table here.

principal = verify(raw)                # the token's owner, or a refusal
revoke_session(session_id, until)      # its tokens are dead at once, everywhere
revoke_user(user_id, before)           # so is everything issued before that instant
"""

from vortex.identity.revocation import (
    RevocationUnavailable,
    Revoked,
    SessionIsRevoked,
    is_revoked,
    remember,
    revoke_session,
    revoke_user,
)
from vortex.identity.tokens import InvalidToken, TokenExpired, verify

__all__ = [
    "InvalidToken",
    "RevocationUnavailable",
    "Revoked",
    "SessionIsRevoked",
    "TokenExpired",
    "is_revoked",
    "remember",
    "revoke_session",
    "revoke_user",
    "verify",
]
