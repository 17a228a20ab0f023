"""A peer that misbehaves on purpose: answers each request as its script says."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Reply = Callable[[BaseHTTPRequestHandler], None]


class Peer(ThreadingHTTPServer):
    """Keeps the headers of every request; the last line of the script repeats."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, *script: Reply) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script = script
        self.requests: list[dict[str, str]] = []
        self.turn = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: callers that hang up in the middle are what some tests are about."""

    def next_reply(self, headers: dict[str, str]) -> Reply:
        with self.turn:
            self.requests.append(headers)
            return self.script[min(len(self.requests), len(self.script)) - 1]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        peer = self.server
        assert isinstance(peer, Peer)
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        peer.next_reply(dict(self.headers))(self)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def peer(*script: Reply) -> Iterator[Peer]:
    """Run a peer while the block runs."""
    server = Peer(*script)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def says(status: int, body: bytes = b"", media_type: str = "application/json") -> Reply:
    """Return a reply with a status and a body."""

    def reply(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Type", media_type)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return reply


def hangs_up(request: BaseHTTPRequestHandler) -> None:
    """Close the connection after the request has arrived."""
    request.close_connection = True


def waits_for(event: threading.Event, then: Reply) -> Reply:
    """Reply once an event is set."""

    def reply(request: BaseHTTPRequestHandler) -> None:
        event.wait(20)
        then(request)

    return reply


def drips(request: BaseHTTPRequestHandler) -> None:
    """Send an answer one byte at a time, for ever."""
    request.send_response(200)
    request.send_header("Content-Type", "application/json")
    request.send_header("Content-Length", "1000000")
    request.end_headers()
    never = threading.Event()
    while not never.wait(0.02):
        try:
            request.wfile.write(b" ")
        except OSError:
            return
