"""An issuer of a test's own that speaks Lithic's API, numbers and codes too, and misbehaves."""

import base64
import hashlib
import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import msgspec

from vortex.ids import new_id

PAN: Final = "4111119876543210"
CVV: Final = "cvv-that-nobody-may-see"
KEY: Final = "key-of-the-bank"
SECRET: Final = "whsec_" + base64.b64encode(b"a secret of the issuer's").decode()
_CANNED: Final = {
    "garbage": b"<html>" + PAN.encode(),
    "wrong types": msgspec.json.encode({"token": int(PAN), "last_four": PAN}),
    "endless": b"[" + b"1," * 200_000,
}


class Issuer(ThreadingHTTPServer):
    """Cards in memory. `manner` says how it answers: calm, or one of the ways in which it fails."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.manner = "calm"
        self.cards: dict[str, dict[str, Any]] = {}
        self.by_key: dict[str, str] = {}
        self.told: list[tuple[str, str, dict[str, Any]]] = []
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that hang up: the slow manner makes them."""

    def card(self, key: str, told: dict[str, Any]) -> dict[str, Any]:
        if key in self.by_key:
            return self.cards[self.by_key[key]]
        token = str(new_id())
        self.by_key[key] = token
        made = {
            "token": token,
            "account_token": str(new_id()),
            "card_program_token": str(new_id()),
            "created": "2026-11-25T10:00:00Z",
            "last_four": PAN[-4:],
            "pan": PAN,
            "cvv": CVV,
            "exp_month": "08",
            "exp_year": "2031",
            "spend_limit": 0,
            "spend_limit_duration": "FOREVER",
            "state": told["state"],
            "memo": told["memo"],
            "type": told["type"],
        }
        self.cards[token] = made
        return made


def signed(
    event: dict[str, Any] | bytes, *, event_id: str, at: datetime, secret: str = SECRET
) -> dict[str, Any]:
    """Return an event as this issuer sends it: body and headers, as Django's client takes them.

    Written by the specification of Standard Webhooks, and not with the code under test.
    """
    body = event if isinstance(event, bytes) else msgspec.json.encode(event)
    timestamp = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = b".".join((event_id.encode(), timestamp.encode(), body))
    mac = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return {
        "data": body,
        "content_type": "application/json",
        "headers": {
            "webhook-id": event_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": f"v1,{mac}",
        },
    }


def payment_event(card_token: str, status: str, **told: Any) -> dict[str, Any]:
    """Return what Lithic says of a payment by card, with fields that mean nothing here too."""
    minor, currency = told.pop("minor", 1_234), told.pop("currency", "EUR")
    waits = minor if status == "PENDING" else 0
    settled = minor if status == "SETTLED" else 0
    return {
        "event_type": "card_transaction.updated",
        "token": told.pop("token", "764fa5a3-2371-40f0-8cbb-9a2e1230d955"),
        "card_token": card_token,
        "account_token": "db3942f0-0627-4887-a190-1ea83b46d091",
        "status": status,
        "result": told.pop("result", "APPROVED"),
        "amount": minor,
        "amounts": {
            "cardholder": {"amount": minor, "conversion_rate": "1.0", "currency": currency},
            "hold": {"amount": waits, "currency": currency},
            "merchant": {"amount": minor, "currency": currency},
            "settlement": {"amount": settled, "currency": currency},
        },
        "authorization_code": "071234",
        "created": told.pop("created", "2026-11-25T10:00:00Z"),
        "updated": "2026-11-25T10:00:01Z",
        "merchant": {
            "descriptor": told.pop("merchant", "BAKERY BERLIN"),
            "mcc": "5462",
            "country": "DEU",
        },
        "merchant_currency": currency,
        "network": "VISA",
        "settled_amount": settled,
        "tags": {},
        "events": [],
        **told,
    }


def card_event(card_token: str, state: str) -> dict[str, Any]:
    """Return what Lithic says of a card that has changed."""
    return {
        "event_type": "card.updated",
        "card_token": card_token,
        "previous_fields": {"state": "OPEN"},
        "state": state,
    }


class _Handler(BaseHTTPRequestHandler):
    server: Issuer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Write nothing."""

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        self._answer(self._body())

    def do_PATCH(self) -> None:
        self._answer(self._body())

    def _body(self) -> dict[str, Any]:
        length = int(self.headers["Content-Length"])
        return msgspec.json.decode(self.rfile.read(length), type=dict[str, Any])

    def _answer(self, told: dict[str, Any]) -> None:
        self.server.told.append((self.command, self.path, told))
        manner = self.server.manner
        if self.headers["Authorization"] != KEY:
            self._send(401, {"message": "unknown key"})
        elif manner.isdigit():
            self._send(int(manner), {"message": "no", "pan": PAN, "cvv": CVV})
        elif manner in _CANNED:
            self._raw(200, _CANNED[manner])
        elif manner == "slow":
            self._drip()
        elif self.command == "POST":
            self._send(200, self._made(told))
        else:
            self._send(*self._known(told))

    def _made(self, told: dict[str, Any]) -> dict[str, Any]:
        card = self.server.card(self.headers["Idempotency-Key"], told)
        lies = {
            "whole number": {"last_four": PAN},
            "another's memo": {"memo": str(new_id())},
            "another's token": {"token": next(iter(self.server.cards))},
        }
        return {**card, **lies.get(self.server.manner, {})}

    def _known(self, told: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        kept = self.server.cards.get(self.path.rpartition("/")[2])
        if kept is None:
            return 404, {"message": "no such card"}
        if told and kept["state"] == "CLOSED":
            return 400, {"message": "closed cards do not change"}
        if self.server.manner != "deaf":
            kept.update(told)
        lies = {"another's token": {"token": str(new_id())}}
        return 200, {**kept, **lies.get(self.server.manner, {})}

    def _send(self, status: int, said: dict[str, Any]) -> None:
        self._raw(status, msgspec.json.encode(said))

    def _raw(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        while not self.server.over.wait(0.02):
            self.wfile.write(b" ")


@contextmanager
def open_issuer() -> Iterator[Issuer]:
    """Open an issuer on a free port."""
    server = Issuer()
    serving = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    serving.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        serving.join()
