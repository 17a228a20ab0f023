"""Carrying one HTTP request to another deployment and its answer back, byte for byte."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import httpcore

from vortex.http.headers import HOPS, IDEMPOTENCY_KEY

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
RawHeaders = list[tuple[bytes, bytes]]

NOT_SENT: Final = (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout)
NOT_ANSWERED: Final = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
)

_HOPS: Final = HOPS.lower().encode()
_KEY: Final = IDEMPOTENCY_KEY.lower().encode()
_ONE_HOP: Final = frozenset(
    (b"connection", b"keep-alive", b"te", b"trailer", b"transfer-encoding", b"upgrade")
)
_REPEATABLE: Final = frozenset(("GET", "HEAD", "OPTIONS", "PUT", "DELETE"))
# Shorter than the five seconds after which uvicorn closes a silent connection.
_KEEP_ALIVE_SECONDS: Final = 4.0
_CONNECTIONS: Final = 256
_CONNECT_SECONDS: Final = 1.0


class HalfAnswered(Exception):  # noqa: N818 - a state of the world
    """The answer broke off after the client had got its beginning."""


@dataclass(frozen=True)
class Parcel:
    """A request as it goes on: with who sent it to us, and one more hop behind it."""

    method: str
    target: bytes
    headers: RawHeaders
    body: bytes
    hops: int

    @property
    def may_repeat(self) -> bool:
        """Whether a second delivery does no more than the first: by its method, or by its key."""
        return self.method in _REPEATABLE or any(name == _KEY for name, _ in self.headers)


def parcel(scope: Scope, body: bytes) -> Parcel:
    """Return the request of a connection as it is handed on."""
    path: bytes = (scope.get("raw_path") or scope["path"].encode()).partition(b"?")[0]
    query: bytes = scope.get("query_string", b"")
    given = dict(scope["headers"])
    hops = int(given.get(_HOPS, b"0")) if given.get(_HOPS, b"0").isdigit() else 0
    seen = [given[b"x-forwarded-for"]] if b"x-forwarded-for" in given else []
    peer = (scope.get("client") or ("",))[0]
    dropped = _ONE_HOP | {_HOPS, b"x-forwarded-for", b"content-length"}
    headers = [(name, value) for name, value in scope["headers"] if name not in dropped]
    headers += [
        (b"x-forwarded-for", b", ".join([*seen, peer.encode()])),
        (_HOPS, str(hops + 1).encode()),
        (b"content-length", str(len(body)).encode()),
    ]
    target = path + (b"?" + query if query else b"")
    return Parcel(scope["method"], target, headers, body, hops)


class Carrier:
    """Pooled connections to other deployments, a pool for each event loop."""

    def __init__(self) -> None:
        self._pools: dict[asyncio.AbstractEventLoop, httpcore.AsyncConnectionPool] = {}

    async def carry(self, url: str, sent: Parcel, send: Send, seconds: float) -> None:
        """Send a parcel and stream its answer back.

        Raises one of NOT_SENT where nothing was sent, of NOT_ANSWERED where that is not known, and
        HalfAnswered once the client has seen the beginning of an answer.
        """
        parts = urlsplit(url)
        address = httpcore.URL(
            scheme=parts.scheme, host=parts.hostname or "", port=parts.port, target=sent.target
        )
        patience = {"connect": _CONNECT_SECONDS, "read": seconds, "write": seconds, "pool": seconds}
        async with self._pool().stream(
            sent.method,
            address,
            headers=sent.headers,
            content=sent.body,
            extensions={"timeout": patience},
        ) as answer:
            await _hand_back(answer, send)

    async def close(self) -> None:
        """Close the connections of the running event loop."""
        pool = self._pools.pop(asyncio.get_running_loop(), None)
        if pool is not None:
            await pool.aclose()
            await asyncio.sleep(0.01)  # a transport gives its socket back in a later turn

    def _pool(self) -> httpcore.AsyncConnectionPool:
        loop = asyncio.get_running_loop()
        known = self._pools.get(loop)
        if known is None:
            known = self._pools[loop] = httpcore.AsyncConnectionPool(
                max_connections=_CONNECTIONS,
                max_keepalive_connections=_CONNECTIONS,
                keepalive_expiry=_KEEP_ALIVE_SECONDS,
            )
        return known


async def _hand_back(answer: httpcore.Response, send: Send) -> None:
    """Pass an answer on; its beginning is held until there is something to go with it."""
    named = [(name.lower(), value) for name, value in answer.headers]
    headers = [(name, value) for name, value in named if name not in _ONE_HOP]
    start = {"type": "http.response.start", "status": answer.status, "headers": headers}
    begun = False
    try:
        async for part in answer.aiter_stream():
            if not begun:
                await send(start)
                begun = True
            await send({"type": "http.response.body", "body": part, "more_body": True})
    except NOT_ANSWERED as error:
        if begun:
            raise HalfAnswered from error
        raise
    if not begun:
        await send(start)
    await send({"type": "http.response.body", "body": b""})
