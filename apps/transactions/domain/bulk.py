"""A set of transfers on its way: where it can stand, and what may still become of it."""

from enum import StrEnum
from typing import Final

MOST_ITEMS: Final = 1_000_000


class BulkState(StrEnum):
    """Where a set stands. What is received is not begun before all of it is there."""

    RECEIVING = "receiving"
    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class ItemStatus(StrEnum):
    """What has become of one item."""

    WAITING = "waiting"
    POSTED = "posted"
    REFUSED = "refused"
    CANCELLED = "cancelled"


WORKING: Final = (BulkState.QUEUED, BulkState.RUNNING)
OPEN: Final = (BulkState.RECEIVING, *WORKING)


def status_of(*, line: int, done: int, code: str, state: str) -> ItemStatus:
    """Return what has become of the item at `line` of a set that has come to `done`."""
    if line > done:
        return ItemStatus.CANCELLED if state == BulkState.CANCELLED else ItemStatus.WAITING
    return ItemStatus.REFUSED if code else ItemStatus.POSTED


def percent_of(*, done: int, items: int) -> int:
    """Return how much is done, whole percents; a hundred only when all of it is."""
    return done * 100 // items if items else 0
