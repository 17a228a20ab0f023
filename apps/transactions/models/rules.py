"""What customers have decided about transactions to come, and about pairs of them."""

from django.db import models


class Rule(models.Model):
    """When a transaction looks so, file it so. A customer's rules run in order of `position`."""

    id = models.UUIDField(primary_key=True)
    owner_id = models.UUIDField()
    name = models.TextField()
    position = models.IntegerField()
    is_enabled = models.BooleanField()
    match = models.TextField()  # all or any of the conditions
    conditions = models.JSONField()
    category = models.TextField(default="")
    tags = models.JSONField(default=list)
    note = models.TextField(default="")
    stops = models.BooleanField()
    version = models.IntegerField(default=1)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "transactions_rule"
        constraints = [
            models.CheckConstraint(
                name="transactions_rule_match", condition=models.Q(match__in=("all", "any"))
            ),
        ]
        indexes = [
            models.Index(fields=["owner_id", "position", "id"], name="transactions_rule_order"),
        ]


class RuleRun(models.Model):
    """A rule on its way through the past, newest first; `after` is how far it has come."""

    id = models.UUIDField(primary_key=True)
    owner_id = models.UUIDField()
    rule_id = models.UUIDField()
    state = models.TextField()
    after_at = models.DateTimeField(null=True)
    after_id = models.UUIDField(null=True)
    seen = models.IntegerField(default=0)
    matched = models.IntegerField(default=0)
    filed = models.IntegerField(default=0)
    started_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "transactions_rule_run"
        constraints = [
            models.CheckConstraint(
                name="transactions_rule_run_state",
                condition=models.Q(state__in=("running", "done", "stopped")),
            ),
            models.UniqueConstraint(
                fields=["rule_id"],
                condition=models.Q(state="running"),
                name="transactions_rule_run_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["changed_at"],
                name="transactions_rule_run_waiting",
                condition=models.Q(state="running"),
            ),
        ]


class TransferPair(models.Model):
    """Two of a customer's own entries that are one transfer: suggested, confirmed or rejected."""

    id = models.UUIDField(primary_key=True)
    owner_id = models.UUIDField()
    out_posting_id = models.UUIDField()
    in_posting_id = models.UUIDField()
    out_account_id = models.UUIDField()
    in_account_id = models.UUIDField()
    amount_minor = models.BigIntegerField()
    currency = models.TextField()
    out_date = models.DateField()
    in_date = models.DateField()
    state = models.TextField()
    suggested_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "transactions_transfer_pair"
        constraints = [
            models.CheckConstraint(
                name="transactions_transfer_pair_state",
                condition=models.Q(state__in=("suggested", "confirmed", "rejected")),
            ),
            models.UniqueConstraint(
                fields=["owner_id", "out_posting_id", "in_posting_id"],
                name="transactions_transfer_pair_once",
            ),
            models.UniqueConstraint(
                fields=["owner_id", "out_posting_id"],
                condition=models.Q(state="confirmed"),
                name="transactions_transfer_pair_out",
            ),
            models.UniqueConstraint(
                fields=["owner_id", "in_posting_id"],
                condition=models.Q(state="confirmed"),
                name="transactions_transfer_pair_in",
            ),
        ]
