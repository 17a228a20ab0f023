"""What accounts says about spending limits: who binds, how much, from when on."""

from datetime import datetime
from uuid import UUID

from vortex.contracts import Event, event
from vortex.errors import Conflict, Invalid, NotFound


class LimitNotFound(NotFound, code="limit_not_found", title="Limit not found"):
    """The account has no such limit."""


class LimitExists(Conflict, code="limit_exists", title="Limit exists"):
    """The account has a limit of this period and way; change it."""


class LimitCurrencyDiffers(
    Invalid, code="limit_currency_differs", title="Limit in another currency"
):
    """A limit is in the currency of its account."""


@event("account.limit_changed", topic="user.events", key="account_id")
class AccountLimitChanged(Event):
    """A spending limit was set, changed or lifted (`amount_minor` None), as of `effective_at`.

    Where a card is named, the limit binds what is paid with that card.
    """

    account_id: UUID
    owner_id: UUID
    period: str
    channel: str
    amount_minor: int | None
    currency: str
    effective_at: datetime
    changed_by: UUID
    changed_at: datetime
    card_id: UUID | None = None
