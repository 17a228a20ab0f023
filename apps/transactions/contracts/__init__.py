"""What transactions publishes: the ledger, its values, its refusals and its events.

Signs follow the account holder's view: a positive leg is a credit and makes the balance larger, a
negative leg is a debit and makes it smaller. The legs of a posting sum to zero per currency.
"""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from apps.transactions.contracts.filing import (
    TransactionCategorized,
    TransactionReversed,
)
from apps.transactions.contracts.holds import (
    HOLD_REFUSALS,
    CaptureExceedsHold,
    Held,
    Hold,
    HoldExpired,
    HoldIdReused,
    HoldNotFound,
    HoldNotOpen,
    HoldPlaced,
    HoldReleased,
    HoldSettled,
    HoldState,
    InvalidExpiry,
    MalformedHold,
    TransactionCreated,
    TransactionExpired,
    TransactionVoided,
)
from apps.transactions.contracts.refusals import (
    AccountClosed,
    AccountFrozen,
    AccountIdReused,
    AccountNotEmpty,
    AlreadyReversed,
    BalanceOutOfRange,
    CategoryExists,
    CategoryNotFound,
    InsufficientFunds,
    InvalidEffectiveDate,
    LedgerAccountNotFound,
    MalformedPosting,
    MomentInFuture,
    PartialReversalRefused,
    PostingIdReused,
    PostingNotFound,
    RangeTooWide,
    ReversalExceedsOriginal,
    SearchTooBroad,
    TooManyCategories,
    UnbalancedPosting,
    UnknownCategory,
)
from vortex.contracts import Event, Service, Value, command, event, query
from vortex.money import CurrencyMismatch, Money

# Published here, written in the modules beside.
__all__ = [
    "HOLD_REFUSALS",
    "AccountClosed",
    "AccountFrozen",
    "AccountIdReused",
    "AccountNotEmpty",
    "AlreadyReversed",
    "BalanceOutOfRange",
    "CaptureExceedsHold",
    "CategoryExists",
    "CategoryNotFound",
    "Held",
    "Hold",
    "HoldExpired",
    "HoldIdReused",
    "HoldNotFound",
    "HoldNotOpen",
    "HoldPlaced",
    "HoldReleased",
    "HoldSettled",
    "HoldState",
    "InsufficientFunds",
    "InvalidEffectiveDate",
    "InvalidExpiry",
    "LedgerAccountNotFound",
    "MalformedHold",
    "MalformedPosting",
    "MomentInFuture",
    "PartialReversalRefused",
    "PostingIdReused",
    "PostingNotFound",
    "RangeTooWide",
    "ReversalExceedsOriginal",
    "SearchTooBroad",
    "TooManyCategories",
    "TransactionCategorized",
    "TransactionCreated",
    "TransactionExpired",
    "TransactionReversed",
    "TransactionVoided",
    "UnbalancedPosting",
    "UnknownCategory",
]


class LedgerAccountKind(StrEnum):
    """Whose account it is: a customer's, limited, or the bank's own: where money comes and goes."""

    CUSTOMER = "customer"
    SYSTEM = "system"


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


POSTING_REFUSALS = (
    LedgerAccountNotFound,
    InsufficientFunds,
    BalanceOutOfRange,
    AccountFrozen,
    AccountClosed,
    UnbalancedPosting,
    MalformedPosting,
    PostingIdReused,
    CurrencyMismatch,
)


class Ledger(Service, context="transactions", version=1):
    """The double-entry ledger. Money moves through `post`, and through nothing else."""

    @command(key="account_id", refuses=(AccountIdReused,))
    def open_account(
        self,
        *,
        account_id: UUID,
        owner_id: UUID | None,
        currency: str,
        kind: LedgerAccountKind,
        name: str,
        overdraft_minor: int,
        opened_at: datetime,
    ) -> Balance:
        """Start keeping an account. A second call with the same terms changes nothing.

        A system account has no owner and no lower limit.
        """
        ...

    @command(key="account_id", refuses=(LedgerAccountNotFound, AccountNotEmpty))
    def close_account(self, *, account_id: UUID, closed_at: datetime) -> Balance:
        """Stop taking postings for good; it must be at zero. Closing twice is closing once."""
        ...

    @command(key="account_id", refuses=(LedgerAccountNotFound, AccountClosed))
    def restrict_account(
        self, *, account_id: UUID, debits_frozen: bool, credits_frozen: bool
    ) -> Balance:
        """Freeze or thaw each side; when this returns, no further posting slips through."""
        ...

    @command(key="posting_id", refuses=POSTING_REFUSALS)
    def post(self, *, posting_id: UUID, posting: Posting) -> Posted:
        """Make one posting, or refuse it whole. The id inside the posting is the same id."""
        ...

    @command(key="batch_id", deadline_ms=30_000)
    def post_many(self, *, batch_id: UUID, postings: tuple[Posting, ...]) -> tuple[Outcome, ...]:
        """Make up to 10,000 postings in order, in one transaction, each by itself.

        The outcomes are in the order of the postings. Every posting is idempotent by its own id, so
        the batch id only names the delivery.
        """
        ...

    @command(
        key="posting_id",
        refuses=(
            *(*POSTING_REFUSALS, PostingNotFound, AlreadyReversed),
            *(ReversalExceedsOriginal, PartialReversalRefused),
        ),
    )
    def reverse(
        self,
        *,
        posting_id: UUID,
        original_id: UUID,
        reason: str,
        actor_id: UUID | None,
        amount_minor: int | None = None,
    ) -> Posted:
        """Undo a posting by its mirror image, a new posting; entries are never edited.

        Without an amount, all that is left to undo; with one (positive, minor units), that part.
        """
        ...

    @command(
        key="hold_id",
        refuses=(
            *(LedgerAccountNotFound, InsufficientFunds, AccountFrozen, AccountClosed),
            *(CurrencyMismatch, HoldIdReused, MalformedHold, InvalidExpiry),
        ),
    )
    def hold(self, *, hold_id: UUID, hold: Hold) -> Held:
        """Set money aside until settled, released or expired. The id inside is the same id."""
        ...

    @command(key="posting_id", refuses=(*POSTING_REFUSALS, *HOLD_REFUSALS, CaptureExceedsHold))
    def settle(self, *, posting_id: UUID, hold_id: UUID, posting: Posting) -> Posted:
        """Make a posting out of held money, all of it or a part; what is left is free again.

        The posting debits the hold's account by more than nothing and at most what was set aside.
        """
        ...

    @command(key="hold_id", refuses=HOLD_REFUSALS)
    def release(self, *, hold_id: UUID, reason: str = "") -> Held:
        """Set held money free. Releasing twice is releasing once."""
        ...

    @query(refuses=(HoldNotFound,))
    def held(self, *, hold_id: UUID) -> Held:
        """Return a hold, whatever became of it."""
        ...

    @query(refuses=(LedgerAccountNotFound,))
    def balance(self, *, account_id: UUID) -> Balance:
        """Return the authoritative balance of an account now."""
        ...

    @query()
    def balances(self, *, account_ids: tuple[UUID, ...]) -> tuple[Balance, ...]:
        """Return the balances of those of these accounts that the ledger keeps, in no order."""
        ...

    @query(refuses=(LedgerAccountNotFound, MomentInFuture))
    def balance_at(self, *, account_id: UUID, at: datetime) -> int:
        """Return what was booked on an account at a past moment, in minor units.

        It counts what was booked up to and including the moment; holds and limits of then are not
        kept.
        """
        ...

    @query(deadline_ms=5000, refuses=(LedgerAccountNotFound, RangeTooWide))
    def balance_history(
        self, *, account_id: UUID, since: date, until: date
    ) -> tuple[DayBalance, ...]:
        """Return the balance at the end of each day from `since` to `until`, both included.

        Days are UTC, oldest first, at most 1,100 of them; each has its credits and its debits.
        """
        ...

    @query(refuses=(LedgerAccountNotFound,))
    def entries(
        self, *, account_id: UUID, after_version: int = 0, limit: int = 500
    ) -> tuple[EntryLine, ...]:
        """Return entries of an account with a version beyond `after_version`, oldest first."""
        ...


class PostedLeg(Value):
    """A leg as it stands, with the balance and the version of its account after it."""

    account_id: UUID
    owner_id: UUID | None
    amount_minor: int
    currency: str
    balance_after_minor: int
    version: int


@event("transaction.posted", topic="transaction.events", key="posting_id")
class TransactionPosted(Event):
    """A posting stands. `legs` carry the account, its owner, and its balance and version since."""

    posting_id: UUID
    kind: str
    description: str
    category: str
    counterparty: str
    booked_at: datetime
    effective_date: date
    reverses: UUID | None
    legs: tuple[PostedLeg, ...]
