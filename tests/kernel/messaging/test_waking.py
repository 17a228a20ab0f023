"""Work that was written down is begun at once, and no request waits for a broker that is away."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from celery import Celery, current_app
from django.conf import settings
from structlog.testing import capture_logs

from vortex import waking
from vortex.db import alias_of, unit_of_work

QUEUE = "transactions"


@pytest.fixture
def queue() -> Iterator[Any]:
    """What the worker of transactions reads, emptied."""
    reader = Celery("reader", broker=settings.CELERY_BROKER_URL, set_as_current=False)
    with reader.connection_for_read() as connection:
        kept = connection.SimpleQueue(QUEUE)
        kept.clear()
        yield kept
        kept.clear()


def test_a_poke_of_any_thread_lies_in_the_queue_that_the_worker_reads(queue: Any) -> None:
    waking.send("transactions.of_the_main_thread")
    with ThreadPoolExecutor(1) as other:  # as a web server answers requests
        other.submit(waking.send, "transactions.of_another").result()

    messages = [queue.get(timeout=20) for _ in range(2)]

    for message in messages:
        message.ack()
    tasks = [message.headers["task"] for message in messages]
    assert tasks == ["transactions.of_the_main_thread", "transactions.of_another"]


@pytest.mark.django_db(transaction=True, databases=[alias_of("transactions")])
def test_what_is_rolled_back_pokes_nobody(queue: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        _wake_and_fail()
    with unit_of_work("transactions"):
        waking.wake("transactions.sample")

    message = queue.get(timeout=20)
    message.ack()
    assert message.headers["task"] == "transactions.sample"


def _wake_and_fail() -> None:
    with unit_of_work("transactions"):
        waking.wake("transactions.never")
        raise ZeroDivisionError


def test_a_broker_that_is_away_is_said_in_the_log_and_nothing_is_raised(monkeypatch) -> None:
    monkeypatch.setattr(current_app.conf, "broker_url", "redis://127.0.0.1:1/0")

    with capture_logs() as said:
        waking.send("transactions.sample")

    assert [entry["event"] for entry in said] == ["waking.missed"]


def test_a_broker_that_hangs_up_is_called_twice_at_most(monkeypatch) -> None:
    calls = []
    with socket.create_server(("127.0.0.1", 0)) as rude:

        def hang_up() -> None:
            while True:
                try:
                    caller, _ = rude.accept()
                except OSError:
                    return
                calls.append(caller)
                caller.close()

        threading.Thread(target=hang_up, daemon=True).start()
        port = rude.getsockname()[1]
        monkeypatch.setattr(current_app.conf, "broker_url", f"redis://127.0.0.1:{port}/0")

        with capture_logs() as said:
            waking.send("transactions.sample")
        rude.shutdown(socket.SHUT_RDWR)

    assert [entry["event"] for entry in said] == ["waking.missed"]
    assert 1 <= len(calls) <= 2
