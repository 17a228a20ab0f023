"""Complaints over HTTP: customers report and withdraw their own, staff look into all."""

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
from apps.transactions.contracts import DisputeReason, DisputeState
from apps.transactions.models import Dispute
from apps.transactions.services import disputing
from vortex.clock import now
from vortex.db import unit_of_work
from vortex.http.fields import FlagField, IdField, TextField
from vortex.http.idempotency import IdempotentView
from vortex.http.openapi import page_of as page_schema
from vortex.http.pagination import PARAMETERS, paged
from vortex.identity.authentication import caller
from vortex.identity.permissions import RequiresRole
from vortex.ids import new_id
from vortex.money import written

_ORDER: Final = "complaints by -id"
_STAFF: Final = ("administrator", "support_agent")
_STATE: Final = OpenApiParameter(
    "state", enum=list(DisputeState), description="Only complaints in this state."
)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Not mine",
            value={"reason": "unrecognised", "words": "I was at home that evening."},
            request_only=True,
        )
    ]
)
class ReportSerializer(serializers.Serializer[Any]):
    """What is wrong with a transaction."""

    reason = serializers.ChoiceField(choices=list(DisputeReason))
    words = TextField(max_length=500, allow_blank=True, default="")


class DisputeSerializer(serializers.Serializer[Dispute]):
    """A complaint about a transaction, and what became of it."""

    id = IdField()
    transaction_id = IdField(source="posting_id")
    reason = serializers.ChoiceField(choices=list(DisputeReason))
    words = TextField()
    amount = serializers.SerializerMethodField()
    state = serializers.ChoiceField(choices=list(DisputeState))
    answer = TextField(help_text="What the bank said in the end.")
    reversal_id = IdField(allow_null=True, help_text="The transaction that gave the money back.")
    opened_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()

    def get_amount(self, dispute: Dispute) -> dict[str, str]:
        """Return what went out."""
        return written(dispute.amount_minor, dispute.currency)


class ResolutionSerializer(serializers.Serializer[Any]):
    """How a complaint ends."""

    refund = FlagField(help_text="Undo the transaction, or leave it as it is.")
    answer = TextField(max_length=500, help_text="What the customer is told.")


_DISPUTES = page_schema(DisputeSerializer)


class DisputeTransactionView(APIView):
    """Complaining about one of the caller's transactions."""

    @extend_schema(request=ReportSerializer, responses={201: DisputeSerializer})
    def post(self, request: Request, posting_id: UUID) -> Response:
        """Report a problem with money that went out; one complaint at a time."""
        asked = ReportSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        made = disputing.report(
            dispute_id=new_id(),
            posting_id=posting_id,
            owner_id=caller(request).user_id,
            reason=DisputeReason(asked.validated_data["reason"]),
            words=asked.validated_data["words"],
            at=now(),
        )
        return Response(DisputeSerializer(made).data, status=201)


class DisputesView(APIView):
    """The caller's complaints."""

    @extend_schema(parameters=[_STATE, *PARAMETERS], responses=_DISPUTES)
    def get(self, request: Request) -> Response:
        """List one's own complaints, newest first."""
        return _listed(request, caller(request).user_id)


class DisputeQueueView(APIView):
    """Everybody's complaints, for staff."""

    permission_classes = [RequiresRole(*_STAFF)]

    @extend_schema(parameters=[_STATE, *PARAMETERS], responses=_DISPUTES)
    def get(self, request: Request) -> Response:
        """List complaints of all customers, newest first."""
        return _listed(request, None)


class DisputeView(APIView):
    """One of the caller's complaints."""

    @extend_schema(responses=DisputeSerializer)
    def get(self, request: Request, dispute_id: UUID) -> Response:
        """Read a complaint."""
        found = selectors.dispute_of_owner(dispute_id=dispute_id, owner_id=caller(request).user_id)
        return Response(DisputeSerializer(found).data)


class WithdrawDisputeView(APIView):
    """Taking a complaint back."""

    @extend_schema(request=None, responses=DisputeSerializer)
    def post(self, request: Request, dispute_id: UUID) -> Response:
        """Take a complaint back; taken back twice, it is taken back."""
        done = disputing.withdraw(dispute_id=dispute_id, owner_id=caller(request).user_id, at=now())
        return Response(DisputeSerializer(done).data)


class ReviewDisputeView(APIView):
    """Taking a complaint up, for staff."""

    permission_classes = [RequiresRole(*_STAFF)]

    @extend_schema(request=None, responses=DisputeSerializer)
    def post(self, request: Request, dispute_id: UUID) -> Response:
        """Say that one looks into a complaint."""
        taken = disputing.take_up(dispute_id=dispute_id, staff_id=caller(request).user_id, at=now())
        return Response(DisputeSerializer(taken).data)


class ResolveDisputeView(IdempotentView):
    """Answering a complaint, for staff: it may move money."""

    context = "transactions"
    permission_classes = [RequiresRole(*_STAFF)]

    @extend_schema(request=ResolutionSerializer, responses=DisputeSerializer)
    def post(self, request: Request, dispute_id: UUID) -> HttpResponse:
        """Undo the transaction or reject the complaint, and say why."""
        asked = ResolutionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        with unit_of_work("transactions"):
            done = disputing.resolve(
                dispute_id=dispute_id,
                reversal_id=self.slot.derive("reversal"),
                staff_id=caller(request).user_id,
                at=now(),
                **asked.validated_data,
            )
            return self.remember(DisputeSerializer(done).data)


def _listed(request: Request, owner_id: UUID | None) -> Response:
    choice = serializers.ChoiceField(choices=list(DisputeState), allow_blank=True)
    state = str(choice.run_validation(request.query_params.get("state", "")))
    return paged(
        request,
        order=_ORDER,
        types=(UUID,),
        rows=lambda after, limit: selectors.disputes(
            owner_id=owner_id, state=state, after=after, limit=limit
        ),
        key=lambda row: (row.id,),
        shown=DisputeSerializer().to_representation,
    )
