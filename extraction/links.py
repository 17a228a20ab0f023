"""Replication from one side to the other: publication, slot and subscription, and what they say.

Both directions stand from before the cut-over until the move is retired. Each carries only what was
written on its own side (`origin = none`), so nothing goes round in circles, and whichever side owns
the data, the other one follows: that is what makes going back as cheap as going.
"""

import time
from dataclasses import dataclass
from threading import Event
from typing import Any
from uuid import UUID

import psycopg
from psycopg import conninfo, sql

from extraction.database import Connection, opened, rows, run, value
from extraction.failures import NotNow, Stop
from extraction.guards import slug
from extraction.places import Place
from extraction.tables import MARKER
from vortex.ids import new_id

_NEEDS: dict[str, tuple[str | int, str]] = {
    "wal_level": ("logical", "=="),
    "max_replication_slots": (4, ">="),
    "max_wal_senders": (4, ">="),
    "max_logical_replication_workers": (4, ">="),
}


@dataclass(frozen=True)
class Link:
    """One direction of replication of one context."""

    context: str
    source: Place
    target: Place

    @property
    def name(self) -> str:
        """The name of publication, slot and subscription: who it is about, and where it goes."""
        return slug(f"vortex_{self.context}_to_{'bank' if self.target.is_bank else 'service'}")


@dataclass(frozen=True)
class Health:
    """How a link does: whether it stands, works, and how many bytes it is behind."""

    stands: bool
    slot: str
    working: bool
    behind_bytes: int
    errors: int

    @property
    def lost(self) -> bool:
        """Whether the slot is gone or invalid, so that rows are missing on the other side."""
        return self.slot in ("absent", "lost")


def require_server(connection: Connection, where: str) -> dict[str, str]:
    """Refuse a server that cannot replicate, naming each setting; return those that matter."""
    found = dict(
        rows(
            connection,
            "select name, setting from pg_settings where name = any(%s)",
            ([*_NEEDS, "max_slot_wal_keep_size", "max_active_replication_origins"],),
        )
    )
    wrong = [
        f"{name} is {found[name]}, needed: {'at least ' if how == '>=' else ''}{needed}"
        for name, (needed, how) in _NEEDS.items()
        if (found[name] != needed if how == "==" else int(found[name]) < int(needed))
    ]
    if wrong:
        raise Stop(f"The PostgreSQL server of the {where} cannot replicate: {'; '.join(wrong)}.")
    return {str(name): str(setting) for name, setting in found.items()}


def publish(connection: Connection, link: Link, tables: list[str]) -> None:
    """Make the publication; one that stands is brought up to the list of tables.

    TRUNCATE is left out because it is refused. A slot that was made before its publication would
    lose rows: this comes first.
    """
    names = ", ".join("{}" for _ in tables)
    if value(connection, "select 1 from pg_publication where pubname = %s", (link.name,)):
        run(connection, f"alter publication {{}} set table {names}", link.name, *tables)
        return
    run(
        connection,
        f"create publication {{}} for table {names}"
        " with (publish = 'insert, update, delete', publish_via_partition_root = true)",
        link.name,
        *tables,
    )


def subscribe(connection: Connection, link: Link, *, copy: bool) -> None:
    """Make slot and subscription; one that stands is left as it is.

    A slot whose making was cut half way is dropped first: nothing has read it yet.
    """
    if value(connection, _SUBSCRIBED, (link.name,)):
        return
    with opened(link.source.database) as source:
        drop_slot(source, link.name)
    run(
        connection,
        "create subscription {} connection {where} publication {}"
        f" with (copy_data = {str(copy).lower()}, origin = none, streaming = parallel,"
        " synchronous_commit = 'off')",
        link.name,
        link.name,
        where=conninfo.make_conninfo(link.source.database, application_name=link.name),
    )


_SUBSCRIBED = (
    "select 1 from pg_subscription s join pg_database d on d.oid = s.subdbid"
    " where s.subname = %s and d.datname = current_database()"
)


def drop(link: Link) -> list[str]:
    """Remove a direction whole, also where a side does not answer; return what could not be."""
    left: list[str] = []
    try:
        with opened(link.target.database) as target:
            if value(target, _SUBSCRIBED, (link.name,)):
                run(target, "alter subscription {} disable", link.name)
                run(target, "alter subscription {} set (slot_name = none)", link.name)
                run(target, "drop subscription {}", link.name)
    except (Stop, psycopg.Error) as error:
        left.append(f"subscription {link.name}: {error}")
    try:
        with opened(link.source.database) as source:
            drop_slot(source, link.name)
            run(source, "drop publication if exists {}", link.name)
    except (Stop, psycopg.Error) as error:
        left.append(f"slot and publication {link.name}: {error}")
    return left


def drop_slot(source: Connection, name: str) -> None:
    """Drop a slot, ending whoever reads it; nothing happens where there is none."""
    for _ in range(50):
        found = rows(
            source, "select active_pid from pg_replication_slots where slot_name = %s", (name,)
        )
        if not found:
            return
        if found[0][0] is not None:
            source.execute("select pg_terminate_backend(%s)", (found[0][0],))
            Event().wait(0.1)
            continue
        try:
            source.execute("select pg_drop_replication_slot(%s)", (name,))
        except psycopg.errors.ObjectInUse:
            Event().wait(0.1)
    raise NotNow(f"The replication slot {name} stays in use; try again.")


def copied(connection: Connection, link: Link) -> tuple[int, int]:
    """Return how many tables have been copied, and of how many."""
    found = rows(
        connection,
        "select count(*) filter (where srsubstate in ('r', 's')), count(*)"
        " from pg_subscription_rel r join pg_subscription s on s.oid = r.srsubid"
        " where s.subname = %s",
        (link.name,),
    )
    return int(found[0][0]), int(found[0][1])


def health(link: Link, source: Connection, target: Connection) -> Health:
    """Return how a link does."""
    slot = rows(
        source,
        "select coalesce(wal_status, 'unknown'), active, coalesce(pg_wal_lsn_diff("
        "pg_current_wal_lsn(), confirmed_flush_lsn), 0)::bigint, invalidation_reason"
        " from pg_replication_slots where slot_name = %s",
        (link.name,),
    )
    found = rows(
        target,
        "select s.subenabled, coalesce(t.apply_error_count + t.sync_error_count, 0)"
        " from pg_subscription s left join pg_stat_subscription_stats t on t.subid = s.oid"
        " join pg_database d on d.oid = s.subdbid"
        " where s.subname = %s and d.datname = current_database()",
        (link.name,),
    )
    state = "absent" if not slot else "lost" if slot[0][3] else str(slot[0][0])
    return Health(
        stands=bool(found),
        slot=state,
        working=bool(slot and slot[0][1] and found and found[0][0]),
        behind_bytes=int(slot[0][2]) if slot else 0,
        errors=int(found[0][1]) if found else 0,
    )


def mark(source: Connection, context: str) -> UUID:
    """Write a marker row. Once the other side has it, it has everything committed before it."""
    marker = new_id()
    source.execute(
        f"insert into {MARKER} (id, context) values (%s, %s)",  # noqa: S608 - a constant
        (marker, context),
    )
    return marker


def await_marker(target: Connection, marker: UUID, seconds: float) -> float:
    """Wait for a marker row on the other side; return how long it took, in milliseconds."""
    begun = time.monotonic()
    statement = f"select 1 from {MARKER} where id = %s"  # noqa: S608 - a constant
    while not value(target, statement, (marker,)):
        if time.monotonic() - begun > seconds:
            raise NotNow(f"The other side is more than {seconds:g} s behind; see `status`.")
        Event().wait(0.002)
    return (time.monotonic() - begun) * 1000


def await_marker_and_freeze(target: Connection, marker: UUID, seconds: float) -> float:
    """Wait for a marker row, and go on seeing the other side as it is then; return for how long.

    Each look begins a transaction; the one that sees the marker stays open.
    """
    begun = time.monotonic()
    look = sql.SQL(_LOOK).format(marker=sql.Literal(marker))
    again = sql.SQL("rollback; ") + look
    while not _last_rows(target.execute(look)):
        if time.monotonic() - begun > seconds:
            raise NotNow(f"The other side is more than {seconds:g} s behind; see `status`.")
        look = again
        Event().wait(0.002)
    return (time.monotonic() - begun) * 1000


_LOOK = f"""
begin isolation level repeatable read, read only; select 1 from {MARKER} where id = {{marker}}
"""  # noqa: S608 - a constant


def _last_rows(told: psycopg.Cursor[Any]) -> list[Any]:
    while told.nextset():
        pass
    return told.fetchall()


def tidy_markers(connection: Connection, context: str) -> None:
    """Forget old markers."""
    connection.execute(
        f"delete from {MARKER} where context = %s and placed_at < now() - interval '1 hour'",  # noqa: S608
        (context,),
    )


def evidence(found: Health) -> dict[str, Any]:
    """Return the health of a link for the journal."""
    return {
        "slot": found.slot,
        "working": found.working,
        "behind_bytes": found.behind_bytes,
        "errors": found.errors,
    }
