"""One command replayed in a transaction that never commits; what it did is handed out as data."""

import functools
from collections.abc import Callable
from typing import Any, Final

import msgspec
from django.conf import settings
from django.db import DatabaseError, IntegrityError, OperationalError
from django.utils.module_loading import import_string

from vortex.binding import desk, local, tape
from vortex.binding.rehearsal import Entry
from vortex.contracts import Operation, Service, implementation_of, interfaces, operations
from vortex.db.rehearsing import Change, Rehearsed, rolled_back
from vortex.errors import Refusal
from vortex.telemetry import context as request

_LOCK_NOT_AVAILABLE: Final = "55P03"


class Order(msgspec.Struct, frozen=True):
    """A command, and the change before which its replay is to happen; None is after all of them."""

    entry: Entry
    since: int | None = None


class Effects(msgspec.Struct, frozen=True):
    """What a replay said, wrote and asked, and what of it cannot be compared."""

    said: Any = None
    changes: list[Change] = []
    calls: list[tape.Call] = []
    missing: list[str] = []  # of other contexts, and not on the tape
    attempts: list[str] = []  # to reach the world outside
    trouble: str = ""  # why there was no replay at all


def replay(context: str, order: Order) -> Effects:
    """Replay a command; whatever happens, nothing of it stays."""
    entry = order.entry
    work = _work(context, entry)
    if work is None:
        return Effects(trouble=f"there is no {entry.operation}")
    run, deadline_ms = work
    player = tape.Player(context, list(entry.calls))
    said: Any = None
    changes: list[Change] = []
    trouble = ""
    try:
        with (
            request.use(
                request_id=entry.request_id,
                traceparent=entry.traceparent,
                causation_id=entry.causation_id,
                actor=entry.actor,
            ),
            request.within(deadline_ms),
            tape.running(player),
            rolled_back(context, since=order.since) as data,
        ):
            said = _said(run)
            said, changes = _settled(data, said)
    except OperationalError as error:
        busy = getattr(error.__cause__, "sqlstate", "") == _LOCK_NOT_AVAILABLE
        trouble = "busy" if busy else str(error).partition("\n")[0]
    except DatabaseError as error:
        trouble = str(error).partition("\n")[0]
    return Effects(said, changes, player.calls, player.missing, trouble=trouble)


def _work(context: str, entry: Entry) -> tuple[Callable[[], Any], int] | None:
    """Return what is to be done again and how long it may take; None where nobody does that."""
    if entry.asked is not None:
        return functools.partial(_answer, entry), int(settings.VORTEX_REQUEST_DEADLINE_MS)
    found = _find(context, entry.operation)
    if found is None:
        return None
    implementation, operation = found
    return functools.partial(_call, implementation, operation, entry), operation.deadline_ms


def _find(context: str, path: str) -> tuple[Service, Operation] | None:
    for interface in interfaces(context):
        implementation = implementation_of(interface)
        for operation in operations(interface):
            if operation.path == path and implementation is not None:
                return implementation, operation
    return None


def _call(implementation: Service, operation: Operation, entry: Entry) -> Any:
    given = local.by_value(entry.arguments, operation.arguments)
    return {"answer": local.call(implementation, operation, given)}


def _answer(entry: Entry) -> Any:
    """Answer a request as the web server would; who sent it was known by the original."""
    answered = import_string(settings.VORTEX_REPLAYS)(entry.asked, entry.actor)
    answer, refused = desk.said(answered)
    if refused is not None:
        return {"refused": refused.code, "facts": refused.facts}
    return {"answer": answer}


def _said(run: Callable[[], Any]) -> Any:
    try:
        return run()
    except Refusal as refusal:
        return {"refused": refusal.code, "facts": refusal.facts}
    except Exception as error:  # noqa: BLE001 - a bug of the code under test is what it says
        return {"crashed": type(error).__name__}


def _settled(data: Rehearsed, said: Any) -> tuple[Any, list[Change]]:
    """Return the changes, and what the commit would have said: a broken constraint comes late."""
    try:
        return said, data.changes()
    except IntegrityError as error:
        broken = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        return {"crashed": broken or type(error).__name__}, []
