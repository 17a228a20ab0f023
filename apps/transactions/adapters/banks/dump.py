"""What every dump of another bank comes down to: people, accounts, movements in booking order."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID

from apps.transactions.contracts import PostingKind


class UnreadableDumpError(ValueError):
    """The dump is not what its format promises; the text names file, line and reason."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who holds an account at the other bank."""

    user_id: UUID
    email: str
    full_name: str
    registered_at: datetime


@dataclass(frozen=True, slots=True)
class Opening:
    """An account of the other bank, to be opened here at its own date."""

    account_id: UUID
    key: str  # the other bank's own number
    owner_id: UUID
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Movement:
    """One booking of the other bank, with the balance that it printed after it.

    `amount_minor` is positive for a credit. `rounded` says that the true amount had more decimals
    than the dump prints. `against` names the account of the bank's own that takes the other leg.
    """

    posting_id: UUID
    account_id: UUID
    booked_at: datetime
    effective_date: date
    amount_minor: int
    balance_minor: int
    rounded: bool
    against: str
    kind: PostingKind
    description: str
    category: str
    counterparty: str
    reference: str


class BankDump(Protocol):
    """Another bank on disk. Everything is read in one direction and may be read again."""

    name: str
    currency: str
    printed_step_minor: int  # balances are printed in whole multiples of this many minor units

    def __init__(self, directory: Path) -> None: ...

    def people(self, holding: frozenset[UUID]) -> Iterator[Person]:
        """Give the holders of these accounts; raise UnreadableDumpError at a row that is wrong."""
        ...

    def openings(self, accounts: frozenset[UUID]) -> Iterator[Opening]:
        """Give these accounts, oldest first; raise UnreadableDumpError at a row that is wrong."""
        ...

    def movements(self) -> Iterator[Movement]:
        """Give every movement in booking order; raise UnreadableDumpError at a row that is wrong.

        Within an account the order is the one in which the other bank's balances were reached.
        """
        ...

    def left_out(self, accounts: frozenset[UUID]) -> dict[str, int]:
        """Return how much there is beyond these accounts and their holders, by name."""
        ...

    def system_account(self, purpose: str) -> tuple[UUID, str]:
        """Return id and name of the bank's own account for a purpose, as in `Movement.against`."""
        ...

    def began_at(self) -> datetime:
        """Return the instant at which the bank's own accounts open."""
        ...
