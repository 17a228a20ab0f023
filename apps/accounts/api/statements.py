"""HTTP of statements: a list, and each of them as a file."""

from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.adapters.statements import Format, rendered
from apps.accounts.api.own import own
from apps.accounts.models import Statement
from apps.accounts.selectors import statements as selectors
from vortex.http.fields import IdField, MoneyField
from vortex.http.files import FileView, file_of
from vortex.money import Money

_MEDIA_TYPES: Final = (*("application/pdf", "text/csv", "application/x-ofx", "application/xml"),)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "October",
            value={
                "id": "0199a2f4-1c00-7d2b-9f3e-6b1f0c2d4e5a",
                "account_id": "0199b3a0-5f3e-7c8e-9d5e-3f1d9d1f0a11",
                "number": 10,
                "first_date": "2026-10-01",
                "last_date": "2026-10-31",
                "opening": {"amount": "1204.10", "currency": "EUR"},
                "credits": {"amount": "2850.00", "currency": "EUR"},
                "debits": {"amount": "2611.37", "currency": "EUR"},
                "closing": {"amount": "1442.73", "currency": "EUR"},
                "entries": 41,
                "issued_at": "2026-11-01T00:15:02Z",
            },
            response_only=True,
        )
    ]
)
class StatementSerializer(serializers.Serializer[Any]):
    """A statement: closing = opening + credits - debits."""

    id = IdField(source="pk")
    account_id = IdField()
    number = serializers.IntegerField(help_text="Counts the account's statements.")
    first_date = serializers.DateField()
    last_date = serializers.DateField(help_text="Days are UTC; both are included.")
    opening = MoneyField()
    credits = MoneyField()
    debits = MoneyField(help_text="Positive.")
    closing = MoneyField()
    entries = serializers.IntegerField()
    issued_at = serializers.DateTimeField()

    def to_representation(self, instance: Statement) -> dict[str, Any]:
        """Return the statement with amounts as the API writes them."""
        for name in ("opening", "credits", "debits", "closing"):
            amount = Money(getattr(instance, f"{name}_minor"), instance.currency)
            setattr(instance, name, amount)
        return super().to_representation(instance)


class WantedSerializer(serializers.Serializer[Any]):
    """How the file is to be written."""

    format = serializers.ChoiceField(
        choices=list(Format),
        default=Format.PDF,
        help_text="`camt053` is ISO 20022 camt.053.001.08.",
    )


class StatementsView(generics.ListAPIView[Statement]):
    """The statements of one of the caller's accounts."""

    serializer_class = StatementSerializer
    page_order = ("-number",)

    @extend_schema(operation_id="accounts_statements_list")
    def get(self, request: Request, account_id: UUID) -> Response:
        """List an account's statements, the newest first.

        One is issued soon after each month has ended (UTC) and never changes.
        """
        return self.list(request, account_id)

    def get_queryset(self) -> QuerySet[Statement]:
        """Return the statements of the account, which has to be the caller's."""
        account = own(self.request, self.kwargs["account_id"])
        return selectors.statements_of_account(account_id=account.pk)


class StatementView(APIView):
    """One statement."""

    @extend_schema(operation_id="accounts_statements_read", responses=StatementSerializer)
    def get(self, request: Request, account_id: UUID, statement_id: UUID) -> Response:
        """Read what a statement sums up to; its entries are in the file."""
        return Response(StatementSerializer(_statement(request, account_id, statement_id)).data)


class StatementFileView(FileView):
    """One statement as a file."""

    @extend_schema(
        operation_id="accounts_statements_file",
        parameters=[WantedSerializer],
        responses={(200, media_type): OpenApiTypes.BINARY for media_type in _MEDIA_TYPES},
    )
    def get(self, request: Request, account_id: UUID, statement_id: UUID) -> HttpResponse:
        """Download a statement; it is the same file whenever it is asked for."""
        asked = WantedSerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        statement = _statement(request, account_id, statement_id)
        content, media_type, name = rendered(
            selectors.document_of(statement), asked.validated_data["format"]
        )
        return file_of(content, media_type=media_type, name=name)


def _statement(request: Request, account_id: UUID, statement_id: UUID) -> Statement:
    account = own(request, account_id)
    return selectors.statement_of_account(account_id=account.pk, statement_id=statement_id)
