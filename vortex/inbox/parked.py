"""The inbox's desk for parked keys: what a handler failed on for good, and what waits behind it.

Parking and releasing take one lock per key, in the transaction of the change: a message that comes
while the last one of its key is released is either released with it or handled, and never left
behind alone.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import msgspec
from django.db import connections

from vortex.broker import Delivery
from vortex.broker.parking import (
    NothingParked,
    ParkedKey,
    ParkedMessage,
    PayloadRefused,
    StillFailing,
    check_payload,
    parked_keys,
    parked_messages,
)
from vortex.db import alias_of, unit_of_work
from vortex.inbox.handling import handle
from vortex.inbox.heard import Heard, understand
from vortex.inbox.registry import handlers_by_type
from vortex.telemetry import get_logger
from vortex.telemetry.metrics import counter

log = get_logger("inbox.parked")
parked_total = counter(
    "vortex_inbox_parked_total", "Events parked because a handler failed on them.", ("context",)
)

_LOCK: Final = "select pg_advisory_xact_lock(1448037465, hashtext(%s || ' ' || %s))"
_PARK: Final = """
insert into inbox_parked (topic, key, event_id, type, consumer, envelope, attempts, reason)
select %s, %s, %s, %s, %s, %s, %s, %s
 where %s or exists (select from inbox_parked where topic = %s and key = %s)
on conflict (topic, key, event_id) do nothing
"""


def park(
    context: str, heard: Sequence[Heard], *, reason: str, consumer: str, attempts: int
) -> None:
    """Park a key: the message that failed first, and those that came behind it."""
    topic, key = heard[0].place
    with _locked(context, topic, key) as cursor:
        for place, message in enumerate(heard):
            why = reason if place == 0 else ""
            said = (consumer if place == 0 else "", message.delivery.value, attempts, why)
            cursor.execute(_PARK, (*_names(message), *said, True, topic, key))
    parked_total.labels(context).inc(len(heard))
    log.error(
        "inbox.key.parked",
        context=context,
        topic=topic,
        key=key,
        consumer=consumer,
        event_id=heard[0].envelope.id,
        reason=reason,
        attempts=attempts,
    )


def park_behind(context: str, heard: Heard) -> bool:
    """Park a message behind those of its key; return False where the key flows again by now."""
    topic, key = heard.place
    with _locked(context, topic, key) as cursor:
        values = (*_names(heard), "", heard.delivery.value, 1, "", False, topic, key)
        cursor.execute(_PARK, values)
        cursor.execute(
            "select exists (select from inbox_parked where topic = %s and key = %s)", (topic, key)
        )
        return bool(cursor.fetchone()[0])


class InboxDesk:
    """Parked messages of the inbox; see vortex.broker.parking.Desk."""

    name = "inbox"

    def keys(self, context: str) -> list[ParkedKey]:
        """Return the parked keys, longest parked first."""
        return parked_keys(self.name, context)

    def messages(self, context: str, *, topic: str, key: str) -> list[ParkedMessage]:
        """Return what waits of a key, in order."""
        place = (topic, key)
        return parked_messages(self.name, context, place, content="envelope", shown=_payload)

    def retry(self, context: str, *, topic: str, key: str, by: str) -> int:
        """Handle the messages of a key here and now; the first that fails again ends it.

        Returns how many were handled. Refuses with StillFailing, the key parked as it was, and with
        PayloadRefused where a message cannot be read.
        """
        log.info("inbox.key.retried", context=context, topic=topic, key=key, by=by)
        count = 0
        while True:
            try:
                with _first_of(context, topic, key) as (_, first):
                    if first.problem:
                        raise PayloadRefused(first.problem)
                    _handle(first)
                    _delete(context, topic, key, first)
            except NothingParked:
                if not count:
                    raise
                return count
            count += 1

    def skip(self, context: str, *, topic: str, key: str, by: str) -> str:
        """Drop the first message unhandled, then handle the rest as `retry` does."""
        with _first_of(context, topic, key) as (_, first):
            _delete(context, topic, key, first)
        event_id = first.envelope.id
        log.warning(
            "inbox.message.skipped", context=context, topic=topic, key=key, event_id=event_id, by=by
        )
        if parked(context, topic, key):
            self.retry(context, topic=topic, key=key, by=by)
        return event_id

    def edit(self, context: str, *, topic: str, key: str, payload: bytes, by: str) -> None:
        """Replace the event in the first message, if it decodes as what it claims to be."""
        with _first_of(context, topic, key) as (cursor, first):
            check_payload(first.envelope.type, payload)
            try:
                said = msgspec.json.decode(first.delivery.value, type=dict[str, msgspec.Raw])
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise PayloadRefused(str(error)) from error
            cursor.execute(
                "update inbox_parked set envelope = %s where topic = %s and key = %s"
                " and event_id = %s",
                (
                    msgspec.json.encode({**said, "data": msgspec.Raw(payload)}),
                    topic,
                    key,
                    _names(first)[2],
                ),
            )
        log.warning("inbox.message.edited", context=context, topic=topic, key=key, by=by)


def parked(context: str, topic: str, key: str) -> bool:
    """Say whether a key is parked."""
    with connections[alias_of(context)].cursor() as cursor:
        cursor.execute(
            "select exists (select from inbox_parked where topic = %s and key = %s)", (topic, key)
        )
        return bool(cursor.fetchone()[0])


def _names(heard: Heard) -> tuple[str, str, str, str]:
    where = f"{heard.delivery.shard}/{heard.delivery.position}"  # of what has no readable id
    return (*heard.place, heard.envelope.id or where, heard.envelope.type)


def _payload(value: bytes) -> str:
    try:
        said = msgspec.json.decode(bytes(value), type=dict[str, msgspec.Raw])
        return bytes(said["data"]).decode()
    except (msgspec.MsgspecError, KeyError, UnicodeDecodeError):
        return bytes(value).decode(errors="replace")


@contextmanager
def _locked(context: str, topic: str, key: str) -> Iterator[Any]:
    with unit_of_work(context) as connection, connection.cursor() as cursor:
        cursor.execute(_LOCK, (topic, key))
        yield cursor


@contextmanager
def _first_of(context: str, topic: str, key: str) -> Iterator[tuple[Any, Heard]]:
    """Lock a parked key inside a unit of work; yield the cursor and its first message."""
    with _locked(context, topic, key) as cursor:
        cursor.execute(
            "select event_id, envelope from inbox_parked where topic = %s and key = %s"
            " order by id limit 1",
            (topic, key),
        )
        row = cursor.fetchone()
        if row is None:
            raise NothingParked(topic=topic, key=key)
        shard, _, position = str(row[0]).rpartition("/")
        delivery = Delivery(topic, key, bytes(row[1]), shard, position, 0, again=True)
        yield cursor, understand(delivery, handlers_by_type(context))


def _handle(first: Heard) -> None:
    for handler in first.handlers:
        try:
            handle(handler, (first,))
        except Exception as error:
            log.warning("inbox.handler.failed", consumer=handler.name, exc_info=True)
            raise StillFailing(f"{type(error).__name__}: {error}") from error


def _delete(context: str, topic: str, key: str, heard: Heard) -> None:
    with connections[alias_of(context)].cursor() as cursor:
        cursor.execute(
            "delete from inbox_parked where topic = %s and key = %s and event_id = %s",
            (topic, key, _names(heard)[2]),
        )
