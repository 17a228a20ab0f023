"""Undoing a posting by its mirror image, whole or in part; what stands is never edited.

How much of a posting is undone stands in one row, which every reversal of it locks first; so two at
once undo no more than there was. Its check constraint says so a second time.
"""

from uuid import UUID

from apps.transactions import selectors
from apps.transactions.contracts import (
    AlreadyReversed,
    Leg,
    PartialReversalRefused,
    Posted,
    Posting,
    PostingIdReused,
    PostingKind,
    ReversalExceedsOriginal,
    TransactionReversed,
)
from apps.transactions.models import Entry, PartialReversal, Reversal, Undone
from apps.transactions.models import Posting as PostingRow
from apps.transactions.services.posting import post
from vortex.db import needs_transaction, unit_of_work
from vortex.money import CurrencyMismatch
from vortex.outbox import publish
from vortex.telemetry import get_logger

log = get_logger("transactions.reversing")


def reverse(
    *,
    posting_id: UUID,
    original_id: UUID,
    reason: str,
    actor_id: UUID | None,
    amount_minor: int | None = None,
) -> Posted:
    """Undo a posting, or `amount_minor` of it. The second call with this id is a replay.

    Without an amount, all that is left is undone. The accounts' limits hold: money that has been
    spent since cannot be taken back. A reversal is not reversed; the original is posted anew.
    """
    original = selectors.posting(posting_id=original_id)
    if original.reverses_id is not None or selectors.undoes(posting_id=original_id):
        raise AlreadyReversed("a reversal is not reversed", posting_id=str(original_id))
    entries = list(selectors.entries_of_posting(posting_id=original_id))
    with unit_of_work("transactions"):
        undone = _locked(original_id, sum(max(entry.amount_minor, 0) for entry in entries))
        known = PartialReversal.objects.filter(pk=posting_id).first()
        if known is not None:
            if (known.original_id, known.asked_minor) != (original_id, amount_minor):
                raise PostingIdReused(posting_id=str(posting_id))
            legs = _part(entries, known.amount_minor)
            return post(_mirror(posting_id, original, legs, reason, actor_id))
        if Reversal.objects.filter(pk=original_id).exists():
            whole = _mirror(posting_id, original, _whole(entries), reason, actor_id)
            return post(whole, reverses=original_id)
        posted = _undo(
            undone=undone,
            entries=entries,
            original=original,
            posting_id=posting_id,
            reason=reason,
            actor_id=actor_id,
            asked=amount_minor,
        )
    log.info("transactions.posting.reversed", posting_id=str(original_id), by=str(posting_id))
    return posted


def check_currency(*, original_id: UUID, currency: str) -> None:
    """Refuse an amount in a currency that the posting does not move, or not alone."""
    kept = {entry.currency for entry in selectors.entries_of_posting(posting_id=original_id)}
    if kept != {currency}:
        selectors.posting(posting_id=original_id)
        raise CurrencyMismatch(posting_id=str(original_id))


@needs_transaction("transactions")
def _undo(
    *,
    undone: Undone,
    entries: list[Entry],
    original: PostingRow,
    posting_id: UUID,
    reason: str,
    actor_id: UUID | None,
    asked: int | None,
) -> Posted:
    left = undone.total_minor - undone.undone_minor
    amount = _within(left, asked, original.id)
    undone.undone_minor += amount
    undone.save(update_fields=["undone_minor"])
    if amount == undone.total_minor:
        mirror = _mirror(posting_id, original, _whole(entries), reason, actor_id)
        posted = post(mirror, reverses=original.id)
    else:
        legs = _part(entries, amount)
        PartialReversal.objects.create(
            posting_id=posting_id, original_id=original.id, amount_minor=amount, asked_minor=asked
        )
        posted = post(_mirror(posting_id, original, legs, reason, actor_id))
        if posted.replayed:
            raise PostingIdReused(posting_id=str(posting_id))
    publish(
        TransactionReversed(
            posting_id=original.id,
            reversal_id=posting_id,
            amount_minor=amount,
            remaining_minor=left - amount,
            currency=entries[0].currency,
            reason=reason,
            reversed_at=posted.booked_at,
        )
    )
    return posted


def _within(left: int, asked: int | None, original_id: UUID) -> int:
    if left == 0:
        raise AlreadyReversed(posting_id=str(original_id))
    amount = left if asked is None else asked
    if not 0 < amount <= left:
        raise ReversalExceedsOriginal(posting_id=str(original_id), left_minor=left)
    return amount


def _locked(original_id: UUID, total_minor: int) -> Undone:
    Undone.objects.bulk_create(
        [Undone(original_id=original_id, total_minor=total_minor, undone_minor=0)],
        ignore_conflicts=True,
    )
    return Undone.objects.select_for_update().get(pk=original_id)


def _whole(entries: list[Entry]) -> tuple[Leg, ...]:
    return tuple(
        Leg(account_id=entry.account_id, amount_minor=-entry.amount_minor, currency=entry.currency)
        for entry in entries
    )


def _part(entries: list[Entry], amount: int) -> tuple[Leg, ...]:
    """Return the legs that undo an amount: only two legs say without doubt who gives it back."""
    if len(entries) != 2:
        raise PartialReversalRefused(legs=len(entries))
    return tuple(
        Leg(
            account_id=entry.account_id,
            amount_minor=-amount if entry.amount_minor > 0 else amount,
            currency=entry.currency,
        )
        for entry in entries
    )


def _mirror(
    posting_id: UUID,
    original: PostingRow,
    legs: tuple[Leg, ...],
    reason: str,
    actor_id: UUID | None,
) -> Posting:
    return Posting(
        posting_id=posting_id,
        legs=legs,
        kind=PostingKind.REVERSAL,
        description=reason,
        category="refunds",  # the payer's words for the original are not the other side's
        reference=str(original.id),
        actor_id=actor_id,
    )
