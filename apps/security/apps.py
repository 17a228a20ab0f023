"""Wiring of the security context."""

from vortex.contexts import ContextConfig


class SecurityConfig(ContextConfig):
    """The security context as a Django app."""

    name = "apps.security"
    label = "security"
