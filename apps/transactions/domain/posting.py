"""What makes a posting well formed, whatever the accounts in it are like."""

import hashlib
from collections import defaultdict
from typing import Final

import msgspec

from apps.transactions.contracts import MalformedPosting, Posting, UnbalancedPosting
from vortex.errors import Refusal
from vortex.money import MAX_MINOR

MAX_LEGS: Final = 500
MAX_TEXT: Final = 500


def problem_of(posting: Posting) -> Refusal | None:
    """Return why a posting can never be made, or None where it depends on the accounts."""
    legs = posting.legs
    if not 2 <= len(legs) <= MAX_LEGS:
        return MalformedPosting(f"a posting has 2 to {MAX_LEGS} legs, this one has {len(legs)}")
    if any(leg.amount_minor == 0 or abs(leg.amount_minor) > MAX_MINOR for leg in legs):
        return MalformedPosting("the amount of a leg is zero or beyond what the ledger can hold")
    if len({leg.account_id for leg in legs}) < len(legs):
        return MalformedPosting("an account stands in two legs")
    if problem := _problem_of_text(posting):
        return problem
    sums: dict[str, int] = defaultdict(int)
    for leg in legs:
        sums[leg.currency] += leg.amount_minor
    if any(sums.values()):
        return UnbalancedPosting("the legs do not sum to zero in every currency")
    return None


def content_hash(posting: Posting) -> bytes:
    """Return what two deliveries of one posting have in common: all of it but who delivers it."""
    said = msgspec.structs.replace(posting, actor_id=None)
    return hashlib.sha256(msgspec.msgpack.encode(said)).digest()


def _problem_of_text(posting: Posting) -> Refusal | None:
    texts = (posting.description, posting.category, posting.counterparty, posting.reference)
    if any(len(text) > MAX_TEXT for text in texts):
        return MalformedPosting(f"a text of the posting is longer than {MAX_TEXT} characters")
    if any("\x00" in text for text in texts):
        return MalformedPosting("a text of the posting has a NUL character")
    return None
