"""Work that was written down is begun at once, and no request waits for a broker that is away."""

import pytest
from celery import Celery
from django.conf import settings
from structlog.testing import capture_logs

from apps.transactions.services import waking

QUEUE = "transactions"


@pytest.fixture(autouse=True)
def _afresh():
    waking._sender.cache_clear()
    yield
    waking._sender.cache_clear()


def test_a_poke_lies_in_the_queue_that_the_worker_reads() -> None:
    reader = Celery("reader", broker=settings.CELERY_BROKER_URL, set_as_current=False)
    with reader.connection_for_read() as connection:
        queue = connection.SimpleQueue(QUEUE)
        queue.clear()

        waking.send("transactions.sample")

        message = queue.get(timeout=5)
        message.ack()

    assert message.headers["task"] == "transactions.sample"


def test_a_broker_that_is_away_is_said_in_the_log_and_nothing_is_raised(monkeypatch) -> None:
    monkeypatch.setattr(settings, "CELERY_BROKER_URL", "redis://127.0.0.1:1/0")

    with capture_logs() as said:
        waking.send("transactions.sample")

    assert [entry["event"] for entry in said] == ["transactions.waking.missed"]
