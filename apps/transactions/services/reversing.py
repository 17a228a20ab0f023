"""Undoing a posting by its mirror image; what stands is never edited."""

from uuid import UUID

from apps.transactions import selectors
from apps.transactions.contracts import AlreadyReversed, Leg, Posted, Posting, PostingKind
from apps.transactions.services.posting import post
from vortex.telemetry import get_logger

log = get_logger("transactions.reversing")


def reverse(*, posting_id: UUID, original_id: UUID, reason: str, actor_id: UUID | None) -> Posted:
    """Undo a posting whole. The second call with this id is a replay; any other is refused.

    The accounts' limits hold: money that has been spent since cannot be taken back. A reversal is
    not reversed; the original is posted anew.
    """
    original = selectors.posting(posting_id=original_id)
    if original.reverses_id is not None:
        raise AlreadyReversed("a reversal is not reversed", posting_id=str(original_id))
    legs = tuple(
        Leg(
            account_id=entry.account_id, amount_minor=-entry.amount_minor, currency=entry.currency
        )
        for entry in selectors.entries_of_posting(posting_id=original_id)
    )
    mirror = Posting(
        posting_id=posting_id,
        legs=legs,
        kind=PostingKind.REVERSAL,
        description=reason,
        category=original.category,
        counterparty=original.counterparty,
        reference=str(original_id),
        actor_id=actor_id,
    )
    posted = post(mirror, reverses=original_id)
    log.info(
        "transactions.posting.reversed", posting_id=str(original_id), by=str(posting_id)
    )
    return posted
