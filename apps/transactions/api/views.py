"""HTTP of the ledger: decode, call one service, encode. Other people's money does not exist."""

from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.transactions import selectors
from apps.transactions.api.pending import PaymentSerializer, PendingSerializer
from apps.transactions.api.reads import listed, window_of_list
from apps.transactions.api.serializers import (
    AnnotationSerializer,
    CategoriesSerializer,
    EntrySerializer,
    ReversalSerializer,
    ReversedSerializer,
    TransactionSerializer,
    WantedSerializer,
)
from apps.transactions.domain.categories import grouped
from apps.transactions.selectors import OwnEntry, OwnPosting, Wanted
from apps.transactions.services import (
    annotating,
    judging,
    pending,
    reversing,
    reviewing,
    transferring,
)
from apps.transactions.services.judging import Payer
from apps.transactions.services.transferring import Transfer
from vortex.clock import now
from vortex.db import unit_of_work
from vortex.http.idempotency import IdempotentView
from vortex.http.openapi import page_of as page_schema
from vortex.http.pagination import PARAMETERS, paged
from vortex.identity.authentication import caller
from vortex.identity.permissions import RequiresRole
from vortex.ids import new_id

_MADE: Final = PolymorphicProxySerializer(
    component_name="TransactionOrPending",
    serializers=[TransactionSerializer, PendingSerializer],
    resource_type_field_name=None,
)
_ENTRIES: Final = "entries of a transaction by amount,account_id"


class TransactionsView(IdempotentView):
    """The caller's transactions."""

    context = "transactions"

    @extend_schema(
        parameters=[WantedSerializer, *PARAMETERS], responses=page_schema(TransactionSerializer)
    )
    def get(self, request: Request) -> Response:
        """List one's own transactions, newest first."""
        asked = window_of_list(request.query_params)
        wanted = WantedSerializer(data=request.query_params.dict())
        wanted.is_valid(raise_exception=True)
        owner_id = caller(request).user_id
        return Response(listed(owner_id, Wanted(**wanted.validated_data), asked))

    @extend_schema(request=PaymentSerializer, responses={201: _MADE, 202: PendingSerializer})
    def post(self, request: Request) -> HttpResponse:
        """Move money from one's own account to any account, at once and for good.

        With `pending` the money is set aside instead, until `/{id}/commit` or `/{id}/void`. What
        the bank looks at first is answered with 202, `under_review`; its money is set aside.
        """
        asked = PaymentSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = dict(asked.validated_data)
        is_pending, expires_at = said.pop("pending"), said.pop("expires_at")
        owner, wanted = caller(request).user_id, _transfer(new_id(), said)
        reasons = judging.reasons_to_wait(transfer=wanted, payer=_payer(self), at=now())
        with unit_of_work("transactions"):
            if reasons:
                held = reviewing.hold_back(
                    transfer=wanted,
                    user_id=owner,
                    reasons=reasons,
                    is_pending=is_pending,
                    expires_at=expires_at,
                    at=now(),
                )
                shown = selectors.pending_of_owner(transaction_id=held.id, owner_id=owner)
                headers = {"Location": f"{request.path}/pending/{held.id}"}
                return self.remember(PendingSerializer(shown).data, status=202, headers=headers)
            if is_pending:
                hold = pending.authorize(
                    transfer=wanted, owner_id=owner, expires_at=expires_at, at=now()
                )
                headers = {"Location": f"{request.path}/pending/{hold.id}"}
                return self.remember(PendingSerializer(hold).data, status=201, headers=headers)
            posted = transferring.transfer(transfer=wanted, owner_id=owner)
            made = selectors.posting_of_owner(posting_id=posted.posting_id, owner_id=owner)
            headers = {"Location": f"{request.path}/{made.id}"}
            return self.remember(TransactionSerializer(made).data, status=201, headers=headers)


class CategoriesView(APIView):
    """The categories that transactions are filed under."""

    @extend_schema(responses=CategoriesSerializer)
    def get(self, request: Request) -> Response:
        """List the categories, by group."""
        del request
        return Response({"items": grouped()})


class TransactionView(APIView):
    """One of the caller's transactions."""

    @extend_schema(responses=TransactionSerializer)
    def get(self, request: Request, posting_id: UUID) -> Response:
        """Read a transaction."""
        return Response(TransactionSerializer(_own(request, posting_id)).data)

    @extend_schema(request=AnnotationSerializer, responses=TransactionSerializer)
    def patch(self, request: Request, posting_id: UUID) -> Response:
        """File a transaction under another category; the other side of it sees no change."""
        return _filed(request, posting_id)


class CategorizeView(APIView):
    """Filing one of the caller's transactions."""

    @extend_schema(request=AnnotationSerializer, responses=TransactionSerializer)
    def post(self, request: Request, posting_id: UUID) -> Response:
        """File a transaction under another category, as `PATCH` does; twice is once."""
        return _filed(request, posting_id)


class EntriesView(APIView):
    """The caller's side of a transaction."""

    @extend_schema(parameters=[*PARAMETERS], responses=page_schema(EntrySerializer))
    def get(self, request: Request, posting_id: UUID) -> Response:
        """List one's own entries of a transaction, debits first; nobody sees the other side's."""
        own = _own(request, posting_id)

        def place(entry: OwnEntry) -> tuple[int, UUID]:
            return entry.amount_minor, entry.account_id

        def beyond(after: tuple[Any, ...] | None, limit: int) -> list[OwnEntry]:
            ordered = sorted(own.entries, key=place)
            return [one for one in ordered if after is None or place(one) > after][:limit]

        return paged(
            request,
            order=_ENTRIES,
            types=(int, UUID),
            rows=beyond,
            key=place,
            shown=EntrySerializer().to_representation,
        )


class ReverseView(IdempotentView):
    """Undoing a transaction: for the bank's staff, since it takes money from the receiver."""

    context = "transactions"
    permission_classes = [RequiresRole("administrator", "support_agent")]

    @extend_schema(request=ReversalSerializer, responses={201: ReversedSerializer})
    def post(self, request: Request, posting_id: UUID) -> HttpResponse:
        """Undo a transaction or a part of it; the accounts' limits hold."""
        asked = ReversalSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        amount = asked.validated_data.get("amount")
        if amount is not None:
            reversing.check_currency(original_id=posting_id, currency=amount.currency)
        with unit_of_work("transactions"):
            posted = reversing.reverse(
                posting_id=new_id(),
                original_id=posting_id,
                reason=asked.validated_data["reason"],
                actor_id=caller(request).user_id,
                amount_minor=None if amount is None else amount.minor,
            )
            answer = {"id": str(posted.posting_id), "reverses_id": str(posting_id)}
            return self.remember(answer, status=201)


def _payer(view: IdempotentView) -> Payer:
    return Payer(caller(view.request).user_id, view.slot.derive("denial"))


def _filed(request: Request, posting_id: UUID) -> Response:
    asked = AnnotationSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    annotating.categorize(
        posting_id=posting_id,
        owner_id=caller(request).user_id,
        category=asked.validated_data["category"],
        changed_at=now(),
    )
    return Response(TransactionSerializer(_own(request, posting_id)).data)


def _own(request: Request, posting_id: UUID) -> OwnPosting:
    return selectors.posting_of_owner(posting_id=posting_id, owner_id=caller(request).user_id)


def _transfer(posting_id: UUID, said: dict[str, Any]) -> Transfer:
    return Transfer(posting_id=posting_id, **said)
