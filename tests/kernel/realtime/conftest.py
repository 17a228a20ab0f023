"""What tests of the socket share: a real server for all of them."""

from collections.abc import Iterator

import pytest

from tests.kernel.realtime.servers import Server, serving
from vortex.contracts import Principal
from vortex.testing import person


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Run one uvicorn for all tests of this worker."""
    with serving() as running:
        yield running


@pytest.fixture
def ada() -> Principal:
    """Somebody new, with a session."""
    return person()
