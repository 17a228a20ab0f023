"""The plain values of the ledger: legs, postings, balances, entries."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from vortex.contracts import Value
from vortex.money import Money


class LedgerAccountKind(StrEnum):
    """Whose account it is: a customer's, limited, or the bank's own: where money comes and goes.

    An external one is a customer's account at another bank, as its statements tell it: nothing
    moves its money from here, and only imports add to its history.
    """

    CUSTOMER = "customer"
    SYSTEM = "system"
    EXTERNAL = "external"


class PostingKind(StrEnum):
    """Why money moved, as far as the ledger cares."""

    TRANSFER = "transfer"
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    CARD = "card"
    FEE = "fee"
    INTEREST = "interest"
    REVERSAL = "reversal"
    EXCHANGE = "exchange"
    POT = "pot"


# Keys of the categories that every customer has; their names are decided where they are shown.
CATEGORIES: tuple[str, ...] = (
    *("salary", "income", "interest", "refunds", "transfers", "savings"),
    *("housing", "utilities", "insurance", "loans", "taxes", "fees"),
    *("groceries", "restaurants", "transport", "fuel", "shopping", "health", "leisure"),
    *("subscriptions", "travel", "education", "children", "pets", "gifts", "cash", "other"),
)


class Leg(Value):
    """One side of a posting. `amount_minor` is in minor units, positive for a credit."""

    account_id: UUID
    amount_minor: int
    currency: str


class Posting(Value):
    """A posting to be made. `posting_id` (UUIDv7, the caller's) makes a second delivery harmless.

    `effective_date` is when it counts for the customer, by default the booking date; `booked_at`
    may be given by imports that replay history, else it is the moment of posting. `category` and
    `counterparty` are the payer's words: another customer who receives the money sees neither.
    """

    posting_id: UUID
    legs: tuple[Leg, ...]
    kind: PostingKind = PostingKind.TRANSFER
    description: str = ""
    category: str = ""
    counterparty: str = ""
    reference: str = ""
    effective_date: date | None = None
    booked_at: datetime | None = None
    actor_id: UUID | None = None


class Posted(Value):
    """The answer to a posting that stands. `replayed` says that it stood before this call."""

    posting_id: UUID
    booked_at: datetime
    replayed: bool = False


class Outcome(Value):
    """What became of one posting of a batch: posted, or refused with a code."""

    posting_id: UUID
    posted: bool
    replayed: bool = False
    code: str = ""
    detail: str = ""


class Balance(Value):
    """An account's money. available = booked + overdraft - held; all in minor units."""

    account_id: UUID
    currency: str
    booked_minor: int
    held_minor: int
    overdraft_minor: int
    version: int
    as_of: datetime

    @property
    def available_minor(self) -> int:
        """What a debit may take now."""
        return self.booked_minor + self.overdraft_minor - self.held_minor

    @property
    def booked(self) -> Money:
        """The booked balance as money."""
        return Money(self.booked_minor, self.currency)


class EntryLine(Value):
    """One entry of an account with the balance after it; `version` counts the account's entries."""

    posting_id: UUID
    account_id: UUID
    amount_minor: int
    currency: str
    balance_after_minor: int
    version: int
    booked_at: datetime
    effective_date: date
    description: str


class DayBalance(Value):
    """What was booked on an account at the end of a day (UTC), and what came and went on it."""

    day: date
    booked_minor: int
    credits_minor: int
    debits_minor: int


class PostedLeg(Value):
    """A leg as it stands, with the balance and the version of its account after it."""

    account_id: UUID
    owner_id: UUID | None
    amount_minor: int
    currency: str
    balance_after_minor: int
    version: int
