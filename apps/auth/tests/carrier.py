"""A carrier of a test's own that speaks Twilio's Messages API, repeats numbers, and misbehaves."""

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs

import msgspec

from vortex.ids import new_id

ACCOUNT: Final = "AC" + "0123456789abcdef" * 2
SECRET: Final = "a-token-of-the-bank"
SENDER: Final = "VortexCore"
# What the API says with each of its numbers of errors.
_STATUS_OF: Final = {
    "21211": 400,
    "21408": 403,
    "21610": 400,
    "21614": 400,
    "21212": 400,
    "20404": 404,
    "20429": 429,
}
_CANNED: Final = {
    "garbage": b"<html>",
    "another thing": b'{"sid": "CA0123456789abcdef0123456789abcdef"}',
    "endless": b"[" + b"1," * 200_000,
}


class SmsCarrier(ThreadingHTTPServer):
    """Texts in memory. `manner` says how it answers: calm, or one of the ways in which it fails."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.manner = "calm"
        self.texts: list[dict[str, str]] = []
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def setting(self) -> str:
        """What VORTEX_SMS_CARRIER says to have this carrier asked."""
        told = {"account": ACCOUNT, "secret": SECRET, "sender": SENDER, "base_url": self.url}
        return msgspec.json.encode({"kind": "twilio", **told}).decode()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that hang up: the slow manner makes them."""


class _Handler(BaseHTTPRequestHandler):
    server: SmsCarrier
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Write nothing."""

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        told = {name: values[0] for name, values in form.items()}
        manner = self.server.manner
        if self.path != f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json":
            self._problem(404, 20404, told)
        elif self.headers["Authorization"] != _basic(ACCOUNT, SECRET):
            self._problem(401, 20003, told)
        elif manner in _STATUS_OF:
            self._problem(_STATUS_OF[manner], int(manner), told)
        elif manner.isdigit():
            self._problem(int(manner), 0, told)
        elif manner in _CANNED:
            self.server.texts.append(told)
            self._send(201, _CANNED[manner])
        elif manner == "hang up":
            self.close_connection = True
        elif manner == "slow":
            self.server.texts.append(told)
            self._drip()
        else:
            self.server.texts.append(told)
            made = {"sid": f"SM{new_id().hex}", "status": "queued", "to": told["To"]}
            self._send(201, msgspec.json.encode({**made, "body": told["Body"]}))

    def _problem(self, status: int, code: int, told: dict[str, str]) -> None:
        said = {
            "code": code,
            "message": f"The number {told.get('To')} is no good",
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
            "status": status,
        }
        self._send(status, msgspec.json.encode(said))

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if status == 429:
            self.send_header("Retry-After", "7")
        self.end_headers()
        self.wfile.write(body)

    def _drip(self) -> None:
        self.send_response(201)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        while not self.server.over.wait(0.02):
            self.wfile.write(b" ")


def _basic(name: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


@contextmanager
def open_carrier() -> Iterator[SmsCarrier]:
    """Open a carrier on a free port."""
    server = SmsCarrier()
    serving = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    serving.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        serving.join()
