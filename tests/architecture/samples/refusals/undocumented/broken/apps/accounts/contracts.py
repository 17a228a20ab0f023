"""Accounts."""


class Nothing(NotFound, code="nowhere"):
    """There is nothing."""
