"""Stand-ins for the monolith and for services: they answer who they are and remember who asked."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import httpx

from tests.bank import wait_for


@dataclass(frozen=True)
class Seen:
    """One request that an instance received."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Instance:
    """One server on a port of its own. `answers` may decide on another answer than 200."""

    name: str
    answers: Callable[[Seen], tuple[int, dict[str, str]] | None] = lambda _: (200, {})
    seen: list[Seen] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.instance = self
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """The address of the instance."""
        return f"http://127.0.0.1:{self._server.server_port}"


class _Server(ThreadingHTTPServer):
    instance: Instance
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing about connections that are broken on purpose."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are written apart

    def do_GET(self) -> None:
        """Answer any request."""
        instance: Instance = self.server.instance  # type: ignore[attr-defined]
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(self.command, self.path, headers, self.rfile.read(length))
        instance.seen.append(seen)
        decided = instance.answers(seen)
        if decided is None:  # dies before it answers
            self.close_connection = True
            self.connection.close()
            return
        status, extra = decided
        body = instance.name.encode()
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | extra).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - the library looks for this name

    def log_message(self, *_: object) -> None:
        pass


@dataclass
class Load:
    """Reads and writes without pause from several clients; what was not answered by 200 is kept."""

    url: str
    paths: tuple[str, ...]
    answered: int = 0
    failed: list[str] = field(default_factory=list)

    @contextmanager
    def running(self, clients: int = 4) -> Iterator[None]:
        """Keep asking while the block runs."""
        over = threading.Event()
        threads = [threading.Thread(target=self._ask, args=(over,)) for _ in range(clients)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in threads:
                thread.join()

    def wait_for(self, more: int) -> None:
        """Return once so many more requests have been answered."""
        goal = self.answered + more
        wait_for(lambda: self.answered >= goal or self.failed, 30, f"{more} answers under load")

    def _ask(self, over: threading.Event) -> None:
        with httpx.Client(base_url=self.url, timeout=30) as client:
            while not over.is_set():
                for path in self.paths:
                    self._one(client, "GET", path)
                    self._one(client, "POST", path)

    def _one(self, client: httpx.Client, method: str, path: str) -> None:
        try:
            answer = client.request(method, path, content=b"x" * 100 if method == "POST" else None)
        except httpx.HTTPError as error:
            self.failed.append(f"{method} {path}: {error!r}")
            return
        if answer.status_code == 200:
            self.answered += 1
        else:
            self.failed.append(f"{method} {path}: {answer.status_code} {answer.text}")
