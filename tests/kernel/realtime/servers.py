"""A real uvicorn with the real application, and sockets opened to it as a browser would."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import msgspec
from django.conf import settings
from websockets.asyncio.client import ClientConnection, connect

from vortex.clock import now
from vortex.contracts import Principal
from vortex.realtime import issue_ticket

_START_SECONDS = 30


class Server:
    """One uvicorn process on a port of its own."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        listening = socket.create_server(("127.0.0.1", 0))
        self.port = listening.getsockname()[1]
        command = [sys.executable, "-m", "uvicorn", "config.asgi:application"]
        self._process = subprocess.Popen(
            [*command, "--fd", str(listening.fileno()), "--log-level", "warning"],
            cwd=settings.ROOT,
            env={**os.environ, **environment},
            pass_fds=[listening.fileno()],
        )
        listening.close()

    def wait(self) -> None:
        """Return once it answers; the listening socket holds the request until then."""
        httpx.get(f"http://127.0.0.1:{self.port}/health/live", timeout=_START_SECONDS)

    def stop(self) -> None:
        """Ask it to end, as an orchestrator does, and wait for it."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(10)


@contextmanager
def serving(**environment: str) -> Iterator[Server]:
    """Run a server while the block runs."""
    server = Server(environment)
    try:
        server.wait()
        yield server
    finally:
        server.stop()


def ticket_of(person: Principal, *, seconds: float = 900) -> str:
    """Return a ticket for a session that has this long to live."""
    return issue_ticket(person, now() + timedelta(seconds=seconds))


def opened(server: Server, ticket: str, *, origin: str | None = None) -> connect:
    """Return the opening of a socket, to be used with `async with`."""
    return connect(f"ws://127.0.0.1:{server.port}/ws?ticket={ticket}", origin=origin)  # type: ignore[arg-type]


async def said(client: ClientConnection) -> dict[str, Any]:
    """Return the next frame."""
    return msgspec.json.decode(await client.recv(), type=dict[str, Any])


async def say(client: ClientConnection, **frame: Any) -> None:
    """Send a frame."""
    await client.send(msgspec.json.encode(frame).decode())


def keys_of(user: Principal) -> list[str]:
    """Return the keys in Valkey of a person's stream."""
    return [f"realtime:{{{user.user_id}}}:{part}" for part in ("meta", "events")]
