"""Names by which accounts are found; one that was given up is kept from others for a while."""

from django.db import models
from django.db.models import Q


class Alias(models.Model):
    """An alias of an account. `skeleton` is what it looks like, which is one person's at a time."""

    id = models.UUIDField(primary_key=True)
    account_id = models.UUIDField()
    owner_id = models.UUIDField()
    alias = models.CharField(max_length=24)
    skeleton = models.CharField(max_length=24)
    claimed_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "accounts_alias"
        indexes = [
            models.Index(fields=["owner_id", "claimed_at"], name="accounts_alias_owner"),
            models.Index(fields=["skeleton"], name="accounts_alias_skeleton"),
        ]
        constraints = [
            models.UniqueConstraint(
                name="accounts_alias_taken",
                fields=["skeleton"],
                condition=Q(released_at__isnull=True),
            ),
            models.UniqueConstraint(
                name="accounts_alias_one_per_account",
                fields=["account_id"],
                condition=Q(released_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"@{self.alias}"
