"""Handling: the handler's work and the memory of it, in one transaction of its context."""

from collections.abc import Sequence

from vortex.clock import now
from vortex.db import unit_of_work
from vortex.inbox.bookkeeping import remember
from vortex.inbox.heard import Heard
from vortex.inbox.registry import Handler
from vortex.telemetry import context as request
from vortex.telemetry.metrics import counter, histogram

handled_total = counter(
    "vortex_inbox_handled_total", "Events handled for the first time.", ("consumer",)
)
repeated_total = counter(
    "vortex_inbox_repeated_total", "Deliveries that had been handled before.", ("consumer",)
)
latency_seconds = histogram(
    "vortex_inbox_latency_seconds", "From publishing to the end of handling.", ("consumer",)
)


def handle(handler: Handler, heard: Sequence[Heard]) -> int:
    """Let a handler act on the events that it has not handled yet; return how many those were.

    All of them are handled or none is. What the handler raises comes through.
    """
    ids = {message.seen_id(handler): message for message in heard}
    with unit_of_work(handler.context):
        new = remember(handler.context, handler.name, list(ids))
        fresh = [message for seen_id, message in ids.items() if seen_id in new]
        if handler.batch > 1 and fresh:
            handler.function([message.event for message in fresh])
        else:
            _one_by_one(handler, fresh)
    handled_total.labels(handler.name).inc(len(fresh))
    repeated_total.labels(handler.name).inc(len(heard) - len(fresh))
    _measure(handler, heard)
    return len(fresh)


def _one_by_one(handler: Handler, heard: Sequence[Heard]) -> None:
    for message in heard:
        with request.use(**message.context()):
            handler.function(message.event)


def _measure(handler: Handler, heard: Sequence[Heard]) -> None:
    moment, observe = now(), latency_seconds.labels(handler.name).observe
    for message in heard:
        published_at = message.envelope.time
        if published_at is not None:
            observe((moment - published_at).total_seconds())
