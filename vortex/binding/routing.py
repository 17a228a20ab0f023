"""Where one call runs: here, in another deployment, or, while traffic moves, in a share of both.

A context that moves between the decision and its transaction refuses with Moved. Nothing was
written then, so the same call with the same key is made again as soon as the topology names the new
place: the caller sees latency and no error.
"""

import functools
import hashlib
import os
import threading
import time
from typing import Any, Final, Protocol, cast

import msgspec
from django.conf import settings
from django.utils.module_loading import import_string

from vortex.binding import local, metrics, rehearsal, shadow, tape
from vortex.contracts import Operation, Service, implementation_of
from vortex.db import Moved
from vortex.errors import Unavailable
from vortex.telemetry import context as request
from vortex.topology import Route, forget, route_of
from vortex.topology.share import share_of

# How often the topology is looked at while a move is under way; it lasts a fraction of a second.
_LOOK_AGAIN_SECONDS: Final = 0.01
# Longer than a move holds the fence: asking the same place again is for moves that were given up.
_ASK_AGAIN_SECONDS: Final = 0.4


class CallRefusedHere(Unavailable, code="no_route", title="Nobody serves this"):
    """The context is not hosted in this process and the topology names no other place."""


class Transport(Protocol):
    """Carries a call to another process. One is kept per URL and process, so it may pool."""

    def __init__(self, url: str) -> None: ...

    def call(self, operation: Operation, arguments: msgspec.Struct, *, caller: str) -> Any:
        """Return the decoded answer, raise the refusal, or raise Unavailable."""
        ...


def dispatch(
    interface: type[Service], operation: Operation, arguments: msgspec.Struct, caller: str
) -> Any:
    """Make a call wherever its context runs, following a move within the operation's deadline."""
    if operation.kind == "command" and request.current().is_copy:
        raise Moved(context=operation.context)
    taken = tape.of(operation.context)
    if taken is not None:
        return taken.take(
            operation, arguments, lambda: _dispatch(interface, operation, arguments, caller)
        )
    return _dispatch(interface, operation, arguments, caller)


def _dispatch(
    interface: type[Service], operation: Operation, arguments: msgspec.Struct, caller: str
) -> Any:
    with request.within(operation.deadline_ms) as bounds:
        while True:
            route = route_of(operation.context)
            try:
                with metrics.measured(caller, operation, route.mode):
                    return _run(route, interface, operation, arguments, caller)
            except Moved:
                _await_another(operation.context, route, bounds)


def _run(
    route: Route,
    interface: type[Service],
    operation: Operation,
    arguments: msgspec.Struct,
    caller: str,
) -> Any:
    if route.mode == "shadow":
        return _run_twice(route, interface, operation, arguments, caller)
    # While reads are shared the data still have one owner, and it takes every command.
    if _stays(route, operation, arguments):
        return _run_here(interface, operation, arguments)
    mode = {"split": "aside", "reads": "remote"}.get(route.mode, route.mode)
    return _transport(mode, route.url).call(operation, arguments, caller=caller)


def _stays(route: Route, operation: Operation, arguments: msgspec.Struct) -> bool:
    if route.mode == "split":
        return operation.kind == "command" or not goes_away(route, operation, arguments)
    return route.mode == "local" or (route.mode == "reads" and operation.kind == "query")


def _run_here(interface: type[Service], operation: Operation, arguments: msgspec.Struct) -> Any:
    implementation = implementation_of(interface)
    if implementation is None:
        raise CallRefusedHere(operation=operation.path)
    return local.call(implementation, operation, arguments)


def _run_twice(
    route: Route,
    interface: type[Service],
    operation: Operation,
    arguments: msgspec.Struct,
    caller: str,
) -> Any:
    """Answer from here; let a query be answered there too, and a command be replayed there."""
    if operation.kind == "command":
        if not goes_away(route, operation, arguments):
            return _run_here(interface, operation, arguments)
        return rehearsal.execute(
            operation, arguments, lambda: _run_here(interface, operation, arguments)
        )
    transport = _transport("aside", route.url)
    answer = _run_here(interface, operation, arguments)
    shadow.compare_later(
        operation,
        answer,
        lambda: _run_here(interface, operation, arguments),
        lambda: transport.call(operation, arguments, caller=caller),
    )
    return answer


def goes_away(route: Route, operation: Operation, arguments: msgspec.Struct) -> bool:
    """Say whether a split sends this call to the other deployment.

    The choice sticks to the person behind the call, so that they read what they wrote, and is the
    gateway's choice for the same person; without one it sticks to the command's key, and without
    that to the question itself.
    """
    actor = request.current().actor
    if actor is not None:
        return share_of(operation.context, actor.user_id) < route.percent
    if operation.key:
        sticky = str(getattr(arguments, operation.key)).encode()
    else:
        sticky = msgspec.json.encode(arguments)
    digest = hashlib.blake2b(sticky, digest_size=4, key=operation.context.encode()).digest()
    return int.from_bytes(digest, "big") % 100 < route.percent


def _await_another(context: str, route: Route, bounds: request.RequestContext) -> None:
    """Wait until the topology names another route than the one that has moved away.

    A move that was given up names none, so after a while the same place is asked again.
    """
    again_at = time.monotonic() + _ASK_AGAIN_SECONDS
    while True:
        forget()
        if route_of(context) != route or time.monotonic() > again_at:
            return
        if bounds.remaining_ms() == 0:
            raise Moved(context=context)
        threading.Event().wait(_LOOK_AGAIN_SECONDS)


def _transport(mode: str, url: str) -> Transport:
    """Return the transport of a mode; one that nobody carries is refused, never run elsewhere."""
    known = settings.VORTEX_TRANSPORTS.get(mode)
    if known is None:
        raise CallRefusedHere(f"no transport carries calls of the mode {mode!r}")
    return _connected(known, url)


@functools.cache
def _connected(transport: str, url: str) -> Transport:
    return cast("Transport", import_string(transport)(url))


# A child process must not write into connections that its parent holds.
os.register_at_fork(after_in_child=_connected.cache_clear)
