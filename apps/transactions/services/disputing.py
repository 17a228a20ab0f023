"""Complaints: a customer reports a transaction, staff look into it, give back or say why not."""

from datetime import datetime
from typing import Final
from uuid import UUID

from apps.transactions import selectors
from apps.transactions.contracts import (
    DisputeExists,
    DisputeNotFound,
    DisputeReason,
    DisputeRefused,
    DisputeState,
    DisputeStateRefused,
    TransactionDisputed,
    TransactionDisputeResolved,
)
from apps.transactions.domain.disputing import LONGEST, NEXT
from apps.transactions.models import Dispute
from apps.transactions.selectors import OwnEntry
from apps.transactions.services import reversing
from vortex.db import needs_transaction, refusing, unit_of_work
from vortex.outbox import publish
from vortex.telemetry import get_logger

_OVER: Final = (DisputeState.REFUNDED, DisputeState.REJECTED, DisputeState.WITHDRAWN)

log = get_logger("transactions.disputing")


def report(
    *,
    dispute_id: UUID,
    posting_id: UUID,
    owner_id: UUID,
    reason: DisputeReason,
    words: str,
    at: datetime,
) -> Dispute:
    """Complain about money that went out. The same complaint sent again is the one that is open.

    Refuses money that came in, that moved between accounts of one's own, that is undone already, or
    that went out more than 13 months ago.
    """
    entry = _complained_about(posting_id, owner_id, at)
    with refusing({"transactions_dispute_once": DisputeExists}), unit_of_work("transactions"):
        made = Dispute.objects.create(
            id=dispute_id,
            owner_id=owner_id,
            posting_id=posting_id,
            reason=reason.value,
            words=words,
            amount_minor=-entry.amount_minor,
            currency=entry.currency,
            state=DisputeState.OPEN.value,
            opened_at=at,
            changed_at=at,
        )
        publish(
            TransactionDisputed(
                dispute_id=dispute_id,
                posting_id=posting_id,
                owner_id=owner_id,
                reason=reason.value,
                amount_minor=made.amount_minor,
                currency=made.currency,
                disputed_at=at,
            )
        )
        return made


def _complained_about(posting_id: UUID, owner_id: UUID, at: datetime) -> OwnEntry:
    """Return the one entry that a complaint is about; refuse where there is no cause for one."""
    own = selectors.posting_of_owner(posting_id=posting_id, owner_id=owner_id)
    if len(own.entries) != 1 or own.entries[0].amount_minor > 0:
        raise DisputeRefused("only money that went to somebody else is complained about")
    if own.booked_at < at - LONGEST or own.reversed_by_id is not None:
        raise DisputeRefused(
            "it is undone already" if own.reversed_by_id else "it is more than 13 months ago"
        )
    return own.entries[0]


def withdraw(*, dispute_id: UUID, owner_id: UUID, at: datetime) -> Dispute:
    """Take a complaint back. Twice is once."""
    with unit_of_work("transactions"):
        selectors.dispute_of_owner(dispute_id=dispute_id, owner_id=owner_id)
        known = _locked(dispute_id)
        if known.state != DisputeState.WITHDRAWN:
            _move(known, DisputeState.WITHDRAWN, at)
            known.save()
        return known


def take_up(*, dispute_id: UUID, staff_id: UUID, at: datetime) -> Dispute:
    """Say that somebody looks into a complaint. Twice is once."""
    with unit_of_work("transactions"):
        known = _locked(dispute_id)
        if known.state != DisputeState.IN_REVIEW:
            _move(known, DisputeState.IN_REVIEW, at)
        known.handled_by = staff_id
        known.save()
        return known


def resolve(
    *,
    dispute_id: UUID,
    reversal_id: UUID,
    staff_id: UUID,
    refund: bool,
    answer: str,
    at: datetime,
) -> Dispute:
    """Answer a complaint: undo the transaction, or say why not. Both stand together or not at all.

    Whatever refuses the reversal (the receiver has spent the money, say) leaves the complaint open.
    Nobody resolves a complaint of their own.
    """
    with unit_of_work("transactions"):
        known = _locked(dispute_id)
        if known.owner_id == staff_id:
            raise DisputeStateRefused("nobody resolves their own complaint", state=known.state)
        _move(known, DisputeState.REFUNDED if refund else DisputeState.REJECTED, at)
        known.answer, known.handled_by = answer, staff_id
        if refund:
            known.reversal_id = reversal_id
            reversing.reverse(
                posting_id=reversal_id,
                original_id=known.posting_id,
                reason=f"Complaint {known.id}",
                actor_id=staff_id,
            )
        known.save()
        return known


@needs_transaction("transactions")
def _locked(dispute_id: UUID) -> Dispute:
    found = Dispute.objects.select_for_update().filter(pk=dispute_id).first()
    if found is None:
        raise DisputeNotFound(dispute_id=str(dispute_id))
    return found


def _move(known: Dispute, state: DisputeState, at: datetime) -> None:
    if state not in NEXT[DisputeState(known.state)]:
        raise DisputeStateRefused(f"the complaint is {known.state}", state=known.state)
    known.state, known.changed_at = state.value, at
    log.info("transactions.dispute.moved", dispute_id=str(known.id), state=state.value)
    if state in _OVER:
        publish(
            TransactionDisputeResolved(
                dispute_id=known.id,
                posting_id=known.posting_id,
                owner_id=known.owner_id,
                state=state.value,
                reversal_id=known.reversal_id,
                resolved_at=at,
            )
        )
