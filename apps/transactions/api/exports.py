"""Transactions as a file, with the filters of the search; sent while it is written."""

from collections.abc import Iterable, Iterator
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponseBase, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.accounts.contracts import Accounts
from apps.transactions import selectors
from apps.transactions.adapters.exports import EXPORTS, ExportedAccount, ExportLine
from apps.transactions.api.search import FiltersSerializer, search_of
from apps.transactions.contracts import ExportTooLarge
from vortex.binding import bind
from vortex.clock import now
from vortex.errors import Unavailable
from vortex.identity.authentication import caller

_PAGE: Final = 500


class ExportSerializer(FiltersSerializer):
    """A search, and the format of the file."""

    format = serializers.ChoiceField(choices=list(EXPORTS), default="csv")


class _OneRenderer(DefaultContentNegotiation):
    """Takes any Accept header, and `format` for a filter and no renderer of DRF's."""

    def select_renderer(
        self, request: Request, renderers: Iterable[Any], format_suffix: str | None = None
    ) -> Any:
        del request, format_suffix
        (first, *_) = renderers
        return first, first.media_type


class ExportView(APIView):
    """One's own transactions as a file."""

    content_negotiation_class = _OneRenderer

    @extend_schema(
        parameters=[ExportSerializer],
        responses={
            (200, "text/csv"): OpenApiResponse(OpenApiTypes.STR),
            (200, "application/json"): OpenApiResponse(OpenApiTypes.OBJECT),
            (200, "application/x-ofx"): OpenApiResponse(OpenApiTypes.STR),
            (200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY),
        },
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Give one's own transactions as CSV, JSON, OFX or PDF, oldest first.

        The filters are those of the search. A CSV has no cell that a spreadsheet would run.
        """
        asked = ExportSerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        said, owner = dict(asked.validated_data), caller(request).user_id
        name = said.pop("format")
        wanted = EXPORTS[name]
        places = selectors.exported_entries(
            owner_id=owner,
            search=search_of(said),
            most=wanted.most_lines,
            by_account=wanted.by_account,
        )
        if len(places) > wanted.most_lines:
            raise ExportTooLarge(most_lines=wanted.most_lines)
        accounts = _accounts(owner, {account_id for _, account_id in places})
        lines = _lines(owner, places, {one.id: one for one in accounts})
        answer = StreamingHttpResponse(
            wanted.write(lines, accounts), content_type=wanted.media_type
        )
        answer["Content-Disposition"] = f'attachment; filename="transactions.{name}"'
        answer["Cache-Control"] = "no-store"
        return answer


def _accounts(owner_id: UUID, account_ids: set[UUID]) -> tuple[ExportedAccount, ...]:
    """Return the accounts with their numbers; without, where accounts cannot be asked."""
    try:
        held = bind(Accounts).accounts_of(owner_id=owner_id)
    except Unavailable:
        held = ()
    numbers, at = {one.account_id: one.iban for one in held}, now()
    return tuple(
        ExportedAccount(one.id, numbers.get(one.id, ""), one.currency, one.booked_minor, at)
        for one in sorted(
            selectors.accounts(account_ids=list(account_ids)), key=lambda one: one.opened_at
        )
    )


def _lines(
    owner_id: UUID, places: list[tuple[UUID, UUID]], accounts: dict[UUID, ExportedAccount]
) -> Iterator[ExportLine]:
    names = {str(one.id): one.name for one in selectors.own_categories(owner_id=owner_id)}
    for start in range(0, len(places), _PAGE):
        page = places[start : start + _PAGE]
        ids = list(dict.fromkeys(posting_id for posting_id, _ in page))
        found = {
            one.id: one for one in selectors.postings_by_id(posting_ids=ids, owner_id=owner_id)
        }
        filed = selectors.filings(posting_ids=ids, owner_id=owner_id)
        for posting_id, account_id in page:
            own = found[posting_id]
            entry = next(one for one in own.entries if one.account_id == account_id)
            filing = filed.get(posting_id)
            yield ExportLine(
                posting_id=posting_id,
                account_id=account_id,
                account=accounts[account_id].number or str(account_id),
                booked_at=own.booked_at,
                effective_date=own.effective_date,
                amount_minor=entry.amount_minor,
                currency=entry.currency,
                balance_after_minor=entry.balance_after_minor,
                kind=own.kind,
                description=own.description,
                counterparty=own.counterparty,
                reference=own.reference,
                category=names.get(own.category, own.category),
                tags=tuple(filing.tags) if filing else (),
                note=filing.note if filing else "",
            )
