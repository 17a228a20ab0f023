"""Valkey or Redis Streams as a broker: each topic is a fixed number of streams, read in order.

A key lives in one stream (a shard) for ever. A shard of a group is read by one consumer at a time,
under a lease; the consumer group's member is named after nobody, so whoever takes a shard over
finds what its predecessor left unacknowledged, in order, before anything new.

Streams take a part of the server's memory and no more: what consumers cannot keep up with waits in
the outboxes, on disk, and others find room in the same server for what they have to write.
"""

import contextlib
import time
import zlib
from collections.abc import Iterable, Sequence
from typing import Any, Final, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from vortex.broker.port import BrokerUnavailable, Capabilities, Delivery, Outgoing, refusals_of
from vortex.broker.shards import Shards

SHARDS: Final = 8  # of a topic, for ever: changing it moves keys while they are in flight
MEMBER: Final = "shard"
KEPT_WITHOUT_GROUPS: Final = 1_250  # messages of a shard that nobody has ever subscribed to
PART_OF_MEMORY: Final = 0.4  # of maxmemory, or of the machine's where none is set
_LOOK_SECONDS: Final = 0.2
_SOCKET_SECONDS: Final = 5.0

# One script per shard adds a prefix of the messages or all of them: where Valkey refuses in the
# middle (it is out of memory), nothing later of the same key has slipped past.
_ADD: Final = """
for i = 1, #ARGV, 2 do
  redis.call('XADD', KEYS[1], '*', 'k', ARGV[i], 'v', ARGV[i + 1])
end
return #ARGV / 2
"""


def shard_of(key: str) -> int:
    """Return the shard of a key, the same in every process and release."""
    return zlib.crc32(key.encode()) % 64 % SHARDS


def stream_of(topic: str, shard: int) -> str:
    """Return the name of a stream."""
    return f"vortex:stream:{topic}:{shard}"


class StreamsBroker:
    """A broker on one Valkey or Redis server, given by its URL."""

    def __init__(
        self,
        url: str,
        *,
        lease_seconds: float = 6.0,
        max_bytes: int = 1_000_000,
        part_of_memory: float = PART_OF_MEMORY,
    ) -> None:
        self.capabilities = Capabilities("streams", max_bytes, trims=True, survives_restart=True)
        self._url = url
        self._lease_seconds = lease_seconds
        self._part_of_memory = part_of_memory
        self._client = connect(url)
        self._topics: frozenset[str] = frozenset()  # that were published here
        self._looked_at = float("-inf")
        self._add = self._client.register_script(_ADD)

    def publish(self, messages: Sequence[Outgoing]) -> list[str]:
        """Publish in order, one round trip for all; see the port."""
        reasons = refusals_of(messages, self.capabilities.max_bytes)
        by_stream: dict[str, list[str | bytes]] = {}
        for message, reason in zip(messages, reasons, strict=True):
            if not reason:
                stream = stream_of(message.topic, shard_of(message.key))
                by_stream.setdefault(stream, []).extend((message.key, message.value))
        if by_stream:
            self._topics |= {message.topic for message in messages}
            self._find_room()
            self._publish(by_stream)
        return reasons

    def _find_room(self) -> None:
        """Refuse while what is in the streams, but for what all have read, is all they may take."""
        if time.monotonic() < self._looked_at + _LOOK_SECONDS:
            return
        try:
            memory = self._client.info("memory")
            most = (memory["maxmemory"] or memory["total_system_memory"]) * self._part_of_memory
            taken = self._bytes()
            if taken > most:
                self.trim(tuple(self._topics))
                taken = self._bytes()
        except (redis.RedisError, OSError) as error:
            raise BrokerUnavailable(str(error)) from error
        if taken > most:
            raise BrokerUnavailable(
                f"consumers are behind: streams take {taken >> 20} MiB, all that they may"
            )
        self._looked_at = time.monotonic()

    def _bytes(self) -> int:
        """Return what the streams take in memory."""
        pipeline = self._client.pipeline(transaction=False)
        for stream in streams_of(self._topics):
            pipeline.memory_usage(stream)
        return sum(int(taken or 0) for taken in pipeline.execute())

    def _publish(self, by_stream: dict[str, list[str | bytes]]) -> None:
        try:
            pipeline = self._client.pipeline(transaction=False)
            for stream, arguments in by_stream.items():
                self._add(keys=[stream], args=arguments, client=pipeline)
            pipeline.execute()
        except (redis.RedisError, OSError) as error:
            raise BrokerUnavailable(str(error)) from error

    def prepare(self, *, group: str, topics: Sequence[str]) -> None:
        """Make the group known in every shard; see the port."""
        try:
            pipeline = self._client.pipeline(transaction=False)
            for stream in streams_of(topics):
                pipeline.xgroup_create(stream, group, id="0", mkstream=True)
            for answer in pipeline.execute(raise_on_error=False):
                if isinstance(answer, redis.RedisError) and "BUSYGROUP" not in str(answer):
                    raise answer
        except (redis.RedisError, OSError) as error:
            raise BrokerUnavailable(str(error)) from error

    def subscribe(
        self, *, group: str, topics: Sequence[str], consumer: str
    ) -> "StreamsSubscription":
        """Join a group; see the port."""
        self.prepare(group=group, topics=topics)
        shards = Shards(
            self._client, group, streams_of(topics), consumer, lease_seconds=self._lease_seconds
        )
        return StreamsSubscription(connect(self._url), group, shards)

    def forget(self, *, group: str, topics: Sequence[str]) -> None:
        """Give up what waits for a group; see the port."""
        try:
            pipeline = self._client.pipeline(transaction=False)
            for stream in streams_of(topics):
                pipeline.xgroup_destroy(stream, group)
            pipeline.execute(raise_on_error=False)
        except (redis.RedisError, OSError) as error:
            raise BrokerUnavailable(str(error)) from error

    def lag(self, *, group: str, topics: Sequence[str]) -> int:
        """Count what the group has not acknowledged; see the port."""
        try:
            return sum(self._lag(stream, group) for stream in streams_of(topics))
        except (redis.RedisError, OSError) as error:
            raise BrokerUnavailable(str(error)) from error

    def trim(self, topics: Sequence[str]) -> int:
        """Forget what every group has acknowledged, in whole nodes of a stream; see the port.

        A stream that no group has ever read keeps its last messages only: memory is bounded, and
        the outbox archive remembers the rest.
        """
        try:
            return sum(self._trim(stream) for stream in streams_of(topics))
        except (redis.RedisError, OSError) as error:
            raise BrokerUnavailable(str(error)) from error

    def close(self) -> None:
        """Close the connections; subscriptions close their own."""
        self._client.close()

    def _groups(self, stream: str) -> list[dict[str, Any]]:
        try:
            return self._client.xinfo_groups(stream)
        except redis.ResponseError as error:
            if "no such key" in str(error):
                return []
            raise

    def _lag(self, stream: str, group: str) -> int:
        for found in self._groups(stream):
            if found["name"].decode() == group:
                unread = found.get("lag")
                if unread is None:
                    after = f"({found['last-delivered-id'].decode()}"
                    unread = len(cast("list[Any]", self._client.xrange(stream, min=after)))
                return int(unread) + int(found["pending"])
        return int(self._client.xlen(stream))

    def _trim(self, stream: str) -> int:
        groups = self._groups(stream)
        if not groups:
            trimmed = self._client.xtrim(stream, maxlen=KEPT_WITHOUT_GROUPS, approximate=True)
            return int(trimmed)
        floor = min((self._floor(stream, group) for group in groups), key=_order)
        return int(self._client.xtrim(stream, minid=floor, approximate=True))

    def _floor(self, stream: str, group: dict[str, Any]) -> str:
        if group["pending"]:
            summary = self._client.xpending(stream, group["name"])
            if summary["min"]:
                return str(summary["min"].decode())
        return str(group["last-delivered-id"].decode())


class StreamsSubscription:
    """One consumer's place in a group, on a connection of its own that may wait."""

    def __init__(self, client: "redis.Redis", group: str, shards: Shards) -> None:
        self._client = client
        self._group = group
        self._shards = shards

    def poll(self, *, limit: int, timeout: float) -> list[Delivery]:
        """Return messages, waiting for the first; see the port."""
        try:
            self._shards.keep()
            recovering = self._shards.recovering()
            if recovering:
                return self._recover(recovering, limit)
            return self._fresh(limit, timeout)
        except (redis.RedisError, OSError) as error:
            self._shards.recover()
            raise BrokerUnavailable(str(error)) from error

    def ack(self, deliveries: Iterable[Delivery]) -> None:
        """Acknowledge, in one round trip; see the port."""
        positions: dict[str, list[str]] = {}
        for delivery in deliveries:
            positions.setdefault(delivery.shard, []).append(delivery.position)
        if not positions:
            return
        try:
            pipeline = self._client.pipeline(transaction=False)
            for stream, ids in positions.items():
                pipeline.xack(stream, self._group, *ids)
            pipeline.execute()
        except (redis.RedisError, OSError) as error:
            self._shards.recover()
            raise BrokerUnavailable(str(error)) from error

    def holds(self, delivery: Delivery) -> bool:
        """Say whether the shard's lease is still ours; see the port."""
        return self._shards.tenure(delivery.shard) == delivery.tenure

    def keep(self) -> None:
        """Renew the leases when it is time; see the port."""
        with contextlib.suppress(redis.RedisError, OSError):  # the next poll says so
            self._shards.keep()

    def close(self) -> None:
        """Give the shards up; see the port."""
        with contextlib.suppress(redis.RedisError, OSError):  # the leases run out by themselves
            self._shards.leave()
        self._client.close()

    def _recover(self, cursors: dict[str, str], limit: int) -> list[Delivery]:
        """Read what the shards' last holder left, from each shard's cursor on."""
        found = self._read(cursors, max(1, limit // len(cursors)), block=None)
        deliveries = []
        for stream in cursors:
            entries = found.get(stream, [])
            self._shards.advance(stream, entries[-1][0].decode() if entries else None)
            deliveries += self._deliveries(stream, entries, again=True)
        return deliveries

    def _fresh(self, limit: int, timeout: float) -> list[Delivery]:
        held = self._shards.held()
        wait = min(timeout, self._shards.seconds_to_upkeep())
        if not held:
            self._shards.wait(wait)
            return []
        block = max(1, int(wait * 1000))
        found = self._read(dict.fromkeys(held, ">"), max(1, limit // len(held)), block=block)
        return [
            delivery
            for stream, entries in found.items()
            for delivery in self._deliveries(stream, entries, again=False)
        ]

    def _read(
        self, cursors: dict[str, str], count: int, *, block: int | None
    ) -> dict[str, list[tuple[bytes, dict[bytes, bytes] | None]]]:
        answer = self._client.xreadgroup(
            self._group, MEMBER, cast("Any", cursors), count=count, block=block
        )
        return _by_stream(answer)

    def _deliveries(
        self, stream: str, entries: list[tuple[bytes, dict[bytes, bytes] | None]], *, again: bool
    ) -> list[Delivery]:
        topic = stream.split(":")[2]
        tenure = self._shards.tenure(stream)
        lost = [entry_id for entry_id, fields in entries if not fields]
        if lost:  # trimmed by hand while pending: nothing to deliver any more
            self._client.xack(stream, self._group, *lost)
        return [
            Delivery(
                topic, fields[b"k"].decode(), fields[b"v"], stream, name.decode(), tenure, again
            )
            for name, fields in entries
            if fields
        ]


def connect(url: str) -> "redis.Redis":
    """Return a client that waits as long as it was told and repeats nothing by itself."""
    return redis.Redis.from_url(
        url,
        socket_timeout=_SOCKET_SECONDS,
        socket_connect_timeout=_SOCKET_SECONDS,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
    )


def streams_of(topics: Iterable[str]) -> list[str]:
    """Return the streams of several topics."""
    return [stream_of(topic, shard) for topic in topics for shard in range(SHARDS)]


def _by_stream(answer: Any) -> dict[str, list[tuple[bytes, dict[bytes, bytes] | None]]]:
    return {name.decode(): entries for name, entries in answer or ()}


def _order(entry_id: str) -> tuple[int, int]:
    milliseconds, _, number = entry_id.partition("-")
    return int(milliseconds), int(number or 0)
