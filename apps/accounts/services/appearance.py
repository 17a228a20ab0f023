"""What the holder may change about how an account looks."""

from datetime import datetime
from typing import Any
from uuid import UUID

from apps.accounts.contracts import AccountUpdated
from apps.accounts.domain.labels import checked_nickname
from apps.accounts.models import Account
from apps.accounts.services.rows import locked, store
from vortex.db import unit_of_work
from vortex.http.refusals import PreconditionFailed
from vortex.outbox import publish


def change_settings(
    *, account_id: UUID, changes: dict[str, Any], expected_version: int | None, changed_at: datetime
) -> Account:
    """Change what the holder may: nickname, colour, position, hidden. No change is no event.

    With an `expected_version` that is not the present one the change is refused.
    """
    if "nickname" in changes:
        changes = {**changes, "nickname": checked_nickname(changes["nickname"])}
    with unit_of_work("accounts"):
        account = locked(account_id)
        if expected_version not in {None, account.version}:
            raise PreconditionFailed(version=account.version)
        changed = {
            name: value for name, value in changes.items() if getattr(account, name) != value
        }
        if changed:
            store(account, **changed)
            publish(
                AccountUpdated(
                    account_id=account.pk, owner_id=account.owner_id, updated_at=changed_at
                )
            )
        return account
