"""What accounts publishes about statements."""

from datetime import date, datetime
from uuid import UUID

from vortex.contracts import Event, event


@event("account.statement_ready", topic="user.events", key="account_id")
class StatementReady(Event):
    """The statement of a month was issued and will never change."""

    account_id: UUID
    owner_id: UUID
    statement_id: UUID
    first_date: date
    last_date: date
    issued_at: datetime
