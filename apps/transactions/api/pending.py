"""Pending transactions over HTTP: authorised, committed, voided; only the payer's own."""

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
from apps.transactions.api.serializers import (
    TransactionSerializer,
    TransferSerializer,
    WordsField,
)
from apps.transactions.contracts import HoldState, ReviewState
from apps.transactions.models import Hold
from apps.transactions.services import holding, pending
from vortex.clock import now
from vortex.db import unit_of_work
from vortex.http.fields import IdField, MoneyField, TextField
from vortex.http.idempotency import IdempotentView
from vortex.http.openapi import page_of as page_schema
from vortex.http.pagination import PARAMETERS, page_of, window
from vortex.identity.authentication import caller
from vortex.money import written

_ORDER: Final = "pending transactions by -placed_at,-id"

# What a customer calls the states of a hold; where somebody looks at it, that comes first.
STATES: Final[dict[str, HoldState]] = {
    "pending": HoldState.PLACED,
    "under_review": HoldState.PLACED,
    "posted": HoldState.SETTLED,
    "voided": HoldState.RELEASED,
    "rejected": HoldState.RELEASED,
    "expired": HoldState.EXPIRED,
}
_REVIEWS: Final = {"under_review": ReviewState.OPEN, "rejected": ReviewState.REJECTED}
_REVIEWED: Final = {review.value: name for name, review in _REVIEWS.items()}
_NAMES: Final = {state.value: name for name, state in STATES.items() if name not in _REVIEWS}


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A room, authorised",
            value={
                "source_account_id": "01920f4e-5a10-7c3e-8f00-5d1f6b2a9c01",
                "target_account_id": "01920f4e-5a10-7c3e-8f00-5d1f6b2a9c02",
                "amount": {"amount": "240.00", "currency": "EUR"},
                "description": "Hotel, two nights",
                "pending": True,
            },
            request_only=True,
        )
    ]
)
class PaymentSerializer(TransferSerializer):
    """Money from an account of one's own to any account, at once or after a commit."""

    pending = serializers.BooleanField(
        default=False, help_text="Set the money aside now and move it with a commit."
    )
    expires_at = serializers.DateTimeField(
        default=None,
        allow_null=True,
        help_text="When a pending one gives up, at most 31 days ahead; a week if left out.",
    )


class PendingSerializer(serializers.Serializer[Any]):
    """A transaction whose money is, or was, set aside and had not moved."""

    id = IdField()
    state = serializers.SerializerMethodField(
        help_text=f"One of {', '.join(STATES)}. Under review, the bank looks at it first."
    )
    source_account_id = IdField(source="account_id")
    target_account_id = IdField()
    amount = serializers.SerializerMethodField(help_text="What was set aside.")
    committed = serializers.SerializerMethodField(help_text="What has moved of it.")
    description = TextField()
    counterparty = TextField()
    reference = TextField()
    category = TextField()
    placed_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)

    def get_state(self, hold: Hold) -> str:
        """Return the state in the customer's words."""
        review: str | None = getattr(hold, "review", None)  # selectors add it
        reviewed = _REVIEWED.get(review or "")
        return reviewed if reviewed and STATES[reviewed] == hold.state else _NAMES[hold.state]

    def get_amount(self, hold: Hold) -> dict[str, str]:
        """Return the held amount as money."""
        return written(hold.amount_minor, hold.currency)

    def get_committed(self, hold: Hold) -> dict[str, str]:
        """Return the committed amount as money."""
        return written(hold.settled_minor, hold.currency)


class CommitSerializer(serializers.Serializer[Any]):
    """How much of what was set aside is to move; all of it where nothing is said."""

    amount = MoneyField(positive=True, required=False)


class VoidSerializer(serializers.Serializer[Any]):
    """Why a pending transaction is called off."""

    reason = WordsField()


class PendingsView(APIView):
    """The caller's pending transactions."""

    @extend_schema(
        parameters=[OpenApiParameter("state", enum=list(STATES), default="pending"), *PARAMETERS],
        responses=page_schema(PendingSerializer),
    )
    def get(self, request: Request) -> Response:
        """List one's own pending transactions, or those that were, newest first."""
        asked = window(request, order=_ORDER, types=(datetime, UUID))
        state = serializers.ChoiceField(choices=list(STATES)).run_validation(
            request.query_params.get("state", "pending")
        )
        rows = selectors.pendings_of_owner(
            owner_id=caller(request).user_id,
            state=STATES[state].value,
            reviews=[_REVIEWS[state].value] if state in _REVIEWS else [],
            after=asked.after,
            limit=asked.limit + 1,
        )
        page = page_of(rows, asked, key=lambda row: (row.placed_at, row.id))
        items = PendingSerializer(page.items, many=True).data
        return Response({"items": items, "next_cursor": page.next_cursor})


class PendingView(APIView):
    """One pending transaction of the caller's."""

    @extend_schema(responses=PendingSerializer)
    def get(self, request: Request, transaction_id: UUID) -> Response:
        """Read a pending transaction, whatever became of it."""
        return Response(PendingSerializer(_own(request, transaction_id)).data)


class CommitView(IdempotentView):
    """Moving the money of a pending transaction."""

    context = "transactions"

    @extend_schema(request=CommitSerializer, responses={201: TransactionSerializer})
    def post(self, request: Request, posting_id: UUID) -> HttpResponse:
        """Commit a pending transaction, all of it or a part; the remainder is free again."""
        asked = CommitSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        owner = caller(request).user_id
        _settle_time(request, posting_id)
        with unit_of_work("transactions"):
            posted = pending.commit(
                transaction_id=posting_id,
                owner_id=owner,
                amount=asked.validated_data.get("amount"),
                at=now(),
            )
            made = selectors.posting_of_owner(posting_id=posted.posting_id, owner_id=owner)
            return self.remember(TransactionSerializer(made).data, status=201)


class VoidView(IdempotentView):
    """Calling a pending transaction off."""

    context = "transactions"

    @extend_schema(request=VoidSerializer, responses={200: PendingSerializer})
    def post(self, request: Request, posting_id: UUID) -> HttpResponse:
        """Void a pending transaction; its money is free again."""
        asked = VoidSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        _settle_time(request, posting_id)
        with unit_of_work("transactions"):
            hold = pending.void(
                transaction_id=posting_id,
                owner_id=caller(request).user_id,
                reason=asked.validated_data["reason"],
                at=now(),
            )
            return self.remember(PendingSerializer(hold).data)


def _settle_time(request: Request, transaction_id: UUID) -> None:
    """Let it expire now if its time is over: a refusal would take the expiry back with it."""
    holding.expire(hold_id=_own(request, transaction_id).id, now=now())


def _own(request: Request, transaction_id: UUID) -> Hold:
    return selectors.pending_of_owner(
        transaction_id=transaction_id, owner_id=caller(request).user_id
    )
