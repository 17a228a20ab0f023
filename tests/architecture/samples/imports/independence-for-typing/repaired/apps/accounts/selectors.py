"""Asks the contract."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apps.payments.contracts import Payments
