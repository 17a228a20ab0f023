"""HTTP of accounts: decode, call one service, encode. Other people's accounts do not exist."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import selectors
from apps.accounts.api.own import etag, own, seen
from apps.accounts.api.reads import listed
from apps.accounts.api.serializers import (
    AccountSerializer,
    HeldAccountSerializer,
    LookSerializer,
    OpeningSerializer,
    PayeeSerializer,
    WantedPayeeSerializer,
    WantedSerializer,
)
from apps.accounts.api.standing import change_own
from apps.accounts.conf import minimum_minor
from apps.accounts.domain.standing import Change
from apps.accounts.domain.terms import Terms
from apps.accounts.selectors.aliases import account_by_alias
from apps.accounts.selectors.members import accounts_seen_by
from apps.accounts.services import appearance, opening, primary
from vortex.clock import now
from vortex.http.etag import require_match, tagged
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
        """List one's own accounts with their balances, and then those that one shares.

        All of them are on one page: nobody has more than twenty open, and a hundred in a lifetime.
        """
        wanted = WantedSerializer(data=request.query_params.dict())
        wanted.is_valid(raise_exception=True)
        found = accounts_seen_by(user_id=caller(request).user_id, **wanted.validated_data)
        return Response(listed(found, selectors.balances(found)))

    @extend_schema(
        operation_id="accounts_open", request=OpeningSerializer, responses={201: AccountSerializer}
    )
    def post(self, request: Request) -> HttpResponse:
        """Open an account for oneself; it is empty and takes postings at once."""
        asked = OpeningSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        nickname = asked.validated_data.pop("nickname")
        opened = opening.open_account(
            account_id=self.slot.derive("account"),
            terms=Terms(
                owner_id=caller(request).user_id,
                minimum_minor=minimum_minor(**asked.validated_data),
                **asked.validated_data,
            ),
            nickname=nickname,
            opened_at=now(),
        )
        headers = {"Location": f"{request.path}/{opened.pk}", "ETag": etag(opened)}
        return self.remember_apart(AccountSerializer(opened).data, status=201, headers=headers)


class AccountView(APIView):
    """One of the caller's accounts."""

    if_match = ("PUT", "PATCH")

    @extend_schema(operation_id="accounts_read", responses=AccountSerializer)
    def get(self, request: Request, account_id: UUID) -> Response:
        """Read an account of one's own or a shared one; its money is at `/balance`."""
        account = seen(request, account_id)
        return tagged(request, Response(AccountSerializer(account).data), etag(account))

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
        change_own(request, account_id, Change.CLOSE)
        return Response(status=204)

    def _change(self, request: Request, account_id: UUID, *, partial: bool) -> Response:
        account = own(request, account_id)
        require_match(request, etag(account))
        asked = LookSerializer(data=request.data, partial=partial)
        asked.is_valid(raise_exception=True)
        changed = appearance.change_settings(
            account_id=account.pk,
            changes=asked.validated_data,
            expected_version=account.version,
            changed_at=now(),
        )
        return tagged(request, Response(AccountSerializer(changed).data), etag(changed))


class PrimaryView(APIView):
    """The account that a person is paid to where nobody says which."""

    @extend_schema(operation_id="accounts_primary", request=None, responses=AccountSerializer)
    def post(self, request: Request, account_id: UUID) -> Response:
        """Make an account one's primary one, in the place of the other."""
        changed = primary.make_primary(
            account_id=account_id, owner_id=caller(request).user_id, at=now()
        )
        return tagged(request, Response(AccountSerializer(changed).data), etag(changed))


class ResolveView(APIView):
    """Finding the account that an IBAN or an alias names."""

    throttle_scope = "resolve"

    @extend_schema(
        operation_id="accounts_resolve",
        parameters=[WantedPayeeSerializer],
        responses=PayeeSerializer,
    )
    def get(self, request: Request) -> Response:
        """Find the account of another customer, to pay into it.

        Name and number come back masked: enough to recognise whom one knows.
        """
        asked = WantedPayeeSerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        if "alias" in asked.validated_data:
            found = account_by_alias(alias=asked.validated_data["alias"])
        else:
            found = selectors.account_by_iban(iban=asked.validated_data["iban"])
        account, holder = selectors.payee(found)
        return Response(PayeeSerializer(account, context={"holder": holder}).data)
