"""HTTP of where an account stands: frozen, thawed, closed."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import selectors
from apps.accounts.api.own import own
from apps.accounts.api.serializers import AccountSerializer
from apps.accounts.domain.standing import Change, Party
from apps.accounts.models import Account
from apps.accounts.services import standing
from vortex.clock import now
from vortex.identity.authentication import caller


class CloseView(APIView):
    """The end of an account."""

    @extend_schema(operation_id="accounts_close", request=None, responses=AccountSerializer)
    def post(self, request: Request, account_id: UUID) -> Response:
        """Close an account for good; it must be empty. Closing twice is closing once."""
        closed = change_own(request, account_id, Change.CLOSE)
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


def change_own(request: Request, account_id: UUID, change: Change) -> Account:
    """Change where the caller's own account stands."""
    return standing.change_standing(
        account_id=own(request, account_id).pk, change=change, party=Party.HOLDER, asked_at=now()
    )


def _changed(account: Account, change: Change, party: Party) -> Response:
    changed = standing.change_standing(
        account_id=account.pk, change=change, party=party, asked_at=now()
    )
    return Response(AccountSerializer(changed).data)
