"""What handlers failed on, and numbers that never came, for staff."""

from django.contrib import admin

from vortex.broker.staff import ParkedAdmin
from vortex.inbox.models import Gap, Parked


@admin.register(Parked)
class InboxParkedAdmin(ParkedAdmin):
    """Parked messages of the inbox."""

    desk_name = "inbox"


@admin.register(Gap)
class GapAdmin(ParkedAdmin):
    """Alarms about missing numbers; there is nothing to do here but to look."""

    list_display = ("source", "topic", "key", "expected", "received", "found_at")
    actions = ()
