"""What the ledger keeps for accounts beyond their balance: limits, mandates, and how one ends."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from apps.transactions.contracts.holds import HoldState
from apps.transactions.contracts.refusals import (
    AccountClosed,
    AccountFrozen,
    AccountNotEmpty,
    InsufficientFunds,
    LedgerAccountNotFound,
    MalformedPosting,
    PostingIdReused,
    SpendingLimitExceeded,
)
from vortex.contracts import Service, Value, command, query
from vortex.errors import Invalid
from vortex.money import CurrencyMismatch


class MalformedLimit(Invalid, code="malformed_limit", title="Malformed limit"):
    """An amount is negative or out of range, or two limits are about the same."""


class Channel(StrEnum):
    """By which way money leaves: exchanges are transfers, what is set aside for nobody a card's."""

    ANY = "any"
    TRANSFER = "transfer"
    CARD = "card"
    CASH = "cash"


class Period(StrEnum):
    """What a limit is about: one debit, all of a day or month (UTC), or what a debit leaves."""

    TRANSACTION = "transaction"
    DAY = "day"
    MONTH = "month"
    BALANCE = "balance"


class SpendingLimit(Value):
    """So much at most (for `balance`: at least) until `next_at`, and `next_minor` from then on.

    `next_minor` of None beside a `next_at` lifts the limit at that moment.
    """

    period: Period
    channel: Channel
    amount_minor: int
    next_minor: int | None = None
    next_at: datetime | None = None


class LimitUsage(Value):
    """A limit in force, whom it binds (None: everybody), and what of it is used up."""

    spender_id: UUID | None
    limit: SpendingLimit
    used_minor: int


class HoldLine(Value):
    """Money set aside on an account, as its holder sees it."""

    hold_id: UUID
    amount_minor: int
    currency: str
    state: HoldState
    reason: str
    description: str
    placed_at: datetime
    expires_at: datetime
    target_account_id: UUID | None


class Funds(Value):
    """All of an account's money, in minor units; `pending_in` is set aside for it elsewhere."""

    account_id: UUID
    currency: str
    booked_minor: int
    held_minor: int
    overdraft_minor: int
    pending_in_minor: int
    version: int
    as_of: datetime


_ENDING = (
    *(LedgerAccountNotFound, AccountNotEmpty, AccountClosed, AccountFrozen, CurrencyMismatch),
    *(InsufficientFunds, MalformedPosting, PostingIdReused, SpendingLimitExceeded),
)


class LedgerAccounts(Service, context="transactions", version=1):
    """Keeping accounts for those who say whose they are."""

    @query()
    def funds(self, *, account_ids: tuple[UUID, ...]) -> tuple[Funds, ...]:
        """Return the money of those of these accounts that the ledger keeps, in no order."""
        ...

    @query(refuses=(LedgerAccountNotFound,))
    def holds(
        self,
        *,
        account_id: UUID,
        state: HoldState | None = None,
        before_at: datetime | None = None,
        before_id: UUID | None = None,
        limit: int = 50,
    ) -> tuple[HoldLine, ...]:
        """Return holds on an account, newest first, beyond the position (placed_at, hold_id)."""
        ...

    @command(key="account_id", refuses=(LedgerAccountNotFound, MalformedLimit))
    def set_limits(
        self, *, account_id: UUID, spender_id: UUID | None, limits: tuple[SpendingLimit, ...]
    ) -> tuple[LimitUsage, ...]:
        """Put these limits in the place of all that bind a spender, or (None) everybody.

        They hold for transfers, cards, cash and exchanges from the next posting on; the bank's own
        fees, interest and reversals, and history that is replayed, are outside of them.
        """
        ...

    @query(refuses=(LedgerAccountNotFound,))
    def limits(self, *, account_id: UUID) -> tuple[LimitUsage, ...]:
        """Return every limit of an account with what is used of it now."""
        ...

    @command(key="account_id", refuses=(LedgerAccountNotFound,))
    def grant(self, *, account_id: UUID, user_id: UUID, may_pay: bool) -> None:
        """Let somebody besides the owner see an account, and pay from it where `may_pay`."""
        ...

    @command(key="account_id")
    def revoke(self, *, account_id: UUID, user_id: UUID) -> None:
        """Let somebody see and pay no more; from the next posting on. Twice is once."""
        ...

    @command(key="account_id", refuses=(LedgerAccountNotFound,))
    def reopen_account(self, *, account_id: UUID) -> None:
        """Let a closed account take postings again. Reopening twice is reopening once."""
        ...

    @command(key="posting_id", deadline_ms=5000, refuses=_ENDING)
    def close_into(
        self,
        *,
        posting_id: UUID,
        account_id: UUID,
        target_account_id: UUID,
        description: str,
        actor_id: UUID | None,
        closed_at: datetime,
    ) -> int:
        """Move all that is booked to another account and close, both or neither.

        Returns what was moved, in minor units. Limits do not hold it back; holds, a freeze and
        other currencies do. A second call with the id moves nothing more.
        """
        ...
