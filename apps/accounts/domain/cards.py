"""What can be asked of a card, as a table, and when it may pay."""

from datetime import date
from enum import StrEnum
from typing import Final

from apps.accounts.contracts import (
    CardIsCancelled,
    CardIsExpired,
    CardIsLocked,
    CardState,
    Product,
)
from vortex.errors import Refusal

PRODUCTS: Final = frozenset({Product.CHECKING, Product.WALLET})
MOST: Final = 10
MOST_EVER: Final = 50
LONGEST_MERCHANT: Final = 64


class CardChange(StrEnum):
    """What can be asked of a card."""

    LOCK = "lock"
    UNLOCK = "unlock"
    CANCEL = "cancel"


_A, _L, _C = CardState.ACTIVE, CardState.LOCKED, CardState.CANCELLED
_LOCK, _UNLOCK, _CANCEL = CardChange

# An outcome equal to the present state changes nothing: asking twice is asking once.
_OUTCOMES: Final[dict[tuple[CardState, CardChange], CardState | type[Refusal]]] = {
    (_A, _LOCK): _L,
    (_A, _UNLOCK): _A,
    (_A, _CANCEL): _C,
    (_L, _LOCK): _L,
    (_L, _UNLOCK): _A,
    (_L, _CANCEL): _C,
    (_C, _LOCK): CardIsCancelled,
    (_C, _UNLOCK): CardIsCancelled,
    (_C, _CANCEL): _C,
}


def after(state: CardState, change: CardChange) -> CardState:
    """Return the state that a change leads to, or refuse it."""
    outcome = _OUTCOMES[(state, change)]
    if isinstance(outcome, CardState):
        return outcome
    raise outcome


def check_may_pay(state: CardState, expiry: tuple[int, int], on: date) -> None:
    """Refuse a payment by a card that is locked, cancelled or past its (year, month)."""
    if state is CardState.LOCKED:
        raise CardIsLocked
    if state is CardState.CANCELLED:
        raise CardIsCancelled
    if (on.year, on.month) > expiry:
        raise CardIsExpired
