"""Transactions that the bank has looked at before they were made, or has not made."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Review(models.Model):
    """A transaction that was held back or denied, and what was decided.

    Its id is the transaction's and that of the hold, whose lock guards it; a denied one has none.
    """

    id = models.UUIDField(primary_key=True)
    user_id = models.UUIDField()  # who asked
    owner_id = models.UUIDField(null=True)  # whose money it is
    account_id = models.UUIDField()
    target_account_id = models.UUIDField()
    amount_minor = models.BigIntegerField()
    currency = models.TextField()
    description = models.TextField()
    state = models.TextField()
    reasons = ArrayField(models.TextField())
    is_pending = models.BooleanField()  # once approved, it waits for the payer's commit
    asked_at = models.DateTimeField()
    first_approved_by = models.UUIDField(null=True)
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    words = models.TextField(default="", db_default="")  # of the staff, for the staff

    class Meta:
        db_table = "transactions_review"
        constraints = [
            models.CheckConstraint(
                name="transactions_review_state",
                condition=models.Q(state="open", decided_at__isnull=True)
                | models.Q(state__in=["approved", "rejected"], decided_by__isnull=False)
                | models.Q(state__in=["lapsed", "denied"], decided_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["state", "asked_at", "id"], name="transactions_review_listed"),
        ]
