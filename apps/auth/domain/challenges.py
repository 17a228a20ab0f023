"""What is asked of a person, for how long, and what their agreement is bound to.

A payment's authentication code belongs to its amount and its payee (RTS on SCA, article 5): the
question carries a digest of both, the authenticator signs that digest, and a question that is
presented with any other is dead.
"""

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

SIGN_IN: Final = "sign_in"
STEP_UP: Final = "step_up"
TRANSACTION: Final = "transaction"
PASSKEY_REGISTRATION: Final = "passkey_new"
PASSKEY_SIGN_IN: Final = "passkey_sign_in"
EXTERNAL_SIGN_IN: Final = "external"
MAIL_SIGN_IN: Final = "mail_sign_in"
PURPOSES: Final = (
    SIGN_IN,
    STEP_UP,
    TRANSACTION,
    PASSKEY_REGISTRATION,
    PASSKEY_SIGN_IN,
    EXTERNAL_SIGN_IN,
    MAIL_SIGN_IN,
)

LIFETIME: Final = timedelta(minutes=5)
# Mail and SMS take their time; ASVS 6.5.5 allows ten minutes.
MAIL_LIFETIME: Final = timedelta(minutes=10)
WRONG_ANSWERS_ALLOWED: Final = 5

TOTP: Final = "totp"
RECOVERY_CODE: Final = "recovery_code"
PASSKEY: Final = "passkey"
PASSWORD: Final = "password"  # noqa: S105 - the name of a method
SMS: Final = "sms"
METHODS: Final = (TOTP, PASSKEY, RECOVERY_CODE, SMS, PASSWORD)

# Authentication methods as tokens say them (RFC 8176).
AMR_OF: Final = {TOTP: "otp", RECOVERY_CODE: "otp", PASSKEY: "hwk", PASSWORD: "pwd", SMS: "sms"}
MULTI_FACTOR: Final = "mfa"

# Authenticator assurance levels of NIST SP 800-63B, as the `acr` of tokens.
ONE_FACTOR: Final = "aal1"
TWO_FACTORS: Final = "aal2"


def acr_of(amr: Iterable[str]) -> str:
    """Return the assurance that these methods give together."""
    return TWO_FACTORS if MULTI_FACTOR in amr else ONE_FACTOR


def satisfies(acr: str, wanted: str) -> bool:
    """Say whether an assurance is at least another."""
    return acr >= wanted


def binding_digest(purpose: str, minor: int, currency: str, payee: str, reference: str) -> str:
    """Return the digest of what is agreed to; each part is preceded by its length."""
    parts = (purpose, str(minor), currency, payee, reference)
    return hashlib.sha256("".join(f"{len(part)}:{part}" for part in parts).encode()).hexdigest()


def signed_challenge(nonce: bytes, digest: str) -> bytes:
    """Return what an authenticator signs: fresh by the nonce, bound by the digest."""
    return hashlib.sha256(nonce + digest.encode()).digest()
