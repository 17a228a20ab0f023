"""Complaints, papers, parts and comparisons: what refuses them and what is said of them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from vortex.contracts import Event, event
from vortex.errors import Conflict, Invalid, NotFound, Refused


class SplitRefused(Invalid, code="split_refused", title="Cannot be split so"):
    """Two to twenty parts add up to what one account of one's own paid or was paid."""


class AttachmentNotFound(NotFound, code="attachment_not_found", title="Attachment not found"):
    """There is no such attachment on this transaction, or it is somebody else's."""


class AttachmentRefused(Invalid, code="attachment_refused", title="Not attached"):
    """A paper is a PDF, an image or plain text, is what its name says, and has up to 5 MiB."""


class TooManyAttachments(Refused, code="too_many_attachments", title="Too many attachments"):
    """A transaction has at most 10 papers, and a person keeps at most 200 MiB of them."""


class DisputeReason(StrEnum):
    """What a customer says is wrong."""

    UNRECOGNISED = "unrecognised"
    DUPLICATE = "duplicate"
    WRONG_AMOUNT = "wrong_amount"
    NOT_RECEIVED = "not_received"
    CANCELLED = "cancelled"
    OTHER = "other"


class DisputeState(StrEnum):
    """Where a complaint stands; the last three are final."""

    OPEN = "open"
    IN_REVIEW = "in_review"
    REFUNDED = "refunded"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class DisputeNotFound(NotFound, code="dispute_not_found", title="Complaint not found"):
    """There is no such complaint, or it is somebody else's."""


class DisputeExists(Conflict, code="dispute_exists", title="Already complained about"):
    """A complaint about this transaction is open; add to that one by telling support."""


class DisputeRefused(Refused, code="dispute_refused", title="Nothing to complain about"):
    """Only money that went out within 13 months, and is not undone, is complained about."""


class DisputeStateRefused(Conflict, code="dispute_state_refused", title="Not in this state"):
    """What was asked cannot be done to a complaint in its state; `state` says which."""


class ReconciliationNotFound(
    NotFound, code="reconciliation_not_found", title="Reconciliation not found"
):
    """There is no such reconciliation, or it is somebody else's."""


class UnreadableStatement(Invalid, code="unreadable_statement", title="Statement cannot be read"):
    """The file is no statement that can be read; the detail says why, in words for people."""


@event("transaction.disputed", topic="transaction.events", key="posting_id")
class TransactionDisputed(Event):
    """A customer says that something is wrong with a transaction."""

    dispute_id: UUID
    posting_id: UUID
    owner_id: UUID
    reason: str
    amount_minor: int
    currency: str
    disputed_at: datetime


@event("transaction.dispute_resolved", topic="transaction.events", key="posting_id")
class TransactionDisputeResolved(Event):
    """A complaint is over: refunded, rejected or withdrawn; `reversal_id` gave money back."""

    dispute_id: UUID
    posting_id: UUID
    owner_id: UUID
    state: str
    reversal_id: UUID | None
    resolved_at: datetime


@event("transaction.reconciled", topic="transaction.events", key="account_id")
class TransactionReconciled(Event):
    """An account's history was compared with a statement of it."""

    reconciliation_id: UUID
    account_id: UUID
    owner_id: UUID
    matched: int
    breaks: int
    reconciled_at: datetime
