"""HTTP of an account's money, which is asked of the ledger."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import selectors
from apps.accounts.api.own import own
from apps.accounts.api.serializers import BalanceSerializer


class BalanceView(APIView):
    """The money of one of the caller's accounts."""

    @extend_schema(operation_id="accounts_balance", responses=BalanceSerializer)
    def get(self, request: Request, account_id: UUID) -> Response:
        """Ask the ledger for the balance: available = booked + overdraft - held."""
        balance = selectors.balance(account_id=own(request, account_id).pk)
        return Response(BalanceSerializer(balance).data)
