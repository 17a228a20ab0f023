"""Accounts."""


class Nothing(NotFound, code="nothing_there"):
    """There is nothing."""
