"""What the inbox writes down: events handled, how far keys have come, numbers that are missing."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from django.db import connections

from vortex.db import alias_of, arrays
from vortex.db.prepared import fetch
from vortex.inbox.heard import Heard, Place
from vortex.telemetry import get_logger
from vortex.telemetry.metrics import counter

log = get_logger("inbox")
gaps_total = counter(
    "vortex_inbox_gaps_total", "Runs of sequence numbers that never came.", ("context",)
)

# Sorted, so that two consumers that meet for a moment wait for each other and do not deadlock.
_REMEMBER: Final = """
insert into inbox_seen (consumer, event_id)
select %(consumer)s, id from unnest(%(ids)s) as t (id) order by id
on conflict do nothing returning event_id
"""
_FEW: Final = 1_000  # parked keys that are cheaper to fetch than to ask about
_ADVANCE: Final = """
insert into inbox_sequence as s (source, topic, key, last_seq)
select source, topic, key, max(number)
  from unnest(%s::text[], %s::text[], %s::text[], %s::bigint[]) t (source, topic, key, number)
 group by source, topic, key order by source, topic, key
on conflict (source, topic, key) do update set last_seq = greatest(s.last_seq, excluded.last_seq)
returning source, topic, key, old.last_seq
"""


class Gap(NamedTuple):
    """Numbers of a key from `expected` up to the one before `received` never came."""

    source: str
    topic: str
    key: str
    expected: int
    received: int


def remember(context: str, consumer: str, ids: Sequence[UUID]) -> set[UUID]:
    """Write that a consumer handles these events; return those that it had not handled before.

    Needs the unit of work in which they are handled.
    """
    asked = {"consumer": consumer, "ids": arrays.uuids(ids)}
    return {event_id for (event_id,) in fetch(context, _REMEMBER, asked)}


def advance(context: str, heard: Iterable[Heard]) -> list[Gap]:
    """Note how far each counted key has come, and raise the alarm about numbers that are missing.

    The first number seen of a key is where counting begins; a repetition changes nothing.
    """
    came: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for message in heard:
        said = message.envelope
        if said.number and not said.singlekey and not said.replayid:
            came[(said.source, *message.place)].append(said.number)
    if not came:
        return []
    rows = [(*stream, max(numbers)) for stream, numbers in came.items()]
    with connections[alias_of(context)].cursor() as cursor:
        cursor.execute(_ADVANCE, [list(column) for column in zip(*rows, strict=True)])
        before = {(source, topic, key): last for source, topic, key, last in cursor.fetchall()}
    gaps = [gap for stream, last in before.items() for gap in _gaps(stream, last, came[stream])]
    if gaps:
        _alarm(context, gaps)
    return gaps


def parked_places(context: str, places: Iterable[Place]) -> set[Place]:
    """Return the topics and keys that are parked here, at least those among `places`."""
    with connections[alias_of(context)].cursor() as cursor:
        cursor.execute("select distinct topic, key from inbox_parked limit %s", (_FEW,))
        if len(few := set(cursor.fetchall())) < _FEW:
            return few
        wanted = sorted(set(places))
        cursor.execute(
            "select distinct p.topic, p.key from inbox_parked p"
            " join unnest(%s::text[], %s::text[]) w (topic, key)"
            "   on p.topic = w.topic and p.key = w.key",
            ([topic for topic, _ in wanted], [key for _, key in wanted]),
        )
        return set(cursor.fetchall())


def begin_again(context: str, heard: Heard) -> int:
    """Count that a message which came again is begun; return how often it was by now."""
    with connections[alias_of(context)].cursor() as cursor:
        cursor.execute(
            "insert into inbox_attempt as a (event_id, attempts) values (%s, 1)"
            " on conflict (event_id) do update set attempts = a.attempts + 1, started_at = now()"
            " returning attempts",
            (f"{heard.delivery.shard}/{heard.delivery.position}",),
        )
        return int(cursor.fetchone()[0])


def _gaps(stream: tuple[str, str, str], last: int | None, numbers: list[int]) -> list[Gap]:
    found = []
    expected = last + 1 if last is not None else min(numbers)
    for number in sorted(set(numbers)):
        if number > expected:
            found.append(Gap(*stream, expected, number))
        expected = max(expected, number + 1)
    return found


def _alarm(context: str, gaps: list[Gap]) -> None:
    gaps_total.labels(context).inc(len(gaps))
    for gap in gaps:
        log.error("inbox.gap.found", context=context, **gap._asdict())
    with connections[alias_of(context)].cursor() as cursor:
        cursor.executemany(
            "insert into inbox_gap (source, topic, key, expected, received)"
            " values (%s, %s, %s, %s, %s)",
            gaps,
        )
