"""Accounts."""


@event("payment.settled", topic="user.events", key="id")
class Settled(Event):
    """Again."""
