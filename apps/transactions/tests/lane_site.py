"""The lane in front of the API, in this process, and the API alone beside it; with real tokens."""

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import httpx
import jwt
import msgspec
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.wsgi import get_wsgi_application
from django.db import connections
from jwt.algorithms import OKPAlgorithm

from apps.transactions.lane.application import PostingLane
from apps.transactions.lane.door import Door
from apps.transactions.tests.test_api import account_of
from vortex.clock import now
from vortex.contracts import Principal
from vortex.http.asgi import Application, HonestHeaders
from vortex.http.wire import WireProtocol
from vortex.http.wsgi import ThreadedWSGI
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
    behind: Application
    door: Door
    passed_on: int = 0
    by_wire: int = 0

    @asynccontextmanager
    async def wire(self) -> AsyncIterator[int]:
        """Open the lane to real connections, as uvicorn does; yield the port."""
        site = self

        class Counted:
            lines = Door.lines

            def take(
                self, wire: WireProtocol, path: str, fields: dict[bytes, str], body: bytes, /
            ) -> bool:
                taken = site.door.take(wire, path, fields, body)
                site.by_wire += taken
                return taken

        class Protocol(WireProtocol):
            quick = Counted()
            behind = staticmethod(self.behind)

        settings = uvicorn.Config(self.lane, http=Protocol, lifespan="off", log_config=None)
        settings.load()
        server = uvicorn.Server(settings)
        server.lifespan = settings.lifespan_class(settings)
        with socket.create_server(("127.0.0.1", 0)) as listening:
            await server.startup([listening])
            try:
                yield listening.getsockname()[1]
            finally:
                await server.shutdown([listening])

    @asynccontextmanager
    async def wire_client(self) -> AsyncIterator[httpx.AsyncClient]:
        """Open a client of real connections."""
        async with self.wire() as port:
            transport = httpx.AsyncHTTPTransport()
            headers = {"Host": "testserver", "Accept-Encoding": "gzip, deflate", "Accept": "*/*"}
            async with httpx.AsyncClient(
                transport=transport, base_url=f"http://127.0.0.1:{port}", headers=headers
            ) as client:
                yield client

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
    keys.ring().find(_KID)  # fetched by whoever comes first in a thread, never in an event loop
    django = ThreadedWSGI(_closing(get_wsgi_application()), threads=8)

    async def counted(scope: Any, receive: Any, send: Any) -> None:
        opened.passed_on += 1
        await django(scope, receive, send)

    lane = PostingLane(counted)
    opened = Site(
        lane=HonestHeaders(lane),
        api=HonestHeaders(django),
        behind=HonestHeaders(counted),
        door=lane.door,
    )
    yield opened
    lane.close()
    django.threads.shutdown()
    keys.ring.cache_clear()
    tokens.recent.clear()
