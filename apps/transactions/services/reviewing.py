"""Transactions under review: their money is set aside until staff approve or reject them.

Whoever decides has locked the accounts, the hold and the review, in this order; a payer who calls
the transaction off and a clock that ends it lock the first two. So one of them decides it.
"""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from apps.transactions import selectors
from apps.transactions.conf import gate_policy
from apps.transactions.contracts import (
    ReviewDecided,
    ReviewerRefused,
    ReviewState,
    TransactionCreated,
    TransactionFraudDetected,
    TransactionRejected,
    TransactionReviewRequired,
)
from apps.transactions.models import Hold, Review
from apps.transactions.services import holding, pending
from apps.transactions.services.transferring import Transfer
from vortex.db import needs_transaction, unit_of_work
from vortex.outbox import publish
from vortex.telemetry import get_logger

LASTS: Final = timedelta(days=7)  # as long as a pending transaction; then the money is free again

log = get_logger("transactions.reviewing")


@needs_transaction("transactions")
def hold_back(
    *,
    transfer: Transfer,
    user_id: UUID,
    reasons: tuple[str, ...],
    is_pending: bool,
    expires_at: datetime | None,
    at: datetime,
) -> Hold:
    """Set the money of a transfer aside and put it before the staff; nothing moves yet.

    Approved, it is made, or is pending where `is_pending`. Refuses what a transfer is refused with.
    """
    hold = pending.set_aside(
        transfer=transfer, owner_id=user_id, expires_at=expires_at or at + LASTS, at=at
    )
    review = Review.objects.create(
        id=hold.id,
        **_about(transfer, user_id),
        state=ReviewState.OPEN.value,
        reasons=list(reasons),
        is_pending=is_pending,
        asked_at=at,
    )
    publish(TransactionReviewRequired(required_at=at, **_said(review)))
    log.info("transactions.review.required", transaction_id=str(hold.id), reasons=list(reasons))
    return hold


def deny(
    *,
    denial_id: UUID,
    transfer: Transfer,
    user_id: UUID,
    reasons: tuple[str, ...],
    at: datetime,
) -> None:
    """Write down that a transfer was denied, and say so. A second call changes nothing."""
    with unit_of_work("transactions"):
        review, is_new = Review.objects.get_or_create(
            id=denial_id,
            defaults={
                **_about(transfer, user_id),
                "state": ReviewState.DENIED.value,
                "reasons": list(reasons),
                "is_pending": False,
                "asked_at": at,
                "decided_at": at,
            },
        )
        if is_new:
            publish(TransactionFraudDetected(detected_at=at, **_said(review)))
            publish(TransactionRejected(rejected_at=at, **_said(review)))
    log.warning("transactions.review.denied", transaction_id=str(denial_id), reasons=list(reasons))


def approve(*, transaction_id: UUID, staff_id: UUID, words: str, at: datetime) -> Review:
    """Let a transaction go on: it is made, or pending where that was asked for.

    From a level on (`four_eyes_from`) the first approval waits for one of somebody else. Whatever
    refuses the posting (a frozen account, say) leaves it under review.
    """
    with unit_of_work("transactions"):
        hold, review = _locked(transaction_id)
        _check(review, hold, staff_id)
        if needs_two(review) and review.first_approved_by is None:
            review.first_approved_by, review.words = staff_id, words
            review.save(update_fields=["first_approved_by", "words"])
            return review
        if review.first_approved_by == staff_id:
            raise ReviewerRefused("the second approval is another person's")
        if review.first_approved_by is not None:
            words = f"{review.words}\n{words}"  # both had their reasons
        _decide(review, ReviewState.APPROVED, staff_id, words, at)
        if review.is_pending:
            publish(_created(hold, review))
        else:
            posting = pending.posting_of(hold, hold.amount_minor)
            holding.settle(hold_id=hold.id, posting=posting, settled_at=at)
        return review


def reject(
    *, transaction_id: UUID, staff_id: UUID, words: str, is_fraud: bool, at: datetime
) -> Review:
    """Refuse a transaction; its money is free again. With `is_fraud` that is said too."""
    with unit_of_work("transactions"):
        hold, review = _locked(transaction_id)
        _check(review, hold, staff_id)
        _decide(review, ReviewState.REJECTED, staff_id, words, at)
        holding.release(hold_id=hold.id, reason="rejected", released_at=at, is_rejected=True)
        if is_fraud:
            publish(TransactionFraudDetected(detected_at=at, **_said(review)))
        publish(TransactionRejected(rejected_at=at, **_said(review)))
        return review


def needs_two(review: Review) -> bool:
    """Say whether two of the staff have to approve."""
    policy = gate_policy()
    return bool(review.amount_minor >= policy.level(policy.four_eyes_from, review.currency))


@needs_transaction("transactions")
def _locked(transaction_id: UUID) -> tuple[Hold, Review]:
    """Lock the accounts, the hold and the review; refuse what was decided already."""
    known = selectors.review(transaction_id=transaction_id)
    if known.state == ReviewState.DENIED:
        raise ReviewDecided(state=known.state)
    hold = holding.locked(hold_id=transaction_id)
    review = Review.objects.select_for_update().get(pk=transaction_id)
    if review.state != ReviewState.OPEN:
        raise ReviewDecided(f"the transaction is {review.state}", state=review.state)
    return hold, review


def _check(review: Review, hold: Hold, staff_id: UUID) -> None:
    target = selectors.account(account_id=review.target_account_id)
    source = selectors.account(account_id=review.account_id)
    if staff_id in {review.user_id, hold.actor_id, source.owner_id, target.owner_id}:
        raise ReviewerRefused("nobody decides about their own money")


def _decide(review: Review, state: ReviewState, staff_id: UUID, words: str, at: datetime) -> None:
    review.state, review.decided_by, review.decided_at = state.value, staff_id, at
    review.words = words
    review.save(update_fields=["state", "decided_by", "decided_at", "words"])
    log.info("transactions.review.decided", transaction_id=str(review.id), state=state.value)


def _about(transfer: Transfer, user_id: UUID) -> dict[str, Any]:
    owners = selectors.owners_of(account_ids=[transfer.source_account_id])
    return {
        "user_id": user_id,
        "owner_id": owners.get(transfer.source_account_id),
        "account_id": transfer.source_account_id,
        "target_account_id": transfer.target_account_id,
        "amount_minor": transfer.amount.minor,
        "currency": transfer.amount.currency,
        "description": transfer.description,
    }


def _said(review: Review) -> dict[str, Any]:
    return {
        "transaction_id": review.id,
        "account_id": review.account_id,
        "owner_id": review.owner_id,
        "target_account_id": review.target_account_id,
        "amount_minor": review.amount_minor,
        "currency": review.currency,
        "reasons": tuple(review.reasons),
    }


def _created(hold: Hold, review: Review) -> TransactionCreated:
    return TransactionCreated(
        transaction_id=hold.id,
        account_id=hold.account_id,
        owner_id=review.owner_id,
        target_account_id=review.target_account_id,
        amount_minor=hold.amount_minor,
        currency=hold.currency,
        created_at=hold.placed_at,
        expires_at=hold.expires_at,
    )
