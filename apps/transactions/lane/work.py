"""The work of one group: admission, keys, postings and answers, committed together.

Nothing here decides about money: transferring and the posting engine do, for one request and for
five hundred alike. Every answer stands in the same commit as its effect, so a crash at any instant
leaves both or neither, and the key of the request finds out which.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from django.db import connections

from apps.transactions.lane import answers
from apps.transactions.lane.asked import Asked
from apps.transactions.services.serving import Wanted, serve
from apps.transactions.services.transferring import Made, transfer_each, transfer_many
from vortex.db import Moved, alias_of, unit_of_work
from vortex.errors import Refusal, Unavailable
from vortex.http.quick.admission import admit
from vortex.http.quick.lines import SCOPE
from vortex.http.quick.replying import Reply
from vortex.idempotency import Answer, IdempotencyKeyReused, RequestInProgress
from vortex.idempotency.many import Claim, claim_many, record_many
from vortex.telemetry import context

CONTEXT: Final = "transactions"
_DEADLINE_MS: Final = 10_000


class Job(msgspec.Struct, frozen=True):
    """A request that waits for its answer; `headers` travel with its event."""

    asked: Asked
    path: str
    headers: str


def answer_all(jobs: Sequence[Job]) -> list[Reply | None]:
    """Answer each request, in order; None for those that the API has to answer."""
    admitted = admit(SCOPE, [job.asked.token for job in jobs])
    places = [place for place, spent in enumerate(admitted) if spent is not None]
    connections[alias_of(CONTEXT)].close_if_unusable_or_obsolete()
    said: list[Answer | Refusal] = []
    with context.use(deadline=context.deadline_in(_DEADLINE_MS)):
        try:
            said = _said([jobs[place] for place in places]) if places else []
        except Moved as moved:  # nothing was written: whoever stands in front asks the new owner
            said = [moved] * len(places)
    replies: list[Reply | None] = [None] * len(jobs)
    for place, one in zip(places, said, strict=True):
        spent = admitted[place]
        if spent is not None:
            replies[place] = Reply(one, spent)
    return replies


def answer_bulk(job: Job) -> Reply | None:
    """Answer a request of many transfers by itself; None where the API has to."""
    asked = job.asked
    (spent,) = admit(SCOPE, [asked.token])
    if spent is None:
        return None
    connections[alias_of(CONTEXT)].close_if_unusable_or_obsolete()
    try:
        with context.use(deadline=context.deadline_in(_DEADLINE_MS)), unit_of_work(CONTEXT):
            return Reply(_bulk(job), spent)
    except Unavailable:
        return None
    except Refusal as refusal:
        return Reply(refusal, spent)


def _bulk(job: Job) -> Answer | Refusal:
    asked = job.asked
    (claim,) = claim_many([asked.token.caller], [asked.key])
    known = _known(job, claim)
    if known is not None:
        return known
    outcomes = transfer_many(
        transfers=asked.transfers,
        owner_id=asked.token.principal.user_id,
        atomic=bool(asked.all_or_none),
    )
    answer = answers.outcomes(outcomes)
    record_many([asked.token.caller], [asked.key], [asked.request_hash], [answer])
    return answer


def _said(jobs: Sequence[Job]) -> "list[Answer | Refusal]":
    """Answer the first request under each key; the others under it are told to wait."""
    first: dict[tuple[str, str], int] = {}
    for place, job in enumerate(jobs):
        first.setdefault((job.asked.token.caller, job.asked.key), place)
    said: list[Answer | Refusal] = [RequestInProgress(retry_after=1)] * len(jobs)
    wanted = [_wanted(jobs[place]) for place in first.values()]
    left: list[int] = []
    for place, one, body in zip(first.values(), wanted, serve(wanted), strict=True):
        if body is None:
            left.append(place)
        else:
            said[place] = answers.served(body, one.location)
    if left:
        answered = _answered([jobs[place] for place in left])
        for place, answer in zip(left, answered, strict=True):
            said[place] = answer
    return said


def _wanted(job: Job) -> Wanted:
    asked = job.asked
    (transfer,) = asked.transfers
    return Wanted(
        asked.token.caller,
        asked.key,
        asked.request_hash,
        transfer,
        asked.token.principal.user_id,
        job.headers,
        answers.head_of(transfer),
        f"{job.path}/{transfer.posting_id}",
    )


def _answered(jobs: Sequence[Job]) -> "list[Answer | Refusal]":
    """Answer requests under different keys that were not plain: whatever stands against them."""
    said: list[Answer | Refusal] = [RequestInProgress(retry_after=1)] * len(jobs)
    ours: list[int] = []
    with unit_of_work(CONTEXT):
        claims = claim_many(
            [job.asked.token.caller for job in jobs], [job.asked.key for job in jobs]
        )
        for place, claim in enumerate(claims):
            known = _known(jobs[place], claim)
            if known is None:
                ours.append(place)
            else:
                said[place] = known
        _make([jobs[place] for place in ours], ours, said)
    return said


def _known(job: Job, claim: Claim) -> Answer | Refusal | None:
    """Return what is to be said without doing anything, or None where the request is new."""
    if claim.answer is None:
        return None if claim.claimed else RequestInProgress(retry_after=1)
    if claim.request_hash != job.asked.request_hash:
        return IdempotencyKeyReused()
    return answers.replayed(claim.answer)


def _make(jobs: Sequence[Job], places: Sequence[int], said: "list[Answer | Refusal]") -> None:
    """Make the transfers and remember the answers of those that were made."""
    if not jobs:
        return
    results = transfer_each(
        transfers=[job.asked.transfers[0] for job in jobs],
        owner_ids=[job.asked.token.principal.user_id for job in jobs],
        headers=[job.headers for job in jobs],
    )
    kept: list[tuple[Job, Answer]] = []
    for job, place, result in zip(jobs, places, results, strict=True):
        if isinstance(result, Made):
            answer = answers.made(job.asked.transfers[0], result, job.path)
            kept.append((job, answer))
            said[place] = answer
        else:
            said[place] = result
    if kept:
        record_many(
            [job.asked.token.caller for job, _ in kept],
            [job.asked.key for job, _ in kept],
            [job.asked.request_hash for job, _ in kept],
            [answer for _, answer in kept],
        )
