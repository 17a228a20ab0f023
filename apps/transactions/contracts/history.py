"""What others may read of, and add to, histories: beside the ledger's own operations."""

from uuid import UUID

from apps.transactions.contracts.imports import (
    HistoryAdded,
    HistoryLine,
    ImportNeedsExternalAccount,
    MalformedHistory,
)
from apps.transactions.contracts.refusals import LedgerAccountNotFound
from vortex.contracts import Service, command


class History(Service, context="transactions", version=1):
    """Histories of accounts, beyond their entries."""

    @command(
        key="batch_id",
        deadline_ms=30_000,
        refuses=(LedgerAccountNotFound, ImportNeedsExternalAccount, MalformedHistory),
    )
    def add_history(
        self, *, batch_id: UUID, account_id: UUID, lines: tuple[HistoryLine, ...]
    ) -> HistoryAdded:
        """Add what another bank says to the history of an account that it keeps.

        Lines that the account has already are left out, as many times as it has them; so the same
        lines sent again, or lines that overlap, add only what is new; the batch id only names the
        delivery. At most 10,000 at once.
        """
        ...
