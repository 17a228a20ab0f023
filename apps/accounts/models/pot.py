"""Pots of an account, the change that goes into them, and who watches its balance."""

from django.db import models
from django.db.models import Q


class Pot(models.Model):
    """Money of an account set apart for something. Its id is that of its account in the ledger."""

    id = models.UUIDField(primary_key=True)
    account_id = models.UUIDField()
    name = models.CharField(max_length=64)
    goal_minor = models.BigIntegerField(null=True)
    goal_date = models.DateField(null=True)
    round_up_minor = models.BigIntegerField(default=0)  # payments are rounded up to this; 0 is off
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "accounts_pot"
        indexes = [models.Index(fields=["account_id"], name="accounts_pot_account")]
        constraints = [
            models.UniqueConstraint(
                name="accounts_pot_one_round_up",
                fields=["account_id"],
                condition=Q(round_up_minor__gt=0, closed_at__isnull=True),
            ),
            models.CheckConstraint(
                name="accounts_pot_amounts",
                condition=Q(round_up_minor__gte=0) & (Q(goal_minor=None) | Q(goal_minor__gt=0)),
            ),
        ]


class RoundUp(models.Model):
    """The change of one payment on its way into a pot; one per payment and pot, for ever.

    Its id is that of the posting that it becomes, so carrying it out twice moves it once.
    """

    id = models.UUIDField(primary_key=True)
    pot_id = models.UUIDField()
    payment_id = models.UUIDField()
    amount_minor = models.BigIntegerField()
    heard_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    refused_with = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        db_table = "accounts_round_up"
        indexes = [
            models.Index(
                fields=["heard_at"],
                name="accounts_round_up_due",
                condition=Q(ended_at__isnull=True),
            ),
        ]
        constraints = [
            models.UniqueConstraint(name="accounts_round_up_once", fields=["pot_id", "payment_id"]),
        ]


class Monitor(models.Model):
    """A threshold that somebody wants to hear of. `is_crossed` keeps it silent until it is back.

    `version` is that of the last entry that it saw: what comes late, or twice, is not seen again.
    """

    id = models.UUIDField(primary_key=True)
    account_id = models.UUIDField()
    kind = models.CharField(max_length=16)
    amount_minor = models.BigIntegerField()
    is_crossed = models.BooleanField()
    version = models.BigIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "accounts_monitor"
        indexes = [models.Index(fields=["account_id"], name="accounts_monitor_account")]
