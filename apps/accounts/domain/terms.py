"""What is agreed when an account is opened, and which account a repeated request means."""

from dataclasses import dataclass
from uuid import UUID, uuid5

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


def account_id_of_request(owner_id: UUID, idempotency_key: str) -> UUID:
    """Return the id that one person's request to open an account has, however often it is sent.

    A request that died halfway, after the ledger and before our own row, meets its own beginning
    when it is sent again: it has the same id, although no record of it was kept.
    """
    return uuid5(owner_id, f"open-account:{idempotency_key}")
