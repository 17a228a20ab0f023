"""Reads of virtual cards; none of them knows a number."""

from datetime import datetime
from uuid import UUID

from django.db.models import F, Q, QuerySet

from apps.accounts.contracts import (
    AccountNotFound,
    CardNotFound,
    CardPaymentNotFound,
    CardState,
    Role,
)
from apps.accounts.models import Account, Card, CardPayment
from apps.accounts.selectors.members import account_seen_by

# Who sees an account's cards, and stops them; a delegate neither.
HOLDERS = (Role.OWNER, Role.JOINT)


def cards(*, account_id: UUID) -> QuerySet[Card]:
    """Return an account's cards, those that were cancelled last, then the newest first."""
    is_over = Q(state=CardState.CANCELLED.value)
    found = Card.objects.filter(account_id=account_id).alias(is_over=is_over)
    return found.order_by("is_over", "-created_at", "-pk")


def card(*, card_id: UUID) -> Card:
    """Return a card, whosever it is; for the bank's own use."""
    found = Card.objects.filter(pk=card_id).first()
    if found is None:
        raise CardNotFound(card_id=str(card_id))
    return found


def card_of_token(*, vault: str, token: str) -> Card:
    """Return the card that a vault calls by a token; for the bank's own use."""
    found = Card.objects.filter(vault=vault, token=token).exclude(token="").first()
    if found is None:
        raise CardNotFound
    return found


def card_seen_by(
    *, card_id: UUID, user_id: UUID, roles: tuple[Role, ...] = HOLDERS
) -> tuple[Card, Account]:
    """Return a card of an account of somebody's own or a joint one; any other does not exist."""
    found = card(card_id=card_id)
    try:
        account = account_seen_by(account_id=found.account_id, user_id=user_id, roles=roles)
    except AccountNotFound as refusal:
        raise CardNotFound(card_id=str(card_id)) from refusal
    return found, account


def cards_to_tell(*, now: datetime, limit: int) -> list[UUID]:
    """Return cards that stand as the vault does not know yet, the longest waiting first."""
    behind = Card.objects.exclude(state=F("vault_state")).filter(
        Q(due_at__lte=now) | Q(due_at__isnull=True)
    )
    found = behind.order_by(F("due_at").asc(nulls_first=True), "pk")
    return list(found.values_list("pk", flat=True)[:limit])


def payments(*, card_id: UUID) -> QuerySet[CardPayment]:
    """Return what was paid with a card, in no order."""
    return CardPayment.objects.filter(card_id=card_id)


def payment(*, payment_id: UUID) -> CardPayment:
    """Return a payment by card."""
    found = CardPayment.objects.filter(pk=payment_id).first()
    if found is None:
        raise CardPaymentNotFound(payment_id=str(payment_id))
    return found
