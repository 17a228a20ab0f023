"""Whether every event that a context said has come to all who hear it, once its outbox is empty.

Who hears an event writes down that it was handled. Beside that, each key of a topic is numbered
without a hole by its outbox, and who hears the topic writes down every number that did not come.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg

from tests.bank import wait_for

Database = psycopg.Connection[Any]
_SECONDS = 60
_NOT_CARRIED = "select count(*) from outbox_message"
_MISSED = "select count(*) from inbox_gap where source = %s and found_at >= %s"
_PARKED = (
    "select (select count(*) from inbox_parked where parked_at >= %s)"
    " + (select count(*) from outbox_parked where parked_at >= %s)"
)
_SAID = "select event_id::text, type from outbox_archive where created_at >= %s"
_HEARD = "select consumer, event_id::text from inbox_seen where seen_at >= %s"


def settle(said_by: Database) -> None:
    """Wait until the outbox of a context is empty: what it said by then has been carried."""
    wait_for(
        lambda: not _count(said_by, _NOT_CARRIED),
        _SECONDS,
        "the outbox empties",
        lambda: f"{_count(said_by, _NOT_CARRIED)} events wait",
    )


def missed(context: str, said_by: Database, hearers: Sequence[Database], since: datetime) -> int:
    """Return how many events never came to somebody who hears their kind, or were parked.

    Whoever is slow gets a minute.
    """
    said = dict(said_by.execute(_SAID, (since,)).fetchall())
    never = sum(_never_came(said, hearer, since) for hearer in hearers)
    holes = sum(_count(h, _MISSED, f"/vortexcore/{context}", since) for h in hearers)
    return never + holes + _count(said_by, _PARKED, since, since)


def unheard(said: Mapping[str, str], heard: Iterable[tuple[str, str]]) -> int:
    """Count events (id to kind) that a hearer of their kind has not: `heard` is hearer and id."""
    by_hearer: dict[str, set[str]] = defaultdict(set)
    for hearer, event in heard:
        by_hearer[hearer].add(event)
    missing = 0
    for events in by_hearer.values():
        kinds = {said[event] for event in events if event in said}
        missing += sum(kind in kinds and event not in events for event, kind in said.items())
    return missing


def _never_came(said: Mapping[str, str], hearer: Database, since: datetime) -> int:
    def left() -> int:
        return unheard(said, hearer.execute(_HEARD, (since,)).fetchall())

    try:
        wait_for(lambda: not left(), _SECONDS, "all is heard")
    except AssertionError:
        return left()
    return 0


def _count(opened: Database, statement: str, *values: object) -> int:
    row = opened.execute(statement.encode(), values or None).fetchone()
    return int(row[0]) if row else -1
