"""Statements that customers bring in: the file, what was read in it, and what became of it."""

from django.db import models


class StoredFile(models.Model):
    """The bytes of something that a customer has sent. Written once, never changed."""

    id = models.UUIDField(primary_key=True)
    sha256 = models.BinaryField()
    size_bytes = models.BigIntegerField()
    content = models.BinaryField()
    stored_at = models.DateTimeField()

    class Meta:
        db_table = "transactions_file"


class StatementImport(models.Model):
    """A statement on its way into an account at another bank.

    Whoever changes it or its rows has locked this row. `revision` counts how often it was told how
    to be read, so that what was read under an older telling is thrown away.
    """

    id = models.UUIDField(primary_key=True)
    owner_id = models.UUIDField()
    account_id = models.UUIDField()
    file_id = models.UUIDField()
    filename = models.TextField()
    currency = models.TextField()
    format = models.TextField(default="")
    hints = models.JSONField(default=dict)
    revision = models.IntegerField(default=1)
    state = models.TextField()
    problem = models.TextField(default="")
    notes = models.JSONField(default=list)
    sample = models.JSONField(default=list)
    opening_minor = models.BigIntegerField(default=0)
    fresh_rows = models.IntegerField(default=0)
    duplicate_rows = models.IntegerField(default=0)
    invalid_rows = models.IntegerField(default=0)
    excluded_rows = models.IntegerField(default=0)
    posted_rows = models.IntegerField(default=0)
    refused_rows = models.IntegerField(default=0)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "transactions_import"
        constraints = [
            models.CheckConstraint(
                name="transactions_import_state",
                condition=models.Q(
                    state__in=(
                        *("reading", "needs_mapping", "failed", "ready"),
                        *("publishing", "published", "cancelled"),
                    )
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["owner_id", "-id"], name="transactions_import_listed"),
            models.Index(
                fields=["changed_at"],
                name="transactions_import_waiting",
                condition=models.Q(state__in=("reading", "publishing")),
            ),
        ]


class ImportRow(models.Model):
    """One line of a statement. `occurrence` counts the equal lines before it that are kept."""

    pk = models.CompositePrimaryKey("import_id", "line")
    import_id = models.UUIDField()
    line = models.IntegerField()
    booked_date = models.DateField(null=True)
    amount_minor = models.BigIntegerField(default=0)
    description = models.TextField(default="")
    counterparty = models.TextField(default="")
    occurrence = models.IntegerField(default=0)
    status = models.TextField()
    reason = models.TextField(default="")
    posting_id = models.UUIDField(null=True)

    class Meta:
        db_table = "transactions_import_row"
        constraints = [
            models.CheckConstraint(
                name="transactions_import_row_status",
                condition=models.Q(
                    status__in=("new", "duplicate", "invalid", "excluded", "posted", "refused")
                ),
            ),
        ]
        indexes = [
            models.Index(
                fields=["import_id", "status", "line"], name="transactions_import_row_next"
            ),
        ]
