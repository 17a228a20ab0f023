"""A consumer acts on every event once, in the order of its key, whatever dies or fails."""

import pytest
from django.db import OperationalError

from tests.kernel.inbox.bench import (
    CONTEXT,
    consumer,
    counting_statements,
    lit,
    rows,
    spoken,
    work_off,
)
from tests.kernel.inbox.facts import Broken, Lit, Sold
from vortex.broker import BrokerUnavailable, Outgoing
from vortex.broker.memory import MemoryBroker
from vortex.clock import now
from vortex.db import current_context
from vortex.ids import new_id
from vortex.inbox import on
from vortex.inbox.consumer import DEATHS, DatabaseAway
from vortex.inbox.registry import TOGETHER
from vortex.telemetry import context as request
from vortex.topology.models import Owner

pytestmark = pytest.mark.django_db(transaction=True, databases=[CONTEXT])


class Killed(BaseException):
    """The process is dead: nothing after it runs."""


@pytest.fixture
def log() -> list[str]:
    """What the handlers were called with."""
    return []


@pytest.fixture
def lighting(log: list[str]) -> list[str]:
    """A handler that notes and writes each lighting; some lamps make it fail or die."""

    @on(Lit, context=CONTEXT)
    def note_lighting(event: Lit) -> None:
        log.append(f"{event.lamp}{event.count}")
        Owner.objects.create(context=f"{event.lamp}{event.count}", owner="here", changed_at=now())
        if event.lamp == "bad":
            raise ValueError("this lamp fails")
        if event.lamp == "deadly":
            raise Killed

    return log


def effects() -> list[str]:
    return [name for (name,) in rows("topology_owner", "context")]


def test_events_are_handled_in_the_order_of_their_key(
    broker: MemoryBroker, lighting: list[str]
) -> None:
    broker.publish([*lit("a", 1, 2), *lit("b", 1), *lit("a", 3)])

    work_off(consumer(broker))

    assert [name for name in lighting if name[0] == "a"] == ["a1", "a2", "a3"]
    assert effects() == ["a1", "a2", "a3", "b1"]
    assert broker.lag(group=CONTEXT, topics=[Lit.topic]) == 0


def test_a_second_delivery_does_nothing(broker: MemoryBroker, lighting: list[str]) -> None:
    (event,) = lit("a", 1)
    broker.publish([event, event])
    heard = consumer(broker)
    work_off(heard)
    broker.publish([event])
    work_off(heard)

    assert lighting == ["a1"]
    assert rows("inbox_gap") == [(0,)]


def test_a_handler_works_in_the_transaction_and_context_of_its_event(
    broker: MemoryBroker,
) -> None:
    seen: list[tuple[str | None, str, str]] = []

    @on(Sold, context=CONTEXT)
    def look(event: Sold) -> None:
        now_ = request.current()
        seen.append((current_context(), now_.causation_id, now_.traceparent))

    event_id = new_id()
    broker.publish([spoken(Sold(lamp="a"), event_id=event_id, traceparent="00-aa-bb-01")])
    work_off(consumer(broker))

    assert seen == [(CONTEXT, str(event_id), "00-aa-bb-01")]


def test_a_consumer_killed_while_handling_leaves_nothing_and_its_successor_does_it(
    broker: MemoryBroker, lighting: list[str]
) -> None:
    broker.publish(lit("deadly", 1))
    first = consumer(broker)

    with pytest.raises(Killed):
        first.step(0.0)
    assert effects() == []
    first.stop()


def test_what_was_handled_and_not_acknowledged_comes_again_and_does_nothing(
    broker: MemoryBroker, log: list[str]
) -> None:
    @on(Lit, context=CONTEXT)
    def lose_the_broker(event: Lit) -> None:
        log.append(f"{event.lamp}{event.count}")
        broker.available = False

    broker.publish(lit("a", 1, 2))
    heard = consumer(broker)
    with pytest.raises(BrokerUnavailable):
        heard.step(0.0)
    broker.available = True
    assert broker.lag(group=CONTEXT, topics=[Lit.topic]) == 2
    work_off(heard)

    assert log == ["a1", "a2"]
    assert broker.lag(group=CONTEXT, topics=[Lit.topic]) == 0


def test_what_comes_again_is_begun_by_itself_so_that_a_deadly_event_kills_alone(
    broker: MemoryBroker, lighting: list[str]
) -> None:
    broker.publish([*lit("a", 1, 2), *lit("deadly", 1)])
    for _ in range(2):
        dying = consumer(broker)
        with pytest.raises(Killed):
            dying.step(0.0)
        dying.stop()

    assert effects() == ["a1", "a2"]
    assert broker.lag(group=CONTEXT, topics=[Lit.topic]) == 1


def test_a_message_that_kills_its_process_again_and_again_is_parked(
    broker: MemoryBroker, lighting: list[str]
) -> None:
    broker.publish([*lit("a", 1), *lit("deadly", 1), *lit("b", 1)])
    for _ in range(DEATHS + 1):
        dying = consumer(broker)
        with pytest.raises(Killed):
            dying.step(0.0)
        dying.stop()

    work_off(consumer(broker))

    assert effects() == ["a1", "b1"]
    assert rows("inbox_parked", "key, reason") == [
        ("deadly", f"{DEATHS} processes died handling it")
    ]


def test_a_failing_key_is_parked_with_what_follows_while_others_flow(
    broker: MemoryBroker, lighting: list[str]
) -> None:
    broker.publish([*lit("bad", 1), *lit("a", 1), *lit("bad", 2), *lit("a", 2)])
    heard = consumer(broker)
    work_off(heard)
    broker.publish([*lit("bad", 3), *lit("a", 3)])
    work_off(heard)

    assert effects() == ["a1", "a2", "a3"]
    assert "bad2" not in lighting
    parked = rows("inbox_parked", "key, reason, attempts", "id")
    assert [reason for _, reason, _ in parked] == ["ValueError: this lamp fails", "", ""]
    assert broker.lag(group=CONTEXT, topics=[Lit.topic]) == 0


def test_a_lone_event_that_fails_is_tried_again_after_a_while_and_then_parked(
    broker: MemoryBroker, lighting: list[str]
) -> None:
    broker.publish(lit("bad", 1))
    heard = consumer(broker, backoff=(0.0, 3_600.0))

    heard.step(0.0)
    heard.step(0.0)
    heard.step(0.0)

    assert lighting == ["bad1", "bad1"]
    assert not heard.idle
    assert rows("inbox_parked") == [(0,)]


def test_a_key_that_fails_for_a_moment_goes_on_in_its_order(
    broker: MemoryBroker, log: list[str]
) -> None:
    @on(Lit, context=CONTEXT)
    def fail_once(event: Lit) -> None:
        log.append(f"{event.lamp}{event.count}")
        if len(log) == 1:
            raise ValueError("for a moment")

    broker.publish([*lit("a", 1, 2), *lit("b", 1)])
    work_off(consumer(broker))

    assert log == ["a1", "a1", "a2", "b1"]
    assert rows("inbox_parked") == [(0,)]


def test_a_database_that_is_away_is_nobodys_failure(broker: MemoryBroker, log: list[str]) -> None:
    @on(Lit, context=CONTEXT)
    def be_cut_off(event: Lit) -> None:
        log.append(event.lamp)
        if len(log) <= 5:
            raise OperationalError("the connection is closed")

    broker.publish(lit("a", 1))
    heard = consumer(broker, backoff=())
    for _ in range(5):
        with pytest.raises(DatabaseAway):
            heard.step(0.0)
    work_off(heard)

    assert len(log) == 6
    assert rows("inbox_parked") == [(0,)]


def test_a_gap_in_the_numbers_of_a_key_raises_the_alarm_once(
    broker: MemoryBroker, lighting: list[str]
) -> None:
    broker.publish([*lit("a", 1, 2, 5), *lit("b", 7, 8)])
    heard = consumer(broker)
    work_off(heard)
    broker.publish([*lit("a", 6), *lit("b", 10)])
    work_off(heard)

    gaps = rows("inbox_gap", "source, key, expected, received", "id")
    assert gaps == [("/vortexcore/config", "a", 3, 5), ("/vortexcore/config", "b", 9, 10)]
    assert "a5" in lighting


def test_events_that_nobody_here_hears_are_counted_too(
    broker: MemoryBroker, lighting: list[str]
) -> None:
    broker.publish([*lit("a", 1), spoken(Broken(lamp="a"), 2), *lit("a", 3)])

    work_off(consumer(broker))

    assert lighting == ["a1", "a3"]
    assert rows("inbox_gap") == [(0,)]


def test_a_single_key_leaves_no_row_behind_but_that_it_was_seen(broker: MemoryBroker) -> None:
    @on(Sold, context=CONTEXT)
    def ignore(event: Sold) -> None:
        pass

    broker.publish([spoken(Sold(lamp=f"{number}")) for number in range(10)])
    work_off(consumer(broker))

    assert rows("inbox_sequence") == [(0,)]
    assert rows("inbox_seen") == [(10,)]


def test_a_message_that_cannot_be_read_parks_its_key_at_once(
    broker: MemoryBroker, lighting: list[str]
) -> None:
    wrong = spoken(Lit(lamp="a", count=2), 2)
    broker.publish(
        [
            *lit("a", 1),
            Outgoing(wrong.topic, "a", wrong.value.replace(b'"count":2', b'"count":"two"')),
            Outgoing(wrong.topic, "b", b"not JSON"),
            *lit("c", 1),
        ]
    )

    work_off(consumer(broker))

    assert sorted(lighting) == ["a1", "c1"]
    assert [key for (key,) in rows("inbox_parked", "key")] == ["a", "b"]


def test_two_handlers_of_one_event_succeed_and_fail_apart(
    broker: MemoryBroker, log: list[str]
) -> None:
    @on(Lit, context=CONTEXT)
    def first(event: Lit) -> None:
        log.append("first")

    @on(Lit, context=CONTEXT)
    def second(event: Lit) -> None:
        log.append("second")
        if log.count("second") == 1:
            raise ValueError("only now")

    broker.publish(lit("a", 1))
    work_off(consumer(broker))

    assert log == ["first", "second", "second"]


def test_a_batch_is_one_transaction(broker: MemoryBroker) -> None:
    sizes: list[int] = []

    @on(Sold, batch=100, context=CONTEXT)
    def take(events: list[Sold]) -> None:
        sizes.append(len(events))

    broker.publish([spoken(Sold(lamp=f"{number}")) for number in range(250)])
    heard = consumer(broker)
    with counting_statements() as statements:
        work_off(heard)

    assert sizes == [100, 100, 50]
    # One look at what is parked, then the fence and the memory of each batch.
    assert len(statements) == 1 + 2 * 3


def test_events_that_wait_together_share_the_fence_and_the_memory(
    broker: MemoryBroker,
) -> None:
    contexts: list[str] = []

    @on(Lit, context=CONTEXT)
    def look(event: Lit) -> None:
        contexts.append(request.current().causation_id)

    broker.publish(lit("a", *range(1, 2 * TOGETHER + 1)))
    heard = consumer(broker)
    with counting_statements() as statements:
        work_off(heard)

    assert len(set(contexts)) == 2 * TOGETHER
    # Per poll: how far the keys have come, what is parked. Per transaction: the fence, the memory.
    assert len(statements) == 2 + 2 * 2


def test_one_bad_event_does_not_take_its_batch_along(broker: MemoryBroker, log: list[str]) -> None:
    @on(Sold, batch=10, context=CONTEXT)
    def take(events: list[Sold]) -> None:
        if any(event.lamp == "bad" for event in events):
            raise ValueError("bad lamp")
        log.extend(event.lamp for event in events)

    broker.publish([spoken(Sold(lamp=lamp)) for lamp in ("a", "bad", "b")])
    work_off(consumer(broker))

    assert sorted(log) == ["a", "b"]
    assert [key for (key,) in rows("inbox_parked", "key")] == ["bad"]


def test_a_batch_never_overtakes_another_event_of_its_key(
    broker: MemoryBroker, log: list[str]
) -> None:
    @on(Lit, batch=10, context=CONTEXT)
    def light(events: list[Lit]) -> None:
        log.extend(f"{event.lamp}{event.count}" for event in events)

    @on(Broken, context=CONTEXT)
    def throw_away(event: Broken) -> None:
        log.append(f"{event.lamp} is broken")

    broker.publish([*lit("a", 1, 2), spoken(Broken(lamp="a"), 3), *lit("a", 4)])
    work_off(consumer(broker))

    assert log == ["a1", "a2", "a is broken", "a4"]


def test_a_replay_is_absorbed_unless_it_is_for_this_consumer(
    broker: MemoryBroker, log: list[str]
) -> None:
    @on(Sold, context=CONTEXT)
    def sell(event: Sold) -> None:
        log.append(event.lamp)

    event_id, replay_id = new_id(), str(new_id())
    sold = Sold(lamp="a")
    named = spoken(sold, event_id=event_id, replayid=replay_id, replayfor=f"{CONTEXT}.sell")
    broker.publish([spoken(sold, event_id=event_id)])
    broker.publish([spoken(sold, event_id=event_id, replayid=replay_id)])
    heard = consumer(broker)
    work_off(heard)
    assert log == ["a"]

    broker.publish([named, named])
    work_off(heard)
    assert log == ["a", "a"]
