"""The API in this process, and what answers in front of it beside it, with real tokens."""

import re
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

import httpx
import jwt
import msgspec
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.wsgi import get_wsgi_application
from django.db import connections
from jwt.algorithms import OKPAlgorithm

from vortex.clock import now
from vortex.contracts import Principal
from vortex.http.asgi import Application, HonestHeaders
from vortex.http.quick.wire import Quick, Taker, WireProtocol
from vortex.http.wsgi import ThreadedWSGI
from vortex.identity import keys, tokens
from vortex.ids import new_id

_KEY: Final = Ed25519PrivateKey.generate()
_KID: Final = "doors"
_OF_SERVER: Final = frozenset({"date", "server", "content-length", "transfer-encoding"})


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


@dataclass
class InFront:
    """What stands in front of an application: another one, a door off the wire, and its end."""

    application: Application
    quick: Quick
    close: Callable[[], None]


@dataclass
class Site:
    """The doors of one bank, and how many requests went to the API behind, and to the wire's."""

    lane: Application
    api: Application
    behind: Application
    quick: Quick
    passed_on: int = 0
    by_wire: int = 0

    @asynccontextmanager
    async def wire(self) -> AsyncIterator[int]:
        """Open the lane to real connections, as uvicorn does; yield the port."""

        class Protocol(WireProtocol):
            quick = _Counted(self)
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


class _Counted:
    """The site's door off the wire, which counts what it takes."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def taker(self, line: bytes, /) -> Taker | None:
        """Return who takes a request of this line."""
        taker = self._site.quick.taker(line)
        return None if taker is None else partial(self._take, taker)

    def _take(
        self, taker: Taker, wire: WireProtocol, fields: dict[bytes, str], body: bytes
    ) -> bool:
        taken = taker(wire, fields, body)
        self._site.by_wire += taken
        return taken


@contextmanager
def site(settings: Any, in_front: Callable[[Application], InFront]) -> Iterator[Site]:
    """Open all doors; `in_front` puts something before the application that it is given."""
    settings.VORTEX_JWKS_LOADER = f"{__name__}.jwks"
    keys.ring.cache_clear()
    tokens.recent.clear()
    keys.ring().find(_KID)  # fetched by whoever comes first in a thread, never in an event loop
    django = ThreadedWSGI(_closing(get_wsgi_application()), threads=8)

    async def counted(scope: Any, receive: Any, send: Any) -> None:
        opened.passed_on += 1
        await django(scope, receive, send)

    front = in_front(counted)
    opened = Site(
        lane=HonestHeaders(front.application),
        api=HonestHeaders(django),
        behind=HonestHeaders(counted),
        quick=front.quick,
    )
    yield opened
    front.close()
    django.threads.shutdown()
    keys.ring.cache_clear()
    tokens.recent.clear()


def _closing(application: Any) -> Any:
    """Give a worker's connections back after each request: its thread ends with the test."""

    def closing(environ: Any, start_response: Any) -> Any:
        answer = application(environ, start_response)
        parts = list(answer)
        answer.close()
        connections.close_all()
        return parts

    return closing


def neutral(answer: httpx.Response) -> tuple[int, dict[str, str], str]:
    """Return status, headers and body without what chance, the clock and the server put in."""
    headers = {name: value for name, value in answer.headers.items() if name not in _OF_SERVER}
    for name in ("x-request-id", "ratelimit"):
        headers[name] = "present" if name in headers else "absent"
    body = re.sub(r'("trace_id":")[0-9a-f]{32}', r"\1#", answer.text)
    return answer.status_code, headers, re.sub(r'("as_of":")[^"]+', r"\1#", body)


async def asked_at_both(site: Site, requests: Sequence[dict[str, Any]]) -> list[tuple[Any, Any]]:
    """Ask off the wire and at the API in turn; return what each says, for each request.

    A request is what httpx takes, and a GET where it says nothing else.
    """
    said: list[tuple[Any, Any]] = []
    async with site.wire_client() as wire, site.client("api") as api:
        for request in requests:
            asked = {"method": "GET", **request}
            by_wire, by_api = await wire.request(**asked), await api.request(**asked)
            said.append((neutral(by_wire), neutral(by_api)))
    return said
