"""Wiring of the auth context."""

from vortex.contexts import ContextConfig


class AuthConfig(ContextConfig):
    """The auth context as a Django app."""

    name = "apps.auth"
    label = "vortex_auth"
