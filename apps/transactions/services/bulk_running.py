"""Making the transfers of large sets, a thousand in one transaction, whoever dies meanwhile.

Transfers, what is said of them and how far the set has come are one transaction, under the lock of
the set's row: no item is made twice and none is left out. A set waits for no other: each gets its
thousand in turn.
"""

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid5

from apps.transactions.contracts import (
    BulkJobNotFound,
    BulkJobOver,
    Decision,
    Outcome,
    ReviewRequired,
    TransactionBulkCompleted,
    TransactionCheckUnavailable,
    TransactionDenied,
)
from apps.transactions.domain.bulk import OPEN, WORKING, BulkState, percent_of
from apps.transactions.domain.gate import Verdict
from apps.transactions.models import BulkItem, BulkJob, BulkOutcome
from apps.transactions.selectors import bulk as sets
from apps.transactions.services import judging, reviewing, transferring
from apps.transactions.services.bulk_receiving import STALE, TASK, discard, forget_items
from apps.transactions.services.transferring import Transfer
from vortex.db import after_commit, unit_of_work
from vortex.errors import Refusal
from vortex.money import Money
from vortex.outbox import publish
from vortex.realtime import News, push_many
from vortex.telemetry import get_logger
from vortex.waking import send

STEP: Final = 1_000
KEPT: Final = timedelta(days=30)
# So many thousands in one task: expired holds wait behind it no longer than some seconds.
_STEPS: Final = 20
_AT_ONCE: Final = 20
_TOLD_EVERY: Final = 5

log = get_logger("transactions.bulk")


def step(*, job_id: UUID, at: datetime) -> bool:
    """Make the next thousand transfers of a set; say whether more wait.

    They are judged first, before the transaction: what staff would have to look at is refused here,
    because a set does not wait for them. One that another process has in hand is left to it.
    Refuses with TransactionCheckUnavailable, and the set waits, where nobody can judge.
    """
    seen = BulkJob.objects.filter(pk=job_id, state__in=WORKING).first()
    if seen is None:
        return False
    items = sets.bulk_items(job_id=job_id, after=seen.done, limit=STEP)
    transfers = [_transfer(item) for item in items]
    verdicts = judging.judged(
        transfers=transfers, user_id=seen.owner_id, at=at, began_at=seen.created_at
    )
    with unit_of_work("transactions"):
        found = BulkJob.objects.select_for_update(skip_locked=True)
        job = found.filter(pk=job_id, state__in=WORKING).first()
        if job is None:
            return False
        if job.done != seen.done:  # another process made these meanwhile
            return True
        _write_down(job, items, _made(job, items, transfers, verdicts, at))
        job.state, job.changed_at = BulkState.RUNNING.value, at
        if job.done == job.items:
            _finish(job, BulkState.COMPLETED, at)
        elif job.done // STEP % _TOLD_EVERY == 0:
            _tell(job)
        job.save()
        return job.done < job.items


def work_off(*, now: datetime) -> int:
    """Go on with the sets that wait, a thousand of each in turn; return how many thousands."""
    waiting = deque(sets.waiting_bulk_jobs(limit=_AT_ONCE))
    done = 0
    while waiting and done < _STEPS:
        job_id = waiting.popleft()
        done += 1
        if _goes_on(job_id, now):
            waiting.append(job_id)
    if waiting:
        send(TASK)
    return done


def _goes_on(job_id: UUID, at: datetime) -> bool:
    """Make a step of one set; a set that nobody can judge now holds up no other."""
    try:
        return step(job_id=job_id, at=at)
    except TransactionCheckUnavailable:
        log.warning("transactions.bulk.not_judged", job_id=str(job_id))
        return False


def cancel(*, job_id: UUID, owner_id: UUID, at: datetime) -> BulkJob:
    """Stop a set. What is posted stays; what has not begun never does. Asked twice, it is once."""
    with unit_of_work("transactions"):
        found = BulkJob.objects.select_for_update().filter(pk=job_id, owner_id=owner_id)
        job = found.exclude(state=BulkState.RECEIVING).first()
        if job is None:
            raise BulkJobNotFound(job_id=str(job_id))
        if job.state == BulkState.COMPLETED:
            raise BulkJobOver(job_id=str(job_id))
        if job.state in OPEN:
            _finish(job, BulkState.CANCELLED, at)
            job.save()
        return job


def tidy(*, now: datetime) -> int:
    """Throw away sets that never came whole, and those that have been through for thirty days."""
    stale = sets.stale_bulk_jobs(untouched_since=now - STALE)
    for job_id in stale:
        discard(job_id=job_id)
    old = sets.old_bulk_jobs(finished_before=now - KEPT, limit=10)
    for job_id in old:
        with unit_of_work("transactions"):
            forget_items([job_id])
            BulkJob.objects.filter(pk=job_id).delete()
    return len(stale) + len(old)


def progress_of(job: BulkJob) -> dict[str, Any]:
    """Return what the socket says of a set."""
    return {
        "id": str(job.id),
        "state": job.state,
        "items": job.items,
        "done": job.done,
        "posted": job.posted,
        "refused": job.refused,
        "percent": percent_of(done=job.done, items=job.items),
    }


def _made(
    job: BulkJob,
    items: Sequence[BulkItem],
    transfers: Sequence[Transfer],
    verdicts: Sequence[Verdict],
    at: datetime,
) -> list[Outcome]:
    """Make the transfers that were let through; return what became of each, in order."""
    allowed = [
        transfer
        for transfer, verdict in zip(transfers, verdicts, strict=True)
        if verdict.decision is Decision.ALLOW
    ]
    made = iter(
        transferring.transfer_many(transfers=allowed, owner_id=job.owner_id, atomic=False)
        if allowed
        else ()
    )
    return [
        next(made)
        if verdict.decision is Decision.ALLOW
        else _held_back(job, item, transfer, verdict, at)
        for item, transfer, verdict in zip(items, transfers, verdicts, strict=True)
    ]


def _held_back(
    job: BulkJob, item: BulkItem, transfer: Transfer, verdict: Verdict, at: datetime
) -> Outcome:
    """Return what becomes of a transfer that was not let through; a denial is written down."""
    refusal: type[Refusal] = ReviewRequired
    if verdict.decision is Decision.DENY:
        refusal = TransactionDenied
        reviewing.deny(
            denial_id=uuid5(job.id, str(item.line)),
            transfer=transfer,
            user_id=job.owner_id,
            reasons=verdict.reasons,
            at=at,
        )
    return Outcome(
        posting_id=item.posting_id, posted=False, code=refusal.code, detail=refusal.title
    )


def _write_down(job: BulkJob, items: Sequence[BulkItem], outcomes: Sequence[Outcome]) -> None:
    """Count the outcomes and keep those that say more than that the item was posted."""
    noted = []
    for item, outcome in zip(items, outcomes, strict=True):
        job.posted += outcome.posted
        job.replayed += outcome.replayed
        job.refused += not outcome.posted
        if outcome.replayed or not outcome.posted:
            noted.append(
                BulkOutcome(job_id=job.id, line=item.line, code=outcome.code, detail=outcome.detail)
            )
    BulkOutcome.objects.bulk_create(noted)
    job.done += len(items)


def _finish(job: BulkJob, state: BulkState, at: datetime) -> None:
    job.state, job.changed_at, job.finished_at = state.value, at, at
    publish(
        TransactionBulkCompleted(
            job_id=job.id,
            owner_id=job.owner_id,
            items=job.items,
            posted=job.posted,
            replayed=job.replayed,
            refused=job.refused,
            cancelled=job.items - job.done,
            completed_at=at,
        )
    )
    _tell(job)
    log.info("transactions.bulk.finished", job_id=str(job.id), state=state.value, done=job.done)


def _tell(job: BulkJob) -> None:
    """Push how far a set has come; a lost push is not sought, GET has the truth."""
    news = [News(job.owner_id, "transaction.bulk_progress", progress_of(job))]
    after_commit(partial(push_many, news))


def _transfer(item: BulkItem) -> Transfer:
    return Transfer(
        posting_id=item.posting_id,
        source_account_id=item.source_account_id,
        target_account_id=item.target_account_id,
        amount=Money(item.amount_minor, item.currency),
        description=item.description,
        counterparty=item.counterparty,
        reference=item.reference,
        category=item.category,
        effective_date=item.effective_date,
    )
