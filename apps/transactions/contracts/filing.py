"""What is said of a transaction after it stands: undone, filed, disputed, brought in."""

from datetime import datetime
from uuid import UUID

from vortex.contracts import Event, event


@event("transaction.reversed", topic="transaction.events", key="posting_id")
class TransactionReversed(Event):
    """A posting was undone, all of it or a part; `remaining_minor` of it still stands."""

    posting_id: UUID
    reversal_id: UUID
    amount_minor: int
    remaining_minor: int
    currency: str
    reason: str
    reversed_at: datetime


@event("transaction.categorized", topic="transaction.events", key="posting_id")
class TransactionCategorized(Event):
    """A customer's transaction is filed; `source` says by whom: the customer, a rule or a model."""

    posting_id: UUID
    owner_id: UUID
    category: str
    source: str
    categorized_at: datetime


@event("transaction.category_corrected", topic="transaction.events", key="posting_id")
class TransactionCategoryCorrected(Event):
    """A customer has put right what somebody else chose; `source` says who: a rule, a model."""

    posting_id: UUID
    owner_id: UUID
    before: str
    after: str
    source: str
    corrected_at: datetime
