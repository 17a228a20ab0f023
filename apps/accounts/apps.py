"""Wiring of the accounts context."""

from vortex.contexts import ContextConfig


class AccountsConfig(ContextConfig):
    """The accounts context as a Django app."""

    name = "apps.accounts"
    label = "accounts"
    laws = "selectors.laws.LAWS"
