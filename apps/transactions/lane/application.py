"""The lane as an ASGI application in front of another one."""

import asyncio
import time
from collections.abc import MutableMapping
from typing import Any

from django.db import connections

from apps.transactions.lane import answers
from apps.transactions.lane.asked import BULK, Asked, Headers, headers_of, read
from apps.transactions.lane.bulks import Bulks
from apps.transactions.lane.door import Door
from apps.transactions.lane.refusals import LedgerBusy
from apps.transactions.lane.work import Job, answer_all, answer_bulk
from vortex.errors import Refusal
from vortex.http.address import address_behind
from vortex.http.asgi import Application, whole_body
from vortex.http.middleware import request_id_from, traceparent_from
from vortex.http.quick.access import served
from vortex.http.quick.groups import Group
from vortex.http.quick.lines import RawHeaders, lines_of, pairs_of, refused
from vortex.http.quick.replying import Reply
from vortex.http.quick.usual import is_secure
from vortex.idempotency import Answer
from vortex.outbox.publishing import headers as event_headers
from vortex.telemetry import context, span

Scope = MutableMapping[str, Any]


class PostingLane:
    """Answers POST /api/transactions in groups; passes on what it does not know.

    Nothing that it passes on has had an effect: either it never reached the ledger, or the group
    that it was in rolled back, or its key remembers the answer and the API gives it again.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._group: Group[Job, Reply] = Group(
            answer_all, connections.close_all, name="posting-lane"
        )
        self._bulks = Bulks(connections.close_all)
        self.door = Door(self._group)  # for requests that come straight off the wire

    def close(self) -> None:
        """Answer who waits, and give the connections back."""
        self._group.close()
        self._bulks.close()

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Answer a request, or hand it on with its body as it came."""
        headers = headers_of(scope) if scope["type"] == "http" else None
        if headers is None:
            await self._application(scope, receive, send)
            return
        started = time.monotonic()
        body, again = await whole_body(receive, int(headers[b"content-length"]))
        asked = None if body is None else await self._read(scope["path"], headers, body)
        reply = None if asked is None else await self._reply(scope, headers, asked, send, started)
        if reply is None:
            await self._application(scope, again, send)

    async def _read(self, path: str, headers: Headers, body: bytes) -> Asked | None:
        """Read a request; a batch apart from the event loop, which has others to serve."""
        if path not in BULK:
            return read(path, headers, body)
        return await asyncio.to_thread(read, path, headers, body)

    async def _reply(
        self, scope: Scope, headers: Headers, asked: Asked, send: Any, started: float
    ) -> Answer | None:
        """Answer what was asked; None leaves it to the API."""
        path: str = scope["path"]
        with (
            context.use(
                request_id=request_id_from(headers.get(b"x-request-id", "")),
                traceparent=traceparent_from(headers.get(b"traceparent", "")),
                actor=asked.token.principal,
                causation_id="",
            ) as current,
            span(f"HTTP POST {path}", kind="server"),
        ):
            job = Job(asked, path, event_headers())
            is_bulk = path in BULK
            waiting = self._bulks.submit(answer_bulk, job) if is_bulk else self._group.submit(job)
            reply = None if waiting is None else await waiting
            if waiting is not None and reply is None:
                return None
            said: Answer | Refusal = LedgerBusy(retry_after=1) if reply is None else reply.said
            code, answer = _worded(said, path)
            spent = None if reply is None else reply.spent
            secure = is_secure(scope["scheme"], headers)
            lines = lines_of(answer, spent, current.request_id, allow=answers.ALLOW, secure=secure)
            await _send(send, answer, pairs_of(lines))
            served(
                current,
                method="POST",
                route=path,
                status=answer.status,
                code=code,
                seconds=time.monotonic() - started,
                client=_client(scope, headers),
            )
        return answer


def _client(scope: Scope, headers: Headers) -> str:
    peer = (scope.get("client") or ("",))[0]
    return address_behind(headers.get(b"x-forwarded-for", ""), peer)


def _worded(said: Answer | Refusal, path: str) -> tuple[str | None, Answer]:
    """Return the code of a refusal, and the answer."""
    if isinstance(said, Refusal):
        return said.code, refused(said, path)
    return None, said


async def _send(send: Any, answer: Answer, headers: RawHeaders) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
