"""Random secrets that are shown once and kept as hashes: recovery codes, links, cookies, keys."""

import base64
import secrets
from typing import Final

from django.utils.crypto import salted_hmac

from vortex import sealing

RECOVERY_CODES: Final = 10
MAIL_DIGITS: Final = 8
TEXT_DIGITS: Final = 6
# 24 characters of base32 are 120 bits: above the 112 from which a plain hash protects (ASVS 6.5.2).
_RECOVERY_BYTES: Final = 15
_GROUP: Final = 4


def new_recovery_codes() -> list[str]:
    """Return a sheet of fresh codes, in groups of four that can be read aloud."""
    return [_new_recovery_code() for _ in range(RECOVERY_CODES)]


def recovery_hash(typed: str) -> str:
    """Return the hash of a recovery code, whatever its case and hyphens."""
    return sealing.digest("recovery-code", typed.replace("-", "").replace(" ", "").upper())


def new_digits() -> str:
    """Return a fresh code of eight digits, to be typed from a mail (27 bits, five guesses)."""
    return f"{secrets.randbelow(10**MAIL_DIGITS):0{MAIL_DIGITS}d}"


def new_text_digits() -> str:
    """Return a fresh code of six digits, to be typed from an SMS (20 bits, five guesses)."""
    return f"{secrets.randbelow(10**TEXT_DIGITS):0{TEXT_DIGITS}d}"


def text_hash(bound_to: str, code: str) -> str:
    """Return the hash of a short code, which nobody finds by trying without VORTEX_SECRET_KEY."""
    made = salted_hmac("vortex.auth.text-code", f"{bound_to}:{code}", algorithm="sha256")
    return made.hexdigest()


def new_secret() -> str:
    """Return a fresh secret of 256 bits that fits into a link, a header or a cookie."""
    return secrets.token_urlsafe(32)


def new_nonce() -> bytes:
    """Return 32 fresh random bytes."""
    return secrets.token_bytes(32)


def secret_hash(purpose: str, secret: str) -> str:
    """Return the hash under which a secret of a purpose is found."""
    return sealing.digest(purpose, secret)


def _new_recovery_code() -> str:
    text = base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode()
    return "-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))
