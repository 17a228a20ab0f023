"""A broker to speak on, a context that listens, and what its handlers did."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import msgspec
from django.db import connections

from tests.kernel.inbox.facts import Broken, Lit, Sold
from vortex.broker import Outgoing, envelope
from vortex.broker.memory import MemoryBroker
from vortex.clock import now
from vortex.contracts import Event
from vortex.ids import new_id
from vortex.inbox.consumer import Consumer

CONTEXT = "accounts"
SOURCE = "config"


def spoken(
    event: Event, number: int = 1, *, event_id: UUID | None = None, **extensions: str
) -> Outgoing:
    """Return an event as a relay would publish it."""
    value = envelope.encode(
        context=SOURCE,
        event_id=str(event_id or new_id()),
        type_=event.event_type,
        version=event.event_version,
        key=event.key,
        number=number,
        single=event.single,
        created_at=now().isoformat(),
        data=msgspec.json.encode(event).decode(),
        extensions=extensions,
    )
    return Outgoing(event.topic, event.key, value)


def lit(lamp: str, *counts: int) -> list[Outgoing]:
    """Return events of a lamp, numbered by their counts."""
    return [spoken(Lit(lamp=lamp, count=count), count) for count in counts]


def consumer(broker: MemoryBroker, **options: Any) -> Consumer:
    """Return the context's consumer; it tries twice more at once, and then parks."""
    return Consumer(CONTEXT, broker, "one", **{"backoff": (0.0, 0.0), **options})


def work_off(consumer: Consumer) -> None:
    """Let a consumer go on until nothing comes and nothing waits."""
    while consumer.step(0.0) or not consumer.idle:
        pass


def rows(table: str, columns: str = "count(*)", order: str = "1") -> list[tuple[Any, ...]]:
    """Return some columns of a table of the context."""
    with connections[CONTEXT].cursor() as cursor:
        cursor.execute(f"select {columns} from {table} order by {order}")  # noqa: S608 - by tests only
        return list(cursor.fetchall())


@contextmanager
def counting_statements() -> Iterator[list[str]]:
    """Collect the statements that this thread sends to the context's database."""
    statements: list[str] = []

    def note(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        statements.append(str(sql))
        return execute(sql, params, many, context)

    with connections[CONTEXT].execute_wrapper(note):
        yield statements


EVENTS: Sequence[type[Event]] = (Lit, Broken, Sold)
