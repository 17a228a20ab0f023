"""The filing desk as other contexts call it; nobody imports this package."""

from uuid import UUID

from apps.transactions import selectors
from apps.transactions.contracts import (
    DisputeReason,
    FilingDesk,
    FilingPart,
    FilingRule,
    ImportNotFound,
)
from apps.transactions.domain.importing import ImportState
from apps.transactions.domain.rules import Condition, Field, Operator, Ruling
from apps.transactions.services import (
    annotating,
    attaching,
    disputing,
    importing,
    ruling,
    splitting,
)
from apps.transactions.services.importing import Told
from apps.transactions.services.splitting import Part
from vortex.clock import now
from vortex.contracts import serves
from vortex.money import Money


@serves(FilingDesk)
class FilingDeskInterface:
    """Serves `FilingDesk`: each operation is what the customer's own request would do."""

    def annotate(
        self, *, posting_id: UUID, owner_id: UUID, tags: tuple[str, ...], note: str
    ) -> None:
        """Put tags and a note on a transaction."""
        selectors.posting_of_owner(posting_id=posting_id, owner_id=owner_id)
        annotating.file(
            posting_id=posting_id, owner_id=owner_id, tags=tags, note=note, changed_at=now()
        )

    def split(self, *, posting_id: UUID, owner_id: UUID, parts: tuple[FilingPart, ...]) -> None:
        """Split the customer's side of a transaction."""
        own = selectors.posting_of_owner(posting_id=posting_id, owner_id=owner_id)
        currency = own.entries[0].currency
        splitting.split(
            posting_id=posting_id,
            owner_id=owner_id,
            parts=[
                Part(Money(one.amount_minor, currency), one.category, one.note) for one in parts
            ],
        )

    def attach(
        self,
        *,
        attachment_id: UUID,
        posting_id: UUID,
        owner_id: UUID,
        filename: str,
        content: bytes,
    ) -> None:
        """Put a paper on a transaction."""
        attaching.attach(
            attachment_id=attachment_id,
            posting_id=posting_id,
            owner_id=owner_id,
            filename=filename,
            content=content,
            at=now(),
        )

    def complain(
        self,
        *,
        dispute_id: UUID,
        posting_id: UUID,
        owner_id: UUID,
        reason: DisputeReason,
        words: str,
    ) -> None:
        """Report a transaction, once."""
        if selectors.has_dispute(dispute_id=dispute_id):
            return
        disputing.report(
            dispute_id=dispute_id,
            posting_id=posting_id,
            owner_id=owner_id,
            reason=reason,
            words=words,
            at=now(),
        )

    def add_rule(self, *, rule_id: UUID, owner_id: UUID, rule: FilingRule) -> None:
        """Write a rule down, once."""
        if selectors.has_rule(rule_id=rule_id):
            return
        looks = (Condition(Field.COUNTERPARTY, Operator.CONTAINS, rule.counterparty),)
        ruling.write(
            rule=Ruling(rule_id, looks, needs_all=True, category=rule.category, tags=rule.tags),
            owner_id=owner_id,
            name=rule.name,
            enabled=True,
            at=now(),
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
        """Import a statement and publish it."""
        try:
            known = selectors.import_of_owner(import_id=import_id, owner_id=owner_id)
        except ImportNotFound:
            known = importing.begin(
                import_id=import_id,
                owner_id=owner_id,
                account_id=account_id,
                filename=filename,
                content=content,
                told=Told(),
                at=now(),
            )
        if known.state == ImportState.READY:
            known = importing.publish(import_id=import_id, owner_id=owner_id, at=now())
        return str(known.state)
