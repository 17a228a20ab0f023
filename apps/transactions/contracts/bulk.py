"""Large sets of transfers: what refuses them, and what is said once they are through."""

from datetime import datetime
from uuid import UUID

from vortex.contracts import Event, event
from vortex.errors import Conflict, Invalid, NotFound, Unavailable


class BulkJobNotFound(NotFound, code="bulk_job_not_found", title="Set not found"):
    """There is no such set of transfers, or it is somebody else's."""


class BulkJobOpen(Conflict, code="bulk_job_open", title="A set is on its way"):
    """A person has one set on its way at a time; `job_id` says which. Wait for it or cancel it."""


class BulkJobOver(Conflict, code="bulk_job_over", title="The set is through"):
    """What is through cannot be cancelled; its transfers stand."""


class BulkJobNotAtomic(
    Invalid, code="bulk_job_not_atomic", title="A large set is not all or nothing"
):
    """All or none is for sets of up to 10,000 items that are answered at once."""


class BulkUploadsBusy(Unavailable, code="bulk_uploads_busy", title="Too many sets at once"):
    """As many sets as can be received at once are being received. Nothing was kept."""


@event("transaction.bulk_completed", topic="transaction.events", key="job_id")
class TransactionBulkCompleted(Event):
    """A set of transfers is through, or was cancelled on its way: then `cancelled` never ran.

    `posted` includes `replayed`: what stood before this set.
    """

    job_id: UUID
    owner_id: UUID
    items: int
    posted: int
    replayed: int
    refused: int
    cancelled: int
    completed_at: datetime
