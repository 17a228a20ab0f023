"""What accounts says about pots and about balances that pass a threshold."""

from datetime import datetime
from uuid import UUID

from vortex.contracts import Event, event
from vortex.errors import Conflict, NotFound, Refused


class PotNotFound(NotFound, code="pot_not_found", title="Pot not found"):
    """There is no such pot, or it is not the caller's."""


class TooManyPots(Refused, code="too_many_pots", title="Too many pots"):
    """An account has at most twenty open pots."""


class RoundUpTaken(Conflict, code="round_up_taken", title="Another pot takes the change"):
    """The change of an account's payments goes to one pot."""


class PotsStillOpen(Conflict, code="pots_still_open", title="Pots still open"):
    """An account closes after its pots."""


class MonitorNotFound(NotFound, code="monitor_not_found", title="Monitor not found"):
    """The account has no such monitor."""


class TooManyMonitors(Refused, code="too_many_monitors", title="Too many monitors"):
    """An account has at most twenty monitors."""


@event("account.balance_threshold_crossed", topic="user.events", key="account_id")
class AccountBalanceThresholdCrossed(Event):
    """A balance went below (low) or above (high) a threshold, or a debit was large; once each."""

    account_id: UUID
    owner_id: UUID
    monitor_id: UUID
    kind: str
    threshold_minor: int
    balance_minor: int
    amount_minor: int
    currency: str
    posting_id: UUID
    crossed_at: datetime
