"""Delivering one context's messages: read, publish, archive, and park what cannot be carried.

Killed between publishing and archiving, the next relay publishes again; the inboxes absorb it. In
no other place can a message be lost, doubled or overtaken by a later one of its key.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from vortex.broker import Broker, Outgoing
from vortex.clock import now
from vortex.db import alias_of
from vortex.outbox import queue
from vortex.outbox.leases import Leases
from vortex.telemetry import get_logger
from vortex.telemetry.metrics import counter, gauge

EACH: Final = 64  # messages of a partition in one round

log = get_logger("outbox.relay")
published_total = counter(
    "vortex_outbox_published_total", "Events handed to the broker.", ("context",)
)
parked_total = counter(
    "vortex_outbox_parked_total", "Events parked because the broker refused them.", ("context",)
)
fenced_total = counter(
    "vortex_outbox_fenced_total", "Events left to the relay that took a lease over.", ("context",)
)
lag_seconds = gauge(
    "vortex_outbox_lag_seconds", "Age of the oldest event when it was published.", ("context",)
)


def _nothing() -> None: ...


class Courier:
    """One relay's work on one context. Not shared between threads."""

    def __init__(
        self,
        context: str,
        broker: Broker,
        owner: str,
        *,
        lease_seconds: float = 10.0,
        between: Callable[[], None] = _nothing,
    ) -> None:
        self.context = context
        self._alias = alias_of(context)
        self._broker = broker
        self._leases = Leases(self._alias, owner, seconds=lease_seconds)
        self._between = between  # publishing and archiving: where a crash repeats a delivery
        self._unreported = 0

    def step(self) -> int:
        """Deliver one round of messages; return how many left the queue.

        Raises BrokerUnavailable with nothing parked and nothing archived.
        """
        if self._leases.keep(self._unreported):
            self._unreported = 0
        tokens = dict(self._leases.tokens())
        if not tokens:
            return 0
        waiting = queue.read(self._alias, list(tokens), EACH)
        if not waiting:
            lag_seconds.labels(self.context).set(0)
            return 0
        return self._deliver(tokens, waiting)

    def stop(self) -> None:
        """Give the leases up."""
        self._leases.release()

    def _deliver(self, tokens: dict[int, int], waiting: list[queue.Waiting]) -> int:
        flowing = [message for message in waiting if not message.parked]
        reasons = self._broker.publish([self._outgoing(message) for message in flowing])
        self._between()
        sent = [message for message, reason in zip(flowing, reasons, strict=True) if not reason]
        archived = queue.archive(self._alias, tokens, sent) if sent else 0
        refused = [(m, reason) for m, reason in zip(flowing, reasons, strict=True) if reason]
        behind = [(message, "") for message in waiting if message.parked]
        parked = self._park(tokens, refused, behind)
        self._count(waiting, sent, archived)
        return archived + parked

    def _outgoing(self, message: queue.Waiting) -> Outgoing:
        return message.outgoing(self.context)

    def _park(
        self,
        tokens: dict[int, int],
        refused: list[tuple[queue.Waiting, str]],
        behind: list[tuple[queue.Waiting, str]],
    ) -> int:
        if not refused and not behind:
            return 0
        parked = queue.park(self._alias, tokens, [*refused, *behind])
        parked_total.labels(self.context).inc(parked)
        for message, reason in refused:
            log.error(
                "outbox.message.parked",
                context=self.context,
                topic=message.topic,
                key=message.key,
                event_id=message.event_id,
                reason=reason,
            )
        return parked

    def _count(
        self, waiting: list[queue.Waiting], sent: list[queue.Waiting], archived: int
    ) -> None:
        oldest = datetime.fromisoformat(min(message.created_at for message in waiting))
        lag_seconds.labels(self.context).set((now() - oldest).total_seconds())
        published_total.labels(self.context).inc(len(sent))
        self._unreported += archived
        if archived < len(sent):
            fenced_total.labels(self.context).inc(len(sent) - archived)
            log.warning("outbox.lease.lost", context=self.context, messages=len(sent) - archived)
