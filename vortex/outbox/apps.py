"""Wiring of the outbox tables, which stand in every context's database."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """What a context has to say, beside what it has changed, until the relay has said it."""

    name = "vortex.outbox"
    label = "outbox"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Open the desk for parked keys."""
        from vortex.broker.parking import register
        from vortex.outbox.parked import OutboxDesk

        register(OutboxDesk())
