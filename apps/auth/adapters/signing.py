"""Key pairs for tokens: Ed25519 (RFC 8037) and RSA, named by thumbprint, private halves sealed."""

import base64
from collections.abc import Iterable
from typing import Any, Final

import jwt
import msgspec
from cryptography.fernet import InvalidToken
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from vortex import sealing
from vortex.contracts import Value

EDDSA: Final = "EdDSA"
RS256: Final = "RS256"
ALGORITHMS: Final = (EDDSA, RS256)
_PURPOSE: Final = "vortex.auth.signing-keys.v1"
# 112 bits of security (NIST SP 800-57), and the key is replaced every month.
_RSA_BITS: Final = 2048


class KeyUnsealableError(RuntimeError):
    """The signing key was sealed under a SECRET_KEY that this process does not know."""


class NewKey(Value):
    """A fresh key pair as it is stored: its name, its public half, its private half sealed."""

    kid: str
    public_jwk: dict[str, str]
    sealed_private_key: bytes


def generate(algorithm: str = EDDSA) -> NewKey:
    """Return a fresh key pair."""
    public, raw = _fresh_rsa() if algorithm == RS256 else _fresh_ed25519()
    kid = _thumbprint(public)
    named = {**public, "kid": kid, "use": "sig", "alg": algorithm}
    return NewKey(kid=kid, public_jwk=named, sealed_private_key=sealing.safe(_PURPOSE).encrypt(raw))


def unseal(kid: str, sealed: bytes) -> Ed25519PrivateKey:
    """Return a private key of tokens; see `unseal_raw` for what it raises."""
    return Ed25519PrivateKey.from_private_bytes(_unsealed(kid, sealed))


def unseal_rsa(kid: str, sealed: bytes) -> RSAPrivateKey:
    """Return a private key of id tokens that are signed by RS256."""
    private = load_der_private_key(_unsealed(kid, sealed), password=None)
    assert isinstance(private, RSAPrivateKey)
    return private


def _unsealed(kid: str, sealed: bytes) -> bytes:
    """Return a private half; raises KeyUnsealableError where another secret sealed it."""
    try:
        return sealing.safe(_PURPOSE).decrypt(sealed)
    except InvalidToken as error:
        raise KeyUnsealableError(
            f"signing key {kid} was sealed under another VORTEX_SECRET_KEY; give the former one in"
            " SECRET_KEY_FALLBACKS, or make a new key with `manage.py rotate_keys`"
        ) from error


def public_key(public_jwk: dict[str, Any]) -> Any:
    """Return the key that verifies what its private half signed."""
    return jwt.PyJWK(public_jwk, EDDSA).key


def as_jwks(public_jwks: Iterable[dict[str, Any]]) -> str:
    """Return a JSON Web Key Set (RFC 7517) of public keys, as text."""
    return msgspec.json.encode({"keys": list(public_jwks)}).decode()


def _fresh_ed25519() -> tuple[dict[str, str], bytes]:
    private = Ed25519PrivateKey.generate()
    x = _base64url(private.public_key().public_bytes_raw())
    raw = private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    return {"kty": "OKP", "crv": "Ed25519", "x": x}, raw


def _fresh_rsa() -> tuple[dict[str, str], bytes]:
    private = generate_private_key(public_exponent=65_537, key_size=_RSA_BITS)
    numbers = private.public_key().public_numbers()
    public = {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}
    return public, private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _thumbprint(public: dict[str, str]) -> str:
    """Return the JWK thumbprint (RFC 7638): of the members that a key cannot be without, sorted."""
    digest = Hash(SHA256())
    digest.update(msgspec.json.encode(dict(sorted(public.items()))))
    return _base64url(digest.finalize())


def _number(value: int) -> str:
    return _base64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
