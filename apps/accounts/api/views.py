"""HTTP of accounts: decode, call one service, encode. Other people's accounts do not exist."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import selectors, services
from apps.accounts.api.serializers import (
    AccountSerializer,
    BalanceSerializer,
    HeldAccountSerializer,
    IbanSerializer,
    LookSerializer,
    OpeningSerializer,
    PayeeSerializer,
    WantedSerializer,
)
from apps.accounts.domain.standing import Change, Party
from apps.accounts.domain.terms import Terms
from apps.accounts.models import Account
from vortex.clock import now
from vortex.http.etag import etag_of, require_match, tagged
from vortex.http.idempotency import IdempotentView
from vortex.http.openapi import page_of
from vortex.identity.authentication import caller


class AccountsView(IdempotentView):
    """The caller's accounts."""

    context = "accounts"

    @extend_schema(
        operation_id="accounts_list",
        parameters=[WantedSerializer],
        responses=page_of(HeldAccountSerializer),
    )
    def get(self, request: Request) -> Response:
        """List one's own accounts with their balances.

        All of them are on one page: nobody has more than twenty open, and a hundred in a lifetime.
        """
        wanted = WantedSerializer(data=request.query_params.dict())
        wanted.is_valid(raise_exception=True)
        own = selectors.accounts_of_owner(owner_id=caller(request).user_id, **wanted.validated_data)
        items = HeldAccountSerializer(selectors.with_balances(own), many=True).data
        return Response({"items": items, "next_cursor": None})

    @extend_schema(
        operation_id="accounts_open", request=OpeningSerializer, responses={201: AccountSerializer}
    )
    def post(self, request: Request) -> HttpResponse:
        """Open an account for oneself; it is empty and takes postings at once."""
        asked = OpeningSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        nickname = asked.validated_data.pop("nickname")
        opened = services.open_account(
            account_id=self.slot.derive("account"),
            terms=Terms(owner_id=caller(request).user_id, **asked.validated_data),
            nickname=nickname,
            opened_at=now(),
        )
        headers = {"Location": f"{request.path}/{opened.pk}", "ETag": _etag(opened)}
        return self.remember_apart(AccountSerializer(opened).data, status=201, headers=headers)


class AccountView(APIView):
    """One of the caller's accounts."""

    if_match = ("PUT", "PATCH")

    @extend_schema(operation_id="accounts_read", responses=AccountSerializer)
    def get(self, request: Request, account_id: UUID) -> Response:
        """Read an account; its money is at `/balance`."""
        own = _own(request, account_id)
        return tagged(request, Response(AccountSerializer(own).data), _etag(own))

    @extend_schema(
        operation_id="accounts_replace", request=LookSerializer, responses=AccountSerializer
    )
    def put(self, request: Request, account_id: UUID) -> Response:
        """Replace how an account looks."""
        return self._change(request, account_id, partial=False)

    @extend_schema(
        operation_id="accounts_change", request=LookSerializer, responses=AccountSerializer
    )
    def patch(self, request: Request, account_id: UUID) -> Response:
        """Change some of how an account looks."""
        return self._change(request, account_id, partial=True)

    @extend_schema(
        operation_id="accounts_delete", responses={204: OpenApiResponse(description="Closed.")}
    )
    def delete(self, request: Request, account_id: UUID) -> Response:
        """Close an account, as POST `/close` does. Nothing is deleted."""
        _change_own(request, account_id, Change.CLOSE)
        return Response(status=204)

    def _change(self, request: Request, account_id: UUID, *, partial: bool) -> Response:
        own = _own(request, account_id)
        require_match(request, _etag(own))
        asked = LookSerializer(data=request.data, partial=partial)
        asked.is_valid(raise_exception=True)
        changed = services.change_settings(
            account_id=own.pk,
            changes=asked.validated_data,
            expected_version=own.version,
            changed_at=now(),
        )
        return tagged(request, Response(AccountSerializer(changed).data), _etag(changed))


class BalanceView(APIView):
    """The money of one of the caller's accounts."""

    @extend_schema(operation_id="accounts_balance", responses=BalanceSerializer)
    def get(self, request: Request, account_id: UUID) -> Response:
        """Ask the ledger for the balance: available = booked + overdraft - held."""
        own = _own(request, account_id)
        return Response(BalanceSerializer(selectors.balance(account_id=own.pk)).data)


class CloseView(APIView):
    """The end of an account."""

    @extend_schema(operation_id="accounts_close", request=None, responses=AccountSerializer)
    def post(self, request: Request, account_id: UUID) -> Response:
        """Close an account for good; it must be empty. Closing twice is closing once."""
        closed = _change_own(request, account_id, Change.CLOSE)
        return Response(AccountSerializer(closed).data)


class FreezeView(APIView):
    """Stopping an account."""

    @extend_schema(operation_id="accounts_freeze", request=None, responses=AccountSerializer)
    def post(self, request: Request, account_id: UUID) -> Response:
        """Freeze an account.

        A holder's freeze stops debits; staff may freeze any account, which stops credits too and
        which only staff lift. When this answers, no further posting slips through.
        """
        account, party = selectors.account_for(account_id=account_id, principal=caller(request))
        return _changed(account, Change.FREEZE, party)


class UnfreezeView(APIView):
    """Letting an account go on."""

    @extend_schema(operation_id="accounts_unfreeze", request=None, responses=AccountSerializer)
    def post(self, request: Request, account_id: UUID) -> Response:
        """Thaw an account that oneself has frozen; staff thaw any."""
        account, party = selectors.account_for(account_id=account_id, principal=caller(request))
        return _changed(account, Change.UNFREEZE, party)


class ResolveView(APIView):
    """Finding the account that an IBAN names."""

    throttle_scope = "resolve"

    @extend_schema(
        operation_id="accounts_resolve", parameters=[IbanSerializer], responses=PayeeSerializer
    )
    def get(self, request: Request) -> Response:
        """Find the account of another customer, to pay into it.

        Name and number come back masked: enough to recognise whom one knows.
        """
        asked = IbanSerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        account, holder = selectors.payee_by_iban(iban=asked.validated_data["iban"])
        return Response(PayeeSerializer(account, context={"holder": holder}).data)


def _own(request: Request, account_id: UUID) -> Account:
    return selectors.account_of_owner(account_id=account_id, owner_id=caller(request).user_id)


def _change_own(request: Request, account_id: UUID, change: Change) -> Account:
    own = _own(request, account_id)
    return services.change_standing(
        account_id=own.pk, change=change, party=Party.HOLDER, asked_at=now()
    )


def _changed(account: Account, change: Change, party: Party) -> Response:
    changed = services.change_standing(
        account_id=account.pk, change=change, party=party, asked_at=now()
    )
    return Response(AccountSerializer(changed).data)


def _etag(account: Account) -> str:
    return etag_of(str(account.pk), account.version)
