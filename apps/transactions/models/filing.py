"""What customers keep beside their postings: parts, papers, complaints, comparisons."""

from django.db import models


class Split(models.Model):
    """A part of a posting, as one customer files it; the parts add up to the customer's entry."""

    pk = models.CompositePrimaryKey("owner_id", "posting_id", "position")
    owner_id = models.UUIDField()
    posting_id = models.UUIDField()
    position = models.SmallIntegerField()
    amount_minor = models.BigIntegerField()  # signed like the entry
    category = models.TextField()
    note = models.TextField()

    class Meta:
        db_table = "transactions_split"
        constraints = [
            models.CheckConstraint(
                name="transactions_split_amount", condition=~models.Q(amount_minor=0)
            ),
        ]


class Attachment(models.Model):
    """A paper that one customer has put on a posting; `media_type` is what its bytes say."""

    id = models.UUIDField(primary_key=True)
    owner_id = models.UUIDField()
    posting_id = models.UUIDField()
    file_id = models.UUIDField()
    filename = models.TextField()
    media_type = models.TextField()
    size_bytes = models.BigIntegerField()
    sha256 = models.BinaryField()
    attached_at = models.DateTimeField()

    class Meta:
        db_table = "transactions_attachment"
        constraints = [
            models.UniqueConstraint(
                fields=["owner_id", "posting_id", "sha256"], name="transactions_attachment_once"
            ),
        ]


class Dispute(models.Model):
    """A customer says that something is wrong with a posting; staff find out and answer."""

    id = models.UUIDField(primary_key=True)
    owner_id = models.UUIDField()
    posting_id = models.UUIDField()
    reason = models.TextField()
    words = models.TextField()
    amount_minor = models.BigIntegerField()
    currency = models.TextField()
    state = models.TextField()
    answer = models.TextField(default="")
    handled_by = models.UUIDField(null=True)
    reversal_id = models.UUIDField(null=True)
    opened_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "transactions_dispute"
        constraints = [
            models.CheckConstraint(
                name="transactions_dispute_state",
                condition=models.Q(
                    state__in=("open", "in_review", "refunded", "rejected", "withdrawn")
                ),
            ),
            models.UniqueConstraint(
                fields=["owner_id", "posting_id"],
                condition=models.Q(state__in=("open", "in_review")),
                name="transactions_dispute_once",
            ),
        ]
        indexes = [
            models.Index(fields=["owner_id", "-id"], name="transactions_dispute_listed"),
            models.Index(fields=["state", "id"], name="transactions_dispute_queue"),
        ]


class Reconciliation(models.Model):
    """An account's history beside a statement of it, as they stood when they were compared."""

    id = models.UUIDField(primary_key=True)
    owner_id = models.UUIDField()
    account_id = models.UUIDField()
    filename = models.TextField()
    format = models.TextField()
    currency = models.TextField()
    first_date = models.DateField()
    last_date = models.DateField()
    matched = models.IntegerField()
    missing_here = models.IntegerField()
    missing_there = models.IntegerField()
    amount_differs = models.IntegerField()
    made_at = models.DateTimeField()

    class Meta:
        db_table = "transactions_reconciliation"
        indexes = [
            models.Index(fields=["owner_id", "-id"], name="transactions_reconciliation_li"),
        ]


class ReconciliationItem(models.Model):
    """A line of a statement, an entry of the account, or both where they are the same."""

    pk = models.CompositePrimaryKey("reconciliation_id", "position")
    reconciliation_id = models.UUIDField()
    position = models.IntegerField()
    kind = models.TextField()
    posting_id = models.UUIDField(null=True)
    booked_date = models.DateField(null=True)
    description = models.TextField(default="")
    our_minor = models.BigIntegerField(null=True)
    their_minor = models.BigIntegerField(null=True)

    class Meta:
        db_table = "transactions_reconciliation_item"
        constraints = [
            models.CheckConstraint(
                name="transactions_reconciliation_item_kind",
                condition=models.Q(
                    kind__in=("matched", "missing_here", "missing_there", "amount_differs")
                ),
            ),
        ]
