"""HTTP of where an account stands: frozen, thawed, closed, reopened, woken."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import selectors
from apps.accounts.api.own import own
from apps.accounts.api.serializers import AccountSerializer
from apps.accounts.domain.standing import Change, Direction, Party, Reason
from apps.accounts.services.proving import require_presence
from apps.accounts.services.standing import Asked, change_as_asked
from vortex.clock import now
from vortex.http.fields import IdField
from vortex.identity.authentication import caller


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Nothing goes out",
            value={"direction": "debit", "reason": "lost_access"},
            request_only=True,
        )
    ]
)
class FreezingSerializer(serializers.Serializer[Any]):
    """Which side is to be frozen, and why."""

    direction = serializers.ChoiceField(
        choices=list(Direction),
        default=None,
        allow_null=True,
        help_text="`debit` for a holder and `all` for the bank, if left out.",
    )
    reason = serializers.ChoiceField(choices=list(Reason), default=Reason.REQUESTED)


class ClosingSerializer(serializers.Serializer[Any]):
    """Where the money of an account that closes is to go."""

    transfer_to = IdField(
        default=None,
        allow_null=True,
        help_text="Another own account of the currency; without one, the account must be empty.",
    )


class CloseView(APIView):
    """The end of an account."""

    @extend_schema(
        operation_id="accounts_close", request=ClosingSerializer, responses=AccountSerializer
    )
    def post(self, request: Request, account_id: UUID) -> Response:
        """Close an account. Closing twice is closing once.

        It must be empty, or what is on it goes to another own account in the same step, which needs
        a fresh proof. The holder can reopen it for thirty days.
        """
        account = own(request, account_id)
        asked = ClosingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        target_id = asked.validated_data["transfer_to"]
        if target_id is not None:
            own(request, target_id)
            require_presence(caller(request))
        return _changed(request, account.pk, Change.CLOSE, Party.HOLDER, target_id=target_id)


class FreezeView(APIView):
    """Stopping an account."""

    @extend_schema(
        operation_id="accounts_freeze", request=FreezingSerializer, responses=AccountSerializer
    )
    def post(self, request: Request, account_id: UUID) -> Response:
        """Freeze an account, or one side of it.

        A holder's freeze stops debits where nothing else is said; staff may freeze any account, and
        only staff lift that. When this answers, no further posting slips through.
        """
        account, party = selectors.account_for(account_id=account_id, principal=caller(request))
        asked = FreezingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = {name: value for name, value in asked.validated_data.items() if value is not None}
        wanted = {"direction": Direction, "reason": Reason}
        typed = {name: wanted[name](value) for name, value in said.items()}
        return _changed(request, account.pk, Change.FREEZE, party, **typed)


class UnfreezeView(APIView):
    """Letting an account go on."""

    @extend_schema(operation_id="accounts_unfreeze", request=None, responses=AccountSerializer)
    def post(self, request: Request, account_id: UUID) -> Response:
        """Thaw an account that oneself has frozen; staff thaw any."""
        account, party = selectors.account_for(account_id=account_id, principal=caller(request))
        return _changed(request, account.pk, Change.UNFREEZE, party)


class ReopenView(APIView):
    """An account that was closed."""

    @extend_schema(operation_id="accounts_reopen", request=None, responses=AccountSerializer)
    def post(self, request: Request, account_id: UUID) -> Response:
        """Reopen what oneself has closed, within thirty days; staff reopen any, at any time."""
        account, party = selectors.account_for(account_id=account_id, principal=caller(request))
        return _changed(request, account.pk, Change.REOPEN, party)


class ReactivateView(APIView):
    """An account that sleeps."""

    @extend_schema(operation_id="accounts_reactivate", request=None, responses=AccountSerializer)
    def post(self, request: Request, account_id: UUID) -> Response:
        """Wake an account that nobody has used for a year. Needs a fresh proof."""
        account = own(request, account_id)
        require_presence(caller(request))
        return _changed(request, account.pk, Change.WAKE, Party.HOLDER)


def change_own(request: Request, account_id: UUID, change: Change) -> Response:
    """Change where the caller's own account stands."""
    return _changed(request, own(request, account_id).pk, change, Party.HOLDER)


def _changed(
    request: Request, account_id: UUID, change: Change, party: Party, **more: Any
) -> Response:
    asked = Asked(change=change, party=party, actor_id=caller(request).user_id, **more)
    changed = change_as_asked(account_id=account_id, asked=asked, asked_at=now())
    return Response(AccountSerializer(changed).data)
