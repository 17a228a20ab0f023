"""The hash chain over postings: what a link is the hash of, byte for byte.

A link is SHA-256 over the hash before it and the MessagePack encoding of its place and its posting.
MessagePack says the length of everything, so no two contents have one encoding; instants are whole
microseconds, as PostgreSQL keeps them.
"""

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

START: Final = b""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class ChainedEntry(msgspec.Struct, frozen=True, gc=False):
    """An entry as the chain holds it."""

    account_id: UUID
    version: int
    amount_minor: int
    currency: str
    balance_after_minor: int


class ChainedPosting(msgspec.Struct, frozen=True, gc=False):
    """A posting with its entries, as the chain holds it."""

    posting_id: UUID
    kind: str
    description: str
    category: str
    counterparty: str
    reference: str
    booked_at: datetime
    effective_date: date
    actor_id: UUID | None
    reverses_id: UUID | None
    entries: tuple[ChainedEntry, ...]


def link(before: bytes, seq: int, posting: ChainedPosting) -> bytes:
    """Return the hash of a link: `before` is the hash of the link before it, empty at the start."""
    entries = sorted(posting.entries, key=lambda entry: (entry.account_id, entry.version))
    said = (
        seq,
        posting.posting_id.bytes,
        posting.kind,
        posting.description,
        posting.category,
        posting.counterparty,
        posting.reference,
        (posting.booked_at - _EPOCH) // _MICROSECOND,
        posting.effective_date.isoformat(),
        posting.actor_id.bytes if posting.actor_id else None,
        posting.reverses_id.bytes if posting.reverses_id else None,
        [
            (e.account_id.bytes, e.version, e.amount_minor, e.currency, e.balance_after_minor)
            for e in entries
        ],
    )
    return hashlib.sha256(before + msgspec.msgpack.encode(said)).digest()
