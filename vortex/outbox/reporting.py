"""How a context's outbox is doing, for health reports and staff."""

from datetime import datetime

import msgspec
from django.db import connections

from vortex.db import alias_of

_COUNTED = 10_000


class OutboxStatus(msgspec.Struct, frozen=True, kw_only=True):
    """`waiting` is counted up to 10,000; `oldest_at` is the oldest waiting message's creation."""

    context: str
    waiting: int
    oldest_at: datetime | None
    parked_keys: int
    relays: int
    relay_seen_at: datetime | None


def status(context: str) -> OutboxStatus:
    """Return the state of a context's outbox, in one statement."""
    with connections[alias_of(context)].cursor() as cursor:
        cursor.execute(
            "select (select count(*) from (select from outbox_message limit %s) w),"
            " (select min(created_at)::timestamptz from outbox_read("
            "    (select array_agg(n::smallint) from generate_series(0, 63) n), 1)),"
            " (select count(distinct (topic, key)) from outbox_parked),"
            " (select count(*) from outbox_relay where seen_at > now() - interval '30 s'),"
            " (select max(seen_at) from outbox_relay)",
            (_COUNTED,),
        )
        waiting, oldest_at, parked_keys, relays, seen_at = cursor.fetchone()
    return OutboxStatus(
        context=context,
        waiting=waiting,
        oldest_at=oldest_at,
        parked_keys=parked_keys,
        relays=relays,
        relay_seen_at=seen_at,
    )
