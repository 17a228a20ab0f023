"""Accounts."""


class Nothing(NotFound, code="NothingThere"):
    """There is nothing."""
