"""Several legs, exchange and estimates over HTTP."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import (
    OpenApiExample,
    PolymorphicProxySerializer,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.transactions import selectors
from apps.transactions.api.pending import PaymentSerializer, PendingSerializer
from apps.transactions.api.serializers import TransactionSerializer, WordsField
from apps.transactions.contracts import CATEGORIES, Leg
from apps.transactions.domain.posting import MAX_LEGS
from apps.transactions.models import Quote
from apps.transactions.services import composing, exchanging, judging, pending, transferring
from apps.transactions.services.exchanging import Exchange
from apps.transactions.services.judging import Payer
from apps.transactions.services.transferring import Transfer
from vortex.clock import now
from vortex.db import unit_of_work
from vortex.http.fields import IdField, MoneyField, TextField
from vortex.http.idempotency import IdempotentView
from vortex.identity.authentication import caller
from vortex.identity.permissions import RequiresRole
from vortex.ids import new_id
from vortex.money import written

_A = "01920f4e-5a10-7c3e-8f00-5d1f6b2a9c01"
_B = "01920f4e-5a10-7c3e-8f00-5d1f6b2a9c02"
_LEAST_RATE = Decimal("0.000000000001")
_C = "01920f4e-5a10-7c3e-8f00-5d1f6b2a9c03"


class LegSerializer(serializers.Serializer[Any]):
    """One side: negative takes money from an account of one's own, positive gives it to any."""

    account_id = IdField()
    amount = MoneyField()


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Rent and its deposit",
            value={
                "legs": [
                    {"account_id": _A, "amount": {"amount": "-900.00", "currency": "EUR"}},
                    {"account_id": _B, "amount": {"amount": "700.00", "currency": "EUR"}},
                    {"account_id": _C, "amount": {"amount": "200.00", "currency": "EUR"}},
                ],
                "description": "Rent and deposit",
            },
            request_only=True,
        )
    ]
)
class ComposedSerializer(serializers.Serializer[Any]):
    """Legs that sum to zero in every currency; each account stands in one of them."""

    legs = serializers.ListField(child=LegSerializer(), min_length=2, max_length=MAX_LEGS)
    description = WordsField()
    category = serializers.ChoiceField(choices=CATEGORIES, default="transfers")


class RateSerializer(serializers.Serializer[Any]):
    """What one unit of `base` is worth in `quote`, and what the bank keeps of it."""

    base = TextField(max_length=3)
    quote = TextField(max_length=3)
    rate = serializers.DecimalField(
        max_digits=24,
        decimal_places=12,
        min_value=_LEAST_RATE,
        help_text="A decimal, such as 1.0834.",
    )
    spread_ppm = serializers.IntegerField(
        min_value=0, max_value=999_999, default=0, help_text="In millionths of the rate."
    )
    valid_from = serializers.DateTimeField(read_only=True)


class RatesSerializer(serializers.Serializer[Any]):
    """The rates that hold now."""

    items = RateSerializer(many=True)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Euros into dollars",
            value={
                "source": {"amount": "100.00", "currency": "EUR"},
                "target_currency": "USD",
            },
            request_only=True,
        )
    ]
)
class QuoteRequestSerializer(serializers.Serializer[Any]):
    """What is to be sold, and for which currency."""

    source = MoneyField(positive=True)  # type: ignore[assignment]
    target_currency = TextField(max_length=3)


class QuoteSerializer(serializers.Serializer[Any]):
    """What the bank promises until `expires_at`; the fee comes on top of the source."""

    id = IdField()
    source = serializers.SerializerMethodField()  # type: ignore[assignment]
    target = serializers.SerializerMethodField()
    fee = serializers.SerializerMethodField()
    rate = serializers.DecimalField(max_digits=24, decimal_places=12)
    expires_at = serializers.DateTimeField()
    transaction_id = IdField(source="posting_id", allow_null=True)

    def get_source(self, quote: Quote) -> dict[str, str]:
        """Return what is sold."""
        return written(quote.source_minor, quote.source_currency)

    def get_target(self, quote: Quote) -> dict[str, str]:
        """Return what is bought."""
        return written(quote.target_minor, quote.target_currency)

    def get_fee(self, quote: Quote) -> dict[str, str]:
        """Return the fee."""
        return written(quote.fee_minor, quote.source_currency)


class ExchangeSerializer(serializers.Serializer[Any]):
    """A quote, an account of one's own in its first currency, and any in its second."""

    quote_id = IdField()
    source_account_id = IdField()
    target_account_id = IdField()


class LegsView(IdempotentView):
    """Transactions of several legs."""

    context = "transactions"

    @extend_schema(request=ComposedSerializer, responses={201: TransactionSerializer})
    def post(self, request: Request) -> HttpResponse:
        """Move money between several accounts at once; all of it or nothing."""
        asked = ComposedSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said, owner = asked.validated_data, caller(request).user_id
        legs = [
            Leg(
                account_id=leg["account_id"],
                amount_minor=leg["amount"].minor,
                currency=leg["amount"].currency,
            )
            for leg in said["legs"]
        ]
        judging.refuse_legs_if_not_allowed(legs=legs, payer=_payer(self), at=now())
        with unit_of_work("transactions"):
            posted = composing.compose(
                posting_id=new_id(),
                legs=legs,
                description=said["description"],
                category=said["category"],
                owner_id=owner,
            )
            return self.remember(_made(posted.posting_id, owner), status=201)


class EstimateView(APIView):
    """What a transfer would do."""

    @extend_schema(
        request=PaymentSerializer,
        responses={
            200: PolymorphicProxySerializer(
                component_name="TransactionOrPending",
                serializers=[TransactionSerializer, PendingSerializer],
                resource_type_field_name=None,
            )
        },
    )
    def post(self, request: Request) -> Response:
        """Answer as the transfer would be answered now, and keep nothing; its id names nothing."""
        asked = PaymentSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said, owner = dict(asked.validated_data), caller(request).user_id
        is_pending, expires_at = said.pop("pending"), said.pop("expires_at")
        wanted = Transfer(posting_id=new_id(), **said)

        def authorize() -> Any:
            hold = pending.authorize(
                transfer=wanted, owner_id=owner, expires_at=expires_at, at=now()
            )
            return PendingSerializer(hold).data

        def transfer() -> Any:
            return _made(transferring.transfer(transfer=wanted, owner_id=owner).posting_id, owner)

        return Response(composing.estimate(authorize if is_pending else transfer))


class RatesView(APIView):
    """Exchange rates; staff set them."""

    def get_permissions(self) -> list[Any]:
        """Everybody reads; administrators write."""
        if self.request.method == "POST":
            return [RequiresRole("administrator")()]
        return list(super().get_permissions())

    @extend_schema(responses=RatesSerializer)
    def get(self, request: Request) -> Response:
        """List the rates that hold now."""
        del request
        items = RateSerializer(selectors.rates(at=now()), many=True).data
        return Response({"items": items})

    @extend_schema(request=RateSerializer, responses={201: RateSerializer})
    def post(self, request: Request) -> Response:
        """Set a rate from now on; quotes that were given keep theirs."""
        asked = RateSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        rate = exchanging.set_rate(
            rate_id=new_id(), by=caller(request).user_id, at=now(), **asked.validated_data
        )
        return Response(RateSerializer(rate).data, status=201)


class QuotesView(APIView):
    """Quotes for an exchange."""

    @extend_schema(request=QuoteRequestSerializer, responses={201: QuoteSerializer})
    def post(self, request: Request) -> Response:
        """Ask what an amount buys; the answer holds for a minute."""
        asked = QuoteRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        quote = exchanging.quote(
            quote_id=new_id(), owner_id=caller(request).user_id, at=now(), **asked.validated_data
        )
        return Response(QuoteSerializer(quote).data, status=201)


class ExchangeView(IdempotentView):
    """Exchanging one currency for another."""

    context = "transactions"

    @extend_schema(request=ExchangeSerializer, responses={201: TransactionSerializer})
    def post(self, request: Request) -> HttpResponse:
        """Use a quote; each is good for one exchange."""
        asked = ExchangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        owner = caller(request).user_id
        wanted = Exchange(posting_id=new_id(), **asked.validated_data)
        judging.refuse_legs_if_not_allowed(
            legs=exchanging.legs_of(exchange=wanted, owner_id=owner), payer=_payer(self), at=now()
        )
        with unit_of_work("transactions"):
            posted = exchanging.exchange(exchange=wanted, owner_id=owner, at=now())
            return self.remember(_made(posted.posting_id, owner), status=201)


def _payer(view: IdempotentView) -> Payer:
    return Payer(caller(view.request).user_id, view.slot.derive("denial"))


def _made(posting_id: UUID, owner_id: UUID) -> Any:
    made = selectors.posting_of_owner(posting_id=posting_id, owner_id=owner_id)
    return TransactionSerializer(made).data
