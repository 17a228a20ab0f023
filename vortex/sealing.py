"""Secrets at rest: sealed under keys derived from VORTEX_SECRET_KEY, one key per purpose."""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def safe(purpose: str) -> MultiFernet:
    """Return what seals and unseals for a purpose; former secrets still unseal."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet(
        [Fernet(base64.urlsafe_b64encode(_derived(str(secret), purpose))) for secret in secrets]
    )


def digest(purpose: str, secret: str) -> str:
    """Return the hash under which a random secret of 112 bits or more is looked up, in hex.

    It does not depend on VORTEX_SECRET_KEY, so that codes on paper outlive its rotation.
    """
    return hmac.new(purpose.encode(), secret.encode(), hashlib.sha256).hexdigest()


def _derived(secret: str, purpose: str) -> bytes:
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode())
    return derivation.derive(secret.encode())
