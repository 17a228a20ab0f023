"""Daily partitions: made ahead of time, dropped whole, and never needed for correctness.

Each partitioned table has a default partition, which takes what no day takes. A day that cannot be
made because the default already holds rows of it is left out: those rows are deleted, not dropped.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final

from django.db import DatabaseError, connections
from psycopg import sql

from vortex.db.aliases import alias_of
from vortex.db.work import unit_of_work

Bound = Callable[[date], str]

_LOCK_TIMEOUT: Final = "set local lock_timeout = '2s'"


def ensure_days(context: str, table: str, bound: Bound, *, first: date, count: int) -> list[str]:
    """Make the partitions of `count` days that are missing; return the names of those made.

    `bound` gives the lower bound of a day as PostgreSQL's text. A second call makes nothing.
    """
    known = set(days_of(context, table))
    days = [first + timedelta(days=number) for number in range(count)]
    return [
        _name(table, day) for day in days if day not in known and _make(context, table, bound, day)
    ]


def drop_days_before(context: str, table: str, day: date) -> list[str]:
    """Drop the partitions of earlier days with everything in them; return their names."""
    dropped = []
    for old in sorted(known for known in days_of(context, table) if known < day):
        statement = sql.SQL("drop table {}").format(sql.Identifier(_name(table, old)))
        if _execute(context, statement):
            dropped.append(_name(table, old))
    return dropped


def days_of(context: str, table: str) -> list[date]:
    """Return the days that have a partition of their own."""
    with connections[alias_of(context)].cursor() as cursor:
        cursor.execute(
            "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid"
            " where i.inhparent = %s::regclass and c.relname ~ '_[0-9]{8}$'",
            (table,),
        )
        names = [str(name) for (name,) in cursor.fetchall()]
    return sorted(datetime.strptime(name[-8:], "%Y%m%d").date() for name in names)  # noqa: DTZ007


def _make(context: str, table: str, bound: Bound, day: date) -> bool:
    parent, child = sql.Identifier(table), sql.Identifier(_name(table, day))
    low, high = bound(day), bound(day + timedelta(days=1))
    # Attaching locks the parent lightly; creating in place would hold up every insert.
    return _execute(
        context,
        sql.SQL("create table {} (like {} including defaults including constraints)").format(
            child, parent
        ),
        sql.SQL("alter table {} attach partition {} for values from ({}) to ({})").format(
            parent, child, sql.Literal(low), sql.Literal(high)
        ),
    )


def _execute(context: str, *statements: sql.Composed) -> bool:
    try:
        with unit_of_work(context) as connection, connection.cursor() as cursor:
            cursor.execute(_LOCK_TIMEOUT)
            for statement in statements:
                cursor.execute(statement)
    except DatabaseError:
        return False  # somebody else did it, or holds the table: the next run finds out
    return True


def _name(table: str, day: date) -> str:
    return f"{table}_{day:%Y%m%d}"
