"""Identifiers: UUID version 7 (RFC 9562), so that keys made later sort later."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

import uuid_utils
from uuid_utils.compat import uuid7

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def new_id() -> UUID:
    """Return a fresh UUIDv7."""
    return uuid7()


def new_id_text() -> str:
    """Return the text of a fresh UUIDv7, in a sixth of the time that new_id's takes."""
    return str(uuid_utils.uuid7())


def derived_id(at: datetime, *names: str) -> UUID:
    """Return the one UUIDv7 that these names have at an instant (aware, from 1970 on).

    What is imported or simulated twice gets the same id twice, and so happens once. Names are told
    apart by their lengths: ("ab", "c") and ("a", "bc") are two ids.
    """
    milliseconds = (at - _EPOCH) // timedelta(milliseconds=1)
    if not 0 <= milliseconds < 1 << 48:
        raise ValueError(f"no UUIDv7 exists for {at:%Y-%m-%d}")
    digest = sha256(b"".join(_prefixed(name) for name in names)).digest()
    noise = int.from_bytes(digest[:10], "big")
    high, low = noise >> 68, noise & ((1 << 62) - 1)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)


def _prefixed(name: str) -> bytes:
    encoded = name.encode()
    return len(encoded).to_bytes(4, "big") + encoded
