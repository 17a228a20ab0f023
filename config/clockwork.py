"""The clock of periodic tasks: each fires once for a context, wherever the context is by then.

Every deployment that hosts a context keeps a clock. Firing is a row of the context's own database,
written through the fence: only the owner can write it, and a second clock meets the first's row.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from celery.beat import PersistentScheduler
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connections

from vortex.clock import now
from vortex.db import Moved, alias_of, unit_of_work
from vortex.telemetry import get_logger

_KEPT: Final = timedelta(days=7)
_MINUTE: Final = 60

log = get_logger("celery.clock")


class OwnersClock(PersistentScheduler):
    """Sends what is due for the contexts that are owned here, and the kernel's own tasks."""

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Send a task that is due, unless its context lives elsewhere or another clock sent it."""
        context = str(entry.task).partition(".")[0]
        if context in settings.VORTEX_HOSTED and not fire(context, entry.name, due(entry.schedule)):
            return
        super().apply_entry(entry, producer=producer)


def due(of: Any) -> datetime:
    """Return the instant that two clocks agree on: the start of the interval that has begun."""
    interval: timedelta | None = getattr(of, "run_every", None)
    every = interval.total_seconds() if interval is not None else _MINUTE
    return datetime.fromtimestamp(now().timestamp() // every * every, tz=UTC)


def fire(context: str, name: str, due_at: datetime) -> bool:
    """Write that a task fires for an instant; return whether it is ours to send."""
    try:
        with unit_of_work(context) as connection, connection.cursor() as cursor:
            cursor.execute(
                "insert into topology_fired (schedule, due_at) values (%s, %s)"
                " on conflict do nothing",
                (name, due_at),
            )
            ours = bool(cursor.rowcount)
            cursor.execute("delete from topology_fired where due_at < %s", (due_at - _KEPT,))
            return ours
    except Moved:
        return False
    except (DatabaseError, InterfaceError):
        log.exception("celery.clock.not_fired", context=context, schedule=name)
        connections[alias_of(context)].close()
        return False
