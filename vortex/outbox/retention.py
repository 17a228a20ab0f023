"""How long delivered messages stay: days of the archive are made ahead and dropped whole."""

from datetime import date, timedelta
from typing import Final

from django.db import connections

from vortex.broker.retention import ARCHIVE_DAYS, DAYS_AHEAD
from vortex.clock import today
from vortex.db import alias_of
from vortex.db.partitions import drop_days_before, ensure_days

TABLE: Final = "outbox_archive"


def prepare(context: str) -> list[str]:
    """Make the days of the coming week; return the partitions that were missing."""
    return ensure_days(context, TABLE, _bound, first=today(), count=DAYS_AHEAD)


def forget(context: str, *, days: int = ARCHIVE_DAYS) -> list[str]:
    """Drop the days before the last `days`; return the partitions dropped.

    What the default partition took while no day was there is deleted by its age.
    """
    oldest = today() - timedelta(days=days)
    with connections[alias_of(context)].cursor() as cursor:
        cursor.execute("delete from outbox_archive_default where archived_at < %s", (oldest,))
    return drop_days_before(context, TABLE, oldest)


def _bound(day: date) -> str:
    return f"{day.isoformat()} 00:00:00+00"
