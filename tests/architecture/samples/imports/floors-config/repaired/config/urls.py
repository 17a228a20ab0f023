"""The composition root knows everybody."""

from apps.accounts import contracts
