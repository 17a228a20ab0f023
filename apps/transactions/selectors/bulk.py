"""Large sets of transfers and what has become of each of their items."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connections

from apps.transactions.contracts import BulkJobNotFound
from apps.transactions.domain.bulk import OPEN, WORKING, BulkState, ItemStatus, status_of
from apps.transactions.models import BulkItem, BulkJob
from vortex.db import alias_of

_LINES: Final = """
select i.line, i.posting_id, coalesce(o.code, ''), coalesce(o.detail, ''), o.line is not null
  from transactions_bulk_item i
  left join transactions_bulk_outcome o on o.job_id = i.job_id and o.line = i.line
 where i.job_id = %(job)s and i.line > %(after)s and i.line <= %(last)s
 order by i.line limit %(limit)s
"""
_NOTED: Final = """
select i.line, i.posting_id, o.code, o.detail, true
  from transactions_bulk_outcome o
  join transactions_bulk_item i on i.job_id = o.job_id and i.line = o.line
 where o.job_id = %(job)s and o.line > %(after)s and o.code <> ''
 order by o.line limit %(limit)s
"""


@dataclass(frozen=True)
class BulkLine:
    """An item of a set, and what has become of it."""

    line: int
    posting_id: UUID
    status: ItemStatus
    replayed: bool
    code: str
    detail: str


def bulk_job_of_owner(*, job_id: UUID, owner_id: UUID) -> BulkJob:
    """Return a customer's own set that has been received whole; anyone else's does not exist."""
    found = BulkJob.objects.filter(pk=job_id, owner_id=owner_id)
    known = found.exclude(state=BulkState.RECEIVING).first()
    if known is None:
        raise BulkJobNotFound(job_id=str(job_id))
    return known


def bulk_jobs_of_owner(*, owner_id: UUID, after: tuple[UUID] | None, limit: int) -> list[BulkJob]:
    """Return a customer's sets, newest first."""
    found = BulkJob.objects.filter(owner_id=owner_id).exclude(state=BulkState.RECEIVING)
    if after is not None:
        found = found.filter(pk__lt=after[0])
    return list(found.order_by("-pk")[:limit])


def bulk_job_under_key(*, owner_id: UUID, key: str) -> BulkJob | None:
    """Return the set that came under a key, if one did."""
    return BulkJob.objects.filter(owner_id=owner_id, key=key).first()


def open_bulk_job(*, owner_id: UUID) -> BulkJob | None:
    """Return the set of a customer that is on its way, if one is."""
    return BulkJob.objects.filter(owner_id=owner_id, state__in=OPEN).first()


def waiting_bulk_jobs(*, limit: int) -> list[UUID]:
    """Return sets that somebody has to go on with, the longest untouched first."""
    waiting = BulkJob.objects.filter(state__in=WORKING).order_by("changed_at")
    return list(waiting.values_list("id", flat=True)[:limit])


def stale_bulk_jobs(*, untouched_since: datetime) -> list[UUID]:
    """Return sets whose sender has gone without a word."""
    stale = BulkJob.objects.filter(state=BulkState.RECEIVING, changed_at__lt=untouched_since)
    return list(stale.values_list("id", flat=True)[:20])


def old_bulk_jobs(*, finished_before: datetime, limit: int) -> list[UUID]:
    """Return sets that have been through for long."""
    old = BulkJob.objects.filter(finished_at__lt=finished_before).order_by("finished_at")
    return list(old.values_list("id", flat=True)[:limit])


def bulk_items(*, job_id: UUID, after: int, limit: int) -> list[BulkItem]:
    """Return the items of a set that come next."""
    found = BulkItem.objects.filter(job_id=job_id, line__gt=after, line__lte=after + limit)
    return list(found.order_by("line"))


def bulk_lines(
    *, job: BulkJob, status: str, after: tuple[int] | None, limit: int
) -> list[BulkLine]:
    """Return items of a set in their order, those of one status where one is named.

    Whatever is asked, no more rows are read than are shown and, of posted ones, those refused.
    """
    since, last = after[0] if after else 0, job.items
    if status in {ItemStatus.WAITING, ItemStatus.CANCELLED}:
        is_cancelled = job.state == BulkState.CANCELLED
        if is_cancelled != (status == ItemStatus.CANCELLED):
            return []
        since = max(since, job.done)
    if status == ItemStatus.POSTED:
        return _posted(job, since, limit)
    with connections[alias_of("transactions")].cursor() as cursor:
        cursor.execute(
            _NOTED if status == ItemStatus.REFUSED else _LINES,
            {"job": job.id, "after": since, "last": last, "limit": limit},
        )
        return [_line(job, row) for row in cursor.fetchall()]


def _posted(job: BulkJob, since: int, limit: int) -> list[BulkLine]:
    sql = _LINES.replace("order by", "and coalesce(o.code, '') = '' order by")
    with connections[alias_of("transactions")].cursor() as cursor:
        cursor.execute(sql, {"job": job.id, "after": since, "last": job.done, "limit": limit})
        return [_line(job, row) for row in cursor.fetchall()]


def _line(job: BulkJob, row: tuple[int, UUID, str, str, bool]) -> BulkLine:
    line, posting_id, code, detail, is_noted = row
    status = status_of(line=line, done=job.done, code=code, state=job.state)
    return BulkLine(line, posting_id, status, is_noted and not code, code, detail)
