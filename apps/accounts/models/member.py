"""Who shares an account with its owner, by which rights, and since when."""

from django.db import models
from django.db.models import Q


class Member(models.Model):
    """An invitation and what became of it. `state` says where it is in domain/members.py.

    `accepting` and `removing` are written before the ledger is told, so that whoever comes next can
    finish them. The code is kept as its hash: only the owner, who hands it over, ever had it.
    """

    id = models.UUIDField(primary_key=True)
    account_id = models.UUIDField()
    email = models.CharField(max_length=254)
    user_id = models.UUIDField(null=True)
    role = models.CharField(max_length=16)
    may_pay = models.BooleanField()
    pay_minor = models.BigIntegerField(null=True)
    state = models.CharField(max_length=16)
    code_hash = models.BinaryField()
    wrong_codes = models.PositiveSmallIntegerField(default=0)
    invited_by = models.UUIDField()
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    changed_by = models.UUIDField(null=True)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "accounts_member"
        indexes = [
            models.Index(fields=["account_id"], name="accounts_member_account"),
            models.Index(fields=["user_id"], name="accounts_member_user"),
            models.Index(fields=["email"], name="accounts_member_email"),
            models.Index(
                fields=["changed_at"],
                name="accounts_member_under_way",
                condition=Q(state__in=["accepting", "removing"]),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                name="accounts_member_once",
                fields=["account_id", "email"],
                condition=Q(state__in=["invited", "accepting", "active", "removing"]),
            ),
            models.CheckConstraint(
                name="accounts_member_pay_not_negative",
                condition=Q(pay_minor__isnull=True) | Q(pay_minor__gte=0),
            ),
        ]
