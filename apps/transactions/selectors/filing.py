"""What customers keep beside their postings: one read per object and level of access."""

from uuid import UUID

from django.db.models import Sum as SumOf

from apps.transactions.contracts import AttachmentNotFound, DisputeNotFound
from apps.transactions.models import Annotation, Attachment, Dispute, Split


def annotation(*, posting_id: UUID, owner_id: UUID) -> Annotation | None:
    """Return how a customer's posting was filed, if anybody has filed it."""
    return Annotation.objects.filter(posting_id=posting_id, owner_id=owner_id).first()


def parts_of(*, posting_id: UUID, owner_id: UUID) -> list[Split]:
    """Return the parts into which a customer has split a posting, in their order."""
    found = Split.objects.filter(owner_id=owner_id, posting_id=posting_id)
    return list(found.order_by("position"))


def attachments_of(*, posting_id: UUID, owner_id: UUID) -> list[Attachment]:
    """Return the papers that a customer has put on a posting, oldest first."""
    found = Attachment.objects.filter(owner_id=owner_id, posting_id=posting_id)
    return list(found.order_by("id"))


def attachment_of_owner(*, attachment_id: UUID, posting_id: UUID, owner_id: UUID) -> Attachment:
    """Return a customer's own paper; anyone else's, or another posting's, does not exist."""
    found = Attachment.objects.filter(
        pk=attachment_id, posting_id=posting_id, owner_id=owner_id
    ).first()
    if found is None:
        raise AttachmentNotFound(attachment_id=str(attachment_id))
    return found


def kept_bytes(*, owner_id: UUID) -> int:
    """Return how many bytes of papers a customer keeps."""
    found = Attachment.objects.filter(owner_id=owner_id)
    return int(found.aggregate(total=SumOf("size_bytes"))["total"] or 0)


def dispute_of_owner(*, dispute_id: UUID, owner_id: UUID) -> Dispute:
    """Return a customer's own complaint; anyone else's does not exist."""
    found = Dispute.objects.filter(pk=dispute_id, owner_id=owner_id).first()
    if found is None:
        raise DisputeNotFound(dispute_id=str(dispute_id))
    return found


def has_dispute(*, dispute_id: UUID) -> bool:
    """Say whether there is a complaint of this id, whoever's it is."""
    return Dispute.objects.filter(pk=dispute_id).exists()


def dispute(*, dispute_id: UUID) -> Dispute:
    """Return a complaint, whoever's it is; for the bank's staff."""
    found = Dispute.objects.filter(pk=dispute_id).first()
    if found is None:
        raise DisputeNotFound(dispute_id=str(dispute_id))
    return found


def disputes(
    *, owner_id: UUID | None, state: str, after: tuple[UUID] | None, limit: int
) -> list[Dispute]:
    """Return complaints, newest first: one customer's, or everybody's for staff (None)."""
    found = Dispute.objects.all()
    if owner_id is not None:
        found = found.filter(owner_id=owner_id)
    if state:
        found = found.filter(state=state)
    if after is not None:
        found = found.filter(pk__lt=after[0])
    return list(found.order_by("-pk")[:limit])
