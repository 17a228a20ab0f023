"""Taking in a large set of transfers: written down as it comes, begun only once all of it is there.

A set that breaks off, or has an item that cannot be read, leaves nothing. A process that dies
meanwhile leaves a set that nobody can see; its sender, or the clock, throws it away.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Final
from uuid import UUID

from apps.transactions.contracts import BulkJobOpen
from apps.transactions.domain.bulk import BulkState
from apps.transactions.models import BulkItem, BulkJob, BulkOutcome
from apps.transactions.selectors import bulk as sets
from apps.transactions.services.transferring import Transfer
from vortex.db import refusing, unit_of_work
from vortex.idempotency import IdempotencyKeyReused, RequestInProgress
from vortex.waking import wake

TASK: Final = "transactions.work_off_bulk"
# Its sender has said nothing for so long: another attempt may take its place.
STALE: Final = timedelta(minutes=2)
_BATCH: Final = 2_000
_COPY: Final = (
    "copy transactions_bulk_item (job_id, line, posting_id, source_account_id, target_account_id,"
    " amount_minor, currency, description, counterparty, reference, category, effective_date)"
    " from stdin"
)


def known_under(*, owner_id: UUID, key: str, at: datetime) -> BulkJob | None:
    """Return the set that came whole under a key before; None where the key is free.

    Refuses while another request brings it, unless that has gone silent.
    """
    known = sets.bulk_job_under_key(owner_id=owner_id, key=key)
    if known is None or known.state != BulkState.RECEIVING:
        return known
    if known.changed_at > at - STALE:
        raise RequestInProgress(retry_after=1)
    return None


def check_same(job: BulkJob, digest: bytes) -> None:
    """Refuse a body that is not the one that the set came with, byte for byte."""
    if bytes(job.body_hash) != digest:
        raise IdempotencyKeyReused


def begin(*, job_id: UUID, owner_id: UUID, key: str, at: datetime) -> BulkJob:
    """Make room for a set. Refuses a second one of the same person that is on its way."""
    stale = sets.open_bulk_job(owner_id=owner_id)
    if stale is not None and not _is_stale(stale, at):
        raise BulkJobOpen(job_id=str(stale.id))
    if stale is not None:
        discard(job_id=stale.id)
    broken = {
        "transactions_bulk_job_once": BulkJobOpen,
        "transactions_bulk_job_key": RequestInProgress,
    }
    with refusing(broken), unit_of_work("transactions"):
        return BulkJob.objects.create(
            id=job_id,
            owner_id=owner_id,
            key=key,
            state=BulkState.RECEIVING.value,
            created_at=at,
            changed_at=at,
        )


def fill(*, job_id: UUID, transfers: Iterable[Transfer], clock: Iterator[datetime]) -> int:
    """Write items down, some thousand in one transaction; return how many there are."""
    line, coming = 0, iter(transfers)
    while items := list(islice(coming, _BATCH)):
        with unit_of_work("transactions") as connection:
            _touch(job_id, line + len(items), next(clock))
            with connection.connection.cursor().copy(_COPY) as copy:
                for item in items:
                    line += 1
                    copy.write_row(_row(job_id, line, item))
    return line


def seal(*, job_id: UUID, digest: bytes, at: datetime) -> BulkJob:
    """Say that all of a set is there; from now on it is made, whatever becomes of its sender."""
    with unit_of_work("transactions"):
        job = BulkJob.objects.select_for_update().filter(pk=job_id, state="receiving").first()
        if job is None:
            raise RequestInProgress(retry_after=1)
        job.state, job.body_hash, job.changed_at = BulkState.QUEUED.value, digest, at
        job.save()
        wake(TASK)
        return job


def discard(*, job_id: UUID) -> None:
    """Throw away a set that never came whole. A second call finds nothing to do."""
    with unit_of_work("transactions"):
        gone, _ = BulkJob.objects.filter(pk=job_id, state=BulkState.RECEIVING).delete()
        if gone:
            forget_items([job_id])


def forget_items(job_ids: Sequence[UUID]) -> None:
    """Throw away the items of sets and what was said of them."""
    BulkOutcome.objects.filter(job_id__in=job_ids).delete()
    BulkItem.objects.filter(job_id__in=job_ids).delete()


def _is_stale(job: BulkJob, at: datetime) -> bool:
    return job.state == BulkState.RECEIVING and job.changed_at <= at - STALE


def _touch(job_id: UUID, items: int, at: datetime) -> None:
    """Count what has come in; refuse to go on where another attempt has taken the place."""
    found = BulkJob.objects.filter(pk=job_id, state=BulkState.RECEIVING)
    if not found.update(items=items, changed_at=at):
        raise RequestInProgress(retry_after=1)


def _row(job_id: UUID, line: int, item: Transfer) -> tuple[object, ...]:
    return (
        job_id,
        line,
        item.posting_id,
        item.source_account_id,
        item.target_account_id,
        item.amount.minor,
        item.amount.currency,
        item.description,
        item.counterparty,
        item.reference,
        item.category,
        item.effective_date,
    )
