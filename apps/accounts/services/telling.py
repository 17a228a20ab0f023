"""What is said when an account's standing has changed, and the terms that a change carries."""

from datetime import datetime
from uuid import UUID

import msgspec

from apps.accounts.contracts import (
    AccountClosedEvent,
    AccountDormant,
    AccountFrozenEvent,
    AccountReactivated,
    AccountReopened,
    AccountUnfrozenEvent,
)
from apps.accounts.domain.standing import Direction, Party, Reason, Standing
from apps.accounts.models import Account
from vortex.contracts import Event


class Terms(msgspec.Struct, kw_only=True):
    """What goes with a pending standing, so that whoever finishes it does the same."""

    party: Party = Party.HOLDER
    direction: Direction | None = None
    reason: Reason = Reason.REQUESTED
    actor_id: UUID | None = None
    target_id: UUID | None = None
    posting_id: UUID
    order_id: UUID | None = None


def fact_of(account: Account, target: Standing, terms: Terms, at: datetime, moved: int) -> Event:
    """Return what has happened to an account that until now stood elsewhere.

    What the bank froze an account for is not said: the holder must not be warned by it.
    """
    whose = {"account_id": account.pk, "owner_id": account.owner_id}
    if target is Standing.CLOSED:
        return AccountClosedEvent(
            **whose, closed_at=at, moved_to=terms.target_id, moved_minor=moved
        )
    if target is Standing.DORMANT:
        return AccountDormant(**whose, dormant_at=at)
    if target is Standing.ACTIVE:
        if account.standing == Standing.CLOSED:
            return AccountReopened(**whose, reopened_at=at)
        if account.standing == Standing.DORMANT:
            return AccountReactivated(**whose, reactivated_at=at)
        return AccountUnfrozenEvent(**whose, unfrozen_at=at)
    party = Party.BANK if target is Standing.FROZEN_BY_BANK else Party.HOLDER
    return AccountFrozenEvent(
        **whose,
        frozen_by=party.value,
        frozen_at=at,
        direction=terms.direction.value if terms.direction else "",
        reason=terms.reason.value if party is Party.HOLDER else "",
    )
