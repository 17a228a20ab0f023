"""The unit of work: a transaction on one context's database, entered through the fence."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final, ParamSpec, TypeVar

import psycopg
from django.db import DatabaseError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from vortex.db.aliases import alias_of
from vortex.db.prepared import ask
from vortex.errors import Unavailable
from vortex.telemetry import context as request
from vortex.telemetry import span

P = ParamSpec("P")
R = TypeVar("R")

_OWNED_ELSEWHERE: Final = "VX001"
_STATEMENT_STOPPED: Final = "57014"
_STATEMENT_TIMEOUT_MS: Final = 30_000
_ENTER: Final = "select topology_enter(%s), set_config('statement_timeout', %s, true)"


class Moved(Unavailable, code="context_moved", title="This context has moved"):
    """Another deployment owns the data now. Nothing was written; the binding asks the new owner."""


class DeadlineExceeded(Unavailable, code="deadline_exceeded", title="Too late"):
    """The time that the caller granted is over. Nothing of this unit of work was kept."""


class CallInsideTransactionError(RuntimeError):
    """Code called another context, or another context's database, with a transaction open."""


@dataclass(frozen=True)
class _Work:
    context: str
    alias: str
    epoch: int


_work: ContextVar[_Work | None] = ContextVar("vortex_unit_of_work", default=None)


def in_unit_of_work() -> bool:
    """Say whether a transaction is open."""
    return _work.get() is not None


def current_context() -> str | None:
    """Return the context whose unit of work is open, if any."""
    work = _work.get()
    return work.context if work else None


def current_epoch() -> int:
    """Return the epoch of ownership in which this unit of work writes."""
    work = _work.get()
    if work is None:
        raise RuntimeError("there is an epoch only inside a unit of work")
    return work.epoch


@contextmanager
def unit_of_work(context: str) -> Iterator[BaseDatabaseWrapper]:
    """Open a transaction on a context's own database, or join the one that is open on it.

    Entering waits for a move of the context to end and refuses with Moved when another deployment
    owns the data by then. What is left of the request's deadline becomes the statement timeout.
    Yields the connection. Raises CallInsideTransactionError inside another context's transaction.
    """
    alias = alias_of(context)
    open_work = _work.get()
    if open_work is not None:
        if open_work.context != context:
            raise CallInsideTransactionError(
                f"{context} wants a transaction inside one of {open_work.context}"
            )
        yield connections[alias]
        return
    keep_copies_out(context)
    connection = connections[alias]
    traced = span("db.unit_of_work", context=context)
    with traced, _in_time(), transaction.atomic(using=alias):
        epoch = _enter(connection, context)
        token = _work.set(_Work(context, alias, epoch))
        try:
            yield connection
        finally:
            _work.reset(token)


@contextmanager
def one_statement(context: str) -> Iterator[BaseDatabaseWrapper]:
    """Have a connection for one statement that is a unit of work by itself.

    The statement must call topology_enter before it writes: that is the fence, and refuses with
    Moved as entering a unit of work does. Yields the connection, on which nothing may be open.
    """
    if _work.get() is not None:
        raise CallInsideTransactionError(f"a statement of its own for {context} in a transaction")
    keep_copies_out(context)
    connection = connections[alias_of(context)]
    connection.ensure_connection()
    traced = span("db.unit_of_work", context=context)
    with traced, _in_time(), _through_the_fence(context), connection.wrap_database_errors:
        yield connection


@contextmanager
def never_committed(context: str) -> Iterator[BaseDatabaseWrapper]:
    """Open a transaction that rolls back however the block ends; units of work join it."""
    connection = connections[alias_of(context)]
    with transaction.atomic(using=connection.alias):
        try:
            yield connection
        finally:
            if connection.in_atomic_block:
                transaction.set_rollback(True, using=connection.alias)
            else:  # the block has opened another connection, which owns nothing
                connection.close()


def keep_copies_out(context: str) -> None:
    """Refuse with Moved what copies want to write, or hold, at once.

    At the fence they would wait with the requests that they copy; it opens, and both happen. A key
    that they hold would keep the request itself out.
    """
    if request.current().is_copy:
        connections[alias_of(context)].ensure_connection()  # whoever comes next finds it open
        raise Moved(context=context)


@contextmanager
def _in_time() -> Iterator[None]:
    """Refuse with DeadlineExceeded what PostgreSQL stopped because the time was over."""
    try:
        yield
    except (DatabaseError, psycopg.Error) as error:  # a cursor of psycopg's own raises its own
        cause = error if isinstance(error, psycopg.Error) else error.__cause__
        if getattr(cause, "sqlstate", "") == _STATEMENT_STOPPED:
            raise DeadlineExceeded from error
        raise


def _enter(connection: BaseDatabaseWrapper, context: str) -> int:
    remaining = request.current().remaining_ms()
    if remaining == 0:
        raise DeadlineExceeded
    timeout = min(remaining or _STATEMENT_TIMEOUT_MS, _STATEMENT_TIMEOUT_MS)
    with _through_the_fence(context):
        ((epoch, _),) = ask(connection, _ENTER, (context, str(timeout)))
    return int(epoch)


@contextmanager
def _through_the_fence(context: str) -> Iterator[None]:
    """Refuse with Moved what the fence stopped."""
    try:
        yield
    except DatabaseError as error:
        if owned_elsewhere(error):
            raise Moved(context=context) from error
        raise


def owned_elsewhere(error: BaseException) -> bool:
    """Say whether PostgreSQL refused because another deployment owns the context's data."""
    return getattr(error.__cause__, "sqlstate", "") == _OWNED_ELSEWHERE


def owns(context: str) -> bool:
    """Say whether this deployment owns a context's data at this moment.

    For loops that take work up by themselves (relay, consumers, workers); a write needs no such
    question, because the fence asks it inside the transaction.
    """
    with connections[alias_of(context)].cursor() as cursor:
        cursor.execute("select owner from topology_owner where context = %s", (context,))
        row = cursor.fetchone()
    return row is None or row[0] == "here"


def needs_transaction(context: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a function that only makes sense inside its context's unit of work."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            if current_context() != context:
                raise RuntimeError(f"{function.__qualname__} needs a unit of work of {context}")
            return function(*args, **kwargs)

        return checked

    return decorate


def after_commit(action: Callable[[], object]) -> None:
    """Run an action once the open unit of work has committed; never if it rolls back.

    For hints only (waking the relay, dropping a cache): the process can die between the commit and
    the action. What must happen is published to the outbox instead.
    """
    work = _work.get()
    if work is None:
        raise RuntimeError("after_commit needs an open unit of work")

    def act() -> None:  # where it fails, Django logs its name, and a partial has none
        action()

    transaction.on_commit(act, using=work.alias, robust=True)
