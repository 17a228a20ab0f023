"""Answering a request that came straight off the wire, once its answer is known."""

import time
from typing import Any

import msgspec

from vortex.contracts import Principal
from vortex.db import Moved
from vortex.errors import Refusal
from vortex.http.address import address_behind
from vortex.http.middleware import request_id_from, traceparent_from
from vortex.http.quick.access import served
from vortex.http.quick.lines import lines_of, refused
from vortex.http.quick.usual import Fields
from vortex.http.throttles import Spent
from vortex.idempotency import Answer
from vortex.telemetry import context
from vortex.telemetry.context import RequestContext


class Place(msgspec.Struct, frozen=True):
    """A kind of addresses: its method, its route as Django writes it, and what it allows."""

    method: str
    route: str
    allow: str


class Reply(msgspec.Struct, frozen=True):
    """What to answer: an answer, or the refusal that becomes one in the request's own words."""

    said: Answer | Refusal
    spent: Spent


class Waiting(msgspec.Struct, frozen=True):
    """A request that waits for its answer, and the connection that it came by."""

    wire: Any
    place: Place
    path: str
    current: RequestContext
    forwarded: str
    secure: bool
    started: float


def waiting(
    wire: Any, place: Place, path: str, fields: Fields, who: Principal, *, secure: bool
) -> Waiting:
    """Return a request that waits, with the context that the middleware would give it."""
    current = RequestContext(
        request_id_from(fields.get(b"x-request-id", "")),
        traceparent_from(fields.get(b"traceparent", "")),
        who,
    )
    forwarded = fields.get(b"x-forwarded-for", "")
    return Waiting(wire, place, path, current, forwarded, secure, time.monotonic())


def reply(one: Waiting, answer: Reply | None) -> None:
    """Answer, or hand back what is not answered: the application behind will."""
    if answer is None or isinstance(answer.said, Moved):  # the new owner answers, if there is one
        one.wire.hand_back()
        return
    said, current, place = answer.said, one.current, one.place
    code = None
    if isinstance(said, Refusal):
        code = said.code
        with context.use(traceparent=current.traceparent):
            said = refused(said, one.path)
    lines = lines_of(said, answer.spent, current.request_id, allow=place.allow, secure=one.secure)
    one.wire.answer(said.status, lines, said.body)
    served(
        current,
        method=place.method,
        route=place.route,
        status=said.status,
        code=code,
        seconds=time.monotonic() - one.started,
        client=address_behind(one.forwarded, (one.wire.client or ("",))[0]),
    )
