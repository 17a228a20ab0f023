"""Asking before spending, and reserving: what a reservation is, the ledger's hold already gives."""

from datetime import datetime
from uuid import UUID

from apps.accounts.contracts.absence import AccountNotFound
from apps.transactions.contracts import (
    HOLD_REFUSALS,
    POSTING_REFUSALS,
    AccountClosed,
    AccountFrozen,
    CaptureExceedsHold,
    Channel,
    Held,
    HoldIdReused,
    InsufficientFunds,
    InvalidExpiry,
    MalformedHold,
    Posted,
    Posting,
    SpendingLimitExceeded,
)
from vortex.contracts import Service, command, query
from vortex.money import CurrencyMismatch

_DEBITING = (
    *(AccountNotFound, AccountFrozen, AccountClosed, CurrencyMismatch),
    *(InsufficientFunds, SpendingLimitExceeded),
)


class Spending(Service, context="accounts", version=1):
    """What somebody may spend from an account. Limits live in the ledger's posting (decision 9).

    The questions are advice: between the answer and a posting anything may happen, and the posting
    decides. Who has to be sure reserves.
    """

    @query(refuses=_DEBITING)
    def assert_can_debit(
        self,
        *,
        account_id: UUID,
        actor_id: UUID,
        amount_minor: int,
        currency: str,
        channel: Channel = Channel.TRANSFER,
    ) -> None:
        """Refuse what a debit by this person would be refused with now."""
        ...

    @query(refuses=(AccountNotFound, AccountFrozen, AccountClosed, CurrencyMismatch))
    def assert_can_credit(self, *, account_id: UUID, amount_minor: int, currency: str) -> None:
        """Refuse what a credit would be refused with now."""
        ...

    @command(key="reservation_id", refuses=(*_DEBITING, HoldIdReused, MalformedHold, InvalidExpiry))
    def reserve(
        self,
        *,
        reservation_id: UUID,
        account_id: UUID,
        actor_id: UUID,
        amount_minor: int,
        currency: str,
        target_account_id: UUID | None,
        description: str,
        expires_at: datetime,
    ) -> Held:
        """Set money aside within all limits, for somebody who may pay from the account.

        With a target it counts as a transfer, without one as a card's. It is a hold of the ledger
        under this id, which expires by itself.
        """
        ...

    @command(key="reservation_id", refuses=(*POSTING_REFUSALS, *HOLD_REFUSALS, CaptureExceedsHold))
    def confirm(self, *, reservation_id: UUID, posting: Posting) -> Posted:
        """Make a posting of what was reserved, or of a part; the rest is free. Twice is once."""
        ...

    @command(key="reservation_id", refuses=HOLD_REFUSALS)
    def release(self, *, reservation_id: UUID) -> Held:
        """Let go what was reserved. Twice is once."""
        ...
