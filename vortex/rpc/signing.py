"""The token of one call: who calls, for whom, which operation and with which body.

A token is worth one operation and one body for a minute at most. Within that minute whoever can
read the wire could send the same call again: a command absorbs that by its key, and a query tells
nothing that was not on the wire before. All services share the keys: the issuer is trusted, not
proved.
"""

import hashlib
import secrets
from typing import Any, Final

import jwt
import msgspec
from django.conf import settings

from vortex.clock import now
from vortex.contracts import Operation, Principal, Value
from vortex.errors import Unauthenticated
from vortex.rpc.wire import address

MAX_LIFETIME_SECONDS: Final = 60
_LIFETIME_SECONDS: Final = 30
_SKEW_SECONDS: Final = 5
_SECRET_BYTES: Final = 32  # RFC 7518, 3.2: as long as the hash
_ALGORITHM: Final = "HS256"
_CLAIMS: Final = ["iss", "aud", "iat", "exp", "jti", "op", "sha256"]


class CallNotSigned(Unauthenticated, code="call_not_signed", title="Call not signed"):
    """The call carries no valid token for this operation and this body."""


class SignedCall(Value):
    """Who calls, as a verified token says: the calling context, and the person behind the call."""

    issuer: str
    actor: Principal | None
    token_id: str


def sign(operation: Operation, body: bytes, *, issuer: str, actor: Principal | None) -> str:
    """Return a token for one call, signed with the first of the keys."""
    key_id, secret = _keys()[0]
    issued_at = int(now().timestamp())
    claims = {
        "iss": issuer,
        "aud": operation.context,
        "iat": issued_at,
        "exp": issued_at + _LIFETIME_SECONDS,
        "jti": secrets.token_urlsafe(12),
        "op": address(operation),
        "sha256": _digest(body),
        "act": msgspec.to_builtins(actor),
    }
    return jwt.encode(claims, secret, algorithm=_ALGORITHM, headers={"kid": key_id})


def verify(token: str, operation: Operation, body: bytes) -> SignedCall:
    """Return who makes a call; refuse with CallNotSigned what none of the keys signed for it."""
    try:
        secret = dict(_keys())[jwt.get_unverified_header(token)["kid"]]
        claims = _decode(token, secret, operation)
        _check(claims, operation, body)
        actor = msgspec.convert(claims.get("act"), Principal | None)
    except (jwt.PyJWTError, LookupError, TypeError, msgspec.ValidationError) as error:
        raise CallNotSigned(f"the call token is refused: {type(error).__name__}") from error
    return SignedCall(issuer=claims["iss"], actor=actor, token_id=claims["jti"])


def _decode(token: str, secret: str, operation: Operation) -> dict[str, Any]:
    return jwt.decode(
        token,
        secret,
        algorithms=[_ALGORITHM],
        audience=operation.context,
        leeway=_SKEW_SECONDS,
        options={"require": _CLAIMS},
    )


def _check(claims: dict[str, Any], operation: Operation, body: bytes) -> None:
    if claims["exp"] - claims["iat"] > MAX_LIFETIME_SECONDS:
        raise CallNotSigned("the call token lives too long")
    if claims["op"] != address(operation):
        raise CallNotSigned("the call token is for another operation")
    if not secrets.compare_digest(str(claims["sha256"]), _digest(body)):
        raise CallNotSigned("the call token is for another body")


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _keys() -> tuple[tuple[str, str], ...]:
    if not settings.VORTEX_RPC_KEYS:
        raise RuntimeError("VORTEX_RPC_KEYS names no key to sign calls with")
    for key_id, secret in settings.VORTEX_RPC_KEYS:
        if len(secret) < _SECRET_BYTES:
            raise RuntimeError(f"the key {key_id!r} in VORTEX_RPC_KEYS is too short to sign with")
    return tuple((key_id, secret) for key_id, secret in settings.VORTEX_RPC_KEYS)
