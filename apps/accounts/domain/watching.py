"""When a monitor speaks, and what the change of a payment is; no accounts, no clock."""

from enum import StrEnum


class Kind(StrEnum):
    """What a monitor watches for."""

    LOW = "low"
    HIGH = "high"
    LARGE_DEBIT = "large_debit"


def is_beyond(kind: Kind, threshold_minor: int, balance_minor: int) -> bool:
    """Say whether a balance is on the wrong side; a large debit is no state that lasts."""
    if kind is Kind.LOW:
        return balance_minor < threshold_minor
    return kind is Kind.HIGH and balance_minor > threshold_minor


def speaks(
    kind: Kind, threshold_minor: int, *, was_beyond: bool, balance_minor: int, amount_minor: int
) -> bool:
    """Say whether an entry makes the monitor speak: a crossing does once, each large debit does."""
    if kind is Kind.LARGE_DEBIT:
        return -amount_minor >= threshold_minor
    return is_beyond(kind, threshold_minor, balance_minor) and not was_beyond


def change_of(paid_minor: int, unit_minor: int) -> int:
    """Return what a payment lacks to the next whole unit; nothing where it is whole or off."""
    return -paid_minor % unit_minor if unit_minor > 0 else 0
