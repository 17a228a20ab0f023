"""Parked keys, wherever they wait: what can be seen of them and done about them.

The outbox parks what the broker refuses, the inbox what a handler fails on. Each keeps a desk that
is registered here, so that one command and one admin serve both.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Protocol

import msgspec
from django.db import connections
from psycopg import sql

from vortex.contracts import event_classes
from vortex.db import alias_of
from vortex.errors import Conflict, Invalid, NotFound

# Both desks keep their messages alike, in a table that is named after them.
_KEYS: Final = sql.SQL("""
select topic, key, type, event_id::text, reason, parked_at, messages from (
  select p.*, row_number() over (partition by topic, key order by id) as place,
         count(*) over (partition by topic, key) as messages
    from {table} p) q
 where place = 1 order by parked_at, id
""")
_MESSAGES: Final = sql.SQL("""
select type, event_id::text, parked_at, reason, {content} from {table}
 where topic = %s and key = %s order by id
""")


class NothingParked(NotFound, code="nothing_parked", title="Nothing is parked there"):
    """No message of this topic and key is parked at this desk."""


class PayloadRefused(Invalid, code="parked_payload_refused", title="Not a payload of this event"):
    """The edited payload is not JSON, or not the event that the message says it is."""


class StillFailing(Conflict, code="parked_still_failing", title="It fails again"):
    """The handler failed on the first message once more; the key stays parked."""


class ParkedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key whose messages wait, as its first one explains."""

    desk: str
    context: str
    topic: str
    key: str
    type: str
    event_id: str
    reason: str
    since: datetime
    messages: int


class ParkedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One waiting message. `payload` is the JSON text of its event."""

    type: str
    event_id: str
    parked_at: datetime
    reason: str
    payload: str


class Desk(Protocol):
    """Where parked keys of one side are looked after. `by` says who does it and is logged."""

    name: str

    def keys(self, context: str) -> list[ParkedKey]:
        """Return the parked keys of a context, longest parked first."""
        ...

    def messages(self, context: str, *, topic: str, key: str) -> list[ParkedMessage]:
        """Return what waits of a key, in its order; refuses with NothingParked."""
        ...

    def retry(self, context: str, *, topic: str, key: str, by: str) -> int:
        """Let a key flow again from its first message on; return how many messages moved."""
        ...

    def skip(self, context: str, *, topic: str, key: str, by: str) -> str:
        """Give the first message of a key up, release the rest; return the id of the lost event."""
        ...

    def edit(self, context: str, *, topic: str, key: str, payload: bytes, by: str) -> None:
        """Replace the payload of the first message of a key; it stays parked until retried."""
        ...


def parked_keys(desk_name: str, context: str) -> list[ParkedKey]:
    """Return the parked keys of a desk, longest parked first."""
    with connections[alias_of(context)].cursor() as cursor:
        cursor.execute(_KEYS.format(table=_table(desk_name)))
        return [
            ParkedKey(
                desk=desk_name,
                context=context,
                topic=topic,
                key=key,
                type=type_,
                event_id=event_id,
                reason=reason,
                since=since,
                messages=messages,
            )
            for topic, key, type_, event_id, reason, since, messages in cursor.fetchall()
        ]


def parked_messages(
    desk_name: str,
    context: str,
    place: tuple[str, str],
    *,
    content: str,
    shown: Callable[[Any], str],
) -> list[ParkedMessage]:
    """Return what waits of a topic and key at a desk, in order; refuses with NothingParked.

    `content` is the column that the event is in, and `shown` makes JSON text of it.
    """
    topic, key = place
    statement = _MESSAGES.format(content=sql.Identifier(content), table=_table(desk_name))
    with connections[alias_of(context)].cursor() as cursor:
        cursor.execute(statement, (topic, key))
        rows = cursor.fetchall()
    if not rows:
        raise NothingParked(topic=topic, key=key)
    return [
        ParkedMessage(type=type_, event_id=event_id, parked_at=at, reason=why, payload=shown(value))
        for type_, event_id, at, why, value in rows
    ]


def check_payload(type_: str, payload: bytes) -> None:
    """Refuse with PayloadRefused what is not the JSON of an event of that type."""
    try:
        msgspec.json.decode(payload, type=event_classes().get(type_, dict[str, Any]))
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise PayloadRefused(str(error)) from error


def _table(desk_name: str) -> sql.Identifier:
    return sql.Identifier(f"{desk_name}_parked")


_desks: dict[str, Desk] = {}


def register(desk: Desk) -> None:
    """Make a desk known under its name."""
    _desks[desk.name] = desk


def desks() -> tuple[Desk, ...]:
    """Return every desk of this process."""
    return tuple(_desks[name] for name in sorted(_desks))


def desk(name: str) -> Desk:
    """Return the desk of that name; LookupError where there is none."""
    return _desks[name]
