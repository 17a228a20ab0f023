"""How long the inbox remembers: longer than the archive can replay, in days dropped whole."""

from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connections

from vortex.broker.retention import DAYS_AHEAD, INBOX_DAYS
from vortex.clock import today
from vortex.db import alias_of
from vortex.db.partitions import drop_days_before, ensure_days

TABLE: Final = "inbox_seen"


def prepare(context: str) -> list[str]:
    """Make the days of the coming week; return the partitions that were missing."""
    return ensure_days(context, TABLE, _bound, first=today(), count=DAYS_AHEAD)


def forget(context: str, *, days: int = INBOX_DAYS) -> list[str]:
    """Drop the days before the last `days`; return the partitions dropped.

    A day holds the events whose ids were made on it. Ids from elsewhere are in the default
    partition and go by the moment they were seen; so do counts of begun messages.
    """
    oldest = today() - timedelta(days=days)
    with connections[alias_of(context)].cursor() as cursor:
        cursor.execute("delete from inbox_seen_default where seen_at < %s", (oldest,))
        cursor.execute("delete from inbox_attempt where started_at < now() - interval '2 days'")
    return drop_days_before(context, TABLE, oldest)


def _bound(day: date) -> str:
    """Return the least UUIDv7 of a day: 48 bits of milliseconds, and nothing after them."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return str(UUID(int=int(midnight.timestamp() * 1000) << 80))
