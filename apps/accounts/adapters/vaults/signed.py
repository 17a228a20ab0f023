"""Signatures of messages that others send: Standard Webhooks, version 1 (HMAC with SHA-256).

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

# A clock may be wrong by so much, and a message of an attacker who recorded it be so old.
TOLERANCE: Final = timedelta(minutes=5)
_PREFIX: Final = "whsec_"
_SHORTEST: Final = 16
_MOST_SIGNATURES: Final = 10


class NotSignedError(ValueError):
    """The message is not one of whoever has the secret, or is not of now. Says no more."""


def keys_of(secrets: str) -> tuple[bytes, ...]:
    """Return the keys that secrets stand for; refuses what is no secret."""
    keys = []
    for secret in secrets.split():
        try:
            key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            raise ValueError("a webhook secret is whsec_ and base64") from None
        if len(key) < _SHORTEST:
            raise ValueError("a webhook secret has at least 16 bytes")
        keys.append(key)
    return tuple(keys)


def check(body: bytes, *, keys: Sequence[bytes], said: tuple[str, str, str], at: datetime) -> None:
    """Refuse a message that none of the keys has signed for now.

    `said` are the headers webhook-id, webhook-timestamp and webhook-signature.
    """
    message_id, timestamp, signatures = said
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        raise NotSignedError
    if abs(at.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        raise NotSignedError
    content = f"{message_id}.{timestamp}.".encode() + body
    expected = [sign(content, key) for key in keys]
    sent = signatures.split()[:_MOST_SIGNATURES]
    # All are compared with all, so that the time tells nothing about which one it was.
    matches = [hmac.compare_digest(one.encode(), mine) for one in sent for mine in expected]
    if not any(matches):
        raise NotSignedError


def sign(content: bytes, key: bytes) -> bytes:
    """Return the signature of `id.timestamp.body` under a key, with its version."""
    return b"v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest())
