"""The ledger: the one interface through which money moves, and the fact that it did."""

from datetime import date, datetime
from uuid import UUID

from apps.transactions.contracts.holds import (
    HOLD_REFUSALS,
    CaptureExceedsHold,
    Held,
    Hold,
    HoldIdReused,
    HoldNotFound,
    InvalidExpiry,
    MalformedHold,
)
from apps.transactions.contracts.refusals import (
    AccountClosed,
    AccountFrozen,
    AccountIdReused,
    AccountNotEmpty,
    AlreadyReversed,
    BalanceOutOfRange,
    ExternalAccount,
    InsufficientFunds,
    LedgerAccountNotFound,
    MalformedPosting,
    MomentInFuture,
    PartialReversalRefused,
    PostingIdReused,
    PostingNotFound,
    RangeTooWide,
    ReversalExceedsOriginal,
    SpendingLimitExceeded,
    UnbalancedPosting,
)
from apps.transactions.contracts.values import (
    Balance,
    DayBalance,
    EntryLine,
    LedgerAccountKind,
    Outcome,
    Posted,
    PostedLeg,
    Posting,
)
from vortex.contracts import Event, Service, command, event, query
from vortex.money import CurrencyMismatch

POSTING_REFUSALS = (
    LedgerAccountNotFound,
    InsufficientFunds,
    SpendingLimitExceeded,
    BalanceOutOfRange,
    AccountFrozen,
    ExternalAccount,
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
            *(ExternalAccount, CurrencyMismatch, HoldIdReused, MalformedHold, InvalidExpiry),
            SpendingLimitExceeded,
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


@event("balance.overdraft_drawn", topic="transaction.events", key="posting_id")
class BalanceOverdraftDrawn(Event):
    """A posting took a customer's account below zero; said once for each time that it does."""

    posting_id: UUID
    account_id: UUID
    owner_id: UUID
    balance_minor: int
    currency: str
    version: int
    drawn_at: datetime


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
