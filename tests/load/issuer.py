"""Signs access tokens for the load test, whose banks trust the key in VORTEX_HOME/run/load.key."""

from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from jwt.algorithms import OKPAlgorithm

from vortex.clock import now
from vortex.ids import new_id

_KID: Final = "load"


def load() -> str:
    """Return the JWKS of the key; stands in for settings.VORTEX_JWKS_LOADER."""
    public = OKPAlgorithm.to_jwk(_key().public_key(), as_dict=True)
    return msgspec.json.encode({"keys": [{**public, "kid": _KID, "alg": "EdDSA"}]}).decode()


def token(user_id: UUID) -> str:
    """Return an access token that lasts as long as any may."""
    issued = now()
    claims = {
        "iss": settings.VORTEX_TOKEN_ISSUER,
        "aud": settings.VORTEX_TOKEN_AUDIENCE,
        "sub": str(user_id),
        "sid": str(new_id()),
        "jti": str(new_id()),
        "iat": issued.timestamp(),
        "nbf": issued.timestamp(),
        "exp": (issued + timedelta(hours=23)).timestamp(),
        "token_type": "access",
        "roles": ["customer"],
        "amr": ["pwd"],
    }
    return jwt.encode(claims, _key(), "EdDSA", {"kid": _KID})


def _key() -> Ed25519PrivateKey:
    file = Path(settings.HOME) / "run" / "load.key"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(Ed25519PrivateKey.generate().private_bytes_raw())
    return Ed25519PrivateKey.from_private_bytes(file.read_bytes())
