"""What the broker refused, for staff."""

from django.contrib import admin

from vortex.broker.staff import ParkedAdmin
from vortex.outbox.models import Parked


@admin.register(Parked)
class OutboxParkedAdmin(ParkedAdmin):
    """Parked messages of the outbox."""

    desk_name = "outbox"
