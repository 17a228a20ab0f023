"""A socket that nobody pokes still finds out, and one whose reader is slow piles nothing up."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from asgiref.testing import ApplicationCommunicator

from config.asgi import application
from tests.kernel.realtime.servers import ticket_of
from vortex.clock import now
from vortex.contracts import Principal
from vortex.identity.revocation import revoke_session
from vortex.realtime import consumer, push
from vortex.realtime.feed import Feed
from vortex.realtime.stream import BATCH


@pytest.fixture
async def client(ada: Principal, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """Open a socket in this process that checks its session twenty times a second."""
    monkeypatch.setattr(consumer, "CHECK_SECONDS", 0.05)
    scope = {
        "type": "websocket",
        "path": "/ws",
        "query_string": f"ticket={ticket_of(ada)}".encode(),
        "headers": [],
    }
    communicator = ApplicationCommunicator(application, scope)
    await communicator.send_input({"type": "websocket.connect"})
    accepted, hello = [await communicator.receive_output(timeout=5) for _ in range(2)]
    assert (accepted["type"], hello["type"]) == ("websocket.accept", "websocket.send")
    yield communicator
    await communicator.send_input({"type": "websocket.disconnect", "code": 1000})
    await communicator.wait()


async def test_a_revoked_session_ends_its_socket_though_nobody_poked_it(
    client: ApplicationCommunicator, ada: Principal
) -> None:
    assert ada.session_id is not None

    revoke_session(ada.session_id, now() + timedelta(hours=1))

    assert (await client.receive_output(timeout=5))["code"] == 4401


async def test_a_session_that_cannot_be_checked_is_not_taken_for_alive(
    client: ApplicationCommunicator, settings: Any
) -> None:
    settings.VORTEX_CACHE_URL = "redis://127.0.0.1:1/0"  # nobody listens there

    assert (await client.receive_output(timeout=5))["code"] == 1013


async def test_a_slow_reader_holds_one_frame_and_loses_none(ada: Principal) -> None:
    offered: asyncio.Queue[Any] = asyncio.Queue()
    reads = asyncio.Event()

    async def send(frame: Any) -> None:
        offered.put_nowait(frame)
        await reads.wait()

    feed = Feed(ada.user_id, send)
    reads.set()
    await feed.greet()
    reads.clear()
    running = asyncio.create_task(feed.run())
    count = BATCH * 2 + 50
    for number in range(count):
        push(ada.user_id, "sample.happened", number)
        feed.wake()
    hello, first = [await asyncio.wait_for(offered.get(), 5) for _ in range(2)]

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(offered.get(), 0.3)
    reads.set()
    rest = [await asyncio.wait_for(offered.get(), 5) for _ in range(count - 1)]
    running.cancel()

    assert hello["type"] == "hello"
    assert [msgspec.json.decode(event.data) for event in (first, *rest)] == list(range(count))
