"""Reads at rate: statements that a connection has planned once, answered in binary."""

import time
from typing import Any

from django.db import connections

from vortex.db.arrays import ColumnCursor
from vortex.db.work import alias_of


def fetch(context: str, statement: str, values: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a statement on a context's own database, in or out of a unit of work.

    The server binds `values`: a list is a column of `vortex.db.arrays`, and a statement that is put
    together differently each time gains nothing.
    """
    connection = connections[alias_of(context)]
    connection.ensure_connection()
    begun = time.monotonic()
    with connection.wrap_database_errors, ColumnCursor(connection.connection) as cursor:
        rows = cursor.execute(statement, values, prepare=True, binary=True).fetchall()
    if connection.queries_logged:
        took = f"{time.monotonic() - begun:.3f}"
        connection.queries_log.append({"sql": statement, "time": took})
    return rows
