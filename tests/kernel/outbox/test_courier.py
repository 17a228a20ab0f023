"""A courier delivers every message, in the order of its key, however and whenever it dies."""

import threading

import pytest
from django.db import connections

from tests.kernel.outbox.bench import CONTEXT, TOPIC, counting_statements, courier, heard, rows, say
from tests.kernel.outbox.facts import Moved
from vortex.broker import BrokerUnavailable, envelope
from vortex.broker.memory import MemoryBroker
from vortex.db import unit_of_work
from vortex.outbox import publish, queue, status
from vortex.outbox.leases import Leases

pytestmark = pytest.mark.django_db(transaction=True, databases=[CONTEXT])

LARGE = "x" * 20_000


class Killed(BaseException):
    """The process is dead: nothing after it runs."""


def die() -> None:
    raise Killed


def test_messages_are_delivered_in_order_and_archived(broker: MemoryBroker) -> None:
    say(("a", "1"), ("b", "1"), ("a", "2"))
    say(("a", "3"))

    assert courier(broker).step() == 4

    assert [fact for fact in heard(broker) if fact[0] == "a"] == [
        ("a", "1"),
        ("a", "2"),
        ("a", "3"),
    ]
    assert rows("outbox_message") == [(0,)]
    assert rows("outbox_archive") == [(4,)]


def test_an_envelope_is_a_cloud_event(broker: MemoryBroker) -> None:
    say(("a", "1"))
    courier(broker).step()

    (message,) = broker.topics[TOPIC].values()
    event = envelope.decode(message.value)
    assert (event.source, event.type, event.subject) == (
        "/vortexcore/accounts",
        "parcel.moved",
        "a",
    )
    assert (event.partitionkey, event.number, event.singlekey) == ("a", 1, False)
    assert event.dataschema == "urn:vortexcore:event:parcel.moved:1"
    assert b'"specversion":"1.0"' in message.value


def test_a_relay_killed_between_publishing_and_archiving_publishes_again(
    broker: MemoryBroker,
) -> None:
    say(("a", "1"), ("a", "2"))

    with pytest.raises(Killed):
        courier(broker, between=die).step()
    assert rows("outbox_message") == [(2,)]
    courier(broker).step()

    assert heard(broker) == [("a", "1"), ("a", "2"), ("a", "1"), ("a", "2")]
    assert rows("outbox_archive") == [(2,)]


def test_a_late_committer_is_not_lost(broker: MemoryBroker) -> None:
    """A lower id that becomes visible after higher ones were delivered is delivered too."""
    published, may_commit = threading.Event(), threading.Event()

    def late() -> None:
        with unit_of_work(CONTEXT):
            publish(Moved(parcel="late", place="1"))
            published.set()
            may_commit.wait(10)
        connections[CONTEXT].close()

    thread = threading.Thread(target=late)
    thread.start()
    published.wait(10)
    say(("early", "1"))
    relay = courier(broker)
    assert relay.step() == 1
    may_commit.set()
    thread.join(10)

    assert relay.step() == 1
    assert heard(broker) == [("early", "1"), ("late", "1")]


def test_two_relays_share_the_partitions_and_none_is_held_twice() -> None:
    first, second = (Leases(CONTEXT, name, seconds=10) for name in ("one", "two"))
    first.keep(0)
    assert len(first.tokens()) == 64

    second.keep(0)
    assert second.tokens() == {}
    first = Leases(CONTEXT, "one", seconds=10)
    first.keep(0)
    second = Leases(CONTEXT, "two", seconds=10)
    second.keep(0)

    assert len(first.tokens()) == len(second.tokens()) == 32
    assert first.tokens().keys().isdisjoint(second.tokens())


def test_a_relay_without_a_lease_delivers_nothing(broker: MemoryBroker) -> None:
    say(("a", "1"))
    courier(broker, "one").step()
    say(("a", "2"))

    assert courier(broker, "two").step() == 0
    assert heard(broker) == [("a", "1")]


def test_a_relay_that_stops_leaves_its_partitions_to_the_next(broker: MemoryBroker) -> None:
    first = courier(broker, "one")
    first.step()
    first.stop()
    say(("a", "1"))

    assert courier(broker, "two").step() == 1


def test_a_stale_token_archives_nothing(broker: MemoryBroker) -> None:
    say(("a", "1"))
    asleep = Leases(CONTEXT, "one", seconds=10)
    asleep.keep(0)
    (message,) = queue.read(CONTEXT, range(64), 10)
    expire(asleep)
    courier(broker, "two").step()
    say(("a", "2"))
    (newer,) = queue.read(CONTEXT, range(64), 10)

    assert queue.archive(CONTEXT, asleep.tokens(), [message, newer]) == 0
    assert queue.park(CONTEXT, asleep.tokens(), [(newer, "refused")]) == 0
    assert rows("outbox_message") == [(1,)]


def expire(leases: Leases) -> None:
    """Let the leases run out in the database, while their owner believes in them."""
    assert leases.tokens()
    with connections[CONTEXT].cursor() as cursor:
        cursor.execute("update outbox_lease set expires_at = now() - interval '1 s'")
        cursor.execute("delete from outbox_relay")


def test_a_refused_message_parks_its_key_and_no_other(broker: MemoryBroker) -> None:
    say(("bad", "1"), ("good", "1"), ("bad", LARGE), ("bad", "3"), ("good", "2"))
    relay = courier(broker)
    relay.step()
    say(("bad", "4"), ("good", "3"))
    relay.step()

    assert [place for parcel, place in heard(broker) if parcel == "good"] == ["1", "2", "3"]
    assert [place for parcel, place in heard(broker) if parcel == "bad"] == ["1"]
    parked = rows("outbox_parked", "key_seq, reason")
    assert [number for number, _ in parked] == [2, 3, 4]
    assert "too large" in parked[0][1]
    assert parked[2][1] == ""
    assert rows("outbox_message") == [(0,)]
    assert status(CONTEXT).parked_keys == 1


def test_a_broker_that_does_not_answer_parks_nothing(broker: MemoryBroker) -> None:
    say(("a", "1"), ("b", LARGE))
    relay = courier(broker)
    broker.available = False

    with pytest.raises(BrokerUnavailable):
        relay.step()
    assert rows("outbox_parked") == [(0,)]
    assert status(CONTEXT).waiting == 2

    broker.available = True
    assert relay.step() == 2
    assert heard(broker) == [("a", "1")]


def test_a_hundred_events_cost_two_statements(broker: MemoryBroker) -> None:
    relay = courier(broker)
    relay.step()
    say(*((f"parcel-{number}", "here") for number in range(100)))

    with counting_statements() as statements:
        assert relay.step() == 100

    assert len(statements) == 2


def test_publishing_a_hundred_events_costs_one_statement(broker: MemoryBroker) -> None:
    with counting_statements() as statements:
        say(*((f"parcel-{number}", "here") for number in range(100)))

    assert len([sql for sql in statements if "outbox_message" in sql]) == 1


def test_a_busy_key_does_not_hold_up_the_others(broker: MemoryBroker) -> None:
    say(*(("busy", str(number)) for number in range(300)))
    say(("idle", "1"))

    courier(broker).step()

    assert ("idle", "1") in heard(broker)
