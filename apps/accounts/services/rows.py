"""An account's row under lock: what every write of it begins and ends with."""

from typing import Any
from uuid import UUID

from apps.accounts.contracts import AccountNotFound
from apps.accounts.models import Account
from vortex.db import needs_transaction


@needs_transaction("accounts")
def locked(account_id: UUID) -> Account:
    """Return an account, locked until the transaction ends; refuse one that does not exist."""
    found = Account.objects.select_for_update().filter(pk=account_id).first()
    if found is None:
        raise AccountNotFound(account_id=str(account_id))
    return found


@needs_transaction("accounts")
def store(account: Account, **changed: Any) -> None:
    """Write what has changed, as the next version of the account."""
    for name, value in changed.items():
        setattr(account, name, value)
    account.version += 1
    account.save(update_fields=[*changed, "version"])
