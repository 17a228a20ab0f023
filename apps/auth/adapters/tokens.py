"""Tokens on the wire: simplejwt's, signed with EdDSA under a named key, dated by the caller.

Access tokens are for everybody who verifies (vortex.identity); refresh tokens are addressed to auth
alone, so that neither passes for the other even where somebody forgets to look at `token_type`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from django.conf import settings
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError
from rest_framework_simplejwt.tokens import Token

from apps.auth.conf import REFRESH_AUDIENCE, access_lifetime, refresh_lifetime

_ALGORITHM: Final = "EdDSA"
# Two clocks of one bank do not agree to the millisecond.
_LEEWAY: Final = timedelta(seconds=5)
_LONGEST: Final = 4096


class Keys:
    """The keys in force: one that signs, and all that verify, by their ids."""

    def __init__(self, kid: str, private: Ed25519PrivateKey, public: Mapping[str, Any]) -> None:
        self.kid = kid
        self.private = private
        self.public = public


@dataclass(frozen=True)
class Signer:
    """A private key by its name, and the algorithm that it signs by."""

    kid: str
    algorithm: str
    private: Ed25519PrivateKey | RSAPrivateKey


def signed(by: Signer, **claims: Any) -> str:
    """Return a JWT that says just this; it is none of our own tokens, which have backends."""
    return jwt.encode(claims, by.private, algorithm=by.algorithm, headers={"kid": by.kid})


class KeyedBackend(TokenBackend):
    """simplejwt's backend with a key id in the header, and a verifying key chosen by it."""

    def __init__(self, keys: Keys, audience: str) -> None:
        super().__init__(
            _ALGORITHM,
            audience=audience,
            issuer=settings.VORTEX_TOKEN_ISSUER,
            leeway=_LEEWAY,
        )
        self._keys = keys

    def encode(self, payload: dict[str, Any]) -> str:
        """Return the signed token of a payload."""
        claims = {**payload, "aud": self.audience, "iss": self.issuer}
        header = {"kid": self._keys.kid}
        return jwt.encode(claims, self._keys.private, algorithm=_ALGORITHM, headers=header)

    def get_verifying_key(self, token: Any) -> Any:
        """Return the key that the token names; refuses a token that names none of ours."""
        try:
            kid = jwt.get_unverified_header(token).get("kid")
        except jwt.InvalidTokenError as error:
            raise TokenBackendError("Token is invalid") from error
        key = self._keys.public.get(str(kid))
        if key is None:
            raise TokenBackendError("Token is signed with no key of ours")
        return key


class DatedToken(Token):
    """A token under the keys and at the instant that it is given; the id is the caller's too."""

    audience: ClassVar[str]

    def __init__(self, keys: Keys, token: Any = None) -> None:
        self._token_backend = KeyedBackend(keys, self.audience)
        super().__init__(token[:_LONGEST] if token is not None else None)

    @classmethod
    def issued(
        cls, keys: Keys, *, token_id: str, issued_at: datetime, expires_at: datetime, **claims: Any
    ) -> str:
        """Return a signed token. The same arguments give the same token, byte by byte."""
        token = cls(keys)
        token.payload |= {
            **claims,
            "jti": token_id,
            # A fraction of a second tells a token from one that was revoked in the same second.
            "iat": round(issued_at.timestamp(), 6),
            "nbf": int(issued_at.timestamp()),
            "exp": int(expires_at.timestamp()),
        }
        return str(token)


class AccessToken(DatedToken):
    """Opens the API for a quarter of an hour."""

    token_type = "access"  # noqa: S105 - a kind of token, not one
    audience = settings.VORTEX_TOKEN_AUDIENCE
    lifetime = access_lifetime()


class RefreshToken(DatedToken):
    """Is exchanged, once, for the next pair."""

    token_type = "refresh"  # noqa: S105 - a kind of token, not one
    audience = REFRESH_AUDIENCE
    lifetime = refresh_lifetime()
