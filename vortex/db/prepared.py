"""What is asked at rate: statements that a connection has planned once, answered in binary."""

import time
from collections.abc import Callable, Collection
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from vortex.db import arrays
from vortex.db.aliases import alias_of
from vortex.db.arrays import ColumnCursor

Rows = list[tuple[Any, ...]]


def ask(connection: BaseDatabaseWrapper, statement: str, values: Any) -> Rows:
    """Return the rows of a statement, which the connection plans once.

    The server binds `values`: a list is a column of `vortex.db.arrays`, and a statement that is put
    together differently each time gains nothing. Whoever watches what Django asks sees it too.
    """
    connection.close_if_health_check_failed()  # as Django does before its own cursors
    connection.ensure_connection()
    begun = time.monotonic()
    with connection.wrap_database_errors, ColumnCursor(connection.connection) as cursor:

        def run(statement: str, values: Any, *_: object) -> Rows:
            return cursor.execute(statement, values, prepare=True, binary=True).fetchall()

        watched: Callable[..., Rows] = run
        for wrapper in reversed(connection.execute_wrappers):
            watched = partial(wrapper, watched)
        rows = watched(statement, values, False, {"connection": connection, "cursor": cursor})
    if connection.queries_logged:
        took = f"{time.monotonic() - begun:.3f}"
        connection.queries_log.append({"sql": statement, "time": took})
    return rows


def fetch(context: str, statement: str, values: Any) -> Rows:
    """Do the same on a context's own database, in or out of a unit of work."""
    return ask(connections[alias_of(context)], statement, values)


def held_among(
    context: str, ids: Collection[UUID], *, table: str, column: str, where: str = "true"
) -> list[UUID]:
    """Return those of these ids that a column holds in rows that meet a condition.

    For what few have, and many are asked about. Table, column and condition are written by us.
    """
    statement = (
        f"select distinct {column} from {table}"  # noqa: S608
        f" where {column} = any (%(ids)s) and {where}"
    )
    return [held for (held,) in fetch(context, statement, {"ids": arrays.uuids([*ids])})]
