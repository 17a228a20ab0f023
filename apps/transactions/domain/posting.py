"""What makes a posting well formed, whatever the accounts in it are like."""

import hashlib
from typing import Any, Final

import msgspec

from apps.transactions.contracts import MalformedPosting, Posting, UnbalancedPosting
from vortex.errors import Refusal
from vortex.money import MAX_MINOR

MAX_LEGS: Final = 500
MAX_TEXT: Final = 500
# A balance beyond this is refused, so that no sum of a batch leaves PostgreSQL's bigint.
MAX_BALANCE: Final = 4_000_000_000_000_000_000

_encoder: Final = msgspec.msgpack.Encoder(uuid_format="bytes")


def problem_of(posting: Posting) -> Refusal | None:
    """Return why a posting can never be made, or None where it depends on the accounts."""
    legs = posting.legs
    if not 2 <= len(legs) <= MAX_LEGS:
        return MalformedPosting(f"a posting has 2 to {MAX_LEGS} legs, this one has {len(legs)}")
    sums: dict[str, int] = {}
    for leg in legs:
        amount = leg.amount_minor
        if not amount or not -MAX_MINOR <= amount <= MAX_MINOR:
            return MalformedPosting(
                "the amount of a leg is zero or beyond what the ledger can hold"
            )
        sums[leg.currency] = sums.get(leg.currency, 0) + amount
    if len({leg.account_id.int for leg in legs}) < len(legs):
        return MalformedPosting("an account stands in two legs")
    if problem := _problem_of_text(posting):
        return problem
    if any(sums.values()):
        return UnbalancedPosting("the legs do not sum to zero in every currency")
    return None


def content_hash(posting: Posting) -> bytes:
    """Return what two deliveries of one posting have in common: all of it but who delivers it.

    The fields are named here one by one, so that a contract that gains a field still recognises
    what was posted before it did.
    """
    return hash_of(
        posting.kind,
        posting.description,
        posting.category,
        posting.counterparty,
        posting.reference,
        posting.effective_date,
        posting.booked_at,
        [(leg.account_id, leg.amount_minor, leg.currency) for leg in posting.legs],
    )


def hash_of(*said: Any) -> bytes:
    """Return the hash of a posting's fields, in the order that content_hash has them in."""
    return hashlib.blake2b(_encoder.encode(said), digest_size=16).digest()


def _problem_of_text(posting: Posting) -> Refusal | None:
    for text in (posting.description, posting.category, posting.counterparty, posting.reference):
        if len(text) > MAX_TEXT:
            return MalformedPosting(f"a text of the posting is longer than {MAX_TEXT} characters")
        if "\x00" in text:
            return MalformedPosting("a text of the posting has a NUL character")
        if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
            return MalformedPosting("a text of the posting has half a surrogate pair")
    return None
