"""What handlers failed on, and numbers that never came, for staff."""

from django.conf import settings
from django.contrib import admin

from vortex.broker.parking import desks
from vortex.broker.staff import ParkedAdmin
from vortex.inbox.models import Gap, Parked
from vortex.staff import Line, Panel, panel


@admin.register(Parked)
class InboxParkedAdmin(ParkedAdmin):
    """Parked messages of the inbox."""

    desk_name = "inbox"


@admin.register(Gap)
class GapAdmin(ParkedAdmin):
    """Alarms about missing numbers; there is nothing to do here but to look."""

    list_display = ("source", "topic", "key", "expected", "received", "found_at")
    actions = ()


@panel(3, "Parked keys")
def parked_panel() -> Panel:
    """List the keys that wait for somebody, wherever they were parked, longest first."""
    waiting = sorted(
        (key for desk in desks() for name in settings.VORTEX_HOSTED for key in desk.keys(name)),
        key=lambda key: key.since,
    )
    return Panel(
        title="Parked keys",
        columns=("context", "desk", "topic", "key", "messages", "since", "reason"),
        lines=tuple(
            Line(
                (
                    key.context,
                    key.desk,
                    key.topic,
                    key.key,
                    str(key.messages),
                    f"{key.since:%Y-%m-%d %H:%M}",
                    key.reason[:120],
                ),
                "bad",
            )
            for key in waiting
        ),
        empty="No key waits: every event of every context flows.",
        link="admin:inbox_parked_changelist",
    )
