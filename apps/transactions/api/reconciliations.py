"""Comparing accounts with statements over HTTP; only the caller's own."""

from typing import Any, Final
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.transactions import selectors
from apps.transactions.adapters.statements import (
    DATE_FORMATS,
    DECIMALS,
    MOST_BYTES,
    Hints,
)
from apps.transactions.domain.reconciling import ItemKind
from apps.transactions.models import Reconciliation, ReconciliationItem
from apps.transactions.services import reconciling
from vortex.clock import now
from vortex.http.fields import IdField, TextField
from vortex.http.openapi import page_of as page_schema
from vortex.http.pagination import PARAMETERS, paged
from vortex.http.uploads import UploadParser
from vortex.identity.authentication import caller
from vortex.ids import new_id
from vortex.money import written

_ORDER: Final = "reconciliations by -id"
_ITEMS: Final = "items of a reconciliation by position"
_KIND: Final = OpenApiParameter("kind", enum=list(ItemKind), description="Only items of this kind.")


class CompareSerializer(serializers.Serializer[Any]):
    """A statement and the account that it is of."""

    account_id = IdField()
    file = serializers.FileField(
        allow_empty_file=True, help_text="OFX, QFX, QIF, MT940, camt.053 or CSV, up to 10 MiB."
    )
    encoding = TextField(max_length=20, allow_blank=True, default="")
    date_format = serializers.ChoiceField(choices=DATE_FORMATS, allow_blank=True, default="")
    decimal = serializers.ChoiceField(choices=DECIMALS, allow_blank=True, default="")
    statement = TextField(max_length=60, allow_blank=True, default="")


class ReconciliationSerializer(serializers.Serializer[Reconciliation]):
    """An account beside a statement of it. `whole` says that nothing differs."""

    id = IdField()
    account_id = IdField()
    filename = TextField()
    format = TextField()
    currency = TextField()
    first_date = serializers.DateField()
    last_date = serializers.DateField()
    matched = serializers.IntegerField()
    missing_here = serializers.IntegerField(help_text="In the statement and not in the account.")
    missing_there = serializers.IntegerField(help_text="In the account and not in the statement.")
    amount_differs = serializers.IntegerField(help_text="Same day and words, another amount.")
    whole = serializers.SerializerMethodField()
    made_at = serializers.DateTimeField()

    def get_whole(self, made: Reconciliation) -> bool:
        """Say whether nothing differs."""
        return not (made.missing_here or made.missing_there or made.amount_differs)


class ReconciliationItemSerializer(serializers.Serializer[ReconciliationItem]):
    """A line of the statement, an entry of the account, or both."""

    position = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=list(ItemKind))
    transaction_id = IdField(source="posting_id", allow_null=True)
    booked_date = serializers.DateField()
    description = TextField()
    ours = serializers.SerializerMethodField()
    theirs = serializers.SerializerMethodField()

    def get_ours(self, item: ReconciliationItem) -> dict[str, str] | None:
        """Return what the account says; null where it says nothing."""
        return self._money(item.our_minor)

    def get_theirs(self, item: ReconciliationItem) -> dict[str, str] | None:
        """Return what the statement says; null where it says nothing."""
        return self._money(item.their_minor)

    def _money(self, minor: int | None) -> dict[str, str] | None:
        if minor is None:
            return None
        return written(minor, self.context["currency"])


class ReconciliationsView(APIView):
    """The caller's reconciliations."""

    most_bytes = MOST_BYTES
    parser_classes = [UploadParser]

    @extend_schema(parameters=[*PARAMETERS], responses=page_schema(ReconciliationSerializer))
    def get(self, request: Request) -> Response:
        """List one's own reconciliations, newest first."""
        owner_id = caller(request).user_id
        return paged(
            request,
            order=_ORDER,
            types=(UUID,),
            rows=lambda after, limit: selectors.reconciliations_of_owner(
                owner_id=owner_id, after=after, limit=limit
            ),
            key=lambda row: (row.id,),
            shown=ReconciliationSerializer().to_representation,
        )

    @extend_schema(
        request={"multipart/form-data": CompareSerializer},
        responses={201: ReconciliationSerializer},
    )
    def post(self, request: Request) -> Response:
        """Compare an account of one's own with a statement of it; nothing is posted.

        The days compared are those of the statement, by effective date.
        """
        asked = CompareSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = dict(asked.validated_data)
        file, account_id = said.pop("file"), said.pop("account_id")
        made = reconciling.reconcile(
            reconciliation_id=new_id(),
            owner_id=caller(request).user_id,
            account_id=account_id,
            filename=file.name or "",
            content=file.read(),
            hints=Hints(**said),
            at=now(),
        )
        answer = Response(ReconciliationSerializer(made).data, status=201)
        answer["Location"] = f"{request.path}/{made.id}"
        return answer


class ReconciliationView(APIView):
    """One of the caller's reconciliations."""

    @extend_schema(responses=ReconciliationSerializer)
    def get(self, request: Request, reconciliation_id: UUID) -> Response:
        """Read a reconciliation: how many lines are the same, and how many are not."""
        return Response(ReconciliationSerializer(_own(request, reconciliation_id)).data)


class ReconciliationItemsView(APIView):
    """What a reconciliation found."""

    @extend_schema(
        parameters=[_KIND, *PARAMETERS], responses=page_schema(ReconciliationItemSerializer)
    )
    def get(self, request: Request, reconciliation_id: UUID) -> Response:
        """List what was found, day by day; the breaks are every kind but `matched`."""
        known = _own(request, reconciliation_id)
        choice = serializers.ChoiceField(choices=list(ItemKind), allow_blank=True)
        kind = str(choice.run_validation(request.query_params.get("kind", "")))
        context = {"currency": known.currency}
        return paged(
            request,
            order=_ITEMS,
            types=(int,),
            rows=lambda after, limit: selectors.reconciliation_items(
                reconciliation_id=known.id, kind=kind, after=after, limit=limit
            ),
            key=lambda row: (row.position,),
            shown=ReconciliationItemSerializer(context=context).to_representation,
        )


def _own(request: Request, reconciliation_id: UUID) -> Reconciliation:
    return selectors.reconciliation_of_owner(
        reconciliation_id=reconciliation_id, owner_id=caller(request).user_id
    )
