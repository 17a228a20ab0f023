"""The sandbox bank over HTTP, on the standard library's server."""

import base64
import html
import secrets
import threading
from collections.abc import Callable
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec

from apps.accounts.adapters.banks.sandbox import customers
from apps.accounts.adapters.banks.sandbox.consents import Consent, Memory
from vortex.clock import now

_PAGE: Final = 40
_SLOW_SECONDS: Final = 20
_LONGEST_BODY: Final = 65_536
_ENDLESS: Final = b"{" + b" " * 65_535
_HEAD: Final = "<!doctype html><html lang=en><meta charset=utf-8><title>Sandbox bank</title>"

Query = dict[str, str]


class Sandbox(ThreadingHTTPServer):
    """One sandbox bank. `closing` ends whoever is being slow."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], client: tuple[str, str], redirect: str) -> None:
        super().__init__(address, Handler)
        client_id, client_secret = client
        self.redirect_uri = redirect  # the only address that customers are sent back to
        self.memory = Memory()
        self.closing = threading.Event()
        self.client_id = client_id
        pair = f"{client_id}:{client_secret}".encode()
        self.basic = f"Basic {base64.b64encode(pair).decode()}"
        self.ours = secrets.token_urlsafe(24)  # the token of the client itself

    @property
    def url(self) -> str:
        """Where it is, by the very name it was opened under: its clients go nowhere else."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"

    def server_close(self) -> None:
        """Stop, and let go of whoever is waiting."""
        self.closing.set()
        super().server_close()


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Sandbox
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Show the page of consent, or accounts, balances and transactions."""
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/authorize":
            self._authorize(query)
            return
        if parts.path.startswith("/aisp/account-access-consents/"):
            self._consent(parts.path.rpartition("/")[2])
            return
        if parts.path.startswith("/aisp/accounts"):
            self._accounts(parts.path, query)
            return
        self._json(404, {"Code": "UK.OBIE.NotFound"})

    def do_POST(self) -> None:
        """Take a consent, a decision or a code."""
        path = urlsplit(self.path).path
        answers: dict[str, Callable[[bytes], None]] = {
            "/token": self._token,
            "/aisp/account-access-consents": self._announce,
            "/authorize": self._decide,
        }
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > _LONGEST_BODY:
            self._json(413, {})
            return
        body = self.rfile.read(int(length))
        answer = answers.get(path)
        if answer is None:
            self._json(404, {"Code": "UK.OBIE.NotFound"})
        else:
            answer(body)

    def do_DELETE(self) -> None:
        """End a consent."""
        if not self._is_client():
            self._json(401, {})
            return
        known = self.server.memory.revoke(urlsplit(self.path).path.rpartition("/")[2])
        self._send(204 if known else 404, b"", "application/json")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Say nothing: addresses carry codes."""

    # --- consent -----------------------------------------------------------------------------

    def _announce(self, body: bytes) -> None:
        if not self._is_client():
            self._json(401, {})
            return
        told = msgspec.json.decode(body or b"{}", type=dict[str, Any]).get("Data", {})
        consent = self.server.memory.announce(str(told.get("ExpirationDateTime", "")))
        self._json(201, _consent_document(consent, told.get("Permissions", [])))

    def _consent(self, consent_id: str) -> None:
        consent = self.server.memory.consent(consent_id)
        if consent is None or not self._is_client():
            self._json(404, {})
        else:
            self._json(200, _consent_document(consent, []))

    def _authorize(self, query: Query) -> None:
        consent = self.server.memory.consent(query.get("consent_id", ""))
        told = (query.get("client_id"), query.get("redirect_uri"))
        if consent is None or told != (self.server.client_id, self.server.redirect_uri):
            self._page(400, "<p>This consent is unknown, or was used already.</p>")
            return
        kept = "".join(
            f'<input type=hidden name="{html.escape(name)}" value="{html.escape(value)}">'
            for name, value in query.items()
        )
        choices = "".join(
            f"<p><button name=customer value={name}>{name}</button> {html.escape(text)}</p>"
            for name, text in customers.CUSTOMERS.items()
        )
        self._page(
            200,
            "<h1>Sandbox bank</h1><p>VortexCore asks to read your accounts. Agree as:</p>"
            f"<form method=post action=/authorize>{kept}{choices}"
            "<p><button name=customer value=''>I do not agree</button></p></form>",
        )

    def _decide(self, body: bytes) -> None:
        told = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        consent = self.server.memory.consent(told.get("consent_id", ""))
        redirect_uri, state = self.server.redirect_uri, told.get("state", "")
        if consent is None or consent.status != "AwaitingAuthorisation":
            self._page(400, "<p>This consent is unknown, or was used already.</p>")
            return
        customer = told.get("customer", "")
        if customer not in customers.CUSTOMERS:
            consent.status = "Rejected"
            self._redirect(redirect_uri, {"error": "access_denied", "state": state})
            return
        code = self.server.memory.authorise(
            consent, customer, told.get("code_challenge", ""), redirect_uri
        )
        self._redirect(redirect_uri, {"code": code, "state": state})

    def _token(self, body: bytes) -> None:
        told = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if self.headers.get("Authorization") != self.server.basic:
            self._json(401, {"error": "invalid_client"})
            return
        memory, grant = self.server.memory, told.get("grant_type")
        if grant == "client_credentials":
            self._json(200, {"access_token": self.server.ours, "expires_in": 300})
            return
        consent = None
        if grant == "authorization_code":
            consent = memory.redeem(
                told.get("code", ""), told.get("code_verifier", ""), told.get("redirect_uri", "")
            )
        elif grant == "refresh_token":
            consent = memory.refresh(told.get("refresh_token", ""))
        if consent is None:
            self._json(400, {"error": "invalid_grant"})
        else:
            self._json(200, memory.issue(consent))

    # --- accounts ----------------------------------------------------------------------------

    def _accounts(self, path: str, query: Query) -> None:
        consent = self.server.memory.opened_by(
            self.headers.get("Authorization", "").removeprefix("Bearer ")
        )
        if consent is None:
            self._json(401, {})
            return
        own = {each["AccountId"]: each for each in customers.accounts(consent.customer)}
        _, _, _, *rest = path.split("/")
        if not rest:
            self._json(200, _document(self.server.url, path, Account=list(own.values())))
        elif len(rest) == 2 and rest[0] in own:
            self._movements(consent.customer, own[rest[0]], rest[1], query)
        else:
            self._json(403, {"Code": "UK.OBIE.Resource.ConsentMismatch"})

    def _movements(self, customer: str, account: Any, what: str, query: Query) -> None:
        path, account_id = urlsplit(self.path).path, account["AccountId"]
        today = now().date()
        if what == "balances":
            minor = customers.balance(account_id, today)
            told = _balance(account_id, account["Currency"], minor, today)
            self._json(200, _document(self.server.url, path, Balance=[told]))
            return
        if what != "transactions":
            self._json(404, {})
            return
        if self._misbehaves(customer):
            return
        since = date.fromisoformat(query.get("fromBookingDateTime", "1970-01-01")[:10])
        shown = f"not-{account_id}" if customer == "somebody-else" else account_id
        found = [
            _transaction(shown, account["Currency"], number, movement)
            for number, movement in enumerate(customers.movements(account_id, today))
            if movement.day >= since
        ]
        page = int(query.get("page", "0"))
        listed = found[page * _PAGE : (page + 1) * _PAGE]
        document = _document(self.server.url, path, Transaction=listed)
        if len(found) > (page + 1) * _PAGE:
            following = urlencode({**query, "page": page + 1})
            document["Links"]["Next"] = f"{self.server.url}{path}?{following}"
        self._json(200, document)

    def _misbehaves(self, customer: str) -> bool:
        if customer == "slow":
            self.server.closing.wait(_SLOW_SECONDS)
            self.close_connection = True
        elif customer == "garbage":
            self._send(200, b"<html>Please enable JavaScript", "text/html")
        elif customer == "huge":
            self._endless()
        return customer in {"slow", "garbage", "huge"}

    def _endless(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            while not self.server.closing.is_set():
                self.wfile.write(_ENDLESS)
        except OSError:
            return  # the other side has had enough

    # --- answers -----------------------------------------------------------------------------

    def _is_client(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {self.server.ours}"

    def _redirect(self, to: str, query: Query) -> None:
        self.send_response(303)
        self.send_header("Location", f"{to}?{urlencode(query)}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _page(self, status: int, body: str) -> None:
        self._send(status, f"{_HEAD}{body}".encode(), "text/html; charset=utf-8")

    def _json(self, status: int, document: Any) -> None:
        self._send(status, msgspec.json.encode(document), "application/json; charset=utf-8")

    def _send(self, status: int, body: bytes, media_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _document(url: str, path: str, **data: Any) -> dict[str, Any]:
    return {"Data": data, "Links": {"Self": f"{url}{path}"}, "Meta": {"TotalPages": 1}}


def _consent_document(consent: Consent, permissions: Any) -> dict[str, Any]:
    data = {
        "ConsentId": consent.consent_id,
        "CreationDateTime": consent.created_at,
        "Status": consent.status,
        "StatusUpdateDateTime": consent.created_at,
        "Permissions": permissions,
        "ExpirationDateTime": consent.expires_at,
    }
    return {"Data": data, "Risk": {}, "Links": {"Self": ""}, "Meta": {}}


def _transaction(
    account_id: str, currency: str, number: int, movement: customers.Movement
) -> dict[str, Any]:
    party = "DebtorAccount" if movement.minor > 0 else "CreditorAccount"
    return {
        "AccountId": account_id,
        "TransactionId": f"{account_id}-{number}",
        "CreditDebitIndicator": "Credit" if movement.minor > 0 else "Debit",
        "Status": "BOOK",
        "BookingDateTime": f"{movement.day}T10:00:00+00:00",
        "ValueDateTime": f"{movement.day}T10:00:00+00:00",
        "TransactionInformation": movement.text,
        "Amount": {"Amount": _decimal(movement.minor), "Currency": currency},
        party: {"Name": movement.party},
    }


def _balance(account_id: str, currency: str, minor: int, today: date) -> dict[str, Any]:
    return {
        "AccountId": account_id,
        "CreditDebitIndicator": "Credit" if minor >= 0 else "Debit",
        "Type": "ClosingBooked",
        "DateTime": f"{today}T00:00:00+00:00",
        "Amount": {"Amount": _decimal(minor), "Currency": currency},
    }


def _decimal(minor: int) -> str:
    return f"{abs(minor) // 100}.{abs(minor) % 100:02d}"
