"""The door of single transfers that come straight off the wire: vortex.http.wire offers them here.

It does what PostingLane does for them, without a task, a scope and two messages each way: the same
reading, the same groups, the same answers.
"""

import time
from typing import Any, Final

import msgspec

from apps.transactions.lane import answers
from apps.transactions.lane.asked import SINGLE, Asked, is_secure, is_usual, read
from apps.transactions.lane.group import Group
from apps.transactions.lane.work import Job, Reply
from vortex.db import Moved
from vortex.errors import Refusal
from vortex.http.access import served
from vortex.http.address import address_behind
from vortex.http.headers import HOPS, MIRRORED
from vortex.http.middleware import request_id_from, traceparent_from
from vortex.http.wire import Fields, WireProtocol
from vortex.outbox.publishing import headers_in
from vortex.telemetry import context, tracing
from vortex.telemetry.context import RequestContext
from vortex.topology import route_of

_HERE: Final = "local"  # while reads are shared, the door has to know who writes
_ELSEWHERE: Final = frozenset({HOPS.lower().encode(), MIRRORED.lower().encode()})
_LINE: Final = "POST {path} HTTP/1.1"


class _OffTheWire(msgspec.Struct, frozen=True, kw_only=True):
    """A job that knows where its answer goes; the group sees the three fields of a Job."""

    asked: Asked
    path: str
    headers: str
    wire: Any
    current: Any
    forwarded: str
    secure: bool
    started: float


class Door:
    """Takes what `read` understands and leaves the rest; see vortex.http.wire.Quick."""

    lines: Final = {_LINE.format(path=path).encode(): path for path in SINGLE}

    def __init__(self, group: Group[Job, Reply]) -> None:
        self._group: Group[Any, Reply] = group

    def take(self, wire: WireProtocol, path: str, fields: Fields, body: bytes) -> bool:
        """Take a transfer that is written as usual, while nobody wants to see it traced."""
        started = time.monotonic()
        secure = is_secure(wire.scheme or "", fields)
        if (
            tracing.is_enabled()
            or not _is_here(fields)
            or not is_usual(path, fields, secure=secure)
        ):
            return False
        asked = read(path, fields, body)
        if asked is None:
            return False
        current = RequestContext(
            request_id_from(fields.get(b"x-request-id", "")),
            traceparent_from(fields.get(b"traceparent", "")),
            asked.token.principal,
        )
        job = _OffTheWire(
            asked=asked,
            path=path,
            headers=headers_in(current),
            wire=wire,
            current=current,
            forwarded=fields.get(b"x-forwarded-for", ""),
            secure=secure,
            started=started,
        )
        return self._group.take(job, _answer)


def _is_here(fields: Fields) -> bool:
    """Say whether nobody has moved the ledger, and no other deployment has sent this request."""
    return _ELSEWHERE.isdisjoint(fields) and route_of("transactions").mode == _HERE


def _answer(job: _OffTheWire, reply: Reply | None) -> None:
    if reply is None or isinstance(reply.said, Moved):  # the new owner answers, if there is one
        job.wire.hand_back()
        return
    said, current = reply.said, job.current
    code = None
    if isinstance(said, Refusal):
        code = said.code
        with context.use(traceparent=current.traceparent):
            said = answers.refused(said, job.path)
    lines = answers.lines_of(said, reply.spent, current.request_id, secure=job.secure)
    job.wire.answer(said.status, lines, said.body)
    served(
        current,
        method="POST",
        route=job.path,
        status=said.status,
        code=code,
        seconds=time.monotonic() - job.started,
        client=address_behind(job.forwarded, (job.wire.client or ("",))[0]),
    )
