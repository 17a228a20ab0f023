"""Kafka as a broker: a topic's partitions are its shards, and Kafka assigns them to members.

Kafka remembers one offset per partition, so what is acknowledged out of order is committed up to
the first message that is not; after a crash some acknowledged messages come again, and the inbox
absorbs them.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from vortex.broker.envelope import CONTENT_TYPE
from vortex.broker.port import BrokerUnavailable, Capabilities, Delivery, Outgoing, refusals_of

PARTITIONS: Final = 8  # of a topic that we create ourselves
_PUBLISH_SECONDS: Final = 10.0
_REQUEST_SECONDS: Final = 10.0
_REFUSALS: Final = frozenset(
    {KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_MSG, KafkaError.INVALID_RECORD}
)
_OVERHEAD: Final = 1_024  # of a message beside its value: key, headers and framing


class KafkaBroker:
    """A broker on a Kafka cluster, given by its bootstrap servers.

    `create_topics=False` leaves topics to the cluster's operators, or to its automatic creation.
    """

    def __init__(
        self,
        servers: str,
        *,
        max_bytes: int = 1_000_000 - _OVERHEAD,
        session_seconds: float = 10.0,
        create_topics: bool = True,
    ) -> None:
        self.capabilities = Capabilities("kafka", max_bytes, trims=False, survives_restart=True)
        self._common: dict[str, str | int | float | bool] = {
            "bootstrap.servers": servers,
            "log_level": 3,
        }
        self._session_seconds = session_seconds
        self._create_topics = create_topics
        self._known: set[str] = set()
        self._producer = Producer(
            {
                **self._common,
                "enable.idempotence": True,
                "linger.ms": 2,
                "partitioner": "murmur2_random",
                "message.max.bytes": max_bytes + _OVERHEAD,
                "delivery.timeout.ms": int(_PUBLISH_SECONDS * 1000),
            }
        )

    def publish(self, messages: Sequence[Outgoing]) -> list[str]:
        """Publish in order and wait for every acknowledgement; see the port."""
        self._create({message.topic for message in messages})
        reasons = refusals_of(messages, self.capabilities.max_bytes)
        failures: list[KafkaError] = []
        for place, message in enumerate(messages):
            if not reasons[place]:
                self._produce(message, _reporter(reasons, failures, place))
        if self._producer.flush(_PUBLISH_SECONDS):
            self._producer.purge()
            self._producer.flush(_REQUEST_SECONDS)
            raise BrokerUnavailable("Kafka did not acknowledge in time")
        if failures:
            raise BrokerUnavailable(failures[0].str())
        return reasons

    def prepare(self, *, group: str, topics: Sequence[str]) -> None:
        """Create the topics: a new group starts at the beginning of what Kafka still has."""
        del group
        self._create(set(topics))

    def subscribe(self, *, group: str, topics: Sequence[str], consumer: str) -> "KafkaSubscription":
        """Join a group; see the port."""
        self._create(set(topics))
        joined = Consumer(
            {
                **self._common,
                "group.id": group,
                "client.id": consumer,
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "session.timeout.ms": int(self._session_seconds * 1000),
                "heartbeat.interval.ms": max(100, int(self._session_seconds * 1000 / 10)),
                "partition.assignment.strategy": "roundrobin",
                "topic.metadata.refresh.interval.ms": 30_000,
            }
        )
        return KafkaSubscription(joined, topics)

    def forget(self, *, group: str, topics: Sequence[str]) -> None:
        """Do nothing: Kafka keeps no message for a group's sake, and forgets idle groups itself."""
        del group, topics

    def lag(self, *, group: str, topics: Sequence[str]) -> int:
        """Count what lies beyond the committed offsets; see the port."""
        self._create(set(topics))
        asking = Consumer({**self._common, "group.id": group, "enable.auto.commit": False})
        try:
            places = [
                TopicPartition(topic, number)
                for topic in topics
                for number in asking.list_topics(topic, _REQUEST_SECONDS).topics[topic].partitions
            ]
            waiting = 0
            for committed in asking.committed(places, _REQUEST_SECONDS):
                low, high = asking.get_watermark_offsets(committed, _REQUEST_SECONDS)
                waiting += high - max(committed.offset, low)
            return waiting
        except KafkaException as error:
            raise BrokerUnavailable(str(error)) from error
        finally:
            asking.close()

    def trim(self, topics: Sequence[str]) -> int:
        """Trim nothing: Kafka forgets by its topics' retention, which operators set."""
        del topics
        return 0

    def close(self) -> None:
        """Wait for what is under way."""
        self._producer.flush(_PUBLISH_SECONDS)

    def _produce(
        self, message: Outgoing, report: Callable[[KafkaError | None, Message], None]
    ) -> None:
        while True:
            try:
                self._producer.produce(
                    message.topic,
                    message.value,
                    message.key,
                    headers=[("content-type", CONTENT_TYPE.encode())],
                    on_delivery=report,
                )
            except BufferError:
                self._producer.poll(0.1)
            else:
                return

    def _create(self, topics: set[str]) -> None:
        """Make topics that are missing, unless operators keep that to themselves."""
        if topics <= self._known:
            return
        admin = AdminClient(self._common)
        try:
            missing = topics - admin.list_topics(timeout=_REQUEST_SECONDS).topics.keys()
            if self._create_topics and missing:
                wanted = [NewTopic(topic, num_partitions=PARTITIONS) for topic in sorted(missing)]
                for future in admin.create_topics(wanted).values():
                    _wait(future)
            for topic in () if self._create_topics else missing:
                admin.list_topics(topic, _REQUEST_SECONDS)  # asking is what may create it
        except KafkaException as error:
            raise BrokerUnavailable(str(error)) from error
        self._known |= topics


class _Progress:
    """What of one partition was read and not acknowledged, so that no offset commits past it."""

    def __init__(self, tenure: int) -> None:
        self.tenure = tenure
        self.open: set[int] = set()
        self.next = 0

    def read(self, offset: int) -> None:
        self.open.add(offset)
        self.next = max(self.next, offset + 1)

    @property
    def committable(self) -> int:
        return min(self.open, default=self.next)


class KafkaSubscription:
    """One consumer's place in a Kafka consumer group."""

    def __init__(self, consumer: Consumer, topics: Sequence[str]) -> None:
        self._consumer = consumer
        self._progress: dict[str, _Progress] = {}
        self._tenures = 0
        consumer.subscribe(
            list(topics), on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._revoked
        )

    def poll(self, *, limit: int, timeout: float) -> list[Delivery]:
        """Return messages, waiting for the first and then for nothing; see the port."""
        found: list[Delivery] = []
        try:
            first = self._consumer.poll(timeout)
            batch = [first] if first is not None else []
            if batch and limit > 1:
                batch += self._consumer.consume(limit - 1, 0.001)
        except KafkaException as error:
            raise BrokerUnavailable(str(error)) from error
        for message in batch:
            problem = message.error()
            if problem is not None and problem.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                continue  # nobody has published there yet
            if problem is not None:
                raise BrokerUnavailable(problem.str())
            found.append(self._delivery(message))
        return found

    def ack(self, deliveries: Iterable[Delivery]) -> None:
        """Acknowledge: commit each partition up to its first open message; see the port."""
        offsets = []
        for shard in self._close_offsets(deliveries):
            topic, _, number = shard.rpartition(":")
            progress = self._progress[shard]
            offsets.append(TopicPartition(topic, int(number), progress.committable))
        if not offsets:
            return
        try:
            self._consumer.commit(offsets=offsets, asynchronous=False)
        except KafkaException as error:
            if error.args[0].code() in _LOST:
                return  # another member has the partition now, and gets the messages again
            raise BrokerUnavailable(str(error)) from error

    def holds(self, delivery: Delivery) -> bool:
        """Say whether the partition is still assigned here; see the port."""
        progress = self._progress.get(delivery.shard)
        return progress is not None and progress.tenure == delivery.tenure

    def keep(self) -> None:
        """Nothing to do: librdkafka's own thread sends the heartbeats."""

    def close(self) -> None:
        """Leave the group; see the port."""
        self._consumer.close()

    def _close_offsets(self, deliveries: Iterable[Delivery]) -> set[str]:
        touched = set()
        for delivery in deliveries:
            if self.holds(delivery):
                self._progress[delivery.shard].open.discard(int(delivery.position))
                touched.add(delivery.shard)
        return touched

    def _delivery(self, message: Message) -> Delivery:
        topic, number, offset = message.topic(), message.partition(), message.offset()
        shard = f"{topic}:{number}"
        progress = self._progress[shard]
        progress.read(int(offset or 0))
        return Delivery(
            str(topic),
            (message.key() or b"").decode(),
            message.value() or b"",
            shard,
            str(offset),
            progress.tenure,
        )

    def _assigned(self, _: Any, places: list[TopicPartition]) -> None:
        for place in places:
            self._tenures += 1
            self._progress[f"{place.topic}:{place.partition}"] = _Progress(self._tenures)

    def _revoked(self, _: Any, places: list[TopicPartition]) -> None:
        for place in places:
            self._progress.pop(f"{place.topic}:{place.partition}", None)


_LOST: Final = frozenset(
    {
        KafkaError.ILLEGAL_GENERATION,
        KafkaError.UNKNOWN_MEMBER_ID,
        KafkaError.REBALANCE_IN_PROGRESS,
        KafkaError._ASSIGNMENT_LOST,  # noqa: SLF001 - so does librdkafka name its own codes
    }
)


def _reporter(
    reasons: list[str], failures: list[KafkaError], place: int
) -> Callable[[KafkaError | None, Message], None]:
    def report(error: KafkaError | None, _: Message) -> None:
        if error is None:
            return
        if error.code() in _REFUSALS:
            reasons[place] = error.str()
        else:
            failures.append(error)

    return report


def _wait(future: Any) -> None:
    try:
        future.result(_REQUEST_SECONDS)
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise
