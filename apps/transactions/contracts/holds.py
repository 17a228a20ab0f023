"""Money set aside: what a hold is, what refuses it, and what is said of its life."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from vortex.contracts import Event, Value, event
from vortex.errors import Conflict, Invalid, NotFound, Refused


class HoldNotFound(NotFound, code="hold_not_found", title="Hold not found"):
    """No money is or was set aside under this id, or it is somebody else's."""


class HoldIdReused(Conflict, code="hold_id_reused", title="Hold id already used"):
    """Other money was set aside under this id."""


class HoldNotOpen(Conflict, code="hold_not_open", title="No longer pending"):
    """The hold has been settled, released or has expired; `state` says which."""


class CaptureExceedsHold(Refused, code="capture_exceeds_hold", title="More than was set aside"):
    """A commit takes at most what the hold set aside, and more than nothing."""


class MalformedHold(Invalid, code="malformed_hold", title="Malformed hold"):
    """The amount is not positive or beyond the ledger's range, or a text is too long."""


class InvalidExpiry(Invalid, code="invalid_expiry", title="Expiry not accepted"):
    """A hold expires after now and within 31 days."""


class HoldState(StrEnum):
    """Where a hold stands in its life; every state but the first is final."""

    PLACED = "placed"
    SETTLED = "settled"
    RELEASED = "released"
    EXPIRED = "expired"


class Hold(Value):
    """Money to be set aside. `hold_id` (UUIDv7, the caller's) makes a second delivery harmless.

    `amount_minor` is positive, in minor units. Where a target is named, the hold is a pending
    transaction: committing it makes the posting that these words describe, under the hold's id.
    """

    hold_id: UUID
    account_id: UUID
    amount_minor: int
    currency: str
    expires_at: datetime
    reason: str = ""
    target_account_id: UUID | None = None
    description: str = ""
    category: str = ""
    counterparty: str = ""
    reference: str = ""
    effective_date: date | None = None
    actor_id: UUID | None = None


class Held(Value):
    """A hold as it stands; `settled_minor` went out, the rest of a closed hold is free again."""

    hold_id: UUID
    account_id: UUID
    amount_minor: int
    settled_minor: int
    currency: str
    state: HoldState
    placed_at: datetime
    expires_at: datetime
    posting_id: UUID | None = None


HOLD_REFUSALS = (HoldNotFound, HoldNotOpen)


@event("hold.placed", topic="transaction.events", key="hold_id")
class HoldPlaced(Event):
    """Money is set aside: `amount_minor` less is available on the account."""

    hold_id: UUID
    account_id: UUID
    owner_id: UUID | None
    amount_minor: int
    currency: str
    placed_at: datetime
    expires_at: datetime


@event("hold.settled", topic="transaction.events", key="hold_id")
class HoldSettled(Event):
    """The posting took `settled_minor` of what was set aside; `released_minor` is free again."""

    hold_id: UUID
    account_id: UUID
    owner_id: UUID | None
    posting_id: UUID
    settled_minor: int
    released_minor: int
    currency: str
    settled_at: datetime


@event("hold.released", topic="transaction.events", key="hold_id")
class HoldReleased(Event):
    """Nothing was taken; all that was set aside is free again."""

    hold_id: UUID
    account_id: UUID
    owner_id: UUID | None
    amount_minor: int
    currency: str
    reason: str
    released_at: datetime


@event("hold.expired", topic="transaction.events", key="hold_id")
class HoldExpired(Event):
    """Nobody settled it in time; all that was set aside is free again."""

    hold_id: UUID
    account_id: UUID
    owner_id: UUID | None
    amount_minor: int
    currency: str
    expired_at: datetime


@event("transaction.created", topic="transaction.events", key="transaction_id")
class TransactionCreated(Event):
    """A transaction is pending: its money is set aside and has not moved."""

    transaction_id: UUID
    account_id: UUID
    owner_id: UUID | None
    target_account_id: UUID
    amount_minor: int
    currency: str
    created_at: datetime
    expires_at: datetime


@event("transaction.voided", topic="transaction.events", key="transaction_id")
class TransactionVoided(Event):
    """A pending transaction was called off; nothing moved."""

    transaction_id: UUID
    account_id: UUID
    owner_id: UUID | None
    amount_minor: int
    currency: str
    reason: str
    voided_at: datetime


@event("transaction.expired", topic="transaction.events", key="transaction_id")
class TransactionExpired(Event):
    """A pending transaction was not committed in time; nothing moved."""

    transaction_id: UUID
    account_id: UUID
    owner_id: UUID | None
    amount_minor: int
    currency: str
    expired_at: datetime
