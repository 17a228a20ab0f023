"""Histories that come from other banks: what is imported, what refuses it, what is said of it."""

from datetime import date, datetime
from uuid import UUID

from vortex.contracts import Event, Value, event
from vortex.errors import Conflict, Invalid, NotFound, Refused


class ImportNotFound(NotFound, code="import_not_found", title="Import not found"):
    """There is no such import, or it is somebody else's."""


class ImportRowNotFound(NotFound, code="import_row_not_found", title="Line not found"):
    """The import has no such line."""


class ImportNeedsExternalAccount(
    Refused, code="import_needs_external_account", title="Not an account at another bank"
):
    """A statement becomes the history of an account at another bank.

    What is on an account of this bank is known here already; its statement can be reconciled.
    """


class ImportStateRefused(Conflict, code="import_state_refused", title="Not in this state"):
    """What was asked cannot be done to an import in its state; `state` says which."""


class TooManyImports(Refused, code="too_many_imports", title="Too many open imports"):
    """Publish or cancel an import before beginning another; 20 may be open."""


class MalformedHistory(Invalid, code="malformed_history", title="Malformed history"):
    """A line has no amount, a date of tomorrow or too long a text; or there are too many."""


class HistoryLine(Value):
    """A line of another bank's statement; `amount_minor` is positive where money was received."""

    booked_date: date
    amount_minor: int
    description: str = ""
    counterparty: str = ""


class HistoryAdded(Value):
    """What became of lines: new ones were posted, the others stood before."""

    posted: int
    already_there: int


@event("transaction.import_completed", topic="transaction.events", key="import_id")
class TransactionImportCompleted(Event):
    """A statement is in: its new lines stand in the history of the account."""

    import_id: UUID
    owner_id: UUID
    account_id: UUID
    format: str
    posted: int
    duplicates: int
    refused: int
    completed_at: datetime
