"""Handlers come and go with each test."""

from collections.abc import Iterator

import pytest

from tests.kernel.inbox.bench import EVENTS
from vortex.broker.memory import MemoryBroker
from vortex.inbox import registry


@pytest.fixture
def broker() -> MemoryBroker:
    """A broker in this process."""
    return MemoryBroker()


@pytest.fixture(autouse=True)
def _no_handlers_left() -> Iterator[None]:
    yield
    for event in EVENTS:
        registry.forget(event)
