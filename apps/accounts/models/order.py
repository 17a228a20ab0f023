"""What the bank has ordered of accounts: who, when and why. Kept for good, shown to staff only."""

from django.db import models


class BankOrder(models.Model):
    """A freeze, thaw, end or return of an account that the bank ordered.

    It is written with the pending standing and settled with it, in the same transactions; what the
    ledger said no to leaves none. `actor_id` is None where the clockwork of the bank asked.
    """

    id = models.UUIDField(primary_key=True)
    account_id = models.UUIDField()
    change = models.CharField(max_length=16)
    direction = models.CharField(max_length=8, blank=True)  # as ordered; empty where none goes
    reason = models.CharField(max_length=24)
    actor_id = models.UUIDField(null=True)
    ordered_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "accounts_bank_order"
        indexes = [
            models.Index(fields=["account_id", "ordered_at"], name="accounts_bank_order_account"),
        ]

    def __str__(self) -> str:
        return f"{self.change} of {self.account_id}"
