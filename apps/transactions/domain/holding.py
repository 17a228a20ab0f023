"""What makes a hold well formed, and which way it may go; no accounts, no clock."""

import hashlib
from datetime import datetime, timedelta
from typing import Final

import msgspec

from apps.transactions.contracts import Hold, HoldState, InvalidExpiry, MalformedHold
from apps.transactions.domain.posting import MAX_TEXT
from vortex.errors import Refusal
from vortex.money import MAX_MINOR

LONGEST: Final = timedelta(days=31)
USUAL: Final = timedelta(days=7)

# Every state but the first is final.
NEXT: Final[dict[HoldState, tuple[HoldState, ...]]] = {
    HoldState.PLACED: (HoldState.SETTLED, HoldState.RELEASED, HoldState.EXPIRED),
    HoldState.SETTLED: (),
    HoldState.RELEASED: (),
    HoldState.EXPIRED: (),
}


def problem_of(hold: Hold, *, at: datetime) -> Refusal | None:
    """Return why money can never be set aside so, or None where it depends on the account."""
    if not 0 < hold.amount_minor <= MAX_MINOR:
        return MalformedHold("a hold sets aside more than nothing, within the ledger's range")
    texts = (hold.reason, hold.description, hold.category, hold.counterparty, hold.reference)
    if any(len(text) > MAX_TEXT or "\x00" in text for text in texts):
        return MalformedHold(f"a text is longer than {MAX_TEXT} characters or has a NUL character")
    if hold.target_account_id == hold.account_id:
        return MalformedHold("the money would stay on the account that it comes from")
    if not at < hold.expires_at <= at + LONGEST:
        return InvalidExpiry(expires_at=hold.expires_at.isoformat())
    return None


def content_hash(hold: Hold) -> bytes:
    """Return what two deliveries of one hold have in common: all of it but who delivers it."""
    said = msgspec.structs.replace(hold, actor_id=None)
    return hashlib.sha256(msgspec.msgpack.encode(said)).digest()
