"""Wiring of the analytics context."""

from vortex.contexts import ContextConfig


class AnalyticsConfig(ContextConfig):
    """The analytics context as a Django app."""

    name = "apps.analytics"
    label = "analytics"
