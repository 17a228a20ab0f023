"""Transactions that the bank looks at before they are made: decisions, refusals, events."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from vortex.contracts import Event, event
from vortex.errors import Conflict, NotFound, Refused, Unavailable


class Decision(StrEnum):
    """What is to become of a transaction that has been judged."""

    ALLOW = "allow"
    REVIEW = "review"
    DENY = "deny"


class ReviewState(StrEnum):
    """Where a judged transaction stands; every state but the first is final.

    A lapsed one was called off by its payer, or was not decided in time.
    """

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    LAPSED = "lapsed"
    DENIED = "denied"


class TransactionDenied(Refused, code="transaction_denied", title="Not made by the bank"):
    """The bank does not make this transaction; support can say more. Nothing has moved."""


class ReviewRequired(Refused, code="review_required", title="Has to be looked at"):
    """The bank looks at this transfer before it is made; send it by itself, as a single transfer.

    In a batch, in a posting of several legs and in an exchange nothing waits for anybody.
    """


class TransactionCheckUnavailable(
    Unavailable, code="transaction_check_unavailable", title="Cannot be checked now"
):
    """A transfer of this size is not made unchecked. Nothing was done; come back shortly."""


class ReviewNotFound(NotFound, code="review_not_found", title="Review not found"):
    """No transaction of this id has been held back or denied."""


class ReviewDecided(Conflict, code="review_decided", title="Already decided"):
    """The transaction is no longer under review; `state` says what became of it."""


class ReviewerRefused(Refused, code="reviewer_refused", title="For somebody else to decide"):
    """Nobody decides about their own money, and the second approval is another person's."""


@event("transaction.review_required", topic="transaction.events", key="transaction_id")
class TransactionReviewRequired(Event):
    """A transaction waits for the bank's staff; its money is set aside. `reasons` are codes."""

    transaction_id: UUID
    account_id: UUID
    owner_id: UUID | None
    target_account_id: UUID
    amount_minor: int
    currency: str
    reasons: tuple[str, ...]
    required_at: datetime


@event("transaction.fraud_detected", topic="transaction.events", key="transaction_id")
class TransactionFraudDetected(Event):
    """A transaction was taken for fraud, by the rules or by staff, and is not made."""

    transaction_id: UUID
    account_id: UUID
    owner_id: UUID | None
    target_account_id: UUID
    amount_minor: int
    currency: str
    reasons: tuple[str, ...]
    detected_at: datetime


@event("transaction.rejected", topic="transaction.events", key="transaction_id")
class TransactionRejected(Event):
    """A transaction was refused by the rules or by staff; nothing moved, nothing is held."""

    transaction_id: UUID
    account_id: UUID
    owner_id: UUID | None
    target_account_id: UUID
    amount_minor: int
    currency: str
    reasons: tuple[str, ...]
    rejected_at: datetime
