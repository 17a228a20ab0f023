"""What the broker refused, and how far the outboxes lag behind, for staff."""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.contrib import admin

from vortex.broker.staff import ParkedAdmin
from vortex.clock import now
from vortex.outbox.models import Parked
from vortex.outbox.reporting import OutboxStatus, status
from vortex.staff import Line, Panel, panel

_LATE: Final = timedelta(seconds=30)


@admin.register(Parked)
class OutboxParkedAdmin(ParkedAdmin):
    """Parked messages of the outbox."""

    desk_name = "outbox"


@panel(2, "Outbox")
def outbox_panel() -> Panel:
    """Say of each context what waits to be published, since when, and who publishes it."""
    return Panel(
        title="Outbox",
        columns=("context", "waiting", "lag", "parked keys", "relays"),
        lines=tuple(_line(status(name)) for name in settings.VORTEX_HOSTED),
        link="admin:outbox_parked_changelist",
    )


def _line(of: OutboxStatus) -> Line:
    lag = now() - of.oldest_at if of.oldest_at else timedelta(0)
    shown = f"{lag.total_seconds():.1f} s"
    cells = (of.context, str(of.waiting), shown, str(of.parked_keys), str(of.relays))
    if of.parked_keys or lag > _LATE:
        return Line(cells, "bad")
    return Line(cells, "good" if of.relays else "warn")
