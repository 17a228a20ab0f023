"""Transactions under review over HTTP, for the staff who decide about them."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.transactions import selectors
from apps.transactions.contracts import ReviewState
from apps.transactions.domain.gate import MAY_DECIDE, MAY_READ
from apps.transactions.models import Review
from apps.transactions.services import reviewing
from vortex.clock import now
from vortex.db import unit_of_work
from vortex.http.fields import FlagField, IdField, TextField
from vortex.http.idempotency import IdempotentView
from vortex.http.openapi import page_of as page_schema
from vortex.http.pagination import PARAMETERS, paged
from vortex.identity.authentication import caller
from vortex.identity.permissions import RequiresRole
from vortex.money import written

_ORDER: Final = "reviews by asked_at,id"
_STATE: Final = OpenApiParameter(
    "state", enum=list(ReviewState), description="Only transactions in this state."
)


class ReviewSerializer(serializers.Serializer[Review]):
    """A transaction that was held back or denied, as staff see it."""

    id = IdField(help_text="The transaction's; a denied one was never made.")
    user_id = IdField(help_text="Who asked for it.")
    owner_id = IdField(allow_null=True, help_text="Whose money it is.")
    source_account_id = IdField(source="account_id")
    target_account_id = IdField()
    amount = serializers.SerializerMethodField()
    description = TextField()
    state = serializers.ChoiceField(choices=list(ReviewState))
    reasons = serializers.ListField(child=TextField(), help_text="Codes of what stood out.")
    needs_two = serializers.SerializerMethodField(help_text="Two of the staff have to approve.")
    first_approved_by = IdField(allow_null=True)
    asked_at = serializers.DateTimeField()
    decided_by = IdField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    words = TextField(help_text="Why it was decided so; the payer does not see it.")

    def get_amount(self, review: Review) -> dict[str, str]:
        """Return what is to move."""
        return written(review.amount_minor, review.currency)

    def get_needs_two(self, review: Review) -> bool:
        """Say whether two have to approve."""
        return reviewing.needs_two(review)


@extend_schema_serializer(
    examples=[
        OpenApiExample("Asked back", value={"words": "Confirmed by telephone."}, request_only=True)
    ]
)
class ApprovalSerializer(serializers.Serializer[Any]):
    """Why a transaction may go on."""

    words = TextField(max_length=500)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Tricked", value={"words": "The payer was told to.", "fraud": True}, request_only=True
        )
    ]
)
class RejectionSerializer(serializers.Serializer[Any]):
    """Why a transaction is not made."""

    words = TextField(max_length=500)
    fraud = FlagField(default=False, help_text="It is taken for fraud, and others hear so.")


class ReviewsView(APIView):
    """Transactions that were held back or denied."""

    permission_classes = [RequiresRole(*MAY_READ)]

    @extend_schema(parameters=[_STATE, *PARAMETERS], responses=page_schema(ReviewSerializer))
    def get(self, request: Request) -> Response:
        """List what was held back or denied, what waits longest first."""
        choice = serializers.ChoiceField(choices=list(ReviewState), allow_blank=True)
        state = str(choice.run_validation(request.query_params.get("state", "")))
        return paged(
            request,
            order=_ORDER,
            types=(datetime, UUID),
            rows=lambda after, limit: selectors.reviews(state=state, after=after, limit=limit),
            key=lambda row: (row.asked_at, row.id),
            shown=ReviewSerializer().to_representation,
        )


class ReviewView(APIView):
    """One transaction that was held back or denied."""

    permission_classes = [RequiresRole(*MAY_READ)]

    @extend_schema(responses=ReviewSerializer)
    def get(self, request: Request, transaction_id: UUID) -> Response:
        """Read what stood out and what was decided."""
        del request
        return Response(ReviewSerializer(selectors.review(transaction_id=transaction_id)).data)


class ApproveReviewView(IdempotentView):
    """Letting a transaction go on: it moves money."""

    context = "transactions"
    permission_classes = [RequiresRole(*MAY_DECIDE)]

    @extend_schema(request=ApprovalSerializer, responses={200: ReviewSerializer})
    def post(self, request: Request, transaction_id: UUID) -> HttpResponse:
        """Approve a transaction; where two have to, the second approval makes it."""
        asked = ApprovalSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        with unit_of_work("transactions"):
            done = reviewing.approve(
                transaction_id=transaction_id,
                staff_id=caller(request).user_id,
                words=asked.validated_data["words"],
                at=now(),
            )
            return self.remember(ReviewSerializer(done).data)


class RejectReviewView(IdempotentView):
    """Refusing a transaction: its money is free again."""

    context = "transactions"
    permission_classes = [RequiresRole(*MAY_DECIDE)]

    @extend_schema(request=RejectionSerializer, responses={200: ReviewSerializer})
    def post(self, request: Request, transaction_id: UUID) -> HttpResponse:
        """Reject a transaction; the payer has the money back at once."""
        asked = RejectionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        with unit_of_work("transactions"):
            done = reviewing.reject(
                transaction_id=transaction_id,
                staff_id=caller(request).user_id,
                words=asked.validated_data["words"],
                is_fraud=asked.validated_data["fraud"],
                at=now(),
            )
            return self.remember(ReviewSerializer(done).data)
