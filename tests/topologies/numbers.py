"""Whether every event that a context said has come to all who hear it, once its outbox is empty.

Each key of a topic is numbered without a hole by its outbox. Whoever hears the topic keeps the last
number that came, and writes down every number that did not.
"""

from collections.abc import Sequence
from typing import Any

import psycopg

from tests.bank import wait_for

Database = psycopg.Connection[Any]
_SECONDS = 60
_NOT_CARRIED = "select count(*) from outbox_message"
_MISSED = "select count(*) from inbox_gap where source = %s"
_PARKED = "select (select count(*) from inbox_parked) + (select count(*) from outbox_parked)"
_HEARD = "select topic, key, last_seq from inbox_sequence where source = %s"
_SAID = "select topic, key, last_seq from outbox_key"


def settle(said_by: Database) -> None:
    """Wait until the outbox of a context is empty: what it said by then has been carried."""
    wait_for(lambda: not _count(said_by, _NOT_CARRIED), 60, "the outbox empties")


def missed(context: str, said_by: Database, hearers: Sequence[Database]) -> int:
    """Return how many numbers never came to a hearer, with the events that were parked at home.

    A last number that stays behind the one that was given counts: nothing came after it.
    """
    source = f"/vortexcore/{context}"
    for hearer in hearers:
        wait_for(
            lambda hearer=hearer: not _behind(source, said_by, hearer),  # type: ignore[misc]
            _SECONDS,
            f"all that {context} said is heard in {hearer.info.dbname}",
        )
    holes = sum(_count(hearer, _MISSED, source) for hearer in hearers)
    return holes + _count(said_by, _PARKED)


def _behind(source: str, said_by: Database, hearer: Database) -> int:
    heard = {(t, k): n for t, k, n in hearer.execute(_HEARD, (source,)).fetchall()}
    given = {(t, k): n for t, k, n in said_by.execute(_SAID).fetchall()}
    return sum(given.get(place, 0) > last for place, last in heard.items())


def _count(opened: Database, statement: str, *values: str) -> int:
    row = opened.execute(statement.encode(), values or None).fetchone()
    return int(row[0]) if row else -1
