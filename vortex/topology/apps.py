"""Wiring of the topology tables, which stand in every context's database."""

from django.apps import AppConfig


class TopologyConfig(AppConfig):
    """Ownership of a context's data and the fence that guards it."""

    name = "vortex.topology"
    label = "topology"
    default_auto_field = "django.db.models.BigAutoField"
