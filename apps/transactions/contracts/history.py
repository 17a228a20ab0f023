"""What others may read of histories, add to them and file in them, beside the ledger itself."""

from datetime import date, datetime
from uuid import UUID

from apps.transactions.contracts.imports import (
    HistoryAdded,
    HistoryLine,
    ImportNeedsExternalAccount,
    MalformedHistory,
)
from apps.transactions.contracts.refusals import (
    LedgerAccountNotFound,
    PostingNotFound,
    RangeTooWide,
    SearchTooBroad,
    UnknownCategory,
)
from vortex.contracts import Service, Value, command, query


class FoundPosting(Value):
    """A posting that was looked for, and what one account has of it."""

    posting_id: UUID
    account_id: UUID
    amount_minor: int
    currency: str
    kind: str
    description: str
    counterparty: str
    category: str
    reference: str
    booked_at: datetime
    effective_date: date


class FoundSum(Value):
    """What came and went under one key in one currency; debits are zero or negative."""

    key: str
    currency: str
    credits_minor: int
    debits_minor: int
    count: int


class ChainReport(Value):
    """Whether a part of the chain holds: where it was looked at, and what does not."""

    first: int
    last: int
    head: str
    breaks: tuple[str, ...]


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

    @command(key="posting_id", refuses=(PostingNotFound, UnknownCategory))
    def set_category(
        self, *, posting_id: UUID, owner_id: UUID, category: str, source: str, confidence: int
    ) -> bool:
        """File a customer's posting as a model or a rule would; say whether it is filed so now.

        What the customer has chosen stays. `confidence` is in hundredths.
        """
        ...

    @query(deadline_ms=6000, refuses=(SearchTooBroad,))
    def find_by_reference(self, *, owner_id: UUID, reference: str) -> tuple[FoundPosting, ...]:
        """Return a customer's postings with exactly this reference, newest first, at most 100."""
        ...

    @query(deadline_ms=6000, refuses=(SearchTooBroad, RangeTooWide))
    def sum_by(
        self, *, owner_id: UUID, by: str, since: datetime, until: datetime
    ) -> tuple[FoundSum, ...]:
        """Sum a customer's entries by category, month, day, merchant, account or kind.

        The parts of a split count under their own categories.
        """
        ...

    @query(deadline_ms=6000, refuses=(SearchTooBroad,))
    def history_for_model(
        self, *, owner_id: UUID, since: datetime, after: UUID | None = None, limit: int = 500
    ) -> tuple[FoundPosting, ...]:
        """Return a customer's entries since a moment in the order of posting ids, beyond `after`.

        For who learns from them: one line per own account, words as the customer may see them.
        """
        ...

    @query(deadline_ms=30_000, refuses=(RangeTooWide,))
    def verify_chain(self, *, first: int, last: int) -> ChainReport:
        """Compute a part of the chain anew, at most 10,000 links; say where it does not hold."""
        ...
