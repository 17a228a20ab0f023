"""What is found in one's own transactions over HTTP: merchants, what comes again, own transfers."""

from collections import defaultdict
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.transactions import selectors
from apps.transactions.api.search import FiltersSerializer, search_of
from apps.transactions.domain.merchants import merchants
from apps.transactions.domain.recurring import PACES, Recurring, recurring
from apps.transactions.models import TransferPair
from apps.transactions.selectors.search import Sum
from apps.transactions.services import pairing
from vortex.clock import now, today
from vortex.http.fields import IdField, TextField
from vortex.http.openapi import page_of as page_schema
from vortex.http.pagination import PARAMETERS, page_of, window
from vortex.identity.authentication import caller
from vortex.money import written

_PAIRS: Final = "pairs of transfers by -id"
_LOOKED_BACK: Final = timedelta(days=760)
_MOST_SHOWN: Final = 200
_STATES: Final = ("suggested", "confirmed", "rejected")
_STATE: Final = OpenApiParameter("state", enum=_STATES, description="`suggested` if left out.")


class MerchantSumSerializer(serializers.Serializer[Any]):
    """What came from and went to a merchant in one currency."""

    credits = serializers.SerializerMethodField()
    debits = serializers.SerializerMethodField(help_text="Zero or negative.")
    count = serializers.IntegerField()

    def get_credits(self, found: Sum) -> dict[str, str]:
        """Return what came."""
        return written(found.credits_minor, found.currency)

    def get_debits(self, found: Sum) -> dict[str, str]:
        """Return what went."""
        return written(found.debits_minor, found.currency)


class MerchantSerializer(serializers.Serializer[Any]):
    """A merchant: how it is called here, how statements spell it, what was paid."""

    name = TextField()
    spellings = serializers.ListField(child=TextField())
    sums = MerchantSumSerializer(many=True)


class MerchantsSerializer(serializers.Serializer[Any]):
    """Merchants, those with most transactions first."""

    items = MerchantSerializer(many=True)


class RecurringSerializer(serializers.Serializer[Recurring]):
    """What comes again."""

    name = TextField()
    account_id = IdField()
    amount = serializers.SerializerMethodField(help_text="The median; negative for payments.")
    pace = serializers.ChoiceField(choices=list(PACES))
    count = serializers.IntegerField()
    first_date = serializers.DateField()
    last_date = serializers.DateField()
    next_date = serializers.DateField(help_text="When it is due.")
    is_active = serializers.BooleanField(help_text="It is not overdue by much.")
    category = TextField()

    def get_amount(self, found: Recurring) -> dict[str, str]:
        """Return the usual amount."""
        return written(found.amount_minor, found.currency)


class RecurringsSerializer(serializers.Serializer[Any]):
    """What comes again, the largest first."""

    items = RecurringSerializer(many=True)


class TransferPairSerializer(serializers.Serializer[TransferPair]):
    """Two of one's own transactions that look like one transfer."""

    id = IdField()
    state = serializers.ChoiceField(choices=_STATES)
    amount = serializers.SerializerMethodField()
    out_transaction_id = IdField(source="out_posting_id")
    in_transaction_id = IdField(source="in_posting_id")
    out_account_id = IdField()
    in_account_id = IdField()
    out_date = serializers.DateField()
    in_date = serializers.DateField()

    def get_amount(self, pair: TransferPair) -> dict[str, str]:
        """Return what moved."""
        return written(pair.amount_minor, pair.currency)


class FoundPairsSerializer(serializers.Serializer[Any]):
    """How many pairs were found that had not been suggested before."""

    found = serializers.IntegerField()


class MerchantsView(APIView):
    """Whom one has paid and was paid by."""

    @extend_schema(parameters=[FiltersSerializer], responses=MerchantsSerializer)
    def get(self, request: Request) -> Response:
        """List merchants, their spellings taken together; the filters are those of the search."""
        asked = FiltersSerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        rows = selectors.sums(
            owner_id=caller(request).user_id,
            search=search_of(dict(asked.validated_data)),
            by="merchant",
        )
        return Response({"items": _merchants([row for row in rows if row.key.strip()])})


class RecurringView(APIView):
    """What comes again."""

    @extend_schema(responses=RecurringsSerializer)
    def get(self, request: Request) -> Response:
        """List what came at least three times at one pace within the last two years."""
        day = today()
        moves = selectors.moves(owner_id=caller(request).user_id, since=day - _LOOKED_BACK)
        found = recurring(moves, today=day)[:_MOST_SHOWN]
        return Response({"items": list(map(RecurringSerializer().to_representation, found))})


class TransferSuggestionsView(APIView):
    """Transfers between the caller's accounts that came in as two transactions."""

    @extend_schema(parameters=[_STATE, *PARAMETERS], responses=page_schema(TransferPairSerializer))
    def get(self, request: Request) -> Response:
        """List pairs that were suggested, newest first, or those confirmed or rejected."""
        asked = window(request, order=_PAIRS, types=(UUID,))
        state = serializers.ChoiceField(choices=_STATES)
        rows = selectors.transfer_pairs(
            owner_id=caller(request).user_id,
            state=str(state.run_validation(request.query_params.get("state", "suggested"))),
            after=asked.after,
            limit=asked.limit + 1,
        )
        page = page_of(rows, asked, key=lambda row: (row.id,))
        items = list(map(TransferPairSerializer().to_representation, page.items))
        return Response({"items": items, "next_cursor": page.next_cursor})

    @extend_schema(request=None, responses=FoundPairsSerializer)
    def post(self, request: Request) -> Response:
        """Look for pairs among the last 400 days; what was rejected is not suggested again."""
        return Response({"found": pairing.suggest(owner_id=caller(request).user_id, at=now())})


class ConfirmPairView(APIView):
    """Confirming a pair."""

    @extend_schema(request=None, responses=TransferPairSerializer)
    def post(self, request: Request, pair_id: UUID) -> Response:
        """Say that both are one transfer; both are filed as transfers."""
        pair = pairing.confirm(pair_id=pair_id, owner_id=caller(request).user_id, at=now())
        return Response(TransferPairSerializer(pair).data)


class RejectPairView(APIView):
    """Rejecting a pair."""

    @extend_schema(request=None, responses=TransferPairSerializer)
    def post(self, request: Request, pair_id: UUID) -> Response:
        """Say that they have nothing to do with each other; it is remembered."""
        pair = pairing.reject(pair_id=pair_id, owner_id=caller(request).user_id, at=now())
        return Response(TransferPairSerializer(pair).data)


def _merchants(rows: list[Sum]) -> list[dict[str, Any]]:
    names = merchants(row.key for row in rows)
    spellings: dict[str, set[str]] = defaultdict(set)
    sums: dict[str, dict[str, Sum]] = defaultdict(dict)
    for row in rows:
        name = names[row.key]
        spellings[name].add(row.key)
        known = sums[name].get(row.currency, Sum(name, row.currency, 0, 0, 0))
        sums[name][row.currency] = Sum(
            name,
            row.currency,
            known.credits_minor + row.credits_minor,
            known.debits_minor + row.debits_minor,
            known.count + row.count,
        )
    most_first = sorted(sums, key=lambda name: -sum(one.count for one in sums[name].values()))
    return [
        {
            "name": name,
            "spellings": sorted(spellings[name]),
            "sums": list(map(MerchantSumSerializer().to_representation, sums[name].values())),
        }
        for name in most_first
    ]
