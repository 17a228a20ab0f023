"""Agreements with other banks, and which account here shows which account there."""

from django.db import models
from django.db.models import Q

from apps.accounts.contracts.linking import ConsentStatus, LinkStatus


class Consent(models.Model):
    """A customer's agreement with another bank. What opens it is sealed; the state is a digest."""

    id = models.UUIDField(primary_key=True)
    owner_id = models.UUIDField()
    bank = models.CharField(max_length=40)
    external_id = models.CharField(max_length=140)
    status = models.CharField(max_length=24, choices=[(s.value, s.value) for s in ConsentStatus])
    state_digest = models.CharField(max_length=64)
    sealed_verifier = models.BinaryField()
    sealed_tokens = models.BinaryField(default=b"")
    offered = models.JSONField(default=list)
    authorization_url = models.CharField(max_length=2_000)
    expires_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "accounts_consent"
        indexes = [
            models.Index(fields=["owner_id", "-id"], name="accounts_consent_owner"),
            models.Index(
                fields=["expires_at"],
                name="accounts_consent_ending",
                condition=Q(status=ConsentStatus.AUTHORISED.value),
            ),
        ]
        constraints = [
            models.UniqueConstraint(name="accounts_consent_state_unique", fields=["state_digest"]),
            models.CheckConstraint(
                name="accounts_consent_status_known",
                condition=Q(status__in=[s.value for s in ConsentStatus]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bank} {self.status}"


class Link(models.Model):
    """An account of ours that shows an account at another bank.

    `synced_until_date` is the last day of which everything was read; the next time begins some days
    before it, because banks book late.
    """

    id = models.UUIDField(primary_key=True)
    account_id = models.UUIDField()
    owner_id = models.UUIDField()
    consent_id = models.UUIDField()
    bank = models.CharField(max_length=40)
    external_account_id = models.CharField(max_length=140)
    external_number = models.CharField(max_length=140, blank=True)
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=24, choices=[(s.value, s.value) for s in LinkStatus])
    problem = models.CharField(max_length=40, blank=True, default="")
    bank_balance_minor = models.BigIntegerField(null=True)
    synced_at = models.DateTimeField(null=True)
    synced_until_date = models.DateField(null=True)
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()
    unlinked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "accounts_link"
        indexes = [
            models.Index(
                fields=["due_at"],
                name="accounts_link_due",
                condition=Q(status=LinkStatus.LINKED.value),
            ),
            models.Index(fields=["account_id", "-id"], name="accounts_link_account"),
            models.Index(fields=["consent_id"], name="accounts_link_consent"),
        ]
        constraints = [
            models.UniqueConstraint(
                name="accounts_link_one_live",
                fields=["account_id"],
                condition=~Q(status=LinkStatus.UNLINKED.value),
            ),
            models.UniqueConstraint(
                name="accounts_link_outside_once",
                fields=["owner_id", "bank", "external_account_id"],
                condition=~Q(status=LinkStatus.UNLINKED.value),
            ),
            models.CheckConstraint(
                name="accounts_link_status_known",
                condition=Q(status__in=[s.value for s in LinkStatus]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bank} {self.external_number}"
