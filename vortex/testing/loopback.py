"""The real caller's end of the wire, connected to the RPC view of this very process."""

from collections.abc import Callable
from typing import Any, Final

import httpx
import msgspec
from django.test import Client

from vortex.contracts import Operation
from vortex.errors import Refusal
from vortex.rpc import wire
from vortex.rpc.client import RemoteTransport

# How an answer was come by and when, not what it says: a second delivery may differ in these.
CIRCUMSTANCES: Final = frozenset({"replayed", "as_of"})


class LoopbackTransport:
    """Delivers every command twice, once in each encoding, and insists on one answer."""

    def __init__(self, url: str) -> None:
        self._json = InProcessTransport(url)
        self._packed = PackedTransport(url)

    def call(self, operation: Operation, arguments: msgspec.Struct, *, caller: str) -> Any:
        """Return the first answer or raise the first refusal; AssertionError where two differ."""

        def delivered_by(transport: RemoteTransport) -> _Ending:
            return _ending(lambda: transport.call(operation, arguments, caller=caller))

        first = delivered_by(self._json)
        if operation.kind == "command":
            second = delivered_by(self._packed)
            if _essence(first) != _essence(second):
                raise AssertionError(f"{operation.path} twice: {first!r}, then {second!r}")
        if isinstance(first, Refusal):
            raise first
        return first


class InProcessTransport(RemoteTransport):
    """Signs, encodes and decodes as in production; Django's test client gets the request."""

    def connect(self, url: str, limit: int) -> httpx.Client:
        """Return a client that opens no connection."""
        del limit
        return httpx.Client(base_url=url, transport=_ToDjango(), trust_env=False)


class PackedTransport(InProcessTransport):
    """The same in MessagePack."""

    media_type = wire.MSGPACK


class _ToDjango(httpx.BaseTransport):
    """Hands requests to Django's test client, which raises in the test what crashes in a view."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return Django's response to a request."""
        response = Client().generic(
            request.method,
            request.url.path,
            request.read(),
            content_type=request.headers["Content-Type"],
            headers=dict(request.headers),
        )
        return httpx.Response(
            response.status_code, headers=dict(response.headers), content=response.content
        )


_Ending = Any  # an answer, or the refusal that was raised instead


def _ending(call: Callable[[], Any]) -> _Ending:
    try:
        return call()
    except Refusal as refusal:
        return refusal


def _essence(ending: _Ending) -> Any:
    if isinstance(ending, Refusal):
        return ending.code, ending.facts
    return _without_circumstances(msgspec.to_builtins(ending))


def _without_circumstances(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _without_circumstances(member)
            for name, member in value.items()
            if name not in CIRCUMSTANCES
        }
    if isinstance(value, list | tuple):
        return [_without_circumstances(member) for member in value]
    return value
