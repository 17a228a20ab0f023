"""Who goes first while traffic moves: one number per person and context, from 0 to 99.

The gateway takes the same number for HTTP, so that a person's requests and the calls made on their
behalf change sides together, and a person who has changed sides stays there while the share grows.
The number comes from the end of the id, which is chance (RFC 9562, 5.7), and is turned by the
context, so that it is not the same tenth of all people who try every new service.
"""

import zlib
from typing import Final
from uuid import UUID

HUNDRED: Final = 100
_LAST_32_BITS: Final = 0xFFFFFFFF


def share_of(context: str, user_id: UUID) -> int:
    """Return a person's number: they are on the new side while the percentage is above it."""
    return ((user_id.int & _LAST_32_BITS) + turn_of(context)) % HUNDRED


def turn_of(context: str) -> int:
    """Return by how much a context turns the numbers of all people."""
    return zlib.crc32(context.encode()) % HUNDRED
