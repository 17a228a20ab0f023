"""What every export is made of: one line per own entry, and the accounts that they are of."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from vortex.money import Money


@dataclass(frozen=True, slots=True)
class ExportedAccount:
    """An account of which lines are exported; `number` is its IBAN where it has one."""

    id: UUID
    number: str
    currency: str
    booked_minor: int
    as_of: datetime


@dataclass(frozen=True, slots=True)
class ExportLine:
    """One of a customer's own entries, with the words that they may see."""

    posting_id: UUID
    account_id: UUID
    account: str
    booked_at: datetime
    effective_date: date
    amount_minor: int
    currency: str
    balance_after_minor: int
    kind: str
    description: str
    counterparty: str
    reference: str
    category: str
    tags: tuple[str, ...]
    note: str

    @property
    def amount(self) -> str:
        """The amount as decimal, negative for money that went out."""
        return Money(self.amount_minor, self.currency).amount

    @property
    def balance_after(self) -> str:
        """The balance after it as decimal."""
        return Money(self.balance_after_minor, self.currency).amount
