"""The one account that a person is paid to where nobody says which."""

from datetime import datetime
from uuid import UUID

from apps.accounts.contracts import AccountIsClosed, AccountNotFound, AccountUpdated, Product
from apps.accounts.domain.standing import Standing
from apps.accounts.models import Account
from apps.accounts.services.rows import store
from vortex.db import lock_in_order, unit_of_work
from vortex.errors import Refused
from vortex.outbox import publish


class CannotBePrimary(
    Refused, code="account_cannot_be_primary", title="Cannot be the primary account"
):
    """What another bank keeps cannot be the account that a person is paid to here."""


def make_primary(*, account_id: UUID, owner_id: UUID, at: datetime) -> Account:
    """Make an account its owner's primary one, in the place of the other. Twice is once.

    All of the owner's accounts are locked, in one order: of two switches at once the later stands.
    """
    with unit_of_work("accounts"):
        held = {row.pk: row for row in lock_in_order(Account.objects.filter(owner_id=owner_id))}
        account = held.get(account_id)
        if account is None:
            raise AccountNotFound(account_id=str(account_id))
        if account.standing == Standing.CLOSED:
            raise AccountIsClosed(account_id=str(account_id))
        if account.product == Product.EXTERNAL:
            raise CannotBePrimary(account_id=str(account_id))
        former = [row for row in held.values() if row.is_primary and row is not account]
        for row in former:  # before the new one: PostgreSQL knows at most one at any moment
            store(row, is_primary=False)
        changed = [*former, *([] if account.is_primary else [account])]
        if not account.is_primary:
            store(account, is_primary=True)
        for row in changed:
            publish(AccountUpdated(account_id=row.pk, owner_id=owner_id, updated_at=at))
        return account
