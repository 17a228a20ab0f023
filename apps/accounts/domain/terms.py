"""What is agreed when an account is opened."""

from dataclasses import dataclass
from uuid import UUID

from apps.accounts.contracts import InvalidOverdraft, Product
from vortex.money import MAX_MINOR, exponent


@dataclass(frozen=True)
class Terms:
    """What never changes about an account; `overdraft_minor` is how far below zero it may go."""

    owner_id: UUID
    product: Product
    currency: str
    overdraft_minor: int = 0

    def __post_init__(self) -> None:
        """Refuse a currency that does not exist and an overdraft that the ledger cannot hold."""
        exponent(self.currency)
        if not 0 <= self.overdraft_minor <= MAX_MINOR:
            raise InvalidOverdraft
