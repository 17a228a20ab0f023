"""Wiring of the payments context."""

from vortex.contexts import ContextConfig


class PaymentsConfig(ContextConfig):
    """The payments context as a Django app."""

    name = "apps.payments"
    label = "payments"
