"""Wiring of the notifications context."""

from vortex.contexts import ContextConfig


class NotificationsConfig(ContextConfig):
    """The notifications context as a Django app."""

    name = "apps.notifications"
    label = "notifications"
