"""The table of accounts and the constraints that PostgreSQL keeps; the rules are in domain/."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q, Value

from apps.accounts.contracts import AccountStatus, Product
from apps.accounts.domain.standing import Standing, status_of
from vortex.money import Money


class Account(models.Model):
    """Who holds which account, on what terms, and where it stands. Its money is in the ledger.

    `pending` is a standing that was asked for and that the ledger may or may not enforce yet; it is
    written before the ledger is called, so that a change survives the death of this process.
    """

    id = models.UUIDField(primary_key=True)
    owner_id = models.UUIDField()
    product = models.CharField(max_length=16, choices=[(p.value, p.value) for p in Product])
    currency = models.CharField(max_length=3)
    iban = models.CharField(max_length=34)
    overdraft_minor = models.BigIntegerField()
    minimum_minor = models.BigIntegerField(default=0, db_default=0)
    standing = models.CharField(max_length=24, choices=[(s.value, s.value) for s in Standing])
    pending = models.CharField(max_length=24, blank=True, default="")
    pending_since_at = models.DateTimeField(null=True)
    # What goes with the pending standing: direction, reason, whose change, where the money goes.
    pending_terms = models.JSONField(default=dict, db_default=Value({}, models.JSONField()))
    frozen = models.CharField(max_length=8, blank=True, default="", db_default="")
    frozen_for = models.CharField(max_length=24, blank=True, default="", db_default="")
    closed_by = models.CharField(max_length=8, blank=True, default="", db_default="")
    last_moved_date = models.DateField(null=True)  # None: not since accounts began to watch
    nickname = models.CharField(max_length=64, blank=True)
    colour = models.CharField(
        max_length=7, blank=True, validators=[RegexValidator(r"\A#[0-9a-f]{6}\Z")]
    )
    position = models.PositiveSmallIntegerField(default=0)
    hidden = models.BooleanField(default=False)
    is_primary = models.BooleanField(default=False, db_default=False)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "accounts_account"
        indexes = [
            models.Index(
                fields=["owner_id", "position", "opened_at"], name="accounts_account_owner"
            ),
            models.Index(
                fields=["pending_since_at"],
                name="accounts_account_pending",
                condition=Q(pending_since_at__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                name="accounts_account_iban_unique", fields=["iban"], condition=~Q(iban="")
            ),
            models.CheckConstraint(
                name="accounts_account_standing_known",
                condition=Q(standing__in=[s.value for s in Standing]),
            ),
            models.CheckConstraint(
                name="accounts_account_pending_whole",
                condition=Q(pending="", pending_since_at__isnull=True)
                | Q(pending__in=[s.value for s in Standing], pending_since_at__isnull=False),
            ),
            models.CheckConstraint(
                name="accounts_account_closed_with_date",
                condition=Q(standing=Standing.CLOSED.value, closed_at__isnull=False)
                | (~Q(standing=Standing.CLOSED.value) & Q(closed_at__isnull=True)),
            ),
            models.UniqueConstraint(
                name="accounts_account_one_primary",
                fields=["owner_id"],
                condition=Q(is_primary=True),
            ),
            models.CheckConstraint(
                name="accounts_account_minimum_not_negative", condition=Q(minimum_minor__gte=0)
            ),
            models.CheckConstraint(
                name="accounts_account_overdraft_not_negative", condition=Q(overdraft_minor__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return self.iban

    @property
    def overdraft(self) -> Money:
        """How far below zero the account may go."""
        return Money(self.overdraft_minor, self.currency)

    @property
    def minimum(self) -> Money:
        """What a debit has to leave on the account."""
        return Money(self.minimum_minor, self.currency)

    @property
    def status(self) -> AccountStatus:
        """The standing as the outside knows it."""
        return status_of(Standing(self.standing))

    @property
    def is_dormant(self) -> bool:
        """Whether the account sleeps until its holder wakes it."""
        return self.standing == Standing.DORMANT
