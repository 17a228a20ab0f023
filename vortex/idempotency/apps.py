"""Wiring of the idempotency table, which stands in every context's database."""

from django.apps import AppConfig


class IdempotencyConfig(AppConfig):
    """Answers remembered by the caller's key."""

    name = "vortex.idempotency"
    label = "idempotency"
    default_auto_field = "django.db.models.BigAutoField"
