"""What is agreed when an account is opened."""

from dataclasses import dataclass
from uuid import UUID

from apps.accounts.contracts import InvalidMinimum, InvalidOverdraft, Product
from vortex.money import MAX_MINOR, exponent


@dataclass(frozen=True)
class Terms:
    """What never changes about an account, in minor units.

    `overdraft_minor` is how far below zero it may go, `minimum_minor` what a debit has to leave.
    """

    owner_id: UUID
    product: Product
    currency: str
    overdraft_minor: int = 0
    minimum_minor: int = 0

    def __post_init__(self) -> None:
        """Refuse a currency that does not exist and an overdraft that the ledger cannot hold."""
        exponent(self.currency)
        if not 0 <= self.overdraft_minor <= MAX_MINOR:
            raise InvalidOverdraft
        if not 0 <= self.minimum_minor <= MAX_MINOR or (
            self.minimum_minor and self.overdraft_minor
        ):
            raise InvalidMinimum
