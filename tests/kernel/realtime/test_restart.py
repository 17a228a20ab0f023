"""When Valkey comes back, with its memory or without, every socket learns that it missed things."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.kernel.realtime.servers import Server, opened, said, say, serving, ticket_of
from vortex.contracts import Principal
from vortex.embedded.process import wait_until
from vortex.embedded.valkey import Valkey
from vortex.realtime import push


@pytest.fixture(params=[True, False], ids=["with its memory", "without"])
def own_valkey(request: Any, tmp_path: Path, settings: Any) -> Iterator[Valkey]:
    """Run a Valkey of this test's own, which it may kill."""
    valkey = Valkey(tmp_path, durable=request.param)
    valkey.start()
    settings.VORTEX_CACHE_URL = valkey.url(1)
    yield valkey
    valkey.stop()


@pytest.fixture
def own_server(own_valkey: Valkey) -> Iterator[Server]:
    """Run a uvicorn that knows no other Valkey."""
    with serving(VORTEX_CACHE_URL=own_valkey.url(1)) as server:
        yield server


def restart(valkey: Valkey) -> None:
    """Kill the server without warning and start it again."""
    pid = valkey.process.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: valkey.process.exit_code is not None, 5)
    valkey.start()


async def come_back(server: Server, user: Principal) -> tuple[ClientConnection, dict[str, Any]]:
    """Open a socket as a client does: with a fresh ticket each time, until the server greets it."""
    for attempt in range(20):
        try:
            client = await opened(server, ticket_of(user))
            return client, await said(client)
        except (InvalidStatus, ConnectionClosed):
            await asyncio.sleep(0.1 * attempt)
    raise AssertionError("the server takes no socket any more")


@pytest.mark.timeout(90)
async def test_an_open_socket_is_never_silently_deaf(
    own_valkey: Valkey, own_server: Server, ada: Principal
) -> None:
    async with opened(own_server, ticket_of(ada)) as client:
        await said(client)
        push(ada.user_id, "sample.before", {})
        await said(client)

        await asyncio.to_thread(restart, own_valkey)
        push(ada.user_id, "sample.after", {})

        try:
            frame = await asyncio.wait_for(said(client), 20)
        except ConnectionClosed:
            return
        assert frame["type"] == "resync_required"
        push(ada.user_id, "sample.later", {})
        assert (await asyncio.wait_for(said(client), 3))["type"] == "sample.later"


async def test_a_client_that_comes_back_is_not_taken_for_up_to_date(
    own_valkey: Valkey, own_server: Server, ada: Principal
) -> None:
    async with opened(own_server, ticket_of(ada)) as client:
        epoch = (await said(client))["epoch"]

    await asyncio.to_thread(restart, own_valkey)

    client, hello = await come_back(own_server, ada)
    async with client:
        await say(client, type="resume", after=0, epoch=epoch)
        assert hello["epoch"] != epoch
        assert (await said(client))["type"] == "resync_required"
