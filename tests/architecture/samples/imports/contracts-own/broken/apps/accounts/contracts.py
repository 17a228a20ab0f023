"""A contract that shows its tables."""

from apps.accounts.models import Account
