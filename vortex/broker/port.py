"""The port to a broker: what the relay and the consumers rely on, whatever carries the messages.

The promises that every adapter keeps, and tests/kernel/broker checks on each:

- messages of one key reach a group in the order in which they were published;
- one consumer of a group works on a key at a time, and what it did not acknowledge comes again,
  to it or to its successor, before anything later of the same shard;
- nothing that a group has not acknowledged is trimmed;
- a message that can never be carried is refused by itself, with everything behind it of its key; a
  broker that does not answer refuses nothing and raises BrokerUnavailable.

Delivery is at least once. A repetition may also come from here: a publish that was cut off is
published again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec


class BrokerUnavailable(Exception):  # noqa: N818 - a state of the world, named like errors.Unavailable
    """The broker does not answer, or not now. Whether the last call had an effect is not known."""


class Outgoing(msgspec.Struct, frozen=True):
    """A message to be published. Order is kept among the messages with one topic and key."""

    topic: str
    key: str
    value: bytes


class Delivery(msgspec.Struct, frozen=True):
    """A message that a group has received and not yet acknowledged.

    `shard` is the part of the topic that is read in order, `tenure` the spell for which the
    receiver holds it, `position` the broker's own name of the message. `again` says that it may
    have been delivered before.
    """

    topic: str
    key: str
    value: bytes
    shard: str
    position: str
    tenure: int
    again: bool = False


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an adapter can do. `max_bytes` bounds a message's value; `trims` says who forgets."""

    name: str
    max_bytes: int
    trims: bool
    survives_restart: bool


class Subscription(Protocol):
    """One consumer's place in a group."""

    def poll(self, *, limit: int, timeout: float) -> list[Delivery]:
        """Return about `limit` messages, waiting up to `timeout` seconds for the first.

        After BrokerUnavailable everything unacknowledged comes again: forget what is held.
        """
        ...

    def ack(self, deliveries: Iterable[Delivery]) -> None:
        """Say that these are done with, in any order; they do not come again."""
        ...

    def holds(self, delivery: Delivery) -> bool:
        """Say whether this consumer still holds the shard that the message came from."""
        ...

    def keep(self) -> None:
        """Stay a member during long work: call it between handlers. Raises nothing."""
        ...

    def close(self) -> None:
        """Give the place up; others take over at once."""
        ...


class Broker(Protocol):
    """A broker. Instances may be shared by threads; a subscription belongs to one thread."""

    capabilities: Capabilities

    def publish(self, messages: Sequence[Outgoing]) -> list[str]:
        """Publish in order; return per message why it can never be carried, "" where it was."""
        ...

    def prepare(self, *, group: str, topics: Sequence[str]) -> None:
        """Make the group known, so that everything published from now on waits for it."""
        ...

    def subscribe(self, *, group: str, topics: Sequence[str], consumer: str) -> Subscription:
        """Join a group. A new group starts with the oldest message that the broker still has."""
        ...

    def forget(self, *, group: str, topics: Sequence[str]) -> None:
        """Give up what waits for a group that reads these topics no more, so that it can go."""
        ...

    def lag(self, *, group: str, topics: Sequence[str]) -> int:
        """Return how many messages the group has not acknowledged."""
        ...

    def trim(self, topics: Sequence[str]) -> int:
        """Forget what every group has acknowledged; return how many messages."""
        ...

    def close(self) -> None:
        """Close every connection."""
        ...


def refusals_of(messages: Sequence[Outgoing], max_bytes: int) -> list[str]:
    """Return per message why it cannot be carried: it is too large, or behind one of its key."""
    refused: set[tuple[str, str]] = set()
    reasons = []
    for message in messages:
        reason = ""
        if (message.topic, message.key) in refused:
            reason = "behind a refused message of its key"
        elif len(message.value) > max_bytes:
            reason = f"too large: {len(message.value)} bytes, the broker takes {max_bytes}"
            refused.add((message.topic, message.key))
        reasons.append(reason)
    return reasons
