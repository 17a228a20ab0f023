"""A stand-in for auth's side: a signing key, its public key set, and tokens good or bad."""

from datetime import timedelta
from typing import Any, Final

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import ECAlgorithm, OKPAlgorithm

from vortex.clock import now
from vortex.contracts import Principal
from vortex.ids import new_id


class Issuer:
    """Signs tokens with one Ed25519 key and publishes it, and a P-256 key, as a JWKS."""

    def __init__(self, kid: str = "first") -> None:
        self.kid = kid
        self.key = Ed25519PrivateKey.generate()
        self.p256 = generate_private_key(SECP256R1())
        self.loads = 0
        self.is_down = False

    def jwks(self) -> str:
        """Return the public keys as auth publishes them."""
        self.loads += 1
        if self.is_down:
            raise ConnectionError("auth does not answer")
        ed25519 = OKPAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        p256 = ECAlgorithm.to_jwk(self.p256.public_key(), as_dict=True)
        keys = [
            {**ed25519, "kid": self.kid, "alg": "EdDSA", "use": "sig"},
            {**p256, "kid": f"{self.kid}-p256", "alg": "ES256", "use": "sig"},
        ]
        return msgspec.json.encode({"keys": keys}).decode()

    def claims(self, principal: Principal | None = None, **changes: Any) -> dict[str, Any]:
        """Return good claims, with some changed or, where the value is None, left out."""
        issued = now()
        owner = principal or Principal(user_id=new_id(), session_id=new_id(), roles=("customer",))
        claims = {
            "iss": "vortexcore",
            "aud": "vortexcore-api",
            "sub": str(owner.user_id),
            "sid": str(owner.session_id),
            "jti": str(new_id()),
            "iat": issued.timestamp(),
            "nbf": issued.timestamp(),
            "exp": (issued + timedelta(minutes=15)).timestamp(),
            "token_type": "access",
            "roles": list(owner.roles),
            "amr": ["pwd"],
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, principal: Principal | None = None, **changes: Any) -> str:
        """Return a token signed with the Ed25519 key."""
        return self.sign(self.claims(principal, **changes))

    def sign(
        self,
        claims: dict[str, Any],
        *,
        key: Any = None,
        algorithm: str = "EdDSA",
        headers: dict[str, Any] | None = None,
    ) -> str:
        """Return a token of these claims, by another key, algorithm or header where given."""
        return jwt.encode(claims, key or self.key, algorithm, headers or {"kid": self.kid})


current: Final[list[Issuer]] = [Issuer()]


def load() -> str:
    """Stand in for settings.VORTEX_JWKS_LOADER."""
    return current[0].jwks()
