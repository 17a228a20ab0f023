"""What comes along with a customer from a former bank: put in place here by the bank itself."""

from datetime import datetime
from uuid import UUID

from apps.accounts.contracts.absence import AccountNotFound
from apps.transactions.contracts import Channel, Period
from vortex.contracts import Service, Value, command
from vortex.errors import Refused


class ArrangementRefused(Refused, code="arrangement_refused", title="Arrangement not possible"):
    """A part of it cannot be put in place; `because` is the code of what refuses it."""


class ArrangedLimit(Value):
    """A spending limit, in minor units."""

    period: Period
    channel: Channel
    amount_minor: int


class ArrangedMonitor(Value):
    """A threshold to be told of: `kind` is low, high or large_debit."""

    kind: str
    amount_minor: int


class ArrangedPot(Value):
    """A pot with what is put into it at first, and the unit that payments are rounded up to."""

    name: str
    goal_minor: int | None = None
    round_up_minor: int = 0
    start_minor: int = 0


class Arrangement(Value):
    """What stands around an account. What is left out is left as it is."""

    limits: tuple[ArrangedLimit, ...] = ()
    monitors: tuple[ArrangedMonitor, ...] = ()
    pots: tuple[ArrangedPot, ...] = ()
    cards: tuple[str, ...] = ()  # what each is called
    alias: str = ""
    joint_holder_id: UUID | None = None


class Arranging(Service, context="accounts", version=1):
    """Putting in place what a customer had elsewhere. Customers arrange their own over HTTP."""

    @command(
        key="arrangement_id", deadline_ms=20_000, refuses=(AccountNotFound, ArrangementRefused)
    )
    def arrange(
        self,
        *,
        arrangement_id: UUID,
        account_id: UUID,
        arrangement: Arrangement,
        arranged_at: datetime,
    ) -> None:
        """Put in place what of it is not there yet. A limit that the account has stays as it is."""
        ...
