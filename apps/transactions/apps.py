"""Wiring of the transactions context."""

from vortex.contexts import ContextConfig


class TransactionsConfig(ContextConfig):
    """The transactions context as a Django app."""

    name = "apps.transactions"
    label = "transactions"
    laws = "services.verifying.LAWS"
