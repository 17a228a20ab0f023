"""Publishing an event: a row in the outbox of the context, in the transaction of the change.

A key's sequence number is taken under the row lock of its counter, which is held until the commit,
so the order of ids within a key is the order of commits, and no number is ever missing.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec
from django.db import connections

from vortex.contracts import Event
from vortex.db import after_commit, alias_of, current_context
from vortex.db.work import current_epoch
from vortex.ids import new_id
from vortex.outbox.wake import poke
from vortex.telemetry import context as request

# The counters are locked in the order of their keys, before any id is drawn: two transactions that
# publish about the same keys wait for each other and never deadlock inside this statement.
_PUBLISH: Final = """
with said as (
  select * from unnest(%s::uuid[], %s::text[], %s::text[], %s::boolean[], %s::text[],
                       %s::smallint[], %s::jsonb[])
    with ordinality as t(event_id, topic, key, single, type, version, payload, place)
), counted as (
  insert into outbox_key as k (topic, key, last_seq)
  select topic, key, count(*) from said where not single group by topic, key order by topic, key
  on conflict (topic, key) do update set last_seq = k.last_seq + excluded.last_seq
  returning topic, key, last_seq
), placed as (
  select said.*,
         row_number() over (partition by topic, key order by place) - 1
           - count(*) over (partition by topic, key) as back
    from said
)
insert into outbox_message
  (event_id, topic, key, key_seq, single, type, version, payload, epoch, headers)
select p.event_id, p.topic, p.key, coalesce(c.last_seq + p.back + 1, 1), p.single, p.type,
       p.version, p.payload, %s, %s::jsonb
  from placed p left join counted c on not p.single and c.topic = p.topic and c.key = p.key
 order by p.place
"""


def publish(event: Event) -> None:
    """Say that something has happened, if and when the open unit of work commits.

    Needs an open unit of work. A second call says it a second time, under another event id.
    """
    publish_many((event,))


def publish_many(events: Sequence[Event]) -> None:
    """Publish several events in their order, in one statement."""
    context = current_context()
    if context is None:
        raise RuntimeError("publish needs the unit of work that makes the event true")
    if not events:
        return
    rows = [
        (
            new_id(),
            event.topic,
            event.key,
            event.single,
            event.event_type,
            event.event_version,
            msgspec.json.encode(event).decode(),
        )
        for event in events
    ]
    with connections[alias_of(context)].cursor() as cursor:
        columns = [list(column) for column in zip(*rows, strict=True)]
        cursor.execute(_PUBLISH, [*columns, current_epoch(), headers()])
    after_commit(lambda: poke(context))


class _Headers(msgspec.Struct, omit_defaults=True):
    traceparent: str = ""
    requestid: str = ""
    causationid: str = ""
    authtype: str = ""
    authid: UUID | str = ""
    authstaffid: UUID | str = ""


_encode: Final = msgspec.json.Encoder().encode


def headers() -> str:
    """Return the JSON object of what travels with every event published now.

    CloudEvents extension attributes: traceparent, requestid, causationid (the event that is being
    handled, if any), authtype and authid (on whose behalf). Empty ones are left out.
    """
    return headers_in(request.current())


def headers_in(now: request.RequestContext) -> str:
    """Return the same for a context that is given."""
    said = _Headers(now.traceparent, now.request_id, now.causation_id)
    if now.actor is not None:
        said.authtype, said.authid = now.actor.kind, now.actor.user_id
        said.authstaffid = now.actor.actor_id or ""
    return _encode(said).decode()
