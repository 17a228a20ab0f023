"""Searching, summing and filing over HTTP; only the caller's own."""

from collections import defaultdict
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.transactions import selectors
from apps.transactions.api.serializers import TransactionSerializer
from apps.transactions.contracts import PostingKind
from apps.transactions.domain.merchants import merchants
from apps.transactions.selectors.search import GROUPS, SORTS, Search, Sum
from apps.transactions.services import annotating
from vortex.clock import now
from vortex.http.fields import IdField, TextField
from vortex.http.openapi import page_of as page_schema
from vortex.http.pagination import PARAMETERS, page_of, paged, window
from vortex.identity.authentication import caller
from vortex.ids import new_id
from vortex.money import MAX_MINOR, written

_NAME: Final = 60


class FiltersSerializer(serializers.Serializer[Any]):
    """What is searched for; everything that is said must hold."""

    account_id = IdField(required=False)
    booked_from = serializers.DateTimeField(required=False)
    booked_before = serializers.DateTimeField(required=False)
    effective_from = serializers.DateField(required=False)
    effective_until = serializers.DateField(required=False)
    least_minor = serializers.IntegerField(
        required=False, min_value=0, max_value=MAX_MINOR, help_text="In minor units, such as cents."
    )
    most_minor = serializers.IntegerField(required=False, min_value=0, max_value=MAX_MINOR)
    currency = TextField(required=False, max_length=3)
    direction = serializers.ChoiceField(choices=["in", "out"], required=False)
    kind = serializers.ChoiceField(choices=list(PostingKind), required=False)
    category = TextField(
        required=False, max_length=40, help_text="A key; one's own below it are found too."
    )
    uncategorised = serializers.BooleanField(required=False)
    tag = TextField(required=False, max_length=40)
    has_note = serializers.BooleanField(required=False)
    q = TextField(
        source="word",
        required=False,
        max_length=100,
        help_text="Part of the description, the reference, the counterparty or one's own note.",
    )


class SearchSerializer(FiltersSerializer):
    """A search, in an order, counted or not."""

    sort = serializers.ChoiceField(choices=list(SORTS), default="-booked_at")
    count = serializers.BooleanField(default=False, help_text="Say how many there are in all.")


class AggregateSerializer(FiltersSerializer):
    """A search to be summed."""

    by = serializers.ChoiceField(choices=list(GROUPS), default="category")


class FoundSerializer(serializers.Serializer[Any]):
    """A page of what was found."""

    items = TransactionSerializer(many=True)
    next_cursor = TextField(allow_null=True)
    count = serializers.IntegerField(allow_null=True, help_text="Where it was asked for.")


class SumSerializer(serializers.Serializer[Any]):
    """What came and went under one key, per currency."""

    key = TextField()
    credits = serializers.SerializerMethodField()
    debits = serializers.SerializerMethodField(help_text="Zero or negative.")
    count = serializers.IntegerField()

    def get_credits(self, found: Sum) -> dict[str, str]:
        """Return what came."""
        return written(found.credits_minor, found.currency)

    def get_debits(self, found: Sum) -> dict[str, str]:
        """Return what went."""
        return written(found.debits_minor, found.currency)


class SumsSerializer(serializers.Serializer[Any]):
    """The sums, in the order of their keys."""

    items = SumSerializer(many=True)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A holiday", value={"tags": ["lisbon", "2026"], "note": "Deposit, refundable"}
        )
    ]
)
class FilingSerializer(serializers.Serializer[Any]):
    """One's own tags and note on a transaction; nobody else sees them."""

    tags = serializers.ListField(child=TextField(max_length=40), max_length=20, default=list)
    note = TextField(max_length=500, allow_blank=True, default="")


class TagSerializer(serializers.Serializer[Any]):
    """A tag of one's own, and how many transactions have it."""

    tag = TextField()
    count = serializers.IntegerField()


class OwnCategorySerializer(serializers.Serializer[Any]):
    """A category of one's own, under one of everybody's or another of one's own."""

    key = IdField(source="id", read_only=True)
    name = TextField(max_length=_NAME)
    parent = TextField(  # type: ignore[assignment]
        max_length=40, help_text="A key of everybody's, or of one's own; at most five deep."
    )


class OwnCategoriesSerializer(serializers.Serializer[Any]):
    """One's own categories."""

    items = OwnCategorySerializer(many=True)


class CategoryChangeSerializer(serializers.Serializer[Any]):
    """What a category is to be called, or where it is to hang; what is not said stays."""

    name = TextField(max_length=_NAME, required=False)
    parent = TextField(  # type: ignore[assignment]
        max_length=40, required=False, help_text="A key of everybody's, or of one's own."
    )


class IntoSerializer(serializers.Serializer[Any]):
    """Where what was filed under a category goes."""

    into = TextField(max_length=40, help_text="The key of another category.")


class MovedSerializer(serializers.Serializer[Any]):
    """How many transactions went into the other category."""

    moved = serializers.IntegerField()


class SearchView(APIView):
    """Searching one's own transactions."""

    @extend_schema(parameters=[SearchSerializer, *PARAMETERS], responses=FoundSerializer)
    def get(self, request: Request) -> Response:
        """Search one's own transactions; everything that is said must hold."""
        asked = SearchSerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        said, owner = dict(asked.validated_data), caller(request).user_id
        sort, counted = said.pop("sort"), said.pop("count")
        search = search_of(said)
        by_time = SORTS[sort][0] == "booked_at"
        page = window(
            request, order=f"search by {sort}", types=(datetime if by_time else int, UUID)
        )
        rows = selectors.found_postings(
            owner_id=owner, search=search, sort=sort, after=page.after, limit=page.limit + 1
        )
        shown = page_of(rows, page, key=lambda row: (row[1] if by_time else row[2], row[0]))
        found = selectors.postings_by_id(
            posting_ids=[row[0] for row in shown.items], owner_id=owner
        )
        return Response(
            {
                "items": list(map(TransactionSerializer().to_representation, found)),
                "next_cursor": shown.next_cursor,
                "count": selectors.count_postings(owner_id=owner, search=search)
                if counted
                else None,
            }
        )


class AggregateView(APIView):
    """Sums over one's own transactions."""

    @extend_schema(parameters=[AggregateSerializer], responses=SumsSerializer)
    def get(self, request: Request) -> Response:
        """Sum one's own transactions by category, month, day, merchant, account or kind."""
        asked = AggregateSerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        said = dict(asked.validated_data)
        by = said.pop("by")
        rows = selectors.sums(owner_id=caller(request).user_id, search=search_of(said), by=by)
        shown = _by_merchant(rows) if by == "merchant" else rows
        return Response({"items": list(map(SumSerializer().to_representation, shown))})


class FilingView(APIView):
    """One's own tags and note on a transaction."""

    @extend_schema(responses=FilingSerializer)
    def get(self, request: Request, posting_id: UUID) -> Response:
        """Read one's own tags and note."""
        owner = caller(request).user_id
        selectors.posting_of_owner(posting_id=posting_id, owner_id=owner)
        found = selectors.filing(posting_id=posting_id, owner_id=owner)
        return Response(FilingSerializer(found).data)

    @extend_schema(request=FilingSerializer, responses=FilingSerializer)
    def put(self, request: Request, posting_id: UUID) -> Response:
        """Put tags and a note on a transaction, in place of those that were there."""
        asked = FilingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        owner = caller(request).user_id
        selectors.posting_of_owner(posting_id=posting_id, owner_id=owner)
        annotating.file(
            posting_id=posting_id, owner_id=owner, changed_at=now(), **asked.validated_data
        )
        found = selectors.filing(posting_id=posting_id, owner_id=owner)
        return Response(FilingSerializer(found).data)


class TagsView(APIView):
    """The tags that one has put on transactions."""

    @extend_schema(parameters=[*PARAMETERS], responses=page_schema(TagSerializer))
    def get(self, request: Request) -> Response:
        """List one's own tags by name; `search?tag=` finds the transactions of one."""
        owner_id = caller(request).user_id
        return paged(
            request,
            order="tags by name",
            types=(str,),
            rows=lambda after, limit: selectors.tags_of_owner(
                owner_id=owner_id, after=after, limit=limit
            ),
            key=lambda row: (row[0],),
            shown=lambda row: {"tag": row[0], "count": row[1]},
        )


class OwnCategoriesView(APIView):
    """Categories of one's own."""

    @extend_schema(responses=OwnCategoriesSerializer)
    def get(self, request: Request) -> Response:
        """List one's own categories, by name."""
        own = selectors.own_categories(owner_id=caller(request).user_id)
        return Response({"items": list(map(OwnCategorySerializer().to_representation, own))})

    @extend_schema(request=OwnCategorySerializer, responses={201: OwnCategorySerializer})
    def post(self, request: Request) -> Response:
        """Make a category of one's own."""
        asked = OwnCategorySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        made = annotating.create_category(
            category_id=new_id(), owner_id=caller(request).user_id, at=now(), **asked.validated_data
        )
        return Response(OwnCategorySerializer(made).data, status=201)


class OwnCategoryView(APIView):
    """A category of one's own."""

    @extend_schema(request=CategoryChangeSerializer, responses=OwnCategorySerializer)
    def patch(self, request: Request, category_id: UUID) -> Response:
        """Rename a category, or hang it elsewhere; what is filed under it stays."""
        asked = CategoryChangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        renamed = annotating.change_category(
            category_id=category_id, owner_id=caller(request).user_id, **asked.validated_data
        )
        return Response(OwnCategorySerializer(renamed).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, category_id: UUID) -> HttpResponse:
        """Delete a category; what was filed or hangs under it goes to its parent."""
        annotating.remove_category(
            category_id=category_id, owner_id=caller(request).user_id, into="", at=now()
        )
        return HttpResponse(status=204)


class MergeView(APIView):
    """Two categories becoming one."""

    @extend_schema(request=IntoSerializer, responses=MovedSerializer)
    def post(self, request: Request, category_id: UUID) -> Response:
        """Merge a category of one's own into another, and delete it."""
        asked = IntoSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        moved = annotating.remove_category(
            category_id=category_id,
            owner_id=caller(request).user_id,
            into=asked.validated_data["into"],
            at=now(),
        )
        return Response({"moved": moved})


def search_of(said: dict[str, Any]) -> Search:
    """Return the search that these filters say."""
    account_id = said.pop("account_id", None)
    return Search(account_ids=(account_id,) if account_id else (), **said)


def _by_merchant(rows: list[Sum]) -> list[Sum]:
    names = merchants(row.key for row in rows)
    groups: dict[tuple[str, str], list[Sum]] = defaultdict(list)
    for row in rows:
        groups[names[row.key], row.currency].append(row)
    return [
        Sum(
            key,
            currency,
            sum(row.credits_minor for row in same),
            sum(row.debits_minor for row in same),
            sum(row.count for row in same),
        )
        for (key, currency), same in groups.items()
    ]
