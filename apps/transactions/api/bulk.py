"""Many transfers in one request: thousands answered at once, a million made afterwards."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.transactions.api.bulk_body import MOST_BYTES, BulkBody
from apps.transactions.api.serializers import BulkSerializer, OutcomesSerializer
from apps.transactions.contracts import BulkUploadsBusy
from apps.transactions.domain.bulk import BulkState, ItemStatus, percent_of
from apps.transactions.models import BulkJob
from apps.transactions.selectors import bulk as sets
from apps.transactions.selectors.bulk import BulkLine
from apps.transactions.services import bulk_receiving, bulk_running, judging, transferring
from apps.transactions.services.judging import Payer
from apps.transactions.services.transferring import Transfer
from vortex.clock import now
from vortex.db import unit_of_work
from vortex.http.fields import IdField, TextField
from vortex.http.headers import IDEMPOTENCY_REPLAYED
from vortex.http.idempotency import IdempotentView, key_of
from vortex.http.openapi import page_of as page_schema
from vortex.http.pagination import PARAMETERS, page_of, window
from vortex.http.parsers import check_charset
from vortex.http.refusals import BodyTooLarge, UnsupportedMediaType
from vortex.identity.authentication import caller
from vortex.ids import new_id
from vortex.telemetry import context

_LATER: Final = "respond-async"
_JOBS: Final = "sets of transfers by -id"
_LINES: Final = "items of a set by line"
# Each holds a thread that serves requests for as long as its sender takes.
_RECEIVING: Final = threading.BoundedSemaphore(4)
# A request has half a minute; a million items need longer to be read than that.
_UPLOAD_MS: Final = 10 * 60 * 1000
_PREFER: Final = OpenApiParameter(
    "Prefer",
    location=OpenApiParameter.HEADER,
    enum=[_LATER],
    description="Make the transfers after the answer, which is 202: up to a million, 512 MiB.",
)
_STATUS: Final = OpenApiParameter(
    "status", enum=list(ItemStatus), description="Only items of which this has become."
)
_JOB: Final = {
    "id": "01920f4e-5a10-7c3e-8f00-5d1f6b2a9c01",
    "state": "running",
    "items": 250_000,
    "done": 90_000,
    "posted": 89_990,
    "replayed": 0,
    "refused": 10,
    "percent": 36,
    "created_at": "2026-11-25T20:00:00Z",
    "changed_at": "2026-11-25T20:00:09Z",
    "finished_at": None,
}


class BulkJobSerializer(serializers.Serializer[BulkJob]):
    """A set of transfers on its way. The first `done` items are through, in their order."""

    id = IdField()
    state = serializers.ChoiceField(
        choices=[state for state in BulkState if state != BulkState.RECEIVING]
    )
    items = serializers.IntegerField()
    done = serializers.IntegerField()
    posted = serializers.IntegerField(help_text="With those that stood before.")
    replayed = serializers.IntegerField(help_text="Those that stood before.")
    refused = serializers.IntegerField()
    percent = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)

    def get_percent(self, job: BulkJob) -> int:
        """Return how much is done, in whole percents."""
        return percent_of(done=job.done, items=job.items)


class BulkLineSerializer(serializers.Serializer[BulkLine]):
    """An item of a set, counted from 1, and what has become of it."""

    line = serializers.IntegerField()
    id = IdField(source="posting_id")
    status = serializers.ChoiceField(choices=list(ItemStatus))
    replayed = serializers.BooleanField(help_text="It stood before this set.")
    code = TextField(help_text="Why it was refused; empty where it was not.")
    detail = TextField()


_EXAMPLE: Final = OpenApiExample("Under way", value=_JOB, response_only=True, status_codes=["202"])


class BulkView(IdempotentView):
    """Many transfers in one request."""

    context = "transactions"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the caller; a set that is made later keeps its key itself, for it is read once."""
        if request.method == "POST" and _is_later(request):
            APIView.initial(self, request, *args, **kwargs)
        else:
            super().initial(request, *args, **kwargs)

    @extend_schema(parameters=[*PARAMETERS], responses=page_schema(BulkJobSerializer))
    def get(self, request: Request) -> Response:
        """List one's own sets that were to be made later, newest first."""
        asked = window(request, order=_JOBS, types=(UUID,))
        rows = sets.bulk_jobs_of_owner(
            owner_id=caller(request).user_id, after=asked.after, limit=asked.limit + 1
        )
        page = page_of(rows, asked, key=lambda job: (job.id,))
        items = list(map(BulkJobSerializer().to_representation, page.items))
        return Response({"items": items, "next_cursor": page.next_cursor})

    @extend_schema(
        parameters=[_PREFER],
        request=BulkSerializer,
        responses={200: OutcomesSerializer, 202: BulkJobSerializer},
        examples=[_EXAMPLE],
    )
    def post(self, request: Request) -> HttpResponse:
        """Make up to 10,000 transfers in their order; with `Prefer: respond-async` a million.

        Without `atomic` each stands or falls by itself, and the outcomes say which; with it the
        first refusal refuses all of them. Made later, each stands or falls by itself, one set of a
        person at a time; the body has a `Content-Length`, and under the same key the same bytes.
        """
        if _is_later(request):
            return _take_in(request)
        asked = BulkSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        items = [
            Transfer(posting_id=item.pop("id"), **item) for item in asked.validated_data["items"]
        ]
        payer = Payer(caller(request).user_id, self.slot.derive("denial"))
        judging.refuse_if_not_allowed(transfers=items, payer=payer, at=now())
        with unit_of_work("transactions"):
            outcomes = transferring.transfer_many(
                transfers=items,
                owner_id=caller(request).user_id,
                atomic=asked.validated_data["atomic"],
            )
            posted = sum(outcome.posted for outcome in outcomes)
            answer = {"posted": posted, "refused": len(outcomes) - posted, "items": outcomes}
            return self.remember(OutcomesSerializer(answer).data)


class BulkJobView(APIView):
    """A set of transfers on its way."""

    @extend_schema(responses=BulkJobSerializer)
    def get(self, request: Request, job_id: UUID) -> Response:
        """Read how far a set has come."""
        return Response(BulkJobSerializer(_own(request, job_id)).data)


class BulkLinesView(APIView):
    """What became of each item of a set."""

    @extend_schema(parameters=[_STATUS, *PARAMETERS], responses=page_schema(BulkLineSerializer))
    def get(self, request: Request, job_id: UUID) -> Response:
        """List the items of a set in their order; kept for thirty days after its end."""
        job = _own(request, job_id)
        status = serializers.ChoiceField(choices=list(ItemStatus), allow_blank=True)
        asked = window(request, order=_LINES, types=(int,))
        rows = sets.bulk_lines(
            job=job,
            status=str(status.run_validation(request.query_params.get("status", ""))),
            after=asked.after,
            limit=asked.limit + 1,
        )
        page = page_of(rows, asked, key=lambda row: (row.line,))
        items = list(map(BulkLineSerializer().to_representation, page.items))
        return Response({"items": items, "next_cursor": page.next_cursor})


class CancelBulkView(APIView):
    """Stopping a set."""

    @extend_schema(request=None, responses=BulkJobSerializer)
    def post(self, request: Request, job_id: UUID) -> Response:
        """Stop a set. What is posted stays; what has not begun never does."""
        job = bulk_running.cancel(job_id=job_id, owner_id=caller(request).user_id, at=now())
        return Response(BulkJobSerializer(job).data)


def _is_later(request: Request) -> bool:
    wishes = request.headers.get("Prefer", "").lower().replace(";", ",").split(",")
    return _LATER in {wish.strip() for wish in wishes}


def _take_in(request: Request) -> HttpResponse:
    """Receive a set, or find that it came before."""
    key, owner = key_of(request), caller(request).user_id
    _check_head(request)
    with _a_place(), _unhurried(request):
        body = BulkBody(request.stream.read if request.stream else _nothing)
        known = bulk_receiving.known_under(owner_id=owner, key=key, at=now())
        if known is not None:
            bulk_receiving.check_same(known, body.drain())
            return _accepted(request, known, is_replay=True)
        job = bulk_receiving.begin(job_id=new_id(), owner_id=owner, key=key, at=now())
        try:
            bulk_receiving.fill(job_id=job.id, transfers=body.transfers(), clock=_clock())
            job = bulk_receiving.seal(job_id=job.id, digest=body.digest, at=now())
        except BaseException:  # whatever ends it, be it the time: nothing of it is to be left
            with context.anew(_UPLOAD_MS):
                bulk_receiving.discard(job_id=job.id)
            raise
    return _accepted(request, job, is_replay=False)


def _check_head(request: Request) -> None:
    """Refuse by the headers alone what is not JSON or too much of it."""
    media_type = request.content_type or ""
    if media_type.partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaType
    check_charset(media_type)
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if announced.isdecimal() and int(announced) > MOST_BYTES:
        raise BodyTooLarge(f"the body may have {MOST_BYTES} bytes", limit_bytes=MOST_BYTES)


def _accepted(request: Request, job: BulkJob, *, is_replay: bool) -> HttpResponse:
    answer = Response(BulkJobSerializer(job).data, status=202)
    answer["Location"] = f"{request.path}/{job.id}"
    answer["Preference-Applied"] = _LATER
    if is_replay:
        answer[IDEMPOTENCY_REPLAYED] = "true"
    return answer


@contextmanager
def _a_place() -> Iterator[None]:
    if not _RECEIVING.acquire(blocking=False):
        raise BulkUploadsBusy(retry_after=5)
    try:
        yield
    finally:
        _RECEIVING.release()


@contextmanager
def _unhurried(request: Request) -> Iterator[None]:
    """Let a set take as long to come in as half a GiB does, unless its sender grants less."""
    if "X-Deadline-Ms" in request.headers:
        yield
        return
    with context.anew(_UPLOAD_MS):
        yield


def _clock() -> Iterator[datetime]:
    while True:
        yield now()


def _nothing(size: int) -> bytes:
    del size
    return b""


def _own(request: Request, job_id: UUID) -> BulkJob:
    return sets.bulk_job_of_owner(job_id=job_id, owner_id=caller(request).user_id)
