"""What the simulator produces: movements between accounts that are named, not yet numbered."""

from dataclasses import dataclass
from datetime import date, datetime

from apps.transactions.contracts import PostingKind

# Accounts of the bank's own, one per currency: `world/EUR` is everyone who banks elsewhere.
WORLD = "world"
INTEREST = "interest"
FEES = "fees"
OWN_ACCOUNTS = {
    WORLD: "World: everyone who banks elsewhere",
    INTEREST: "Interest paid to customers",
    FEES: "Fees earned",
}


@dataclass(frozen=True, slots=True)
class Flow:
    """One side of a movement: an account's key and minor units, positive for a credit."""

    account: str
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a statement says about a movement."""

    description: str
    category: str
    counterparty: str
    kind: PostingKind = PostingKind.TRANSFER


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that moves at an instant. `name` is unique in the simulation and never changes."""

    at: datetime
    name: str
    flows: tuple[Flow, ...]
    told: Told
    effective_date: date | None = None


def own(purpose: str, currency: str) -> str:
    """Return the key of an account of the bank's own."""
    return f"{purpose}/{currency}"
