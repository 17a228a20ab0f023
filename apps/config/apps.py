"""Wiring of the config context."""

from vortex.contexts import ContextConfig


class ConfigConfig(ContextConfig):
    """The config context as a Django app."""

    name = "apps.config"
    label = "config"
