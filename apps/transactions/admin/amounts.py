"""Money as the administration shows it."""

from vortex.money import Money


def shown(minor: int, currency: str) -> str:
    """Return an amount with its currency."""
    return f"{Money(minor, currency).amount} {currency}"
