"""Key pairs for tokens: Ed25519 (RFC 8037), named by thumbprint, private halves sealed at rest."""

import base64
from collections.abc import Iterable
from typing import Any, Final

import jwt
import msgspec
from cryptography.fernet import InvalidToken
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from vortex import sealing
from vortex.contracts import Value

_PURPOSE: Final = "vortex.auth.signing-keys.v1"


class KeyUnsealableError(RuntimeError):
    """The signing key was sealed under a SECRET_KEY that this process does not know."""


class NewKey(Value):
    """A fresh key pair as it is stored: its name, its public half, its private half sealed."""

    kid: str
    public_jwk: dict[str, str]
    sealed_private_key: bytes


def generate() -> NewKey:
    """Return a fresh key pair."""
    private = Ed25519PrivateKey.generate()
    raw = private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    x = _base64url(private.public_key().public_bytes_raw())
    kid = _thumbprint(x)
    public = {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": kid, "use": "sig", "alg": "EdDSA"}
    return NewKey(
        kid=kid, public_jwk=public, sealed_private_key=sealing.safe(_PURPOSE).encrypt(raw)
    )


def unseal(kid: str, sealed: bytes) -> Ed25519PrivateKey:
    """Return a private key; raises KeyUnsealableError where it was sealed under another secret."""
    try:
        return Ed25519PrivateKey.from_private_bytes(sealing.safe(_PURPOSE).decrypt(sealed))
    except InvalidToken as error:
        raise KeyUnsealableError(
            f"signing key {kid} was sealed under another VORTEX_SECRET_KEY; give the former one in"
            " SECRET_KEY_FALLBACKS, or make a new key with `manage.py rotate_keys`"
        ) from error


def public_key(public_jwk: dict[str, Any]) -> Any:
    """Return the key that verifies what its private half signed."""
    return jwt.PyJWK(public_jwk, "EdDSA").key


def as_jwks(public_jwks: Iterable[dict[str, Any]]) -> str:
    """Return a JSON Web Key Set (RFC 7517) of public keys, as text."""
    return msgspec.json.encode({"keys": list(public_jwks)}).decode()


def _thumbprint(x: str) -> str:
    """Return the JWK thumbprint (RFC 7638) of an Ed25519 public key."""
    digest = Hash(SHA256())
    digest.update(f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'.encode())
    return _base64url(digest.finalize())


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
