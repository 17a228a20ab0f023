"""What was asked about limits, by whom and when; the limits themselves are the ledger's."""

from django.db import models
from django.db.models import Q


class LimitChange(models.Model):
    """A change of limits, written down before the ledger hears of it; it stays as a record.

    `wanted` is the amount by limit ("day.any"), None where it is lifted. At most one change of an
    account is under way, so that none is computed from what another has changed since. `plan` is
    what was computed from it: written down too, so that a second try tells the same.
    """

    id = models.UUIDField(primary_key=True)
    account_id = models.UUIDField()
    card_id = models.UUIDField(null=True)  # None: the limits of the account itself
    wanted = models.JSONField()
    plan = models.JSONField(null=True)
    asked_by = models.UUIDField()
    asked_at = models.DateTimeField()
    taken_up_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    is_applied = models.BooleanField(default=False)

    class Meta:
        db_table = "accounts_limit_change"
        indexes = [
            models.Index(fields=["account_id", "asked_at"], name="accounts_limit_change_listed"),
        ]
        constraints = [
            models.UniqueConstraint(
                name="accounts_limit_change_one_under_way",
                fields=["account_id"],
                condition=Q(ended_at__isnull=True),
            ),
        ]
