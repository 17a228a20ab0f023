"""Access tokens (RFC 9068 in spirit): verified against public keys, then against revocation.

The signature of a token is checked once while it lives; its session is checked every time. Nothing
that the token says about itself chooses how it is verified: the key decides the algorithm, the key
ring decides the key, and headers that point elsewhere (jku, x5u, jwk) are never followed.
"""

import hashlib
import threading
from base64 import urlsafe_b64decode
from collections import OrderedDict
from typing import Any, Final, Literal
from uuid import UUID

import jwt
import msgspec
from django.conf import settings

from vortex.clock import now
from vortex.contracts import Principal
from vortex.errors import Unauthenticated
from vortex.identity import keys, revocation

LEEWAY_SECONDS: Final = 5
LONGEST_TOKEN: Final = 8192
_REQUIRED: Final = ["exp", "iat", "nbf", "iss", "aud", "sub", "sid", "jti", "token_type"]


class InvalidToken(Unauthenticated, code="invalid_token", title="Token not accepted"):
    """The access token is not one of ours, not for this bank, or not an access token."""


class TokenExpired(Unauthenticated, code="token_expired", title="Token expired"):
    """The access token was good and is over. Refresh it, or sign in again."""


class Actor(msgspec.Struct, frozen=True):
    """Who acts, where it is not the subject."""

    sub: UUID


class Claims(msgspec.Struct, frozen=True):
    """What an access token says, decoded strictly; times are seconds since the epoch."""

    sub: UUID
    sid: UUID
    jti: str
    exp: float
    iat: float
    nbf: float
    token_type: Literal["access"]
    kind: Literal["user", "service", "system"] = "user"
    roles: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    auth_time: int = 0
    amr: tuple[str, ...] = ()
    client_id: str = ""
    act: Actor | None = None  # RFC 8693, 4.1


class Verified(msgspec.Struct, frozen=True):
    """A token whose signature held: who it is about, its life, and the key that vouched for it.

    `caller` is the name under which limits and remembered answers know who it is about; `marks` are
    where revocation keeps the ends of the user's tokens and of this session.
    """

    principal: Principal
    issued_at: float
    expires_at: float
    kid: str
    caller: str
    marks: tuple[str, str]


class _Recent:
    """Tokens verified lately, by their hash; the least recently used is forgotten first."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._entries: OrderedDict[bytes, Verified] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, digest: bytes) -> Verified | None:
        with self._lock:
            found = self._entries.get(digest)
            if found is not None:
                self._entries.move_to_end(digest)
            return found

    def put(self, digest: bytes, verified: Verified) -> None:
        with self._lock:
            self._entries[digest] = verified
            while len(self._entries) > self._capacity:
                self._entries.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()


recent: Final = _Recent(capacity=10_000)


def verify(raw: str) -> Principal:
    """Return whom an access token was issued to.

    Refuses with InvalidToken, TokenExpired, SessionIsRevoked, or, closed, with
    RevocationUnavailable and VerificationKeysUnavailable.
    """
    verified = verify_signature(raw)
    principal = verified.principal
    if revocation.is_revoked(
        session_id=principal.session_id,
        user_id=principal.user_id,
        issued_at=verified.issued_at,
    ):
        raise revocation.SessionIsRevoked
    return principal


def verify_signature(raw: str) -> Verified:
    """Return what a token says if it is genuine and alive, without asking about its session."""
    if len(raw) > LONGEST_TOKEN or not raw.isascii():
        raise InvalidToken("this is not a token of ours")
    digest = hashlib.sha256(raw.encode()).digest()
    known = recent.get(digest)
    # A key that auth has withdrawn takes its tokens along.
    if known is not None and keys.ring().find(known.kid) is not None:
        if now().timestamp() >= known.expires_at + LEEWAY_SECONDS:
            raise TokenExpired
        return known
    verified = _decode(raw)
    recent.put(digest, verified)
    return verified


def _decode(raw: str) -> Verified:
    try:
        kid, key = _key(_header(raw))
        payload = jwt.decode(
            raw,
            key,
            algorithms=[key.algorithm_name],
            audience=settings.VORTEX_TOKEN_AUDIENCE,
            issuer=settings.VORTEX_TOKEN_ISSUER,
            leeway=LEEWAY_SECONDS,
            options={"require": _REQUIRED, "strict_aud": True},
        )
        claims = msgspec.convert(payload, Claims)
    except jwt.ExpiredSignatureError:
        raise TokenExpired from None
    except (jwt.InvalidTokenError, jwt.InvalidKeyError, msgspec.DecodeError, ValueError):
        # The reason would only help those who forge.
        raise InvalidToken from None
    if claims.exp - claims.iat > revocation.LONGEST_LIFE.total_seconds():
        raise InvalidToken("the token lives longer than any access token may")
    return Verified(
        principal=_principal(claims),
        issued_at=claims.iat,
        expires_at=claims.exp,
        kid=kid,
        caller=f"user:{claims.sub}",
        marks=(revocation.user_key(claims.sub), revocation.session_key(claims.sid)),
    )


def _header(raw: str) -> dict[str, Any]:
    """Return the header, believed in nothing; PyJWT's own reader would decode the whole token."""
    part = raw.partition(".")[0]
    return msgspec.json.decode(
        urlsafe_b64decode(part + "=" * (-len(part) % 4)), type=dict[str, Any]
    )


def _key(header: dict[str, Any]) -> tuple[str, jwt.PyJWK]:
    kid = header.get("kid")
    if not isinstance(kid, str) or not 0 < len(kid) <= 128 or "crit" in header:
        raise InvalidToken
    key = keys.ring().find(kid)
    if key is None or header.get("alg") != key.algorithm_name:
        raise InvalidToken
    return kid, key


def _principal(claims: Claims) -> Principal:
    return Principal(
        user_id=claims.sub,
        session_id=claims.sid,
        roles=claims.roles,
        scopes=claims.scopes,
        kind=claims.kind,
        auth_time=claims.auth_time,
        amr=claims.amr,
        client_id=claims.client_id,
        actor_id=claims.act.sub if claims.act else None,
    )
