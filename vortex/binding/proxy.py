"""The proxy that a caller holds: it decides per call where the operation runs."""

import functools
from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast

import msgspec
from django.conf import settings
from django.utils.module_loading import import_string

from vortex.binding import local
from vortex.contracts import Operation, Service, implementation_of, operations
from vortex.db import CallInsideTransactionError, in_unit_of_work
from vortex.errors import Unavailable
from vortex.telemetry.metrics import counter
from vortex.topology import Route, killed, route_of

S = TypeVar("S", bound=Service)

_inside_transaction = counter(
    "vortex_calls_inside_transaction_total", "Calls made with a transaction open", ("operation",)
)


class OperationKilled(Unavailable, code="operation_killed", title="Switched off"):
    """An operator has switched this operation off."""


class CallRefusedHere(Unavailable, code="no_route", title="Nobody serves this"):
    """The context is not hosted in this process and the topology names no other place."""


class Transport(Protocol):
    """Carries a call to another process. One is kept per context and URL, so it may pool."""

    def __init__(self, url: str) -> None: ...

    def call(self, operation: Operation, arguments: msgspec.Struct) -> Any:
        """Return the decoded answer, raise the refusal, or raise Unavailable."""
        ...


def bind(interface: type[S]) -> S:
    """Return a stand-in for an interface whose calls go to wherever its context runs at that moment.

    Use it as the interface itself: `bind(Ledger).post(posting_id=..., posting=...)`. Each call is by
    value, refuses what the operation declares, and may raise Unavailable.
    """
    return cast("S", _proxy(interface))


@functools.cache
def _proxy(interface: type[Service]) -> object:
    methods = {op.name: staticmethod(_method(interface, op)) for op in operations(interface)}
    return type(f"Bound{interface.__name__}", (), methods)()


def _method(interface: type[Service], operation: Operation) -> Callable[..., Any]:
    def invoke(**given: Any) -> Any:
        _forbid_inside_transaction(operation)
        if killed(operation.path):
            raise OperationKilled(operation=operation.path)
        return _dispatch(interface, operation, operation.arguments(**given))

    invoke.__name__ = operation.name
    return invoke


def _dispatch(interface: type[Service], operation: Operation, arguments: msgspec.Struct) -> Any:
    route = route_of(operation.context)
    if route.mode == "local":
        implementation = implementation_of(interface)
        if implementation is None:
            raise CallRefusedHere(operation=operation.path)
        return local.call(implementation, operation, arguments)
    return _transport(route).call(operation, arguments)


@functools.cache
def _transport(route: Route) -> Transport:
    """Return the transport of a route; a mode that nobody carries is refused, never run elsewhere."""
    known = settings.VORTEX_TRANSPORTS.get(route.mode)
    if known is None:
        raise CallRefusedHere(f"no transport carries calls of the mode {route.mode!r}")
    return cast("Transport", import_string(known)(route.url))


def _forbid_inside_transaction(operation: Operation) -> None:
    if not in_unit_of_work():
        return
    if settings.VORTEX_STRICT:
        raise CallInsideTransactionError(f"{operation.path} is called with a transaction open")
    _inside_transaction.labels(operation.path).inc()
