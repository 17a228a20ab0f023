"""Hands out the page."""

from apps.payments.contracts import Payments

__all__ = ["Payments"]
