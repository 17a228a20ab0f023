"""What only Valkey Streams must do: recover from silent deaths, lost data and full memory."""

import os
from collections.abc import Iterator

import pytest
import redis

from tests.kernel.broker.conftest import LEASE_SECONDS
from tests.kernel.broker.test_conformance import outgoing, receive, until
from vortex.broker import BrokerUnavailable, Outgoing
from vortex.broker.streams import (
    KEPT_WITHOUT_GROUPS,
    SHARDS,
    StreamsBroker,
    shard_of,
    stream_of,
)


@pytest.fixture
def broker() -> Iterator[StreamsBroker]:
    made = StreamsBroker(os.environ["VORTEX_BROKER_URL"], lease_seconds=LEASE_SECONDS)
    yield made
    made.close()


@pytest.fixture
def valkey() -> Iterator["redis.Redis"]:
    with redis.Redis.from_url(os.environ["VORTEX_BROKER_URL"]) as client:
        yield client


def test_a_consumer_that_died_without_a_word_is_succeeded(
    broker: StreamsBroker, topic: str, group: str
) -> None:
    broker.publish(outgoing(topic, "k", "1", "2"))
    dead = broker.subscribe(group=group, topics=[topic], consumer="dead")
    came = receive(dead, 2, acknowledge=False)

    successor = broker.subscribe(group=group, topics=[topic], consumer="successor")
    again = receive(successor, 2)

    assert [d.value for d in again] == [b"1", b"2"]
    assert all(delivery.again for delivery in again)
    assert not any(dead.holds(delivery) for delivery in came)
    successor.close()


def test_a_consumer_that_slept_through_its_lease_begins_anew(
    broker: StreamsBroker, topic: str, group: str
) -> None:
    broker.publish(outgoing(topic, "k", "1"))
    sleeper = broker.subscribe(group=group, topics=[topic], consumer="sleeper")
    (before,) = receive(sleeper, 1, acknowledge=False)
    assert until(lambda: not sleeper.holds(before))

    (after,) = receive(sleeper, 1)

    assert after.value == b"1"
    assert after.again
    sleeper.close()


def test_work_that_takes_longer_than_a_lease_keeps_it(
    broker: StreamsBroker, topic: str, group: str
) -> None:
    broker.publish([Outgoing(topic, f"{key}", b"1") for key in range(40)])
    worker = broker.subscribe(group=group, topics=[topic], consumer="worker")
    came = receive(worker, 40, acknowledge=False)
    rival = broker.subscribe(group=group, topics=[topic], consumer="rival")

    def shared_out() -> bool:
        worker.keep()
        return bool(rival.poll(limit=100, timeout=0.1))

    assert until(shared_out)
    kept = [delivery for delivery in came if worker.holds(delivery)]
    shards = {delivery.shard for delivery in kept}
    assert len(shards) == SHARDS // 2

    for _ in range(12):
        worker.keep()
        assert not any(d.shard in shards for d in rival.poll(limit=100, timeout=0.1))
    assert all(worker.holds(delivery) for delivery in kept)
    worker.close()
    rival.close()


def test_streams_that_vanished_are_made_again(
    broker: StreamsBroker, valkey: "redis.Redis", topic: str, group: str
) -> None:
    first = broker.subscribe(group=group, topics=[topic], consumer="one")
    receive(first, 0)
    for shard in range(SHARDS):
        valkey.delete(stream_of(topic, shard))

    def refused() -> bool:
        try:
            first.poll(limit=10, timeout=0.1)
        except BrokerUnavailable:
            return True
        return False

    assert until(refused)
    first.close()
    second = broker.subscribe(group=group, topics=[topic], consumer="one")
    broker.publish(outgoing(topic, "k", "1"))
    assert [d.value for d in receive(second, 1)] == [b"1"]
    second.close()


def test_a_full_server_refuses_everything_and_parks_nothing(
    broker: StreamsBroker, valkey: "redis.Redis", topic: str, group: str
) -> None:
    limit = str(valkey.config_get("maxmemory")["maxmemory"])
    valkey.config_set("maxmemory", "1mb")
    try:
        with pytest.raises(BrokerUnavailable, match="maxmemory"):
            broker.publish(outgoing(topic, "k", "1", "2"))
    finally:
        valkey.config_set("maxmemory", limit)

    assert broker.publish(outgoing(topic, "k", "1", "2")) == ["", ""]
    subscription = broker.subscribe(group=group, topics=[topic], consumer="one")
    assert [d.value for d in receive(subscription, 2)] == [b"1", b"2"]
    subscription.close()


def test_streams_take_their_part_of_the_memory_and_wait_for_their_readers(
    valkey: "redis.Redis", topic: str, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vortex.broker.streams._LOOK_SECONDS", 0)
    part = 500_000 / int(valkey.info("memory")["maxmemory"])
    broker = StreamsBroker(os.environ["VORTEX_BROKER_URL"], part_of_memory=part)
    subscription = broker.subscribe(group=group, topics=[topic], consumer="slow")
    lines = [Outgoing(topic, "k", b"x" * 1_000)] * 100

    def is_full() -> bool:
        try:
            broker.publish(lines)
        except BrokerUnavailable as error:
            return "consumers are behind" in str(error)
        return False

    assert until(is_full)
    waiting = broker.lag(group=group, topics=[topic])
    assert 300 < waiting < 1_000
    receive(subscription, waiting)

    broker.publish(lines)  # what was read is forgotten, and there is room

    assert broker.lag(group=group, topics=[topic]) == 100
    subscription.close()
    broker.close()


def test_a_stream_that_nobody_reads_keeps_its_end_only(
    broker: StreamsBroker, valkey: "redis.Redis", topic: str, group: str
) -> None:
    for start in range(0, 4_000, 500):
        broker.publish(outgoing(topic, "k", *(str(n) for n in range(start, start + 500))))

    assert broker.trim([topic]) > 0

    stream = stream_of(topic, shard_of("k"))
    assert KEPT_WITHOUT_GROUPS <= valkey.xlen(stream) < KEPT_WITHOUT_GROUPS + 200
    subscription = broker.subscribe(group=group, topics=[topic], consumer="one")
    assert receive(subscription, valkey.xlen(stream))[-1].value == b"3999"
    subscription.close()


def test_a_key_stays_in_its_shard_for_ever() -> None:
    assert [shard_of(key) for key in ("", "a", "account-1", "01920f6e-7b2a")] == [0, 3, 0, 1]
