"""The broker that the outbox's tests deliver to."""

import pytest

from vortex.broker.memory import MemoryBroker


@pytest.fixture
def broker() -> MemoryBroker:
    """A broker that takes ten kilobytes at once."""
    return MemoryBroker(max_bytes=10_000)
