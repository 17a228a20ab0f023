"""Asks the contract."""

from apps.payments.contracts import Payments
