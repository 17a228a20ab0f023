"""What a customer does beside the ledger, done for them: by whoever sets a customer up."""

from uuid import UUID

from apps.transactions.contracts.disputes import (
    AttachmentRefused,
    DisputeExists,
    DisputeReason,
    DisputeRefused,
    SplitRefused,
    TooManyAttachments,
)
from apps.transactions.contracts.imports import (
    ImportNeedsExternalAccount,
    ImportStateRefused,
    TooManyImports,
)
from apps.transactions.contracts.refusals import (
    LedgerAccountNotFound,
    PostingNotFound,
    UnknownCategory,
)
from apps.transactions.contracts.rules import MalformedRule, TooManyRules
from vortex.contracts import Service, Value, command
from vortex.money import CurrencyMismatch


class FilingPart(Value):
    """A part of a split: minor units without sign, and how it is filed."""

    amount_minor: int
    category: str
    note: str = ""


class FilingRule(Value):
    """A rule about a counterparty: whoever's name has this in it is filed so."""

    name: str
    counterparty: str
    category: str
    tags: tuple[str, ...] = ()


class FilingDesk(Service, context="transactions", version=1):
    """Files a customer's transactions on their behalf, by the customer's own rules and limits."""

    @command(key="posting_id", refuses=(PostingNotFound,))
    def annotate(
        self, *, posting_id: UUID, owner_id: UUID, tags: tuple[str, ...], note: str
    ) -> None:
        """Put tags and a note on a transaction, in place of those that were there."""
        ...

    @command(
        key="posting_id",
        refuses=(PostingNotFound, SplitRefused, UnknownCategory, CurrencyMismatch),
    )
    def split(self, *, posting_id: UUID, owner_id: UUID, parts: tuple[FilingPart, ...]) -> None:
        """Split the customer's side of a transaction into parts that add up to it."""
        ...

    @command(key="attachment_id", refuses=(PostingNotFound, AttachmentRefused, TooManyAttachments))
    def attach(
        self,
        *,
        attachment_id: UUID,
        posting_id: UUID,
        owner_id: UUID,
        filename: str,
        content: bytes,
    ) -> None:
        """Put a paper on a transaction. The same bytes again are the paper that is there."""
        ...

    @command(key="dispute_id", refuses=(PostingNotFound, DisputeRefused, DisputeExists))
    def complain(
        self,
        *,
        dispute_id: UUID,
        posting_id: UUID,
        owner_id: UUID,
        reason: DisputeReason,
        words: str,
    ) -> None:
        """Report a transaction; the second call with the id changes nothing."""
        ...

    @command(key="rule_id", refuses=(MalformedRule, TooManyRules, UnknownCategory))
    def add_rule(self, *, rule_id: UUID, owner_id: UUID, rule: FilingRule) -> None:
        """Write a rule down, after those that are there; the second call changes nothing."""
        ...

    @command(
        key="import_id",
        deadline_ms=30_000,
        refuses=(
            *(LedgerAccountNotFound, ImportNeedsExternalAccount),
            *(ImportStateRefused, TooManyImports),
        ),
    )
    def bring_in(
        self,
        *,
        import_id: UUID,
        owner_id: UUID,
        account_id: UUID,
        filename: str,
        content: bytes,
    ) -> str:
        """Import a statement of an account at another bank and publish it; return its state.

        The second call with the id goes on where the first has stopped.
        """
        ...
