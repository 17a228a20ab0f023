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
    changes = heard[0].context() if len(heard) == 1 else {}
    ids = {message.seen_id(handler): message for message in heard}
    with request.use(**changes), unit_of_work(handler.context):
        fresh = remember(handler.context, handler.name, list(ids))
        events = [message.event for seen_id, message in ids.items() if seen_id in fresh]
        if handler.batch > 1 and events:
            handler.function(events)
        elif events:
            handler.function(events[0])
    handled_total.labels(handler.name).inc(len(events))
    repeated_total.labels(handler.name).inc(len(heard) - len(events))
    _measure(handler, heard)
    return len(events)


def _measure(handler: Handler, heard: Sequence[Heard]) -> None:
    moment = now()
    for message in heard:
        published_at = message.envelope.time
        if published_at is not None:
            taken = (moment - published_at).total_seconds()
            latency_seconds.labels(handler.name).observe(taken)
