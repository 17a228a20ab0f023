"""Another provider of identities, over real HTTP, its own keys, honest unless told to lie."""

import base64
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from jwt.algorithms import ECAlgorithm

from vortex.clock import now

CLIENT: Final = "bank-at-elsewhere"
SECRET: Final = "a secret between two servers"


class Elsewhere:
    """What the provider keeps: people who said yes, its keys, and how it misbehaves."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.kid = "first"
        self.key = generate_private_key(SECP256R1())
        self.claims: dict[str, Any] = {}  # changes to what it says; None leaves out
        self.alg = "ES256"
        self.discovery: dict[str, Any] = {}
        self.asked: list[str] = []
        self.codes: dict[str, dict[str, str]] = {}

    def rotate(self) -> None:
        """Sign with another key from now on."""
        self.kid, self.key = "second", generate_private_key(SECP256R1())

    def agree(self, url: str, code: str = "a-code") -> dict[str, str]:
        """Be a person who signs in there; return what the browser brings back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, Any]:
        """Answer a request."""
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            here = {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
            }
            return 200, {**here, **self.discovery}
        if path == "/jwks":
            public = ECAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
            return 200, {"keys": [{**public, "kid": self.kid, "alg": "ES256", "use": "sig"}]}
        asked = self.codes.pop(form.get("code", ""), None)
        if path != "/token" or asked is None or not _is_proved(asked, form):
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": self._token(asked)}

    def _token(self, asked: dict[str, str]) -> str:
        issued = now()
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "number-1",
            "iat": int(issued.timestamp()),
            "exp": int((issued + timedelta(minutes=5)).timestamp()),
            "nonce": asked["nonce"],
            "email": "grace@example.com",
            "email_verified": True,
            "name": "Grace Hopper",
            **self.claims,
        }
        told = {name: value for name, value in claims.items() if value is not None}
        if self.alg == "none":
            return jwt.encode(told, "", "none", {"kid": self.kid})
        if self.alg == "HS256":
            return jwt.encode(told, SECRET.ljust(32), "HS256", {"kid": self.kid})
        return jwt.encode(told, self.key, self.alg, {"kid": self.kid})


def _is_proved(asked: dict[str, str], form: dict[str, str]) -> bool:
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return (
        challenge == asked["code_challenge"]
        and form.get("redirect_uri") == asked["redirect_uri"]
        and (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)
        and form.get("grant_type") == "authorization_code"
    )


@contextmanager
def opened() -> Iterator[Elsewhere]:
    """Open the provider on this machine."""
    holder: list[Elsewhere] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            self._answer({name: values[0] for name, values in parse_qs(body).items()})

        def _answer(self, form: dict[str, str]) -> None:
            status, said = holder[0].answer(urlsplit(self.path).path, form)
            body = said if isinstance(said, bytes) else msgspec.json.encode(said)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    holder.append(Elsewhere(f"http://127.0.0.1:{server.server_port}"))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield holder[0]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
