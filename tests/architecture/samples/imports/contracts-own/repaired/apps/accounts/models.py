"""Tables."""

from apps.accounts.contracts import Account
