"""Accounts."""


class Nothing(NotFound, code="payment_not_found"):
    """There is nothing."""
