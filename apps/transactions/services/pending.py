"""Pending transactions of customers: authorised now, committed or called off later."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from apps.transactions import selectors
from apps.transactions.contracts import (
    AccountClosed,
    ExternalAccount,
    Hold,
    InvalidEffectiveDate,
    LedgerAccountKind,
    LedgerAccountNotFound,
    Leg,
    Posted,
    Posting,
    PostingKind,
    TransactionCreated,
)
from apps.transactions.domain.holding import USUAL
from apps.transactions.models import Hold as HoldRow
from apps.transactions.services import holding
from apps.transactions.services.transferring import Transfer
from vortex.db import needs_transaction
from vortex.money import CurrencyMismatch, Money
from vortex.outbox import publish

_FARTHEST: Final = timedelta(days=366)  # as for a transfer that is made at once


@needs_transaction("transactions")
def authorize(
    *, transfer: Transfer, owner_id: UUID, expires_at: datetime | None, at: datetime
) -> HoldRow:
    """Set the money of a transfer aside on the payer's account; nothing moves yet.

    The transfer's id becomes the transaction's. Refuses what a transfer is refused with, as far as
    it can be known before the money moves.
    """
    hold = set_aside(
        transfer=transfer, owner_id=owner_id, expires_at=expires_at or at + USUAL, at=at
    )
    publish(
        TransactionCreated(
            transaction_id=hold.id,
            account_id=hold.account_id,
            owner_id=owner_id,
            target_account_id=transfer.target_account_id,
            amount_minor=hold.amount_minor,
            currency=hold.currency,
            created_at=at,
            expires_at=hold.expires_at,
        )
    )
    return hold


@needs_transaction("transactions")
def set_aside(*, transfer: Transfer, owner_id: UUID, expires_at: datetime, at: datetime) -> HoldRow:
    """Place the hold of a transfer without saying that it is pending."""
    selectors.account_to_pay_from(account_id=transfer.source_account_id, user_id=owner_id)
    effective = transfer.effective_date
    if effective is not None and abs(effective - at.date()) > _FARTHEST:
        raise InvalidEffectiveDate(effective_date=effective.isoformat())
    target = selectors.account(account_id=transfer.target_account_id)
    if target.currency != transfer.amount.currency:
        raise CurrencyMismatch(account_id=str(target.id))
    if target.kind == LedgerAccountKind.EXTERNAL:
        raise ExternalAccount(account_id=str(target.id))
    if target.closed_at is not None:
        raise AccountClosed(account_id=str(target.id))
    return holding.place(hold=_hold(transfer, owner_id, expires_at), placed_at=at)


@needs_transaction("transactions")
def commit(*, transaction_id: UUID, owner_id: UUID, amount: Money | None, at: datetime) -> Posted:
    """Move the money of a pending transaction, all of it or the amount; the rest is free again.

    The posting has the transaction's id. Refuses a transaction that is no longer pending.
    """
    hold = selectors.pending_of_owner(transaction_id=transaction_id, owner_id=owner_id)
    if amount is not None and amount.currency != hold.currency:
        raise CurrencyMismatch
    minor = hold.amount_minor if amount is None else amount.minor
    return holding.settle(hold_id=hold.id, posting=posting_of(hold, minor), settled_at=at)


@needs_transaction("transactions")
def void(*, transaction_id: UUID, owner_id: UUID, reason: str, at: datetime) -> HoldRow:
    """Call a pending transaction off; its money is free again. Refuses one that is committed."""
    hold = selectors.pending_of_owner(transaction_id=transaction_id, owner_id=owner_id)
    return holding.release(hold_id=hold.id, reason=reason, released_at=at)


def _hold(transfer: Transfer, owner_id: UUID, expires_at: datetime) -> Hold:
    return Hold(
        hold_id=transfer.posting_id,
        account_id=transfer.source_account_id,
        amount_minor=transfer.amount.minor,
        currency=transfer.amount.currency,
        expires_at=expires_at,
        target_account_id=transfer.target_account_id,
        description=transfer.description,
        category=transfer.category,
        counterparty=transfer.counterparty,
        reference=transfer.reference,
        effective_date=transfer.effective_date,
        actor_id=owner_id,
    )


def posting_of(hold: HoldRow, minor: int) -> Posting:
    """Return the posting that a pending transaction becomes."""
    if hold.target_account_id is None:
        raise LedgerAccountNotFound
    legs = (
        Leg(account_id=hold.account_id, amount_minor=-minor, currency=hold.currency),
        Leg(account_id=hold.target_account_id, amount_minor=minor, currency=hold.currency),
    )
    return Posting(
        posting_id=hold.id,
        legs=legs,
        kind=PostingKind.TRANSFER,
        description=hold.description,
        category=hold.category,
        counterparty=hold.counterparty,
        reference=hold.reference,
        effective_date=hold.effective_date,
        actor_id=hold.actor_id,
    )
