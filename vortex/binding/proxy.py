"""The proxy that a caller holds: it checks and decides each call anew."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.conf import settings

from vortex.binding import metrics
from vortex.binding.routing import dispatch
from vortex.contracts import Operation, Service, operations
from vortex.db import CallInsideTransactionError, in_unit_of_work
from vortex.topology import refuse_killed

S = TypeVar("S", bound=Service)


def bind(interface: type[S]) -> S:
    """Return a stand-in for an interface; each call goes to where its context runs at that moment.

    Use it as the interface itself: `bind(Ledger).post(posting_id=..., posting=...)`. Each call is
    by value, refuses what the operation declares, and may raise Unavailable. The module that binds
    is the caller: its context signs what goes over the wire and labels the metrics.
    """
    frame = inspect.currentframe()
    module = frame.f_back.f_globals.get("__name__", "") if frame and frame.f_back else ""
    named: Any = interface  # mypy takes no class for hashable
    return cast("S", _proxy(named, _context_of(module)))


def _context_of(module: str) -> str:
    """Return the context whose code a module is; the kernel and the composition are `vortex`."""
    package, _, rest = module.partition(".")
    return rest.partition(".")[0] if package == "apps" and rest else "vortex"


@functools.cache
def _proxy(interface: Any, caller: str) -> object:
    methods = {
        op.name: staticmethod(_method(interface, op, caller)) for op in operations(interface)
    }
    return type(f"Bound{interface.__name__}", (), methods)()


def _method(interface: type[Service], operation: Operation, caller: str) -> Callable[..., Any]:
    def invoke(**given: Any) -> Any:
        _forbid_inside_transaction(operation)
        refuse_killed(operation.path)
        return dispatch(interface, operation, operation.arguments(**given), caller)

    invoke.__name__ = operation.name
    return invoke


def _forbid_inside_transaction(operation: Operation) -> None:
    if not in_unit_of_work():
        return
    if settings.VORTEX_STRICT:
        raise CallInsideTransactionError(f"{operation.path} is called with a transaction open")
    metrics.inside_transaction.labels(operation.path).inc()
