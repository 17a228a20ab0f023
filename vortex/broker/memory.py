"""A broker inside one process: for the unit tests of code that publishes or subscribes.

One shard per topic, so that the first subscription of a group gets everything and a second one
waits until the first is closed.
"""

import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from vortex.broker.port import BrokerUnavailable, Capabilities, Delivery, Outgoing, refusals_of


@dataclass
class _Group:
    """How far a group has come in one topic, and who reads for it."""

    holder: "MemorySubscription | None" = None
    tenure: int = 0
    next: int = 0
    unacknowledged: set[int] = field(default_factory=set)


class MemoryBroker:
    """Topics as lists. Keeps every promise of the port except surviving the process.

    Set `available` to False and it does not answer.
    """

    def __init__(self, *, max_bytes: int = 1_000_000) -> None:
        self.capabilities = Capabilities("memory", max_bytes, trims=True, survives_restart=False)
        self.available = True
        self.changed = threading.Condition()
        self.topics: dict[str, dict[int, Outgoing]] = {}
        self.groups: dict[tuple[str, str], _Group] = {}
        self._published = 0

    def publish(self, messages: Sequence[Outgoing]) -> list[str]:
        """Publish in order; see the port."""
        self.answer()
        reasons = refusals_of(messages, self.capabilities.max_bytes)
        with self.changed:
            for message, reason in zip(messages, reasons, strict=True):
                if not reason:
                    self._published += 1
                    self.topics.setdefault(message.topic, {})[self._published] = message
            self.changed.notify_all()
        return reasons

    def prepare(self, *, group: str, topics: Sequence[str]) -> None:
        """Make the group known; see the port."""
        with self.changed:
            for topic in topics:
                self.groups.setdefault((group, topic), _Group())

    def subscribe(
        self, *, group: str, topics: Sequence[str], consumer: str
    ) -> "MemorySubscription":
        """Join a group; see the port."""
        del consumer
        self.prepare(group=group, topics=topics)
        return MemorySubscription(self, group, topics)

    def forget(self, *, group: str, topics: Sequence[str]) -> None:
        """Give up what waits for a group; see the port."""
        with self.changed:
            for topic in topics:
                self.groups.pop((group, topic), None)

    def lag(self, *, group: str, topics: Sequence[str]) -> int:
        """Count what the group has not acknowledged; see the port."""
        with self.changed:
            waiting = 0
            for topic in topics:
                state = self.groups.get((group, topic), _Group())
                ahead = [n for n in self.topics.get(topic, {}) if n > state.next]
                waiting += len(ahead) + len(state.unacknowledged)
            return waiting

    def trim(self, topics: Sequence[str]) -> int:
        """Forget what every group has acknowledged; see the port."""
        with self.changed:
            return sum(self._trim(topic) for topic in topics)

    def close(self) -> None:
        """Nothing to close."""

    def answer(self) -> None:
        """Raise BrokerUnavailable while the broker is switched off."""
        if not self.available:
            raise BrokerUnavailable("the memory broker was switched off")

    def _trim(self, topic: str) -> int:
        states = [state for (_, name), state in self.groups.items() if name == topic]
        if not states:
            return 0
        floor = min(min(state.unacknowledged, default=state.next + 1) for state in states)
        kept = {n: m for n, m in self.topics.get(topic, {}).items() if n >= floor}
        removed = len(self.topics.get(topic, {})) - len(kept)
        self.topics[topic] = kept
        return removed


class MemorySubscription:
    """One consumer's place in a group of the memory broker."""

    def __init__(self, broker: MemoryBroker, group: str, topics: Sequence[str]) -> None:
        self._broker = broker
        self._group = group
        self._topics = tuple(topics)
        self._again: dict[str, list[int]] = {}

    def poll(self, *, limit: int, timeout: float) -> list[Delivery]:
        """Return messages, waiting for the first; see the port."""
        self._broker.answer()
        end = time.monotonic() + timeout
        with self._broker.changed:
            while True:
                found = [d for topic in self._topics for d in self._take(topic, limit)]
                remaining = end - time.monotonic()
                if found or remaining <= 0:
                    return found
                self._broker.changed.wait(remaining)

    def ack(self, deliveries: Iterable[Delivery]) -> None:
        """Acknowledge; see the port."""
        self._broker.answer()
        with self._broker.changed:
            for delivery in deliveries:
                state = self._broker.groups[(self._group, delivery.topic)]
                state.unacknowledged.discard(int(delivery.position))

    def holds(self, delivery: Delivery) -> bool:
        """Say whether the shard is still held; see the port."""
        state = self._broker.groups[(self._group, delivery.topic)]
        return state.holder is self and state.tenure == delivery.tenure

    def keep(self) -> None:
        """Nothing runs out here."""

    def close(self) -> None:
        """Give the place up; see the port."""
        with self._broker.changed:
            for topic in self._topics:
                state = self._broker.groups[(self._group, topic)]
                if state.holder is self:
                    state.holder = None
            self._broker.changed.notify_all()

    def _take(self, topic: str, limit: int) -> list[Delivery]:
        state = self._broker.groups[(self._group, topic)]
        if state.holder is None:
            state.holder = self
            state.tenure += 1
            self._again[topic] = sorted(state.unacknowledged)
        if state.holder is not self:
            return []
        again = self._again[topic][:limit]
        self._again[topic] = self._again[topic][limit:]
        log = self._broker.topics.get(topic, {})
        if again:
            return [_delivery(log[n], n, state.tenure, again=True) for n in again]
        fresh = [n for n in sorted(log) if n > state.next][:limit]
        state.next = max([state.next, *fresh])
        state.unacknowledged.update(fresh)
        return [_delivery(log[n], n, state.tenure, again=False) for n in fresh]


def _delivery(message: Outgoing, number: int, tenure: int, *, again: bool) -> Delivery:
    topic = message.topic
    return Delivery(topic, message.key, message.value, topic, str(number), tenure, again)
