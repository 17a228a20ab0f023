"""Keeping accounts: opening, closing and restricting them; money moves in posting.py alone."""

from datetime import datetime
from typing import Final
from uuid import UUID

from apps.transactions.contracts import (
    AccountClosed,
    AccountIdReused,
    AccountNotEmpty,
    LedgerAccountKind,
    LedgerAccountNotFound,
)
from apps.transactions.models import Account
from vortex.db import needs_transaction, refusing, unit_of_work
from vortex.money import exponent
from vortex.telemetry import get_logger

_TERMS: Final = ("owner_id", "currency", "kind", "overdraft_minor")

log = get_logger("transactions.accounts")


def open_account(
    *,
    account_id: UUID,
    owner_id: UUID | None,
    currency: str,
    kind: LedgerAccountKind,
    name: str,
    overdraft_minor: int,
    opened_at: datetime,
) -> Account:
    """Start keeping an account. A second call with the same terms changes nothing.

    One at another bank is frozen for good: no posting reaches it but those of imports. Refuses
    other terms under a known id, and a currency that ISO 4217 does not know.
    """
    exponent(currency)
    account = Account(
        id=account_id,
        owner_id=owner_id,
        currency=currency,
        kind=kind.value,
        name=name,
        overdraft_minor=overdraft_minor,
        opened_at=opened_at,
        debits_frozen=kind is LedgerAccountKind.EXTERNAL,
        credits_frozen=kind is LedgerAccountKind.EXTERNAL,
    )
    with unit_of_work("transactions"):
        Account.objects.bulk_create([account], ignore_conflicts=True)
        known = Account.objects.get(pk=account_id)
        if any(getattr(known, term) != getattr(account, term) for term in _TERMS):
            raise AccountIdReused(account_id=str(account_id))
        return known


def close_account(*, account_id: UUID, closed_at: datetime) -> Account:
    """Stop taking postings for good. Closing twice is closing once."""
    empty = refusing({"transactions_account_closed_empty": AccountNotEmpty})
    with empty, unit_of_work("transactions"):
        account = _locked(account_id)
        if account.closed_at is None:
            account.closed_at = closed_at
            account.save(update_fields=["closed_at"])
            log.info("transactions.account.closed", account_id=str(account_id))
        return account


def restrict_account(*, account_id: UUID, debits_frozen: bool, credits_frozen: bool) -> Account:
    """Freeze or thaw each side. It waits for postings in flight; none slips through afterwards.

    An account at another bank stays frozen, whatever is asked.
    """
    with unit_of_work("transactions"):
        account = _locked(account_id)
        if account.closed_at is not None:
            raise AccountClosed(account_id=str(account_id))
        if account.kind == LedgerAccountKind.EXTERNAL:
            return account
        account.debits_frozen, account.credits_frozen = debits_frozen, credits_frozen
        account.save(update_fields=["debits_frozen", "credits_frozen"])
        log.info(
            "transactions.account.restricted",
            account_id=str(account_id),
            debits_frozen=debits_frozen,
            credits_frozen=credits_frozen,
        )
        return account


@needs_transaction("transactions")
def _locked(account_id: UUID) -> Account:
    found = Account.objects.select_for_update().filter(pk=account_id).first()
    if found is None:
        raise LedgerAccountNotFound(account_id=str(account_id))
    return found
