"""HTTP/1.1 as uvicorn speaks it, with a short way for small requests that a context answers itself.

What asyncio and ASGI do for a request (a task, a scope, two messages each way) costs more than a
transfer does. A request that has arrived whole, at an address that somebody takes, and that is
written as most clients write it, is offered there before any of that is made. Whatever is not
taken, or is handed back, goes the usual way with every byte it came with.
"""

import re
from collections.abc import Callable
from typing import Any, ClassVar, Final, Protocol

from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

Fields = dict[bytes, str]

_END: Final = b"\r\n\r\n"
_BODILESS: Final = b"GET "
_MOST_HEAD: Final = 16_384
_MOST_BODY: Final = 16_384
_BODY_SECONDS: Final = 30.0
_PLAIN: Final = bytes(range(0x20, 0x7F)) + b"\r\n"
_NAME: Final = re.compile(rb"[A-Za-z0-9-]{1,64}")
# A name that is written in two ways is another name here; there are few, so each is looked at once.
_names: Final[dict[bytes, bytes]] = {}
_MOST_NAMES: Final = 256
# What these ask for is the usual way's to do.
_ELSEWHERE: Final = frozenset({b"upgrade", b"transfer-encoding", b"expect"})


# Says whether it will answer a request, of these headers and this body, by `answer` of its
# connection, or hand it back by `hand_back`: exactly one of them, once, later, in the event loop.
Taker = Callable[["WireProtocol", Fields, bytes], bool]


class Quick(Protocol):
    """Who takes requests off the wire."""

    def taker(self, line: bytes, /) -> Taker | None:
        """Return who may take a request of this line, or None where nobody does."""


class Doors:
    """Several of them as one: the first that takes requests of a line has it."""

    def __init__(self, *doors: Quick) -> None:
        self._doors = doors

    def taker(self, line: bytes, /) -> Taker | None:
        """Return who may take a request of this line."""
        for door in self._doors:
            taker = door.taker(line)
            if taker is not None:
                return taker
        return None


def fields_of(lines: list[bytes]) -> Fields | None:
    """Return the headers that the lines are, by name in small letters, or None where in doubt."""
    found: Fields = {}
    for line in lines:
        written, colon, value = line.partition(b":")
        name = _names.get(written) or _name(written)
        if not colon or name is None or name in found or name in _ELSEWHERE:
            return None
        found[name] = value.strip(b" ").decode("ascii")
    stays = found.pop(b"connection", "keep-alive").lower() == "keep-alive"
    return found if stays else None


def _read(quick: Quick, data: bytes) -> tuple[Taker, Fields, bytes, int] | None:
    """Return who may take a request, its headers and body, and how many bytes of it are missing.

    None where it is at nobody's address, or not written as most are: that is for the usual way.
    """
    end = data.find(_END, 0, _MOST_HEAD)
    if end < 0:
        return None
    head, body = data[:end], data[end + 4 :]
    line, *lines = head.split(b"\r\n")
    taker = quick.taker(line)
    if taker is None or head.translate(None, _PLAIN):
        return None
    fields = fields_of(lines)
    if fields is None or not head.count(b"\n") == head.count(b"\r") == len(lines):
        return None
    length = fields.get(b"content-length", "0" if line.startswith(_BODILESS) else "")
    return (taker, fields, body, int(length) - len(body)) if length.isdecimal() else None


def _name(written: bytes) -> bytes | None:
    if not _NAME.fullmatch(written):
        return None
    name = written.lower()
    if len(_names) < _MOST_NAMES:
        _names[written] = name
    return name


class WireProtocol(HttpToolsProtocol):
    """One connection. While a quick answer is due nothing else of it is read, as HTTP/1.1 orders.

    A subclass names `quick`, and `behind`: the application for what is handed back.
    """

    quick: ClassVar[Quick | None] = None
    behind: ClassVar[Any] = None

    _is_due = False  # an answer, by `quick`
    _is_midway = False  # through a message that the usual way reads
    _is_last = False  # the server wants to stop
    _is_stalled = False  # the client does not fetch its answers
    _asked = b""
    _later = b""
    _held = b""  # of a request that has not arrived whole

    def data_received(self, data: bytes) -> None:
        """Offer what may be taken; read the rest as usual."""
        if self._is_due:
            self._later += data
            self.transport.pause_reading()
            return
        self._unset_keepalive_if_required()
        if self.quick is None or self._is_midway or self._is_busy():
            super().data_received(data)
            return
        if self._held:
            data, self._held = self._held + data, b""
        if not self._is_taken(self.quick, data):
            super().data_received(data)

    def _is_busy(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle  # none until the first request
        return cycle is not None and not cycle.response_complete

    def _is_taken(self, quick: Quick, data: bytes) -> bool:
        """Say whether somebody takes this request; it waits here for the rest of a short body."""
        request = _read(quick, data)
        if request is None:
            return False
        taker, fields, body, missing = request
        if missing:
            return self._is_held(data, missing)
        self._is_due, self._asked = True, data  # before: an answer may come at once
        if taker(self, fields, body):
            return True
        self._is_due, self._asked = False, b""
        return False

    def _is_held(self, data: bytes, missing: int) -> bool:
        """Keep the beginning of a short request; many clients send its body by itself."""
        if not 0 < missing <= _MOST_BODY:
            return False
        self._held = data
        self.timeout_keep_alive_task = self.loop.call_later(
            _BODY_SECONDS, self.timeout_keep_alive_handler
        )
        return True

    def answer(self, status: int, head: bytes, body: bytes) -> None:
        """Answer; `head` are whole header lines, each with its end."""
        self._is_due, self._asked = False, b""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        if self._is_last:
            head += b"connection: close\r\n"
        self.transport.write(
            b"".join((STATUS_LINE[status], _defaults(self.server_state), head, b"\r\n", body))
        )
        if self._is_last:
            self.transport.close()
            return
        self._go_on()

    def hand_back(self) -> None:
        """Let the application behind answer what was taken."""
        asked, self._is_due, self._asked = self._asked, False, b""
        if self.transport.is_closing():
            return
        if self.behind is not None:
            self.app = self.behind  # what it answers needs not be offered again
        try:
            super().data_received(asked)
        finally:
            self.app = self.config.loaded_app
        if self._later:
            self._go_on()

    def _go_on(self) -> None:
        if self.flow.write_paused:
            self._is_stalled = True
            self.transport.pause_reading()
        elif self._later:
            later, self._later = self._later, b""
            self.transport.resume_reading()
            self.data_received(later)
        elif self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def resume_writing(self) -> None:
        """Read on once the client has fetched what waited for it."""
        super().resume_writing()
        if self._is_stalled:
            self._is_stalled = False
            self.transport.resume_reading()
            self._go_on()

    def on_message_begin(self) -> None:
        """Begin a message."""
        self._is_midway = True
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """End it."""
        self._is_midway = False
        super().on_message_complete()

    def shutdown(self) -> None:
        """Let the answer that is due be the last one."""
        if self._is_due:
            self._is_last = True
        else:
            super().shutdown()


_rendered: list[Any] = [None, b""]  # the headers, and their lines


def _defaults(state: Any) -> bytes:
    """Return the lines that the server puts on every answer; it makes new ones each second."""
    if _rendered[0] is not state.default_headers:
        lines = b"".join(b"%b: %b\r\n" % field for field in state.default_headers)
        _rendered[:] = state.default_headers, lines
    return bytes(_rendered[1])
