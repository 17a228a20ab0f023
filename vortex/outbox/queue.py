"""What the relay does to messages: read the oldest, archive the published, park the refused."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from django.db import connections

from vortex.broker import Outgoing
from vortex.broker.envelope import encode

COLUMNS: Final = (
    "id, event_id, topic, key, key_seq, single, type, version, epoch, payload, headers, created_at"
)
_READ: Final = (
    "select id, partition, event_id, topic, key, key_seq, single, type, version, payload, headers,"
    " created_at, parked from outbox_read(%s::smallint[], %s)"
)
# One statement, so that a message is in exactly one of the two tables whenever the process dies.
# The lock on the leases holds off a takeover until it is done.
_ARCHIVE: Final = f"""
with held as (
  select l.partition from outbox_lease l
    join unnest(%s::smallint[], %s::bigint[]) t (partition, token)
      on l.partition = t.partition and l.token = t.token
     for share of l
), gone as (
  delete from outbox_message m using unnest(%s::smallint[], %s::bigint[]) d (partition, id), held h
   where h.partition = d.partition and m.partition = d.partition and m.id = d.id
  returning m.*
)
insert into outbox_archive ({COLUMNS}) select {COLUMNS} from gone
"""  # noqa: S608 - made of constants


class Waiting(msgspec.Struct, frozen=True):
    """A message as the relay reads it; `parked` says that its key is."""

    id: int
    partition: int
    event_id: str
    topic: str
    key: str
    key_seq: int
    single: bool
    type: str
    version: int
    payload: str
    headers: str
    created_at: str  # ISO 8601, in UTC
    parked: bool = False

    def outgoing(self, context: str, **extensions: str) -> Outgoing:
        """Return the message as it goes to the broker."""
        value = encode(
            context=context,
            event_id=self.event_id,
            type_=self.type,
            version=self.version,
            key=self.key,
            number=self.key_seq,
            single=self.single,
            created_at=self.created_at,
            data=self.payload,
            extensions={**_headers(self.headers), **extensions},
        )
        return Outgoing(self.topic, self.key, value)


def _headers(text: str) -> dict[str, Any]:
    return {} if text == "{}" else msgspec.json.decode(text, type=dict[str, Any])


def read(alias: str, partitions: Sequence[int], each: int) -> list[Waiting]:
    """Return up to `each` of the oldest messages of each partition, in order within it."""
    with connections[alias].cursor() as cursor:
        cursor.execute(_READ, (list(partitions), each))
        return [Waiting(*row) for row in cursor.fetchall()]


def archive(alias: str, tokens: Mapping[int, int], messages: Sequence[Waiting]) -> int:
    """Move published messages to the archive; return how many, fewer where a lease was lost."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            _ARCHIVE,
            (
                list(tokens),
                list(tokens.values()),
                [message.partition for message in messages],
                [message.id for message in messages],
            ),
        )
        return int(cursor.rowcount)


def park(alias: str, tokens: Mapping[int, int], reasons: Sequence[tuple[Waiting, str]]) -> int:
    """Park messages, each with why it was refused or "" where it waits behind one of its key."""
    by_partition: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for message, reason in reasons:
        by_partition[message.partition].append((message.id, reason))
    moved = 0
    with connections[alias].cursor() as cursor:
        for partition, found in by_partition.items():
            ids, texts = zip(*found, strict=True)
            cursor.execute(
                "select outbox_park(%s::smallint, %s, %s::bigint[], %s::text[])",
                (partition, tokens.get(partition, -1), list(ids), list(texts)),
            )
            moved += int(cursor.fetchone()[0])
    return moved
