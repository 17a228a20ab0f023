"""The caller's end of the wire: signs, sends, waits no longer than it may, tries again sparingly.

Whatever goes wrong between two services ends as Unavailable, which promises nothing about whether
the work was done. Sending again is safe all the same, because a query changes nothing and every
command carries the key that makes a second delivery harmless.
"""

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import httpx
import msgspec
from django.conf import settings

from vortex.contracts import Operation
from vortex.db.work import DeadlineExceeded
from vortex.errors import Refusal, Unavailable, rebuild
from vortex.rpc import metrics, retries, signing, wire
from vortex.rpc.breaker import Breaker, CalleeFailed
from vortex.telemetry import context as request_context
from vortex.telemetry.logs import get_logger
from vortex.telemetry.tracing import span

_CONNECT_SECONDS: Final = 1.0
_QUEUE_SECONDS: Final = 0.1
# Shorter than the five seconds after which uvicorn closes a silent connection.
_KEEP_ALIVE_SECONDS: Final = 4.0
_FINAL: Final = frozenset({"operation_killed", "context_moved", "deadline_exceeded"})

log = get_logger("rpc.client")


class CalleeBusy(Unavailable, code="callee_busy", title="Too many calls at once"):
    """This process already waits for as many answers of the callee as it may; nothing was sent."""


class RemoteTransport:
    """Calls the operations that one deployment serves, over pooled connections.

    One instance per URL and process: connections, the retry budget, the breakers and the bulkhead
    are shared by all its callers. Safe to use from several threads.
    """

    media_type: str = wire.JSON

    def __init__(self, url: str) -> None:
        limit = settings.VORTEX_RPC_CALLS_PER_CALLEE
        self._callee = httpx.URL(url).netloc.decode()
        self._budget = retries.RetryBudget()
        self._places = threading.BoundedSemaphore(limit)
        self._breakers: dict[Operation, Breaker] = {}
        self._client = self.connect(url, limit)

    def call(self, operation: Operation, arguments: msgspec.Struct, *, caller: str) -> Any:
        """Return the decoded answer, raise the operation's refusal, or raise Unavailable."""
        started, outcome = time.perf_counter(), "failed"
        try:
            with (
                request_context.within(operation.deadline_ms),
                span(operation.path, kind="client", caller=caller),
                self._place(),
            ):
                answer = self._try(_Call(operation, arguments, caller, self.media_type))
                outcome = "answered"
                return answer
        except Refusal as refusal:
            outcome = refusal.code
            raise
        finally:
            metrics.called(operation.path, outcome, time.perf_counter() - started)

    def close(self) -> None:
        """Close the connections; a transport that is called again opens them no more."""
        self._client.close()

    def connect(self, url: str, limit: int) -> httpx.Client:
        """Return the pool of connections to the callee."""
        return httpx.Client(
            base_url=url,
            limits=httpx.Limits(
                max_connections=limit,
                max_keepalive_connections=limit,
                keepalive_expiry=_KEEP_ALIVE_SECONDS,
            ),
            trust_env=False,
        )

    @contextmanager
    def _place(self) -> Iterator[None]:
        """Hold one of the callee's places, so that a slow callee cannot take every thread."""
        if not self._places.acquire(timeout=_QUEUE_SECONDS):
            raise CalleeBusy(callee=self._callee)
        try:
            yield
        finally:
            self._places.release()

    def _try(self, call: "_Call") -> Any:
        breaker = self._breaker_of(call.operation)
        self._budget.earn()
        for attempt in itertools.count(1):
            try:
                with breaker.guarded():
                    return self._send(call)
            except CalleeFailed as failure:
                if not (failure.may_retry and self._wait_to_retry(call, attempt)):
                    raise failure.refusal from failure
        raise AssertionError("an attempt returns or raises")

    def _breaker_of(self, operation: Operation) -> Breaker:
        known = self._breakers.get(operation)
        # Two threads may both make one; setdefault lets them agree on the first.
        return known or self._breakers.setdefault(operation, Breaker(operation.path))

    def _wait_to_retry(self, call: "_Call", attempt: int) -> bool:
        if attempt >= retries.MAX_ATTEMPTS:
            return False
        seconds = retries.wait_seconds(attempt)
        if seconds * 1000 >= _remaining_ms():
            return False
        if not self._budget.spend():
            metrics.retries_denied.labels(self._callee).inc()
            return False
        threading.Event().wait(seconds)
        metrics.retries.labels(call.operation.path).inc()
        return True

    def _send(self, call: "_Call") -> Any:
        request = call.request(self._client)
        try:
            response = self._client.send(request, stream=True)
            try:
                body = _read(response)
            finally:
                response.close()
        except httpx.RequestError as error:
            refused = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
            why = f"{self._callee} does not answer: {type(error).__name__}"
            raise CalleeFailed(Unavailable(why), may_retry=refused) from error
        call.count(len(body))
        return call.answer(response, body)


class AsideTransport(RemoteTransport):
    """Asks a deployment that merely follows: it answers itself, although another one owns the data.

    Without that word its door would hand the question back to the owner.
    """

    def connect(self, url: str, limit: int) -> httpx.Client:
        """Return the pool of connections to the callee, each request with that word."""
        client = super().connect(url, limit)
        client.headers[wire.ASIDE_HEADER] = "1"
        return client


class _Call:
    """One call: how each of its attempts is sent, and what an answer to it means."""

    def __init__(
        self, operation: Operation, arguments: msgspec.Struct, caller: str, media_type: str
    ) -> None:
        self.operation = operation
        self._caller = caller
        self._media_type = media_type
        self._key = wire.key_of(operation, arguments)
        self._body = wire.encode(arguments, media_type)

    def request(self, client: httpx.Client) -> httpx.Request:
        """Return the next attempt: a fresh token, and what is left of the deadline."""
        remaining_ms = _remaining_ms()
        if remaining_ms == 0:
            raise DeadlineExceeded
        seconds = remaining_ms / 1000
        return client.build_request(
            "POST",
            wire.address(self.operation),
            content=self._body,
            headers=self._headers(remaining_ms),
            timeout=httpx.Timeout(seconds, connect=min(_CONNECT_SECONDS, seconds)),
        )

    def _headers(self, remaining_ms: int) -> dict[str, str]:
        context = request_context.current()
        token = signing.sign(self.operation, self._body, issuer=self._caller, actor=context.actor)
        named = {
            "Authorization": f"Bearer {token}",
            "Content-Type": self._media_type,
            "Accept": self._media_type,
            wire.DEADLINE_HEADER: str(remaining_ms),
            wire.REQUEST_HEADER: context.request_id,
            wire.CAUSATION_HEADER: context.causation_id,
            wire.TRACE_HEADER: context.traceparent,
            wire.KEY_HEADER: self._key,
        }
        return {name: value for name, value in named.items() if value}

    def count(self, received_bytes: int) -> None:
        """Count what one attempt moved."""
        metrics.bytes_moved.labels(self.operation.path, "sent").inc(len(self._body))
        metrics.bytes_moved.labels(self.operation.path, "received").inc(received_bytes)

    def answer(self, response: httpx.Response, body: bytes) -> Any:
        """Return what a response says, or raise what it refuses with."""
        media_type = response.headers.get("Content-Type", "")
        try:
            if response.status_code == httpx.codes.OK:
                return wire.decode(body, self.operation.answer, media_type)
            if media_type == wire.PROBLEM:
                problem = wire.decode(body, wire.Problem, media_type)
                raise self._refusal(response.status_code, problem)
        except msgspec.MsgspecError as error:
            log.exception("rpc.answer.unreadable", operation=self.operation.path)
            why = "the answer is not what the contract says"
            raise CalleeFailed(Unavailable(why), may_retry=False) from error
        raise self._fault(response.status_code, "")

    def _refusal(self, status: int, problem: wire.Problem) -> Exception:
        if status == wire.REFUSED_STATUS:
            return rebuild(problem.code, problem.detail, problem.facts)
        if status == httpx.codes.SERVICE_UNAVAILABLE:
            refusal = rebuild(problem.code, problem.detail, problem.facts)
            if problem.code in _FINAL:
                return refusal
            if isinstance(refusal, Unavailable):
                return CalleeFailed(refusal, may_retry=True)
        return self._fault(status, problem.code)

    def _fault(self, status: int, code: str) -> Exception:
        """Return the failure for what is neither an answer nor a refusal: somebody's bug."""
        log.error("rpc.call.failed", operation=self.operation.path, status=status, code=code)
        refusal = Unavailable(f"{self.operation.path} answered {status} {code}".rstrip())
        if status < httpx.codes.INTERNAL_SERVER_ERROR:
            return refusal
        return CalleeFailed(refusal, may_retry=status == httpx.codes.SERVICE_UNAVAILABLE)


def _remaining_ms() -> int:
    remaining_ms = request_context.current().remaining_ms()
    if remaining_ms is None:
        raise AssertionError("a call has a deadline")
    return remaining_ms


def _read(response: httpx.Response) -> bytes:
    """Return the body; a callee that drips it out past the deadline, or without end, has failed."""
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > wire.MAX_BODY_BYTES:
            raise CalleeFailed(Unavailable("the answer has no end"), may_retry=False)
        if _remaining_ms() == 0:
            raise CalleeFailed(DeadlineExceeded(), may_retry=False)
    return bytes(body)
