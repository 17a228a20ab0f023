"""What the ledger serves to other contexts; nobody imports this package."""

from apps.transactions.interface.desk import FilingDeskInterface
from apps.transactions.interface.ledger import (
    ExchangeRatesInterface,
    HistoryInterface,
    LedgerAccountsInterface,
    LedgerInterface,
)

# Registered by being imported.
__all__ = [
    "ExchangeRatesInterface",
    "FilingDeskInterface",
    "HistoryInterface",
    "LedgerAccountsInterface",
    "LedgerInterface",
]
