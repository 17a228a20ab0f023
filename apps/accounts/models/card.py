"""Virtual cards as tokens, what was paid with them, and the local vault's own table."""

from django.db import models
from django.db.models import F, Q

from apps.accounts.contracts import CardPaymentState, CardState

_STATES = [CardState.ACTIVE.value, CardState.LOCKED.value, CardState.CANCELLED.value]


class Card(models.Model):
    """A card of an account. Its number is in the vault; `token` is what the vault calls it.

    `state` is what was asked for and holds here at once; `vault_state` is what the vault has
    confirmed, empty before it has made the card. Where they differ the clockwork tells it.
    """

    id = models.UUIDField(primary_key=True)
    account_id = models.UUIDField()
    name = models.CharField(max_length=64, blank=True)
    vault = models.CharField(max_length=16)
    token = models.CharField(max_length=64, blank=True, default="")
    last_four = models.CharField(max_length=4, blank=True, default="")
    brand = models.CharField(max_length=16, blank=True, default="")
    expiry_month = models.PositiveSmallIntegerField(null=True)
    expiry_year = models.PositiveSmallIntegerField(null=True)
    state = models.CharField(max_length=16, choices=[(s, s) for s in _STATES])
    vault_state = models.CharField(max_length=16, blank=True, default="")
    telling_since_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    made_by = models.UUIDField()
    created_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "accounts_card"
        indexes = [
            models.Index(fields=["account_id"], name="accounts_card_account"),
            models.Index(
                fields=["due_at"], name="accounts_card_due", condition=~Q(state=F("vault_state"))
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                name="accounts_card_token_unique", fields=["vault", "token"], condition=~Q(token="")
            ),
            models.CheckConstraint(
                name="accounts_card_state_known", condition=Q(state__in=_STATES)
            ),
            models.CheckConstraint(
                name="accounts_card_last_four_only",
                condition=Q(last_four="") | Q(last_four__regex=r"^[0-9]{4}$"),
            ),
        ]

    @property
    def shown_state(self) -> CardState:
        """The state as the outside knows it."""
        is_made = bool(self.token) or self.state == CardState.CANCELLED
        return CardState(self.state) if is_made else CardState.REQUESTED


class CardPayment(models.Model):
    """What was paid with a card, or was to be. Its id is that of the ledger's hold."""

    id = models.UUIDField(primary_key=True)
    card_id = models.UUIDField()
    account_id = models.UUIDField()
    amount_minor = models.BigIntegerField()
    captured_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    merchant = models.CharField(max_length=64)
    state = models.CharField(max_length=16, choices=[(s.value, s.value) for s in CardPaymentState])
    refused_with = models.CharField(max_length=64, blank=True, default="")
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "accounts_card_payment"
        indexes = [
            models.Index(fields=["card_id", "-asked_at", "-id"], name="accounts_card_payment_list"),
        ]
        constraints = [
            models.CheckConstraint(
                name="accounts_card_payment_amounts",
                condition=Q(amount_minor__gt=0)
                & Q(captured_minor__gte=0)
                & Q(captured_minor__lte=F("amount_minor")),
            ),
        ]


class VaultEntry(models.Model):
    """The local vault's own table: the number and the code of a card, sealed."""

    token = models.CharField(max_length=64, primary_key=True)
    reference = models.UUIDField(unique=True)
    sealed = models.BinaryField()
    last_four = models.CharField(max_length=4)
    expiry_month = models.PositiveSmallIntegerField()
    expiry_year = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=16)

    class Meta:
        db_table = "accounts_vault_entry"
