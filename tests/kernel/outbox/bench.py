"""A context's outbox with messages in it, and a broker to deliver them to."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from django.db import connections

from tests.kernel.outbox.facts import Moved
from vortex.broker import envelope
from vortex.broker.memory import MemoryBroker
from vortex.db import unit_of_work
from vortex.outbox import publish_many
from vortex.outbox.courier import Courier

CONTEXT = "accounts"
TOPIC = Moved.topic


def say(*facts: tuple[str, str]) -> None:
    """Publish (parcel, place) pairs in one unit of work."""
    with unit_of_work(CONTEXT):
        publish_many([Moved(parcel=parcel, place=place) for parcel, place in facts])


def heard(broker: MemoryBroker) -> list[tuple[str, str]]:
    """Return the (parcel, place) pairs that reached the broker, in their order."""
    found = []
    for message in broker.topics.get(TOPIC, {}).values():
        fact = msgspec.json.decode(envelope.decode(message.value).data, type=Moved)
        found.append((fact.parcel, fact.place))
    return found


def courier(broker: MemoryBroker, owner: str = "one", **options: Any) -> Courier:
    """Return a relay's courier for the context."""
    return Courier(CONTEXT, broker, owner, **options)


@contextmanager
def counting_statements() -> Iterator[list[str]]:
    """Collect the statements that this thread sends to the context's database."""
    statements: list[str] = []

    def note(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        statements.append(str(sql))
        return execute(sql, params, many, context)

    with connections[CONTEXT].execute_wrapper(note):
        yield statements


def rows(table: str, columns: str = "count(*)") -> list[tuple[Any, ...]]:
    """Return some columns of an outbox table, in the order of ids."""
    with connections[CONTEXT].cursor() as cursor:
        order = "" if "count" in columns else "order by id"
        cursor.execute(f"select {columns} from {table} {order}")  # noqa: S608 - by tests only
        return list(cursor.fetchall())
