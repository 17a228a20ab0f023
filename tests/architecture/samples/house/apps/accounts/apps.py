"""Wiring."""

from vortex.contexts import ContextConfig


class Config(ContextConfig):
    """The context as a Django app."""

    name = "apps.accounts"
    label = "accounts"
