"""Reads of ledger accounts: their rows and who holds them."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from apps.transactions.contracts import LedgerAccountNotFound
from apps.transactions.models import Account
from vortex.db import alias_of, arrays
from vortex.db.prepared import fetch

_COLUMNS: Final = [field.attname for field in Account._meta.concrete_fields]
_AMONG: Final = f"""
select {", ".join(_COLUMNS)} from transactions_account where id = any (%(accounts)s)
"""  # noqa: S608 - of columns of ours
_OWNERS: Final = "select id, owner_id from transactions_account where id = any (%(accounts)s)"


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
    asked = {"accounts": arrays.uuids([*account_ids])}
    database = alias_of("transactions")
    return [
        Account.from_db(database, _COLUMNS, row) for row in fetch("transactions", _AMONG, asked)
    ]


def owners_of(*, account_ids: Sequence[UUID]) -> dict[UUID, UUID | None]:
    """Return who holds each of these accounts that the ledger keeps; None for the bank itself."""
    asked = {"accounts": arrays.uuids([*set(account_ids)])}
    return dict(fetch("transactions", _OWNERS, asked))
