"""Django's WSGI application under an ASGI server: one step to a thread and one back.

a2wsgi hands each part of an answer to the event loop by itself, and its thread waits for each. Here
an answer that Django has whole goes back whole; only streams go part by part, as the client reads.
"""

import asyncio
import contextvars
import io
import time
from collections.abc import Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from a2wsgi.wsgi import Body, build_environ

Message = MutableMapping[str, Any]

_ENOUGH_BYTES: Final = 64 * 1024  # of a stream to be worth a step to the event loop
_LONG_SECONDS: Final = 0.1  # after which a slow stream is sent as far as it has come
STALLED_SECONDS: Final = 30.0  # for a client to take a piece, before it holds a thread no more


class ThreadedWSGI:
    """Serves HTTP by a WSGI application in threads; one that is busy lets others wait."""

    def __init__(self, application: Callable[..., Iterable[bytes]], *, threads: int) -> None:
        self._application = application
        self.threads = ThreadPoolExecutor(threads, thread_name_prefix="django")

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """Answer one request. What the application raises comes through."""
        loop = asyncio.get_running_loop()
        environ: Any = build_environ(scope, await _body(loop, receive))  # type: ignore[arg-type]
        answer = _Answer(loop, send)
        run = contextvars.copy_context().run
        await loop.run_in_executor(self.threads, run, self._run, environ, answer)
        for message in answer.end():
            await send(message)

    def _run(self, environ: dict[str, Any], answer: "_Answer") -> None:
        parts = self._application(environ, answer.start)
        try:
            if getattr(parts, "streaming", True):
                answer.stream(parts)
            else:
                answer.whole = b"".join(parts)
        finally:
            getattr(parts, "close", lambda: None)()


class _Answer:
    """What a thread has to say, and what of it the event loop has not sent yet."""

    def __init__(self, loop: asyncio.AbstractEventLoop, send: Any) -> None:
        self.whole = b""
        self._loop = loop
        self._send = send
        self._head: Message | None = None

    def start(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        """Take the head of the answer, as WSGI's start_response does."""
        del exc_info  # what is raised comes through
        self._head = {
            "type": "http.response.start",
            "status": int(status.partition(" ")[0]),
            "headers": [
                (name.strip().lower().encode("latin1"), value.strip().encode("latin1"))
                for name, value in headers
            ],
        }
        return self._pass

    def stream(self, parts: Iterable[bytes]) -> None:
        """Send parts as they come, several small ones together; wait where the client is slow.

        Raises TimeoutError, which ends the connection, where it has stopped reading.
        """
        gathered, size, sent_at = [], 0, time.monotonic()
        for part in parts:
            gathered.append(part)
            size += len(part)
            if size >= _ENOUGH_BYTES or time.monotonic() - sent_at > _LONG_SECONDS:
                self._pass(b"".join(gathered))
                gathered, size, sent_at = [], 0, time.monotonic()
        self.whole = b"".join(gathered)

    def end(self) -> Iterable[Message]:
        """Yield what is left to be sent."""
        if self._head is not None:
            yield self._head
        yield {"type": "http.response.body", "body": self.whole}

    def _pass(self, part: bytes) -> None:
        head, self._head = self._head, None
        sending = self._sent(head, part)
        taken = asyncio.run_coroutine_threadsafe(sending, self._loop)
        try:
            taken.result(STALLED_SECONDS)
        except TimeoutError:
            taken.cancel()
            raise

    async def _sent(self, head: Message | None, part: bytes) -> None:
        if head is not None:
            await self._send(head)
        await self._send({"type": "http.response.body", "body": part, "more_body": True})


async def _body(loop: asyncio.AbstractEventLoop, receive: Any) -> Any:
    """Return the body as a file; where it has not come whole, the thread asks for the rest."""
    first = await receive()
    if not first.get("more_body"):
        return io.BytesIO(first.get("body", b""))
    begun = [first]

    async def go_on() -> Any:
        return begun.pop() if begun else await receive()

    return Body(loop, go_on)
