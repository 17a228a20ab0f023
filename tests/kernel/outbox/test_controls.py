"""Relays that look right and are not: what every proof counts as a gap must find them out.

They are the negative controls of the outbox. A check that passes them would prove nothing of the
relay that the bank has, which is put through the same two minutes beside them.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import psycopg
import pytest
from django.db import connections

from tests.kernel.outbox.bench import CONTEXT, TOPIC, courier, say
from tests.kernel.outbox.facts import Moved
from vortex.broker.memory import MemoryBroker
from vortex.db import unit_of_work
from vortex.inbox.bookkeeping import Gap, advance
from vortex.inbox.heard import understand
from vortex.outbox import publish
from vortex.outbox.queue import Waiting

pytestmark = pytest.mark.django_db(transaction=True, databases=[CONTEXT])

_COLUMNS = (
    "m.id, m.partition, m.event_id::text, m.topic, m.key, m.key_seq, m.single, m.type, m.version,"
    " m.payload::text, m.headers::text, '2026-11-25T12:00:00.000000Z'"
)


def gaps(broker: MemoryBroker) -> list[Gap]:
    """Return the alarms that a consumer raises about what reached it, in the order it came."""
    found: list[Gap] = []
    for message in broker.topics[TOPIC].values():
        with unit_of_work(CONTEXT):
            found += advance(CONTEXT, [understand(cast("Any", message), {})])
    return found


@contextmanager
def relay_of_its_own() -> Iterator[psycopg.Connection[Any]]:
    """Open a connection in which a transaction may stay open beside the test's."""
    parameters = connections[CONTEXT].get_connection_params()
    with psycopg.connect(
        host=parameters["host"],
        port=parameters["port"],
        dbname=parameters["dbname"],
        user=parameters["user"],
        password=parameters["password"],
    ) as opened:
        yield opened


def take_with_skip_locked(relay: psycopg.Connection[Any]) -> Waiting:
    """Take the oldest message that nobody else has taken, and keep the transaction open."""
    row = relay.execute(
        f"delete from outbox_message m where id = (select id from outbox_message order by id"  # noqa: S608
        f" limit 1 for update skip locked) returning {_COLUMNS}"
    ).fetchone()
    assert row is not None
    return Waiting(*row)


def after(relay: psycopg.Connection[Any], cursor: int) -> list[Waiting]:
    """Return the messages beyond the highest id that was delivered."""
    statement = f"select {_COLUMNS} from outbox_message m where id > %s order by id"  # noqa: S608
    found = [Waiting(*row) for row in relay.execute(statement.encode(), (cursor,)).fetchall()]
    relay.rollback()
    return found


@contextmanager
def late(parcel: str) -> Iterator[threading.Event]:
    """Publish in a transaction that stays open until the event is set, or the block ends."""
    published, may_commit = threading.Event(), threading.Event()

    def work() -> None:
        with unit_of_work(CONTEXT):
            publish(Moved(parcel=parcel, place="late"))
            published.set()
            may_commit.wait(10)
        connections[CONTEXT].close()

    thread = threading.Thread(target=work)
    thread.start()
    published.wait(10)
    try:
        yield may_commit
    finally:
        may_commit.set()
        thread.join(10)


def test_two_relays_that_lock_rows_give_one_key_to_both_and_are_found_out(
    broker: MemoryBroker,
) -> None:
    """The one that took the earlier message is slower: the later one overtakes it."""
    say(("a", "1"), ("a", "2"), ("a", "3"))
    with relay_of_its_own() as slow, relay_of_its_own() as fast:
        first = take_with_skip_locked(slow)
        broker.publish([first.outgoing(CONTEXT)])
        second = take_with_skip_locked(slow)
        third = take_with_skip_locked(fast)
        broker.publish([third.outgoing(CONTEXT)])
        broker.publish([second.outgoing(CONTEXT)])

    assert [(gap.key, gap.expected, gap.received) for gap in gaps(broker)] == [("a", 2, 3)]


def test_a_relay_that_follows_a_cursor_loses_who_commits_late_and_is_found_out(
    broker: MemoryBroker,
) -> None:
    say(("late", "1"))
    with relay_of_its_own() as relay:
        seen = after(relay, 0)
        broker.publish([message.outgoing(CONTEXT) for message in seen])
        with late("late") as may_commit:
            say(("early", "1"))
            seen = after(relay, seen[-1].id)
            broker.publish([message.outgoing(CONTEXT) for message in seen])
            may_commit.set()
        say(("late", "3"))
        broker.publish([m.outgoing(CONTEXT) for m in after(relay, seen[-1].id)])

    assert [(gap.key, gap.expected, gap.received) for gap in gaps(broker)] == [("late", 2, 3)]


def test_the_relay_of_the_bank_leaves_no_gap_where_those_do(broker: MemoryBroker) -> None:
    say(("late", "1"))
    one, other = courier(broker, "one"), courier(broker, "other")
    one.step()
    with late("late") as may_commit:
        say(("early", "1"))
        one.step()
        other.step()
        may_commit.set()
    say(("late", "3"))
    one.step()
    other.step()

    assert len(broker.topics[TOPIC]) == 4
    assert gaps(broker) == []
