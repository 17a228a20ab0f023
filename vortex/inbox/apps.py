"""Wiring of the inbox tables, which stand in every context's database."""

from django.apps import AppConfig


class InboxConfig(AppConfig):
    """What a context has heard, so that it acts on nothing twice."""

    name = "vortex.inbox"
    label = "inbox"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Open the desk for parked keys."""
        from vortex.broker.parking import register
        from vortex.inbox.parked import InboxDesk

        register(InboxDesk())
