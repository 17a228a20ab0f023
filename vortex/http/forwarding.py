"""Requests for a context that has moved: handed on to its new owner, so that callers see no error.

A request goes where the topology says. One that meets the fence in here has changed nothing: it is
held until the topology names the new owner, and sent there with the same body and the same
Idempotency-Key. Where the move was given up meanwhile it is answered here after all. A gateway in
front only saves the way round: what holds in the instant between, with a gateway or without one, is
this door.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import replace
from itertools import chain, repeat
from typing import Any, Final

import msgspec
from django.conf import settings

from vortex.errors import Refusal, Unavailable
from vortex.http.asgi import Application, whole_body
from vortex.http.carrying import (
    NOT_ANSWERED,
    NOT_SENT,
    Carrier,
    HalfAnswered,
    Parcel,
    parcel,
)
from vortex.http.headers import ASIDE, CONTEXT_MOVED, HOPS, MIRRORED
from vortex.http.problem import MEDIA_TYPE, said
from vortex.http.rehearsed import witness
from vortex.http.shares import Shares
from vortex.http.sharing import READS, goes_away, person_behind
from vortex.telemetry import get_logger
from vortex.telemetry.metrics import counter
from vortex.topology import Route, forget, route_of
from vortex.topology.rehearsed import Desk

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]

MOST_BYTES: Final = 4 * 1024 * 1024  # of a body that is kept to be sent again
MOST_HOPS: Final = 8
MOST_COPIES: Final = 8  # at once
_PATH: Final = re.compile(r"/(?:api|rpc)/(?:v1/)?([a-z]+)(?=/|$)")
# Staff sign in where auth is; what they prove comes back (vortex/identity/entering.py).
_OF_AUTH: Final = ("/.well-known/", "/dev/mailbox", "/admin/login/", "/admin/second-factor/")
_MOVED: Final = CONTEXT_MOVED.lower().encode()
_HOPS: Final = HOPS.lower().encode()
_MIRRORED: Final = MIRRORED.lower().encode()
_ASIDE: Final = ASIDE.lower().encode()
_ANSWERED_HERE: Final = frozenset((_MIRRORED, _ASIDE))
_SHARED: Final = frozenset(("split", "reads"))  # as the owner has it, and as the stand-by does
_DEADLINE: Final = b"x-deadline-ms"
_LOOK_AGAIN_SECONDS: Final = 0.005
_RETRY_SECONDS: Final = 0.1
# Longer than a move holds the fence: asking here again is for moves that were given up.
_ASK_HERE_AGAIN_SECONDS: Final = (0.3, 0.6, 1.0)

log = get_logger("http.forwarding")
forwarded_total = counter(
    "vortex_http_forwarded_total", "Requests handed on to another deployment.", ("context",)
)
mirrored_total = counter(
    "vortex_http_mirrored_total", "Copies of requests sent to a stand-by.", ("outcome",)
)


class Forwarder:
    """Answers what belongs here by the application, and what has moved by its new owner."""

    def __init__(
        self, application: Application, carrier: Carrier | None = None, desk: Desk | None = None
    ) -> None:
        self._application = application
        self._desk = desk
        self._carrier = carrier or Carrier()
        self._mirrored: set[asyncio.Task[None]] = set()
        self._shares = Shares()

    async def close(self) -> None:
        """Give the connections of the running event loop back."""
        await self._carrier.close()

    async def __call__(self, scope: Scope, receive: Any, send: Send) -> None:
        """Answer a request, here or there; one whose body is too long to keep has one try, here."""
        context = context_of(scope["path"]) if scope["type"] == "http" else None
        # A copy is answered where it arrives: handed on, it would race with its original. So is
        # what was sent to a stand-by on purpose: handed on, it would come back.
        if context is None or any(name in _ANSWERED_HERE for name, _ in scope["headers"]):
            await self._application(scope, receive, send)
            return
        body, again = await whole_body(receive, MOST_BYTES)
        if body is None:
            await self._application(scope, again, send)
            return
        await self._answer(context, scope, body, send)

    async def _answer(self, context: str, scope: Scope, body: bytes, send: Send) -> None:
        ends_at = time.monotonic() + _patience_seconds(scope)
        if any(name == _HOPS for name, _ in scope["headers"]):
            forget()  # whoever sent it here knows a newer topology than the one read last
        for held_for in chain(_ASK_HERE_AGAIN_SECONDS, repeat(_ASK_HERE_AGAIN_SECONDS[-1])):
            route, seen = route_of(context), _Seen(send)
            if await self._leaves(route, context, scope):
                if await self._forward(context, _sent(route, scope, body), seen, ends_at):
                    self._count(context, scope, seen, left=True)
                    return
                continue
            held = _Held(seen)
            if route.mode == "shadow":
                self._mirror(route.url, parcel(scope, body))
            await self._here(route, context, scope, body, held)
            if not held.moved:
                self._count(context, scope, seen, left=False)
                return
            if not await _another(context, route, held_for, ends_at):
                await held.release()
                return

    async def _here(
        self, route: Route, context: str, scope: Scope, body: bytes, held: "_Held"
    ) -> None:
        """Answer a request here; one that is to be replayed elsewhere is put aside with it."""
        seen = witness(self._desk, route, context, scope, body)
        if seen is None:
            await self._application(scope, _giving(body), held)
            return
        with seen:
            await self._application(seen.scope, _giving(body), seen.watching(held))
        if not held.moved:
            seen.put_aside()

    async def _leaves(self, route: Route, context: str, scope: Scope) -> bool:
        """Say whether a request is answered elsewhere; who has just written reads at the owner."""
        if route.mode in _SHARED and scope["method"] not in READS:
            await self._shares.writes(context, person_behind(scope))
        away = goes_away(route, context, scope)
        if route.mode not in _SHARED or away is (route.mode == "reads"):
            return away
        at_the_owner = await self._shares.reads_own_writes(context, person_behind(scope))
        return at_the_owner is (route.mode == "reads")

    def _count(self, context: str, scope: Scope, seen: "_Seen", *, left: bool) -> None:
        """Count what a side answers while both do: each of its own, and the owner what it sends."""
        mode = route_of(context).mode
        if mode not in _SHARED or scope["method"] not in READS or (mode == "reads" and left):
            return
        side = "there" if left or mode == "reads" else "here"
        self._shares.read(context, side, failed=seen.failed, seconds=seen.seconds())

    def _mirror(self, url: str, sent: Parcel) -> None:
        """Send a copy to the stand-by and drop its answer: it gets to know what it will serve.

        A write changes nothing there: units of work and commands refuse copies, whoever owns the
        data by the time that they arrive.
        """
        if len(self._mirrored) < MOST_COPIES:
            task = asyncio.get_running_loop().create_task(self._copy(url, sent))
            self._mirrored.add(task)
            task.add_done_callback(self._mirrored.discard)

    async def _copy(self, url: str, sent: Parcel) -> None:
        async def nobody(message: Message) -> None:
            del message

        copy = replace(sent, headers=[*sent.headers, (_MIRRORED, b"1")])
        try:
            await self._carrier.carry(url, copy, nobody, 5.0)
            mirrored_total.labels("answered").inc()
        except (*NOT_SENT, *NOT_ANSWERED, HalfAnswered):
            mirrored_total.labels("failed").inc()

    async def _forward(self, context: str, sent: Parcel, send: Send, ends_at: float) -> bool:
        """Hand a request on, again where the first delivery had no effect or may be repeated.

        Returns False where the context has come home meanwhile, so that it is to be answered here.
        """
        forwarded_total.labels(context).inc()
        trouble = "no deployment takes this request for its own"
        await _give_way(sent)
        while sent.hops < MOST_HOPS:
            left, url = ends_at - time.monotonic(), route_of(context).url
            if not url:
                return False
            try:
                await self._carrier.carry(url, sent, send, max(left, 0.1))
                return True
            except NOT_SENT as error:
                trouble = type(error).__name__
            except NOT_ANSWERED as error:
                trouble = type(error).__name__
                if not sent.may_repeat:
                    break
            except HalfAnswered:
                log.warning("http.forwarding.broken_off", context=context)
                return True
            if left <= 0:
                break
            await asyncio.sleep(_RETRY_SECONDS)
        log.warning("http.forwarding.failed", context=context, reason=trouble)
        await _refuse(send, sent, f"{context} does not answer")
        return True


async def _give_way(sent: Parcel) -> None:
    """Wait where two sides point at each other: they are about to be told otherwise."""
    if sent.hops > 1:
        await asyncio.sleep(_LOOK_AGAIN_SECONDS * 2**sent.hops)
        forget()


class _Seen:
    """Lets an answer through and remembers how long it took, and whether it was our failure."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._begun = time.monotonic()
        self.failed = False

    def seconds(self) -> float:
        """Return how long the answer took up to now."""
        return time.monotonic() - self._begun

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.failed = message["status"] >= 500
        await self._send(message)


class _Held:
    """Lets an answer through, except the one that says that the data have moved."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._kept: list[Message] = []
        self.moved = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            names = {name.lower() for name, _ in message.get("headers", ())}
            self.moved = message["status"] == 503 and _MOVED in names
        if self.moved:
            self._kept.append(message)
        else:
            await self._send(message)

    async def release(self) -> None:
        """Let the answer go that was kept: nobody has taken the data over in time."""
        for message in self._kept:
            await self._send(message)


async def _another(context: str, route: Route, seconds: float, ends_at: float) -> bool:
    """Wait for another route, or some seconds where the move may have been given up.

    Returns False where the time of the request is over.
    """
    again_at = time.monotonic() + seconds
    while route_of(context) == route and time.monotonic() < again_at:
        if time.monotonic() > ends_at:
            return False
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        forget()
    return True


def _sent(route: Route, scope: Scope, body: bytes) -> Parcel:
    """Return a request as it is handed on; to one that merely follows, with a word to that end."""
    sent = parcel(scope, body)
    if route.mode != "split":
        return sent
    return replace(sent, headers=[*sent.headers, (_ASIDE, b"1")])


def context_of(path: str) -> str | None:
    """Return the context that an address belongs to, None where it is no context's."""
    if path.startswith(_OF_AUTH):
        return "auth"
    found = _PATH.match(path)
    if found is None or found[1] not in _names():
        return None
    return found[1]


def _names() -> frozenset[str]:
    return frozenset(context.name for context in settings.VORTEX_CONTEXTS)


def _patience_seconds(scope: Scope) -> float:
    longest: int = settings.VORTEX_REQUEST_DEADLINE_MS
    for name, value in scope["headers"]:
        if name == _DEADLINE and value.isdigit():
            return min(int(value), longest) / 1000
    return longest / 1000


def _giving(body: bytes) -> Callable[[], Awaitable[Message]]:
    """Return a `receive` that gives a body once, and afterwards waits for ever, as clients do."""
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        if waiting:
            return waiting.pop()
        await asyncio.Event().wait()
        raise AssertionError

    return receive


async def _refuse(send: Send, sent: Parcel, why: str) -> None:
    refusal: Refusal = Unavailable(why)
    status, body, headers = said(refusal, sent.target.partition(b"?")[0].decode(errors="replace"))
    content = msgspec.json.encode(body)
    named = {**headers, "Content-Type": MEDIA_TYPE, "Content-Length": str(len(content))}
    raw = [(name.lower().encode(), value.encode()) for name, value in named.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": content})
