"""Relays and consumers are killed under load, and every event is handled once and in order."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import redis
from django.conf import settings
from django.db import connections

from tests.kernel.messaging.processes import LISTENER, SOURCE, TOPIC, Laid, process
from vortex.broker import broker
from vortex.broker.memory import MemoryBroker
from vortex.db import unit_of_work
from vortex.outbox import publish_many, status
from vortex.outbox import relay as relay_module
from vortex.outbox.wake import CHANNEL

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=[SOURCE, LISTENER]),
    pytest.mark.timeout(120),
]

PATIENCE_SECONDS = 60


@pytest.fixture(autouse=True)
def _empty_broker() -> Iterator[None]:
    with redis.Redis.from_url(settings.VORTEX_BROKER_URL) as client:
        client.flushdb()
    broker().prepare(group=LISTENER, topics=[TOPIC])
    yield


def lay(walls: int, first: int, count: int) -> None:
    for number in range(first, first + count):
        with unit_of_work(SOURCE):
            publish_many([Laid(wall=f"{wall}", number=number) for wall in range(walls)])


def handled() -> list[str]:
    """Return what was handled, in the order of handling."""
    with connections[LISTENER].cursor() as cursor:
        cursor.execute("select context from topology_owner order by changed_at, context")
        return [str(name) for (name,) in cursor.fetchall()]


def until(claim: Callable[[], bool]) -> bool:
    end, pause = time.monotonic() + PATIENCE_SECONDS, threading.Event()
    while not claim():
        if time.monotonic() > end:
            return False
        pause.wait(0.05)
    return True


def numbers_of(wall: str, names: list[str]) -> list[int]:
    return [int(name.split("/")[1]) for name in names if name.startswith(f"{wall}/")]


def test_events_survive_the_killing_of_relays_and_consumers() -> None:
    walls, rounds, each = 12, 4, 10
    with ExitStack() as living:
        roles = ("relay", "relay", "consume", "consume")
        running = [living.enter_context(process(role)) for role in roles]
        for turn in range(rounds):
            lay(walls, turn * each + 1, each)
            assert until(lambda turn=turn: len(handled()) > turn * walls * each)  # type: ignore[misc]
            victim = running[turn]
            kill(victim)
            running.append(living.enter_context(process(roles[turn])))
        assert until(lambda: len(handled()) == walls * rounds * each), len(handled())

    names = handled()
    for wall in range(walls):
        assert numbers_of(f"{wall}", names) == list(range(1, rounds * each + 1))
    with connections[LISTENER].cursor() as cursor:
        cursor.execute("select count(*) from inbox_gap")
        assert cursor.fetchone() == (0,)
        cursor.execute("select count(*) from inbox_parked")
        assert cursor.fetchone() == (0,)
    assert status(SOURCE).waiting == 0


def kill(victim: "subprocess.Popen[bytes]") -> None:
    os.kill(victim.pid, signal.SIGKILL)
    victim.wait(10)


def test_a_relay_that_is_told_to_stop_leaves_nothing_behind() -> None:
    with process("relay") as relay:
        lay(1, 1, 1)
        assert until(lambda: status(SOURCE).waiting == 0)
        assert status(SOURCE).relays == 1
        relay.terminate()
        assert relay.wait(20) == 0

    assert status(SOURCE).relays == 0
    assert broker().lag(group=LISTENER, topics=[TOPIC]) == 1


def test_an_idle_relay_is_woken_by_a_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    """With an hour between two looks, only a hint can tell the relay of the second event."""
    monkeypatch.setattr(relay_module, "SHORTEST_SECONDS", 3_600)
    relay = relay_module.Relay((SOURCE,), MemoryBroker())
    running = threading.Thread(target=relay.run)
    running.start()
    try:
        assert until(_listened_to)
        for number in (1, 2, 3):
            lay(1, number, 1)
            assert until(lambda: status(SOURCE).waiting == 0)
    finally:
        relay.stop()
        running.join(20)

    assert not running.is_alive()


def _listened_to() -> bool:
    with redis.Redis.from_url(settings.VORTEX_CACHE_URL) as client:
        return bool(client.pubsub_numsub(CHANNEL)[0][1])
