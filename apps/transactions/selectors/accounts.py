"""Reads of ledger accounts: their rows and who holds them."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connections

from apps.transactions.contracts import LedgerAccountNotFound
from apps.transactions.models import Account
from vortex.db import alias_of


def account(*, account_id: UUID) -> Account:
    """Return a ledger account, whoever holds it; for the bank's own use."""
    found = Account.objects.filter(pk=account_id).first()
    if found is None:
        raise LedgerAccountNotFound(account_id=str(account_id))
    return found


def account_of_owner(*, account_id: UUID, owner_id: UUID) -> Account:
    """Return the owner's own ledger account; anyone else's does not exist."""
    found = Account.objects.filter(pk=account_id, owner_id=owner_id).first()
    if found is None:
        raise LedgerAccountNotFound(account_id=str(account_id))
    return found


def accounts(*, account_ids: Sequence[UUID]) -> list[Account]:
    """Return those of these accounts that the ledger keeps, in no order."""
    return list(Account.objects.filter(pk__in=account_ids))


def owners_of(*, account_ids: Sequence[UUID]) -> dict[UUID, UUID | None]:
    """Return who holds each of these accounts that the ledger keeps; None for the bank itself."""
    with connections[alias_of("transactions")].cursor() as cursor:
        cursor.execute(
            "select id, owner_id from transactions_account where id = any (%s)",
            (list(set(account_ids)),),
        )
        return dict(cursor.fetchall())
