"""The lane in front of the API, in this process, and the API alone beside it; with real tokens."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import httpx
import jwt
import msgspec
from a2wsgi import WSGIMiddleware
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.wsgi import get_wsgi_application
from django.db import connections
from jwt.algorithms import OKPAlgorithm

from apps.transactions.lane.application import PostingLane
from apps.transactions.tests.test_api import account_of
from vortex.clock import now
from vortex.contracts import Principal
from vortex.http.asgi import Application, HonestHeaders
from vortex.identity import keys, tokens
from vortex.ids import new_id
from vortex.testing import person

_KEY: Final = Ed25519PrivateKey.generate()
_KID: Final = "lane"


def jwks() -> str:
    """Stand in for settings.VORTEX_JWKS_LOADER."""
    public = OKPAlgorithm.to_jwk(_KEY.public_key(), as_dict=True)
    return msgspec.json.encode({"keys": [{**public, "kid": _KID, "alg": "EdDSA"}]}).decode()


def token(principal: Principal, **changes: Any) -> str:
    """Return an access token of this person."""
    issued = now()
    claims = {
        "iss": "vortexcore",
        "aud": "vortexcore-api",
        "sub": str(principal.user_id),
        "sid": str(principal.session_id),
        "jti": str(new_id()),
        "iat": issued.timestamp(),
        "nbf": issued.timestamp(),
        "exp": (issued + timedelta(minutes=15)).timestamp(),
        "token_type": "access",
        "roles": list(principal.roles),
        "amr": ["pwd"],
        **changes,
    }
    return jwt.encode(claims, _KEY, "EdDSA", {"kid": _KID})


class Payer:
    """A customer with two accounts, and somebody to pay."""

    def __init__(self, minor: int = 10_000) -> None:
        self.principal: Principal = person()
        self.token = token(self.principal)
        self.source = account_of(self.principal, minor)
        self.savings = account_of(self.principal)
        self.shop = account_of(person())

    def names(self) -> dict[str, str]:
        """Return what the two worlds of a comparison call the same."""
        ids = {"source": self.source, "savings": self.savings, "shop": self.shop}
        return {name: str(value) for name, value in ids.items()}

    def request(self, **changes: Any) -> dict[str, Any]:
        """Return the arguments of a transfer of 1.00 to the shop, with some of them changed."""
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Idempotency-Key": new_id().hex,
            "Content-Type": "application/json",
        }
        said = {
            "source_account_id": str(self.source),
            "target_account_id": str(self.shop),
            "amount": {"amount": "1.00", "currency": "EUR"},
        }
        return {"url": "/api/transactions", "headers": headers, "json": said} | changes


@dataclass
class Site:
    """Two doors to one bank. `passed_on` counts what the lane left to the API."""

    lane: Application
    api: Application
    passed_on: int = 0

    def client(self, door: str) -> httpx.AsyncClient:
        """Return a client at one of the doors, "lane" or "api"."""
        transport = httpx.ASGITransport(app=getattr(self, door), client=("192.0.2.7", 1234))
        return httpx.AsyncClient(transport=transport, base_url="http://testserver")


def _closing(application: Any) -> Any:
    """Give a worker's connections back after each request: its thread ends with the test."""

    def closing(environ: Any, start_response: Any) -> Any:
        answer = application(environ, start_response)
        parts = list(answer)
        answer.close()
        connections.close_all()
        return parts

    return closing


@contextmanager
def site(settings: Any) -> Iterator[Site]:
    """Open both doors."""
    settings.VORTEX_JWKS_LOADER = f"{__name__}.jwks"
    keys.ring.cache_clear()
    tokens.recent.clear()
    django = WSGIMiddleware(_closing(get_wsgi_application()), workers=8)
    opened = Site(lane=django, api=HonestHeaders(django))

    async def counted(scope: Any, receive: Any, send: Any) -> None:
        opened.passed_on += 1
        await django(scope, receive, send)

    lane = PostingLane(counted)
    opened.lane = HonestHeaders(lane)
    yield opened
    lane.close()
    django.executor.shutdown()
    keys.ring.cache_clear()
    tokens.recent.clear()
