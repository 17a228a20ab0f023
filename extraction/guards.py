"""What guards a context's tables while two databases hold them, on both sides alike.

- The fence of every unit of work (`topology_enter`) also stands before every statement that comes
  without one, whoever sends it, superusers included. So a write to the side that does not own the
  data is refused: that is the alarm for rogue writes, and it rings before anything is written.
- TRUNCATE is refused, because it is not replicated.
- DDL is refused, because it is not replicated either, and before it takes a lock: it would wait for
  the copy, and writers behind it. What the mover itself does is let through.

What replication applies passes all of them: PostgreSQL fires these triggers for ordinary sessions.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg import sql

from extraction.database import Connection, rows, run, value
from extraction.failures import NotNow
from extraction.tables import MARKER, leaves

_LOCK_TIMEOUT = "set lock_timeout = '2s'"
_TRIES = 5

_FUNCTIONS = (Path(__file__).parent / "sql" / "guards.sql").read_text()
_GUARDED = """
select c.relname from pg_trigger t join pg_class c on c.oid = t.tgrelid
 where t.tgname in ('extraction_guard', 'extraction_no_truncate') group by 1 having count(*) = 2
"""
_CHECKS = (
    "create trigger extraction_guard before insert or update or delete on {}"
    " for each statement execute function extraction_guard({context})"
)
_NO_TRUNCATE = (
    "create trigger extraction_no_truncate before truncate on {}"
    " for each statement execute function extraction_guard({context})"
)
# Each is the name of its function too. The first comes before a lock is asked for, the others know
# what a command is about.
_FREEZE = {
    "extraction_early": "on ddl_command_start when tag in ('ALTER TABLE', 'CREATE INDEX',"
    " 'CREATE RULE', 'CREATE TRIGGER', 'DROP INDEX', 'DROP TABLE', 'DROP TRIGGER')"
    " execute function extraction_early()",
    "extraction_freeze": "on ddl_command_end execute function extraction_freeze()",
    "extraction_keep": "on sql_drop execute function extraction_keep()",
}


@dataclass(frozen=True)
class Ownership:
    """What a side's own database says about who owns the data."""

    owner: str
    epoch: int

    @property
    def here(self) -> bool:
        """Whether this side owns them."""
        return self.owner == "here"


def install(connection: Connection, context: str, tables: list[str]) -> int:
    """Guard every table and partition; return how many were not guarded before.

    Each trigger waits for the writers of its table, at most two seconds at a time; a table that is
    never free is named.
    """
    connection.execute(_FUNCTIONS.encode())
    connection.execute(_LOCK_TIMEOUT)
    guarded = {name for (name,) in rows(connection, _GUARDED)}
    todo = [name for name in leaves(connection, tables) if name not in guarded]
    for table in todo:
        for attempt in range(_TRIES):
            try:
                with connection.transaction():
                    run(connection, "drop trigger if exists extraction_guard on {}", table)
                    run(connection, "drop trigger if exists extraction_no_truncate on {}", table)
                    run(connection, _CHECKS, table, context=context)
                    run(connection, _NO_TRUNCATE, table, context=context)
                break
            except psycopg.errors.LockNotAvailable as error:
                if attempt == _TRIES - 1:
                    raise NotNow(f"{table} is held by another session; try again later.") from error
    connection.execute("set lock_timeout = 0")
    return len(todo)


def freeze(connection: Connection) -> None:
    """Refuse DDL from now on, also that of sessions that replay. A second call changes nothing."""
    thaw(connection)
    for name, made in _FREEZE.items():
        run(connection, f"create event trigger {{}} {made}", name)
        run(connection, "alter event trigger {} enable always", name)


def thaw(connection: Connection) -> None:
    """Let DDL through again."""
    for name in _FREEZE:
        run(connection, "drop event trigger if exists {}", name)


def frozen(connection: Connection) -> bool:
    """Return whether DDL is refused: a superuser can switch that off."""
    standing = value(
        connection,
        "select count(*) from pg_event_trigger where evtname = any(%s) and evtenabled = 'A'",
        (list(_FREEZE),),
    )
    return int(standing) == len(_FREEZE)


def remove(connection: Connection) -> None:
    """Take every guard away; the fence of the units of work stays."""
    thaw(connection)
    connection.execute("set lock_timeout = '10s'")
    for table, trigger in rows(
        connection,
        "select c.relname, t.tgname from pg_trigger t join pg_class c on c.oid = t.tgrelid"
        " where t.tgname in ('extraction_guard', 'extraction_no_truncate') and t.tgparentid = 0",
    ):
        run(connection, "drop trigger {} on {}", trigger, table)
    for name in ("extraction_guard", *_FREEZE, "extraction_advice"):
        connection.execute(f"drop function if exists {name}()")
    connection.execute(f"drop table if exists {MARKER}")
    connection.execute("set lock_timeout = 0")


def ownership(connection: Connection, context: str) -> Ownership:
    """Return what a side says about who owns the data; without a row it owns them itself."""
    found = rows(
        connection, "select owner, epoch from topology_owner where context = %s", (context,)
    )
    return Ownership(str(found[0][0]), int(found[0][1])) if found else Ownership("here", 0)


def own(connection: Connection, context: str, owner: str, epoch: int) -> None:
    """Write who owns the data, into one side's own database."""
    connection.execute(
        "insert into topology_owner as o (context, owner, epoch, changed_at)"
        " values (%s, %s, %s, clock_timestamp()) on conflict (context) do update"
        " set owner = excluded.owner, epoch = excluded.epoch, changed_at = excluded.changed_at"
        " where o.epoch <= excluded.epoch",
        (context, owner, epoch),
    )


def close(
    connection: Connection, context: str, marker: UUID, question: sql.Composed
) -> dict[str, int]:
    """Write that the data move, and the marker beside it; go on seeing the data as they are then.

    Everything that is committed before them reaches the other side before the marker does. All of
    it is one round trip, as is the question about the last numbers that were given.
    """
    close = sql.SQL(HOLD + _MARK).format(context=sql.Literal(context), marker=sql.Literal(marker))
    told = connection.execute(sql.SQL("").join((close, question)))
    while told.nextset():
        pass
    return {str(name): int(last) for name, last in told.fetchall()}


HOLD = """
insert into topology_owner (context, owner, epoch, changed_at)
values ({context}, 'moving', 0, clock_timestamp())
on conflict (context) do update set owner = 'moving', changed_at = excluded.changed_at;
"""
_MARK = f"""
insert into {MARKER} (id, context) values ({{marker}}, {{context}});
commit; begin isolation level repeatable read, read only;
"""  # noqa: S608 - constants


def slug(name: str) -> str:
    """Return a name that PostgreSQL takes for a slot."""
    return re.sub(r"[^a-z0-9_]", "_", name.lower())
