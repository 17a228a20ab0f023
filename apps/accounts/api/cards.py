"""HTTP of virtual cards: what is shown of a card is what a receipt shows, never its number."""

from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api.limits import (
    LimitAmountSerializer,
    SpendingLimitSerializer,
    SpendingLimitsSerializer,
    Whose,
    change_limit,
    lift_limit,
    limits_of,
    set_limit,
)
from apps.accounts.api.own import own
from apps.accounts.contracts import (
    CardPaymentState,
    CardState,
    Role,
)
from apps.accounts.domain.cards import CardChange
from apps.accounts.domain.labels import LONGEST_NICKNAME
from apps.accounts.models import Account, Card, CardPayment
from apps.accounts.selectors import cards as reads
from apps.accounts.selectors.members import account_seen_by
from apps.accounts.services import cards
from apps.accounts.services.proving import require_presence
from vortex.clock import now
from vortex.http.fields import IdField, MoneyField, TextField
from vortex.http.idempotency import IdempotentView
from vortex.http.openapi import page_of
from vortex.identity.authentication import caller
from vortex.money import Money

_OWNER: Final = (Role.OWNER,)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A card for one purpose", value={"name": "Online shopping"}, request_only=True
        )
    ]
)
class CardWantedSerializer(serializers.Serializer[Any]):
    """A card to be made."""

    name = TextField(max_length=LONGEST_NICKNAME, allow_blank=True, default="")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A card that pays",
            value={
                "id": "0199a2f4-1c00-7d2b-9f3e-6b1f0c2d4e5a",
                "account_id": "0199b3a0-5f3e-7c8e-9d5e-3f1d9d1f0a11",
                "name": "Online shopping",
                "last_four": "4242",
                "brand": "visa",
                "expiry_month": 11,
                "expiry_year": 2030,
                "state": "active",
                "created_at": "2026-11-01T09:15:02Z",
                "cancelled_at": None,
            },
            response_only=True,
        )
    ]
)
class CardSerializer(serializers.Serializer[Any]):
    """A virtual card. Its number and the code on its back are known to the vault alone."""

    id = IdField(source="pk")
    account_id = IdField()
    name = TextField()
    last_four = TextField(help_text="Empty until the card is made.")
    brand = TextField(help_text="`visa`, say; `vortex` is of no scheme. Empty until it is made.")
    expiry_month = serializers.IntegerField(allow_null=True)
    expiry_year = serializers.IntegerField(allow_null=True)
    state = serializers.ChoiceField(
        choices=list(CardState), source="shown_state", help_text="`requested`: not made yet."
    )
    created_at = serializers.DateTimeField()
    cancelled_at = serializers.DateTimeField(allow_null=True)


class CardPaymentSerializer(serializers.Serializer[Any]):
    """What was paid with a card, or was to be."""

    id = IdField(source="pk")
    card_id = IdField()
    merchant = TextField()
    amount = MoneyField(help_text="What was set aside.")
    captured = MoneyField(help_text="What was taken of it.")
    state = serializers.ChoiceField(choices=list(CardPaymentState))
    refused_with = TextField(help_text="The code of what refused it.")
    asked_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)

    def to_representation(self, instance: CardPayment) -> dict[str, Any]:
        """Return the payment with amounts as the API writes them."""
        for name in ("amount", "captured"):
            minor = getattr(instance, f"{name}_minor")
            setattr(instance, name, Money(minor, instance.currency))
        return super().to_representation(instance)


class CardsView(IdempotentView):
    """The cards of an account."""

    context = "accounts"
    throttle_scope = "money"

    @extend_schema(operation_id="accounts_cards", responses=page_of(CardSerializer))
    def get(self, request: Request, account_id: UUID) -> Response:
        """List the cards of an account of one's own or a joint one.

        All of them are on one page, the newest first and those that were cancelled last.
        """
        account = account_seen_by(
            account_id=account_id, user_id=caller(request).user_id, roles=reads.HOLDERS
        )
        items = CardSerializer(reads.cards(account_id=account.pk), many=True).data
        return Response({"items": items, "next_cursor": None})

    @extend_schema(
        operation_id="accounts_card_issue",
        request=CardWantedSerializer,
        responses={201: CardSerializer},
    )
    def post(self, request: Request, account_id: UUID) -> HttpResponse:
        """Have a virtual card made for one of one's own accounts. Needs a fresh proof.

        It pays from the account, within the limits of both.
        """
        account = own(request, account_id)
        asked = CardWantedSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        require_presence(caller(request))
        card = cards.issue_card(
            card_id=self.slot.derive("card"),
            account_id=account.pk,
            name=asked.validated_data["name"],
            made_by=caller(request).user_id,
            at=now(),
        )
        headers = {"Location": f"/api/accounts/cards/{card.pk}"}
        return self.remember_apart(CardSerializer(card).data, status=201, headers=headers)


class CardView(APIView):
    """One card."""

    @extend_schema(operation_id="accounts_card", responses=CardSerializer)
    def get(self, request: Request, card_id: UUID) -> Response:
        """Read a card of an account of one's own or a joint one."""
        return Response(CardSerializer(_seen(request, card_id)[0]).data)


class LockView(APIView):
    """Stopping a card."""

    throttle_scope = "money"

    @extend_schema(operation_id="accounts_card_lock", request=None, responses=CardSerializer)
    def post(self, request: Request, card_id: UUID) -> Response:
        """Lock a card, as its owner or a joint holder. When this answers, it pays nothing more."""
        return _changed(request, _seen(request, card_id)[0], CardChange.LOCK)


class UnlockView(APIView):
    """Letting a card pay again."""

    throttle_scope = "money"

    @extend_schema(operation_id="accounts_card_unlock", request=None, responses=CardSerializer)
    def post(self, request: Request, card_id: UUID) -> Response:
        """Unlock a card. Needs a fresh proof."""
        card, _ = _seen(request, card_id, _OWNER)
        require_presence(caller(request))
        return _changed(request, card, CardChange.UNLOCK)


class CancelView(APIView):
    """The end of a card."""

    throttle_scope = "money"

    @extend_schema(operation_id="accounts_card_cancel", request=None, responses=CardSerializer)
    def post(self, request: Request, card_id: UUID) -> Response:
        """Cancel a card for good. What it has authorised is still paid."""
        card, _ = _seen(request, card_id, _OWNER)
        return _changed(request, card, CardChange.CANCEL)


class CardPaymentsView(generics.ListAPIView[CardPayment]):
    """What was paid with a card."""

    serializer_class = CardPaymentSerializer
    page_order = ("-asked_at", "-id")

    @extend_schema(operation_id="accounts_card_payments")
    def get(self, request: Request, card_id: UUID) -> Response:
        """List what was paid with a card, and what was refused, the newest first."""
        return self.list(request, card_id)

    def get_queryset(self) -> QuerySet[CardPayment]:
        """Return the payments of the card, which has to be the caller's."""
        card, _ = _seen(self.request, self.kwargs["card_id"])
        return reads.payments(card_id=card.pk)


class CardLimitsView(APIView):
    """The limits of a card."""

    throttle_scope = "money"

    @extend_schema(operation_id="accounts_card_limits", responses=SpendingLimitsSerializer)
    def get(self, request: Request, card_id: UUID) -> Response:
        """List the limits of a card with what of them is used; those of the account hold too."""
        return limits_of(request, _limited(request, card_id))

    @extend_schema(
        operation_id="accounts_card_limit_set",
        request=SpendingLimitSerializer,
        responses={201: SpendingLimitsSerializer},
    )
    def post(self, request: Request, card_id: UUID) -> Response:
        """Set a limit that the card has not had; it holds at once. Needs a fresh proof."""
        return set_limit(request, _limited(request, card_id, _OWNER))


class CardLimitView(APIView):
    """One limit of a card."""

    throttle_scope = "money"
    if_match = ("PATCH", "DELETE")

    @extend_schema(
        operation_id="accounts_card_limit_change",
        request=LimitAmountSerializer,
        responses=SpendingLimitsSerializer,
    )
    def patch(self, request: Request, card_id: UUID, limit_id: str) -> Response:
        """Change a limit: less at once, more after a time to cool off. Needs a fresh proof."""
        return change_limit(request, _limited(request, card_id, _OWNER), limit_id)

    @extend_schema(operation_id="accounts_card_limit_lift", responses=SpendingLimitsSerializer)
    def delete(self, request: Request, card_id: UUID, limit_id: str) -> Response:
        """Lift a limit, after a time to cool off. Needs a fresh proof."""
        return lift_limit(request, _limited(request, card_id, _OWNER), limit_id)


def _seen(
    request: Request, card_id: UUID, roles: tuple[Role, ...] = reads.HOLDERS
) -> tuple[Card, Account]:
    return reads.card_seen_by(card_id=card_id, user_id=caller(request).user_id, roles=roles)


def _changed(request: Request, card: Card, change: CardChange) -> Response:
    changed = cards.change_card(
        card_id=card.pk, change=change, changed_by=caller(request).user_id, at=now()
    )
    return Response(CardSerializer(changed).data)


def _limited(request: Request, card_id: UUID, roles: tuple[Role, ...] = reads.HOLDERS) -> Whose:
    card, account = _seen(request, card_id, roles)
    return Whose(account, card.pk)
