"""One-time codes of authenticator apps (RFC 6238), computed by django-otp; secrets are sealed."""

import base64
import hmac
import secrets
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

import segno
from django_otp.oath import hotp

from vortex import sealing

STEP_SECONDS: Final = 30
DIGITS: Final = 6
# A clock that is half a minute off is an honest one.
DRIFT_STEPS: Final = 1
_SECRET_BYTES: Final = 20
_PURPOSE: Final = "vortex.auth.totp.v1"
_ISSUER: Final = "VortexCore"


def new_secret() -> bytes:
    """Return a fresh secret, as long as SHA-1's output (RFC 4226, R6)."""
    return secrets.token_bytes(_SECRET_BYTES)


def sealed(secret: bytes) -> bytes:
    """Return a secret as it is stored."""
    return sealing.safe(_PURPOSE).encrypt(secret)


def unsealed(stored: bytes) -> bytes:
    """Return a stored secret."""
    return sealing.safe(_PURPOSE).decrypt(stored)


def matching_step(secret: bytes, code: str, after_step: int, now: datetime) -> int | None:
    """Return the time step whose code this is, later than the last one used; None where none is."""
    if len(code) != DIGITS or not code.isascii() or not code.isdigit():
        return None
    current = int(now.timestamp()) // STEP_SECONDS
    found = None
    for step in range(current - DRIFT_STEPS, current + DRIFT_STEPS + 1):
        same = hmac.compare_digest(code_at(secret, step), code)
        if same and step > after_step:
            found = step
    return found


def code_at(secret: bytes, step: int) -> str:
    """Return the code of a time step."""
    return f"{hotp(secret, step, digits=DIGITS):0{DIGITS}d}"


def as_text(secret: bytes) -> str:
    """Return a secret as it is typed into an app: base32."""
    return base64.b32encode(secret).decode()


def provisioning_uri(secret: bytes, account: str) -> str:
    """Return what a QR code tells an authenticator app."""
    asked = urlencode({"secret": as_text(secret), "issuer": _ISSUER, "period": STEP_SECONDS})
    return f"otpauth://totp/{_ISSUER}:{quote(account)}?{asked}"


def qr_svg(uri: str) -> str:
    """Return the QR code of an address, as an SVG element."""
    return segno.make(uri, error="m").svg_inline(scale=5, border=2)
