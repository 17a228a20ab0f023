"""Months of the ledger: made ahead, looked at, and closed once nothing is added to them any more.

A month is a partition of transactions_entry. None is ever dropped: entries are a bank's memory, and
an account's balance is the sum of all of them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import DatabaseError, connections
from psycopg import sql

from vortex.db import alias_of, unit_of_work
from vortex.telemetry import get_logger

AHEAD: Final = 3
_LOCK_TIMEOUT: Final = "set local lock_timeout = '2s'"
# Somebody holds the table; the context moves, and what it is made of stays as it is.
_NOT_NOW: Final = frozenset({"55P03", "VX005"})
_MONTHS: Final = """
select c.relname, pg_get_expr(c.relpartbound, c.oid), c.reltuples::bigint,
       pg_total_relation_size(c.oid), coalesce(t.spcname, '')
  from pg_inherits i join pg_class c on c.oid = i.inhrelid
  left join pg_tablespace t on t.oid = c.reltablespace
 where i.inhparent = 'transactions_entry'::regclass
 order by c.relname = 'transactions_entry_later', c.relname <> 'transactions_entry_before', 1
"""
_INDEXES: Final = """
select x.relname from pg_index i join pg_class x on x.oid = i.indexrelid
 where i.indrelid = %s::regclass order by 1
"""

log = get_logger("transactions.months")


@dataclass(frozen=True)
class Month:
    """A partition of the entries: its bounds as PostgreSQL says them, and how large it is about."""

    table: str
    bounds: str
    entries: int
    size_bytes: int
    tablespace: str


def months() -> list[Month]:
    """Return every partition of the entries, oldest first."""
    with connections[alias_of("transactions")].cursor() as cursor:
        cursor.execute(_MONTHS)
        return [Month(*row) for row in cursor.fetchall()]


def make_ahead(*, now: datetime, count: int = AHEAD) -> list[str]:
    """Make what is missing of so many months after this one; return the names of those made.

    While a month is made no posting is. Who holds the ledger for longer than two seconds is not
    waited for, and while the context moves none is made: the next call finds out. A second call
    makes nothing.
    """
    made: list[str] = []
    while _end() <= now + timedelta(days=31 * count):
        name = _make()
        if name is None:
            break
        made.append(name)
        log.info("transactions.months.made", table=name)
    return made


def entries_behind() -> int:
    """Return how many entries no month was made for in time; they stay where they are."""
    with connections[alias_of("transactions")].cursor() as cursor:
        cursor.execute("select count(*) from transactions_entry_later")
        return int(cursor.fetchone()[0])


def move_closed(*, before: datetime, tablespace: str) -> list[str]:
    """Move months that ended before a moment, with their indexes; return their names.

    One month a transaction: reading and posting go on in the others, in this one readers wait until
    it has moved. A month that is there already is left alone. Moving changes no entry; whoever
    calls this has proved the chain before.
    """
    moved = []
    for month in months():
        if month.tablespace == tablespace or not _ended(month, before):
            continue
        with unit_of_work("transactions") as connection, connection.cursor() as cursor:
            cursor.execute(_LOCK_TIMEOUT)
            cursor.execute("set local statement_timeout = 0")
            cursor.execute(_INDEXES, (month.table,))
            parts = [("table", month.table), *(("index", name) for (name,) in cursor.fetchall())]
            for kind, name in parts:
                cursor.execute(
                    sql.SQL("alter {} {} set tablespace {}").format(
                        sql.SQL(kind), sql.Identifier(name), sql.Identifier(tablespace)
                    )
                )
        moved.append(month.table)
        log.info("transactions.months.moved", table=month.table, tablespace=tablespace)
    return moved


def may_use(tablespace: str) -> bool:
    """Say whether a tablespace is there and the ledger may write to it."""
    with connections[alias_of("transactions")].cursor() as cursor:
        cursor.execute(
            "select has_tablespace_privilege(oid, 'create') from pg_tablespace where spcname = %s",
            (tablespace,),
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def _ended(month: Month, before: datetime) -> bool:
    with connections[alias_of("transactions")].cursor() as cursor:
        cursor.execute(
            "select (regexp_match(%s, %s))[1]::timestamptz <= %s",
            (month.bounds, r"TO \('([^']+)'\)", before),
        )
        return bool(cursor.fetchone()[0])


def _end() -> datetime:
    with connections[alias_of("transactions")].cursor() as cursor:
        cursor.execute("select transactions_months_end()")
        end: datetime = cursor.fetchone()[0]
        return end


def _make() -> str | None:
    try:
        with unit_of_work("transactions") as connection, connection.cursor() as cursor:
            cursor.execute(_LOCK_TIMEOUT)
            cursor.execute("select transactions_next_month()")
            name: str | None = cursor.fetchone()[0]
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", "") not in _NOT_NOW:
            raise
        return None
    if name is None:
        log.error("transactions.months.behind", entries=entries_behind())
    return name
