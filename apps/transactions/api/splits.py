"""Splitting transactions over HTTP; only the caller's own side, for the caller alone."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.transactions import selectors
from apps.transactions.services import splitting
from apps.transactions.services.splitting import MOST_PARTS, Part
from vortex.http.fields import MoneyField, TextField
from vortex.identity.authentication import caller
from vortex.money import written


class PartSerializer(serializers.Serializer[Any]):
    """A part: an amount without sign, and how it is filed."""

    amount = MoneyField(positive=True)
    category = TextField(max_length=40, help_text="A key of everybody's, or of one's own.")
    note = TextField(max_length=200, allow_blank=True, default="")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A supermarket",
            value={
                "parts": [
                    {"amount": {"amount": "31.20", "currency": "EUR"}, "category": "groceries"},
                    {
                        "amount": {"amount": "12.00", "currency": "EUR"},
                        "category": "gifts",
                        "note": "Flowers",
                    },
                ]
            },
        )
    ]
)
class SplitSerializer(serializers.Serializer[Any]):
    """The parts of a transaction; none where it is filed whole."""

    parts = serializers.ListField(child=PartSerializer(), min_length=2, max_length=MOST_PARTS)


class SplitView(APIView):
    """The parts of one of the caller's transactions."""

    @extend_schema(responses=SplitSerializer)
    def get(self, request: Request, posting_id: UUID) -> Response:
        """Read the parts; an empty list where the transaction is filed whole."""
        return Response(_parts(posting_id, caller(request).user_id))

    @extend_schema(request=SplitSerializer, responses=SplitSerializer)
    def put(self, request: Request, posting_id: UUID) -> Response:
        """Split one's own side of a transaction, in place of the parts that were there.

        The parts add up to what the account paid or was paid. Sums count each under its category.
        """
        asked = SplitSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        owner = caller(request).user_id
        parts = [Part(**part) for part in asked.validated_data["parts"]]
        splitting.split(posting_id=posting_id, owner_id=owner, parts=parts)
        return Response(_parts(posting_id, owner))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, posting_id: UUID) -> HttpResponse:
        """File a transaction whole again."""
        owner = caller(request).user_id
        selectors.posting_of_owner(posting_id=posting_id, owner_id=owner)
        splitting.unsplit(posting_id=posting_id, owner_id=owner)
        return HttpResponse(status=204)


def _parts(posting_id: UUID, owner_id: UUID) -> dict[str, Any]:
    (first, *_) = selectors.posting_of_owner(posting_id=posting_id, owner_id=owner_id).entries
    parts = selectors.parts_of(posting_id=posting_id, owner_id=owner_id)
    said = []
    for part in parts:
        amount = written(abs(part.amount_minor), first.currency)
        said.append({"amount": amount, "category": part.category, "note": part.note})
    return {"parts": said}
