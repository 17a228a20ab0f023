"""The promises of the broker port, checked on every adapter."""

import time
from collections import defaultdict
from collections.abc import Callable

import pytest

from vortex.broker import Broker, Delivery, Outgoing, Subscription

PATIENCE_SECONDS = 20.0

pytestmark = pytest.mark.timeout(90)


def outgoing(topic: str, key: str, *values: str) -> list[Outgoing]:
    return [Outgoing(topic, key, value.encode()) for value in values]


def receive(subscription: Subscription, count: int, *, acknowledge: bool = True) -> list[Delivery]:
    """Poll until so many messages have come."""
    found: list[Delivery] = []
    end = time.monotonic() + PATIENCE_SECONDS
    while len(found) < count and time.monotonic() < end:
        came = subscription.poll(limit=100, timeout=0.2)
        found += came
        if acknowledge:
            subscription.ack(came)
    return found


def silence(subscription: Subscription, polls: int = 3) -> list[Delivery]:
    """Poll a few times and return what came, which should be nothing."""
    return [d for _ in range(polls) for d in subscription.poll(limit=100, timeout=0.2)]


def until(claim: Callable[[], bool]) -> bool:
    """Say whether a claim comes true in time; each attempt waits for something by itself."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if claim():
            return True
    return False


def test_messages_of_a_key_arrive_in_the_order_of_publishing(
    broker: Broker, topic: str, group: str
) -> None:
    keys = [f"key-{number}" for number in range(20)]
    for start in range(0, 30, 10):
        batch = [
            Outgoing(topic, key, str(n).encode()) for n in range(start, start + 10) for key in keys
        ]
        assert broker.publish(batch) == [""] * len(batch)

    subscription = broker.subscribe(group=group, topics=[topic], consumer="one")
    came: dict[str, list[int]] = defaultdict(list)
    for delivery in receive(subscription, 600):
        came[delivery.key].append(int(delivery.value))
    subscription.close()

    assert came == {key: list(range(30)) for key in keys}


def test_every_group_gets_everything(broker: Broker, topic: str, group: str) -> None:
    broker.publish(outgoing(topic, "k", "1", "2"))

    for name in (f"{group}-a", f"{group}-b"):
        subscription = broker.subscribe(group=name, topics=[topic], consumer="one")
        assert [d.value for d in receive(subscription, 2)] == [b"1", b"2"]
        subscription.close()


def test_a_group_hears_only_its_topics(broker: Broker, topic: str, group: str) -> None:
    subscription = broker.subscribe(
        group=group, topics=[f"{topic}.a", f"{topic}.b"], consumer="one"
    )
    broker.publish([Outgoing(f"{topic}.{name}", "k", name.encode()) for name in "abc"])

    came = {(d.topic, d.value) for d in receive(subscription, 2)}

    assert came == {(f"{topic}.a", b"a"), (f"{topic}.b", b"b")}
    assert silence(subscription) == []
    subscription.close()


def test_what_is_acknowledged_does_not_come_again(broker: Broker, topic: str, group: str) -> None:
    broker.publish(outgoing(topic, "k", "1", "2"))
    first = broker.subscribe(group=group, topics=[topic], consumer="one")
    assert len(receive(first, 2)) == 2
    first.close()

    second = broker.subscribe(group=group, topics=[topic], consumer="two")
    broker.publish(outgoing(topic, "k", "3"))
    assert [d.value for d in receive(second, 1)] == [b"3"]
    second.close()


def test_what_was_not_acknowledged_comes_again_before_anything_later(
    broker: Broker, topic: str, group: str
) -> None:
    broker.publish(outgoing(topic, "k", "1", "2", "3"))
    first = broker.subscribe(group=group, topics=[topic], consumer="one")
    came = receive(first, 3, acknowledge=False)
    first.ack(came[:1])
    first.close()
    broker.publish(outgoing(topic, "k", "4"))

    second = broker.subscribe(group=group, topics=[topic], consumer="two")
    again = receive(second, 3)
    second.close()

    assert [d.value for d in again] == [b"2", b"3", b"4"]


def test_acknowledging_out_of_order_loses_nothing(broker: Broker, topic: str, group: str) -> None:
    broker.publish(outgoing(topic, "k", "1", "2", "3"))
    first = broker.subscribe(group=group, topics=[topic], consumer="one")
    came = receive(first, 3, acknowledge=False)
    first.ack(came[2:])
    first.close()

    second = broker.subscribe(group=group, topics=[topic], consumer="two")
    again = [d.value for d in receive(second, 2)]
    second.close()

    assert again[:2] == [b"1", b"2"]


def test_two_consumers_share_a_topic_and_no_key(broker: Broker, topic: str, group: str) -> None:
    pair = [broker.subscribe(group=group, topics=[topic], consumer=name) for name in ("a", "b")]
    handled: dict[str, set[int]] = defaultdict(set)
    came: dict[str, list[int]] = defaultdict(list)
    published = 0

    def step() -> bool:
        nonlocal published
        broker.publish([Outgoing(topic, f"{k}", str(published).encode()) for k in range(40)])
        published += 1
        handled.clear()
        for place, subscription in enumerate(pair):
            deliveries = subscription.poll(limit=1000, timeout=0.3)
            subscription.ack(deliveries)
            for delivery in deliveries:
                handled[delivery.key].add(place)
                came[delivery.key].append(int(delivery.value))
        workers = set().union(*handled.values()) if handled else set()
        return workers == ({0} if broker.capabilities.name == "memory" else {0, 1})

    assert until(step)
    assert all(len(places) == 1 for places in handled.values())
    assert all(list(dict.fromkeys(numbers)) == sorted(set(numbers)) for numbers in came.values())
    for subscription in pair:
        subscription.close()


def test_a_closed_consumer_leaves_its_work_to_another(
    broker: Broker, topic: str, group: str
) -> None:
    first = broker.subscribe(group=group, topics=[topic], consumer="one")
    silence(first, 1)
    second = broker.subscribe(group=group, topics=[topic], consumer="two")
    silence(second, 1)
    first.close()
    batch = [Outgoing(topic, f"{key}", b"x") for key in range(30)]
    broker.publish(batch)

    assert {d.key for d in receive(second, 30)} == {f"{key}" for key in range(30)}
    second.close()


def test_a_shard_that_was_given_up_is_not_held(broker: Broker, topic: str, group: str) -> None:
    broker.publish(outgoing(topic, "k", "1"))
    first = broker.subscribe(group=group, topics=[topic], consumer="one")
    (delivery,) = receive(first, 1, acknowledge=False)
    assert first.holds(delivery)

    first.close()

    assert not first.holds(delivery)


def test_lag_counts_what_is_not_acknowledged(broker: Broker, topic: str, group: str) -> None:
    broker.prepare(group=group, topics=[topic])
    broker.publish(outgoing(topic, "k", "1", "2", "3"))
    before = broker.lag(group=group, topics=[topic])
    subscription = broker.subscribe(group=group, topics=[topic], consumer="one")
    came = receive(subscription, 3, acknowledge=False)
    subscription.ack(came[:2])
    after = broker.lag(group=group, topics=[topic])
    subscription.close()

    assert (before, after) == (3, 1)


def test_a_message_that_is_too_large_is_refused_with_what_is_behind_it(
    broker: Broker, topic: str, group: str
) -> None:
    reasons = broker.publish(
        [
            *outgoing(topic, "k", "1", "x" * 20_000, "3"),
            *outgoing(topic, "other", "4"),
        ]
    )

    assert reasons[0] == reasons[3] == ""
    assert "too large" in reasons[1]
    assert "behind" in reasons[2]
    subscription = broker.subscribe(group=group, topics=[topic], consumer="one")
    assert {d.value for d in receive(subscription, 2)} == {b"1", b"4"}
    subscription.close()


def test_a_group_that_was_given_up_holds_nothing_back(
    broker: Broker, topic: str, group: str
) -> None:
    if not broker.capabilities.trims:
        pytest.skip("this broker keeps nothing for a group's sake")
    broker.prepare(group=group, topics=[topic])
    broker.prepare(group=f"{group}-abandoned", topics=[topic])
    for start in range(0, 1_500, 500):
        broker.publish(outgoing(topic, "k", *(str(n) for n in range(start, start + 500))))
    reader = broker.subscribe(group=group, topics=[topic], consumer="one")
    receive(reader, 1_500)
    assert broker.trim([topic]) == 0

    broker.forget(group=f"{group}-abandoned", topics=[topic])

    assert broker.trim([topic]) > 0
    reader.close()


def test_nothing_unacknowledged_is_trimmed(broker: Broker, topic: str, group: str) -> None:
    broker.prepare(group=group, topics=[topic])
    broker.prepare(group=f"{group}-slow", topics=[topic])
    count = 1_500
    for start in range(0, count, 500):
        broker.publish(outgoing(topic, "k", *(str(n) for n in range(start, start + 500))))
    quick = broker.subscribe(group=group, topics=[topic], consumer="one")
    came = receive(quick, count, acknowledge=False)
    quick.ack(came[:700])

    broker.trim([topic])
    quick.close()
    slow = broker.subscribe(group=f"{group}-slow", topics=[topic], consumer="one")
    assert [int(d.value) for d in receive(slow, count)] == list(range(count))
    slow.close()

    trimmed = broker.trim([topic])
    rest = broker.subscribe(group=group, topics=[topic], consumer="two")
    assert [int(d.value) for d in receive(rest, count - 700)] == list(range(700, count))
    rest.close()
    assert (trimmed > 0) == broker.capabilities.trims
