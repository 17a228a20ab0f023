"""The three brokers that must keep the same promises."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from vortex.broker import Broker
from vortex.broker.kafka import KafkaBroker
from vortex.broker.memory import MemoryBroker
from vortex.broker.streams import StreamsBroker
from vortex.ids import new_id

LEASE_SECONDS = 0.4


@pytest.fixture(scope="session")
def mock_kafka() -> Iterator[str]:
    """Bootstrap servers of librdkafka's mock cluster, which lives inside one of its clients."""
    from confluent_kafka import Producer

    cluster: Any = Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 1})
    brokers = cluster.list_topics(timeout=10).brokers.values()
    yield ",".join(f"{broker.host}:{broker.port}" for broker in brokers)
    cluster.flush(1)


@pytest.fixture(params=["memory", "streams", "kafka"])
def broker(request: pytest.FixtureRequest) -> Iterator[Broker]:
    """Each broker in turn, with short leases and a small largest message."""
    made: Broker
    if request.param == "memory":
        made = MemoryBroker(max_bytes=10_000)
    elif request.param == "streams":
        made = StreamsBroker(
            os.environ["VORTEX_BROKER_URL"], lease_seconds=LEASE_SECONDS, max_bytes=10_000
        )
    else:
        servers = request.getfixturevalue("mock_kafka")
        made = KafkaBroker(servers, max_bytes=10_000, session_seconds=6, create_topics=False)
    yield made
    made.close()


@pytest.fixture
def topic() -> str:
    """A topic of this test's own."""
    return f"test.{new_id().hex}"


@pytest.fixture
def group() -> str:
    """A group of this test's own."""
    return f"group-{new_id().hex}"
