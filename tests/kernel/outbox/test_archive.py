"""The archive replays what was said, for as long as its days are kept."""

from datetime import timedelta

import pytest
from django.db import connections

from tests.kernel.outbox.bench import CONTEXT, TOPIC, courier, heard, rows, say
from vortex.broker import envelope
from vortex.broker.memory import MemoryBroker
from vortex.broker.parking import desk
from vortex.broker.retention import ARCHIVE_DAYS, DAYS_AHEAD, INBOX_DAYS
from vortex.clock import now, today
from vortex.db.partitions import days_of
from vortex.outbox.replaying import Selection, replay
from vortex.outbox.retention import TABLE, forget, prepare

pytestmark = pytest.mark.django_db(transaction=True, databases=[CONTEXT])

SINCE = now() - timedelta(days=1)


def again(broker: MemoryBroker, **narrower: str) -> int:
    selection = Selection("parcel.moved", SINCE, **narrower)
    return replay(CONTEXT, selection, broker, said=lambda _: None)


def test_a_replay_says_everything_again_in_its_order(broker: MemoryBroker) -> None:
    say(*(("a", str(number)) for number in range(1_200)))
    relay = courier(broker)
    while relay.step():
        pass
    fresh = MemoryBroker()

    assert again(fresh) == 1_200

    assert heard(fresh) == heard(broker)
    first = envelope.decode(next(iter(fresh.topics[TOPIC].values())).value)
    original = envelope.decode(next(iter(broker.topics[TOPIC].values())).value)
    assert first.id == original.id
    assert first.replayid
    assert original.replayid == ""


def test_a_replay_can_be_of_one_key(broker: MemoryBroker) -> None:
    say(("a", "1"), ("b", "1"), ("a", "2"))
    courier(broker).step()
    fresh = MemoryBroker()

    assert again(fresh, key="a") == 2
    assert heard(fresh) == [("a", "1"), ("a", "2")]


def test_a_replay_begins_where_it_is_told(broker: MemoryBroker) -> None:
    say(("a", "1"))
    courier(broker).step()
    selection = Selection("parcel.moved", now() + timedelta(seconds=1))

    assert replay(CONTEXT, selection, MemoryBroker(), said=lambda _: None) == 0


def test_what_was_skipped_stays_skipped(broker: MemoryBroker) -> None:
    say(("a", "x" * 20_000), ("a", "2"))
    courier(broker).step()
    desk("outbox").skip(CONTEXT, topic=TOPIC, key="a", by="me")
    courier(broker, "one").step()

    assert again(MemoryBroker(max_bytes=100_000)) == 1


def test_days_are_made_ahead_and_only_once() -> None:
    days = [today() + timedelta(days=number) for number in range(DAYS_AHEAD)]
    prepare(CONTEXT)

    assert set(days) <= set(days_of(CONTEXT, TABLE))
    assert prepare(CONTEXT) == []


def test_an_old_day_is_dropped_with_its_messages_and_a_young_one_stays(
    broker: MemoryBroker,
) -> None:
    prepare(CONTEXT)
    say(("a", "1"), ("b", "1"))
    courier(broker).step()
    with connections[CONTEXT].cursor() as cursor:
        cursor.execute(
            "update outbox_archive set archived_at = now() - interval '40 days' where key = 'a'"
        )

    forget(CONTEXT)
    assert rows("outbox_archive", "key, id") == [("b", 2)]

    forget(CONTEXT, days=-1)
    assert rows("outbox_archive") == [(0,)]
    assert today() not in days_of(CONTEXT, TABLE)
    prepare(CONTEXT)


def test_a_delivery_needs_no_partition_of_its_day(broker: MemoryBroker) -> None:
    forget(CONTEXT, days=-DAYS_AHEAD - 1)
    say(("a", "1"))

    assert courier(broker).step() == 1
    assert rows("outbox_archive_default") == [(1,)]
    assert prepare(CONTEXT)
    assert today() not in days_of(CONTEXT, TABLE)


def test_the_inbox_remembers_longer_than_the_archive() -> None:
    assert INBOX_DAYS > ARCHIVE_DAYS
