"""What people hold in their hands: an authenticator app, and a passkey made of software."""

import base64
import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

import cbor2
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django.conf import settings

from apps.auth.adapters import totp
from apps.auth.models import User
from apps.auth.services import factors
from vortex.clock import now

_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


class App:
    """An authenticator app that has photographed the QR code of somebody."""

    def __init__(self, secret: str) -> None:
        self.secret = base64.b32decode(secret)

    def code(self, at: datetime | None = None, steps: int = 0) -> str:
        """The code that the app shows, some steps away from an instant."""
        step = int((at or now()).timestamp()) // totp.STEP_SECONDS + steps
        return totp.code_at(self.secret, step)


def app_of(user: User) -> App:
    """Give somebody an authenticator app in force, confirmed by the code before this one."""
    app = App(factors.enroll_totp(user=user, now=now()).secret)
    early = now() - timedelta(seconds=2 * totp.STEP_SECONDS)
    factors.confirm_totp(user=user, code=app.code(early), now=early)
    return app


class SoftPasskey:
    """An authenticator in software, honest unless a test makes it lie."""

    def __init__(self, *, origin: str = "", rp_id: str = "", verified: bool = True) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential_id = secrets.token_bytes(32)
        self.origin = origin or settings.VORTEX_ORIGINS[0]
        self.rp_id = rp_id or settings.VORTEX_RP_ID
        self.flags = _PRESENT | (_VERIFIED if verified else 0)
        self.sign_count = 0
        self.handle = b""

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer `navigator.credentials.create`."""
        self.handle = _bytes(options["user"]["id"])
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id
        data = self._authenticator_data(_ATTESTED) + attested + self._cose()
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._credential(
            clientDataJSON=_text(self._client_data("webauthn.create", options["challenge"])),
            attestationObject=_text(attestation),
            transports=["internal"],
        )

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer `navigator.credentials.get`."""
        self.sign_count += 1
        data = self._authenticator_data()
        client = self._client_data("webauthn.get", options["challenge"])
        signed = data + hashlib.sha256(client).digest()
        return self._credential(
            clientDataJSON=_text(client),
            authenticatorData=_text(data),
            signature=_text(self.key.sign(signed, ec.ECDSA(SHA256()))),
            userHandle=_text(self.handle),
        )

    def _credential(self, **response: Any) -> dict[str, Any]:
        name = _text(self.credential_id)
        return {"id": name, "rawId": name, "type": "public-key", "response": response}

    def _client_data(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return msgspec.json.encode(said)

    def _authenticator_data(self, more: int = 0) -> bytes:
        relying_party = hashlib.sha256(self.rp_id.encode()).digest()
        return relying_party + bytes([self.flags | more]) + self.sign_count.to_bytes(4, "big")

    def _cose(self) -> bytes:
        point = self.key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (point.x, point.y))
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
