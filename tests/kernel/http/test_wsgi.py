"""A WSGI application under ASGI: what it says, in how many steps, and what it reads."""

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import Any

import httpx
import pytest

from vortex.http import wsgi
from vortex.http.wsgi import ThreadedWSGI

WHO: ContextVar[str] = ContextVar("who", default="nobody")
Environ = dict[str, Any]


class Whole(list[bytes]):
    """An answer as Django has it where it is no stream."""

    streaming = False
    closed = False

    def close(self) -> None:
        self.closed = True


def saying(parts: Iterable[bytes], status: str = "200 OK") -> Callable[..., Iterable[bytes]]:
    def application(_environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        start(
            status, [("Content-Type", "text/plain"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]
        )
        return parts

    return application


async def sent_by(
    application: Callable[..., Any], *received: dict[str, Any], **scope: Any
) -> list[dict[str, Any]]:
    """Return the messages that a server would be given for a request."""
    messages: list[dict[str, Any]] = []
    waiting = list(received) or [{"type": "http.request", "body": b""}]

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    asked = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    asked |= {"http_version": "1.1"} | scope
    await ThreadedWSGI(application, threads=1)(asked, receive, send)
    return messages


async def test_a_whole_answer_goes_out_in_one_piece_and_is_closed():
    parts = Whole([b"one ", b"two"])

    head, body = await sent_by(saying(parts, "201 Created"))

    assert (head["status"], body) == (201, {"type": "http.response.body", "body": b"one two"})
    cookies = [value for name, value in head["headers"] if name == b"set-cookie"]
    assert cookies == [b"a=1", b"b=2"]
    assert parts.closed


async def test_an_answer_without_a_body_has_a_head():
    head, body = await sent_by(saying(Whole(), "204 No Content"))

    assert (head["status"], body["body"], body.get("more_body")) == (204, b"", None)


async def test_small_parts_of_a_stream_go_together_and_large_ones_as_they_come():
    def lines() -> Iterator[bytes]:
        for _ in range(30_000):
            yield b"a line\n"
        yield b"x" * 100_000
        yield b"the end"

    _head, *bodies = await sent_by(saying(lines()))

    assert b"".join(m["body"] for m in bodies) == b"a line\n" * 30_000 + b"x" * 100_000 + b"the end"
    assert [m.get("more_body", False) for m in bodies] == [True] * (len(bodies) - 1) + [False]
    assert len(bodies) < 8


async def test_a_stream_is_not_made_before_the_client_has_taken_what_was_sent():
    made: list[int] = []

    def parts() -> Iterator[bytes]:
        for number in range(5):
            made.append(number)
            yield b"x" * 65_536

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: dict[str, Any]) -> None:
        if message.get("more_body"):
            taken.append(len(made))
            await asyncio.sleep(0)
            assert len(made) == taken[-1]

    taken: list[int] = []
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    await ThreadedWSGI(saying(parts()), threads=1)(scope | {"http_version": "1.1"}, receive, send)

    assert taken == [1, 2, 3, 4, 5]


async def test_a_client_that_stops_reading_holds_no_thread_for_ever(monkeypatch):
    monkeypatch.setattr(wsgi, "STALLED_SECONDS", 0.05)
    closed: list[bool] = []

    def parts() -> Iterator[bytes]:
        try:
            while True:
                yield b"x" * 65_536
        finally:
            closed.append(True)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(_message: dict[str, Any]) -> None:
        await asyncio.Event().wait()

    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    with pytest.raises(TimeoutError):
        await ThreadedWSGI(saying(parts()), threads=1)(
            scope | {"http_version": "1.1"}, receive, send
        )

    assert closed == [True]


async def test_a_body_is_read_whether_it_came_whole_or_in_parts():
    def echo(environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        start("200 OK", [])
        first = environ["wsgi.input"].read(3)
        return Whole([first, b"|", environ["wsgi.input"].read()])

    whole = {"type": "http.request", "body": b"abcdef"}
    parts = [
        {"type": "http.request", "body": b"ab", "more_body": True},
        {"type": "http.request", "body": b"cde", "more_body": True},
        {"type": "http.request", "body": b"f", "more_body": False},
    ]

    for received in ([whole], parts):
        _head, body = await sent_by(echo, *received, method="POST")

        assert body["body"] == b"abc|def"


async def test_a_thread_has_the_context_of_the_request_and_is_not_the_event_loops():
    def application(_environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        start("200 OK", [])
        WHO.set(WHO.get() + " inside")
        return Whole([WHO.get().encode(), b" ", threading.current_thread().name.encode()])

    WHO.set("ada")
    _head, body = await sent_by(application)

    assert body["body"].startswith(b"ada inside django_")
    assert WHO.get() == "ada"


async def test_what_the_application_raises_comes_through_and_the_next_request_is_answered():
    failing = [True]

    def application(_environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        if failing.pop():
            raise ZeroDivisionError
        start("200 OK", [])
        return Whole([b"well"])

    failing.insert(0, False)
    served = ThreadedWSGI(application, threads=1)
    transport = httpx.ASGITransport(served)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        with pytest.raises(ZeroDivisionError):
            await client.get("/")
        answer = await client.get("/")

    assert answer.text == "well"
