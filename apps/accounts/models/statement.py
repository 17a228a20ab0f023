"""Statements as they were issued. PostgreSQL refuses to change or remove one."""

from django.db import models
from django.db.models import F, Q


class Statement(models.Model):
    """One month of one account. `document` is the whole of it, packed; formats are made of that.

    The columns beside it are for lists and for going on where the statement ended.
    """

    id = models.UUIDField(primary_key=True)
    account_id = models.UUIDField()
    number = models.PositiveIntegerField()
    first_date = models.DateField()
    last_date = models.DateField()
    currency = models.CharField(max_length=3)
    opening_minor = models.BigIntegerField()
    closing_minor = models.BigIntegerField()
    credits_minor = models.BigIntegerField()
    debits_minor = models.BigIntegerField()
    entries = models.PositiveIntegerField()
    last_version = models.BigIntegerField()
    document = models.BinaryField()
    document_sha256 = models.BinaryField()
    issued_at = models.DateTimeField()

    class Meta:
        db_table = "accounts_statement"
        constraints = [
            models.UniqueConstraint(
                name="accounts_statement_number_unique", fields=["account_id", "number"]
            ),
            models.UniqueConstraint(
                name="accounts_statement_month_unique", fields=["account_id", "first_date"]
            ),
            models.CheckConstraint(
                name="accounts_statement_adds_up",
                condition=Q(
                    closing_minor=F("opening_minor") + F("credits_minor") - F("debits_minor")
                ),
            ),
            models.CheckConstraint(
                name="accounts_statement_period", condition=Q(last_date__gt=F("first_date"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.first_date:%Y-%m}"
