"""Accounts."""


@event("account.paid", topic="user.events", key="id")
class Paid(Event):
    """A fact of its own."""
