"""The outbox's desk for parked keys: what the broker refused, and what waits behind it.

Every change locks the lease of the key's partition first, as the relay does when it parks, so the
two never see half of each other's work.
"""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from vortex.broker.parking import (
    NothingParked,
    ParkedKey,
    ParkedMessage,
    check_payload,
    parked_keys,
    parked_messages,
)
from vortex.db import after_commit, unit_of_work
from vortex.outbox.models import PARTITIONS
from vortex.outbox.queue import COLUMNS
from vortex.outbox.wake import poke
from vortex.telemetry import get_logger

log = get_logger("outbox.parked")

_RELEASE: Final = f"""
with gone as (delete from outbox_parked where topic = %s and key = %s returning *)
insert into outbox_message ({COLUMNS}) select {COLUMNS} from gone order by id
"""  # noqa: S608 - made of constants
_SKIP: Final = f"""
with gone as (
  delete from outbox_parked where id = %s returning *
), marked as (
  select id, event_id, topic, key, key_seq, single, type, version, epoch, payload,
         headers || jsonb_build_object('skippedby', %s::text) as headers, created_at from gone
)
insert into outbox_archive ({COLUMNS}) select {COLUMNS} from marked
"""  # noqa: S608 - made of constants


class OutboxDesk:
    """Parked messages of the outbox; see vortex.broker.parking.Desk."""

    name = "outbox"

    def keys(self, context: str) -> list[ParkedKey]:
        """Return the parked keys, longest parked first."""
        return parked_keys(self.name, context)

    def messages(self, context: str, *, topic: str, key: str) -> list[ParkedMessage]:
        """Return what waits of a key, in order."""
        place = (topic, key)
        return parked_messages(self.name, context, place, content="payload", shown=str)

    def retry(self, context: str, *, topic: str, key: str, by: str) -> int:
        """Put the messages of a key back into the queue, under their old ids."""
        with _first_of(context, topic, key) as (cursor, _):
            cursor.execute(_RELEASE, (topic, key))
            moved = int(cursor.rowcount)
        log.info("outbox.key.retried", context=context, topic=topic, key=key, by=by)
        return moved

    def skip(self, context: str, *, topic: str, key: str, by: str) -> str:
        """Archive the first message unpublished and put the rest back; consumers see a gap."""
        with _first_of(context, topic, key) as (cursor, first):
            cursor.execute(_SKIP, (first[0], by))
            cursor.execute(_RELEASE, (topic, key))
        event_id = str(first[1])
        log.warning(
            "outbox.message.skipped",
            context=context,
            topic=topic,
            key=key,
            event_id=event_id,
            by=by,
        )
        return event_id

    def edit(self, context: str, *, topic: str, key: str, payload: bytes, by: str) -> None:
        """Replace the payload of the first message, if it decodes as the event it claims to be."""
        with _first_of(context, topic, key) as (cursor, first):
            check_payload(str(first[2]), payload)
            cursor.execute(
                "update outbox_parked set payload = %s::jsonb where id = %s",
                (payload.decode(), first[0]),
            )
        log.warning("outbox.message.edited", context=context, topic=topic, key=key, by=by)


@contextmanager
def _first_of(context: str, topic: str, key: str) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Lock a parked key inside a unit of work; yield the cursor and (id, event_id, type)."""
    partition = zlib.crc32(key.encode()) % PARTITIONS
    with unit_of_work(context) as connection, connection.cursor() as cursor:
        cursor.execute("select from outbox_lease where partition = %s for update", (partition,))
        cursor.execute(
            "select id, event_id, type from outbox_parked where topic = %s and key = %s"
            " order by id limit 1",
            (topic, key),
        )
        first = cursor.fetchone()
        if first is None:
            raise NothingParked(topic=topic, key=key)
        yield cursor, first
        after_commit(lambda: poke(context))
