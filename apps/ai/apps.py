"""Wiring of the ai context."""

from vortex.contexts import ContextConfig


class AiConfig(ContextConfig):
    """The ai context as a Django app."""

    name = "apps.ai"
    label = "ai"
