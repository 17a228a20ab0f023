"""Wiring of the chat context."""

from vortex.contexts import ContextConfig


class ChatConfig(ContextConfig):
    """The chat context as a Django app."""

    name = "apps.chat"
    label = "chat"
