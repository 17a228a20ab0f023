"""The short way off the wire: what it takes, what it leaves, and that answers keep their order."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest
import uvicorn

from vortex.http.quick.wire import Doors, Taker, WireProtocol

LINE: Final = b"POST /quick HTTP/1.1"
ASKING: Final = b"GET /quick HTTP/1.1"
ASKED: Final = ASKING + b"\r\nHost: here\r\n\r\n"
HEAD: Final = LINE + b"\r\nHost: here\r\nContent-Length: 4\r\n\r\n"


async def usual(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the body, as the application behind."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    said = b"usual " + body
    headers = [(b"content-length", str(len(said)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": said})


def at_once(wire: WireProtocol, fields: dict[bytes, str], body: bytes) -> bool:
    wire.answer(201, b"content-length: %d\r\n" % (len(body) + 6), b"quick " + body)
    return True


@asynccontextmanager
async def connected(take: Taker) -> AsyncIterator[tuple[Any, Any, Any]]:
    """Yield a connection's two ends of a stream, and the server."""

    class Taking:
        def taker(self, line: bytes, /) -> Taker | None:
            return take if line in {LINE, ASKING} else None

    class Protocol(WireProtocol):
        quick = Taking()
        behind = staticmethod(usual)

    config = uvicorn.Config(usual, http=Protocol, lifespan="off", log_config=None)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        await server.startup([listening])
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        try:
            yield reader, writer, server
        finally:
            writer.close()
            await server.shutdown([listening])


async def answer_of(reader: Any) -> tuple[int, bytes]:
    """Return the status and the body of the next answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
    return int(head.split()[1]), await reader.readexactly(int(lines[b"content-length"]))


def asked(take: Taker, *parts: bytes, answers: int = 1) -> list[tuple[int, bytes]]:
    """Send parts of bytes, each by itself; return so many answers."""

    async def ask() -> list[tuple[int, bytes]]:
        async with connected(take) as (reader, writer, _):
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0.01)  # so that parts arrive by themselves
            return [await answer_of(reader) for _ in range(answers)]

    return asyncio.run(ask())


@pytest.mark.parametrize(
    "parts",
    [
        (HEAD + b"body",),
        (HEAD, b"body"),
        (HEAD, b"bo", b"dy"),
        (HEAD.replace(b"Host", b"hOsT") + b"body",),
        (HEAD.replace(b"\r\n\r\n", b"\r\nConnection: Keep-Alive\r\n\r\n") + b"body",),
    ],
)
def test_a_short_request_is_taken_however_it_arrives(parts: tuple[bytes, ...]) -> None:
    assert asked(at_once, *parts) == [(201, b"quick body")]


@pytest.mark.parametrize("head", [ASKED, ASKED.replace(b"Host", b"Content-Length: 0\r\nHost")])
def test_a_question_is_taken_without_a_body(head: bytes) -> None:
    assert asked(at_once, head) == [(201, b"quick ")]


def test_what_follows_a_question_at_once_is_answered_after_it() -> None:
    assert asked(at_once, ASKED + HEAD + b"body", answers=2) == [
        (200, b"usual "),
        (200, b"usual body"),
    ]


def test_the_first_door_that_takes_a_line_has_it() -> None:
    class Door:
        def __init__(self, *lines: bytes) -> None:
            self.lines = lines

        def taker(self, line: bytes, /) -> Taker | None:
            return at_once if line in self.lines else None

    doors = Doors(Door(LINE), Door(ASKING))

    assert doors.taker(LINE) is doors.taker(ASKING) is at_once
    assert doors.taker(b"GET /elsewhere HTTP/1.1") is None


@pytest.mark.parametrize(
    "request_",
    [
        HEAD.replace(b"/quick", b"/other") + b"body",
        HEAD.replace(b"/quick", b"/quick?a=b") + b"body",
        HEAD.replace(b"Host", b"Host: twice\r\nHost") + b"body",
        HEAD.replace(b"Host", b"X_Host: here\r\nHost") + b"body",
        HEAD.replace(b"here", b"h\xc3\xa9re") + b"body",
        HEAD.replace(b"here", b"he\tre") + b"body",
        HEAD.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + b"body",
        HEAD.replace(b"Content-Length: 4", b"Transfer-Encoding: chunked")
        + b"4\r\nbody\r\n0\r\n\r\n",
    ],
)
def test_what_is_written_in_another_way_goes_the_usual_way(request_: bytes) -> None:
    def take(*request: Any) -> bool:
        raise AssertionError("it was offered")

    assert asked(take, request_) == [(200, b"usual body")]


@pytest.mark.parametrize(
    "head",
    [
        HEAD.replace(b"\r\nHost", b"\nHost"),
        HEAD.replace(b"here", b"here\r\n folded"),
        HEAD.replace(b"Content-Length: 4", b"Content-Length: 4\r\nContent-Length: 5"),
        HEAD.replace(b"Host: here", b"Host : here"),
        HEAD.replace(b"here", b"he\x00re"),
    ],
)
def test_what_proxies_understand_differently_is_never_taken(head: bytes) -> None:
    def take(*request: Any) -> bool:
        raise AssertionError("it was offered")

    async def ask() -> bytes:
        async with connected(take) as (reader, writer, _):
            writer.write(head + b"body")
            writer.write_eof()
            return bytes(await reader.read())

    said = asyncio.run(ask())

    assert not said.startswith(b"HTTP/1.1 201")


def test_what_is_left_goes_the_usual_way_with_every_byte() -> None:
    assert asked(lambda *request: False, HEAD + b"body") == [(200, b"usual body")]


def test_what_is_handed_back_goes_the_usual_way_with_every_byte() -> None:
    def take(wire: WireProtocol, *request: Any) -> bool:
        asyncio.get_running_loop().call_later(0.01, wire.hand_back)
        return True

    assert asked(take, HEAD + b"body") == [(200, b"usual body")]


def test_answers_come_in_the_order_of_the_requests() -> None:
    def later(wire: WireProtocol, fields: dict[bytes, str], body: bytes) -> bool:
        loop = asyncio.get_running_loop()
        if body == b"back":
            loop.call_later(0.1, wire.hand_back)
        else:
            loop.call_later(0.1, at_once, wire, fields, body)
        return True

    other = HEAD.replace(b"/quick", b"/other")
    first, then = HEAD + b"back", other + b"two " + HEAD + b"last"

    assert asked(later, first, then, answers=3) == [
        (200, b"usual back"),
        (200, b"usual two "),
        (200, b"usual last"),
    ]
    assert asked(later, HEAD + b"one ", HEAD + b"two ", answers=2) == [
        (201, b"quick one "),
        (201, b"quick two "),
    ]


def test_who_hangs_up_while_waiting_harms_nobody() -> None:
    async def hang_up() -> bool:
        waiting: asyncio.Queue[WireProtocol] = asyncio.Queue()

        def keep(wire: WireProtocol, *request: Any) -> bool:
            waiting.put_nowait(wire)
            return True

        async with connected(keep) as (_, writer, _):
            writer.write(HEAD + b"body")
            wire = await waiting.get()
            writer.transport.abort()
            await asyncio.sleep(0.05)
            at_once(wire, {}, b"body")
            return wire.transport.is_closing()

    assert asyncio.run(hang_up())


def test_a_server_that_stops_gives_the_answer_that_is_due() -> None:
    async def stop() -> bytes:
        waiting: asyncio.Queue[WireProtocol] = asyncio.Queue()

        def keep(wire: WireProtocol, *request: Any) -> bool:
            waiting.put_nowait(wire)
            return True

        async with connected(keep) as (reader, writer, _):
            writer.write(HEAD + b"body")
            wire = await waiting.get()
            wire.shutdown()
            at_once(wire, {}, b"body")
            return bytes(await reader.read())

    said = asyncio.run(stop())

    assert b"connection: close" in said
    assert said.endswith(b"quick body")


def test_who_does_not_fetch_answers_is_read_no_further() -> None:
    def large(wire: WireProtocol, *request: Any) -> bool:
        wire.answer(201, b"content-length: 1000000\r\n", bytes(1_000_000))
        return True

    async def flood() -> int:
        async with connected(large) as (_, writer, server):
            for _ in range(60):
                writer.write(HEAD + b"body")
                await asyncio.sleep(0.005)
            return int(server.server_state.total_requests)

    assert asyncio.run(flood()) < 60
