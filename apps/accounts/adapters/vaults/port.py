"""What the bank asks of the vault that keeps card numbers, and how that can fail.

A vault makes a card and gives a token for it. The number and the code on its back stay there: no
answer of this port has room for them.
"""

from enum import StrEnum
from typing import Protocol
from uuid import UUID

from vortex.contracts import Value


class VaultUnavailableError(Exception):
    """The vault did not answer, or said that it cannot now: ask again later."""


class VaultTalksNonsenseError(Exception):
    """What came back is not what was asked for: unreadable, too much, or about another card."""


class VaultState(StrEnum):
    """What a vault lets a card do: pay, not pay for now, or never again."""

    ACTIVE = "active"
    LOCKED = "locked"
    CANCELLED = "cancelled"


class Issued(Value):
    """A card as it may be known outside of its vault."""

    token: str
    last_four: str
    brand: str
    expiry_month: int
    expiry_year: int


class Vault(Protocol):
    """A vault. Every call may raise the two errors above, and may be made twice."""

    name: str

    def issue(self, *, reference: UUID, currency: str) -> Issued:
        """Make a virtual card under a reference of ours; the same card for the same reference."""
        ...

    def set_state(self, *, token: str, state: VaultState) -> None:
        """Let a card pay, pay no more, or never again; the last cannot be taken back."""
        ...
