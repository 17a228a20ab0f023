"""Large sets of transfers, worked off apart from the request that brought them."""

from django.db import models

_OPEN = ("receiving", "queued", "running")


class BulkJob(models.Model):
    """A set on its way. The first `done` items are through; whoever goes on has locked this row.

    `key` is the idempotency key that it came with, `body_hash` the SHA-256 of the bytes.
    """

    id = models.UUIDField(primary_key=True)
    owner_id = models.UUIDField()
    key = models.TextField()
    body_hash = models.BinaryField(default=b"")
    state = models.TextField()
    items = models.IntegerField(default=0)
    done = models.IntegerField(default=0)
    posted = models.IntegerField(default=0)
    replayed = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "transactions_bulk_job"
        constraints = [
            models.CheckConstraint(
                name="transactions_bulk_job_state",
                condition=models.Q(
                    state__in=("receiving", "queued", "running"), finished_at__isnull=True
                )
                | models.Q(state__in=("completed", "cancelled"), finished_at__isnull=False),
            ),
            models.CheckConstraint(
                name="transactions_bulk_job_counts",
                condition=models.Q(done__lte=models.F("items"))
                & models.Q(done=models.F("posted") + models.F("refused"))
                & models.Q(replayed__lte=models.F("posted")),
            ),
            models.UniqueConstraint(fields=["owner_id", "key"], name="transactions_bulk_job_key"),
            models.UniqueConstraint(
                fields=["owner_id"],
                condition=models.Q(state__in=_OPEN),
                name="transactions_bulk_job_once",
            ),
        ]
        indexes = [
            models.Index(fields=["owner_id", "-id"], name="transactions_bulk_job_listed"),
            models.Index(
                fields=["changed_at"],
                name="transactions_bulk_job_waiting",
                condition=models.Q(state__in=_OPEN),
            ),
        ]


class BulkItem(models.Model):
    """One transfer of a set, as it was asked for; its id is the posting's."""

    pk = models.CompositePrimaryKey("job_id", "line")
    job_id = models.UUIDField()
    line = models.IntegerField()
    posting_id = models.UUIDField()
    source_account_id = models.UUIDField()
    target_account_id = models.UUIDField()
    amount_minor = models.BigIntegerField()
    currency = models.TextField()
    description = models.TextField()
    counterparty = models.TextField()
    reference = models.TextField()
    category = models.TextField()
    effective_date = models.DateField(null=True)

    class Meta:
        db_table = "transactions_bulk_item"


class BulkOutcome(models.Model):
    """What is to be said of an item that was not simply posted: a replay or a refusal."""

    pk = models.CompositePrimaryKey("job_id", "line")
    job_id = models.UUIDField()
    line = models.IntegerField()
    code = models.TextField()  # empty for a replay
    detail = models.TextField()

    class Meta:
        db_table = "transactions_bulk_outcome"
