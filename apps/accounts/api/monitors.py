"""HTTP of monitors: what somebody wants to hear of an account's balance."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api.own import own
from apps.accounts.domain.watching import Kind
from apps.accounts.models import Monitor
from apps.accounts.selectors import pots as reads
from apps.accounts.services import monitors
from vortex.clock import now
from vortex.http.fields import IdField, MoneyField
from vortex.http.idempotency import IdempotentView
from vortex.http.openapi import page_of
from vortex.money import CurrencyMismatch, Money


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Tell me when less than 100 euros are left",
            value={"kind": "low", "amount": {"amount": "100.00", "currency": "EUR"}},
            request_only=True,
        )
    ]
)
class MonitorWantedSerializer(serializers.Serializer[Any]):
    """What to watch for."""

    kind = serializers.ChoiceField(
        choices=list(Kind), help_text="Below, above, or a debit of at least so much."
    )
    amount = MoneyField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a debit of nothing: every entry would be one."""
        if attrs["kind"] == Kind.LARGE_DEBIT and attrs["amount"].minor <= 0:
            raise serializers.ValidationError({"amount": "A debit is more than zero."})
        return attrs


class MonitorSerializer(MonitorWantedSerializer):
    """Something that is watched for."""

    id = IdField()
    is_crossed = serializers.BooleanField(help_text="Silent until the balance is back.")
    created_at = serializers.DateTimeField()


class MonitorsView(IdempotentView):
    """The monitors of one of the caller's accounts."""

    context = "accounts"

    @extend_schema(operation_id="accounts_monitors", responses=page_of(MonitorSerializer))
    def get(self, request: Request, account_id: UUID) -> Response:
        """List what is watched for; all of it is on one page."""
        account = own(request, account_id)
        found = reads.monitors(account_id=account.pk)
        items = [_shown(monitor, account.currency) for monitor in found]
        return Response({"items": items, "next_cursor": None})

    @extend_schema(
        operation_id="accounts_monitor_set",
        request=MonitorWantedSerializer,
        responses={201: MonitorSerializer},
    )
    def post(self, request: Request, account_id: UUID) -> HttpResponse:
        """Watch for a balance or a debit; it speaks once per crossing, from now on."""
        account = own(request, account_id)
        asked = MonitorWantedSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        amount: Money = asked.validated_data["amount"]
        if amount.currency != account.currency:
            raise CurrencyMismatch(currency=account.currency)
        monitor = monitors.watch(
            monitor_id=self.slot.derive("monitor"),
            account=account,
            kind=Kind(asked.validated_data["kind"]),
            amount_minor=amount.minor,
            at=now(),
        )
        return self.remember_apart(_shown(monitor, account.currency), status=201)


class MonitorView(APIView):
    """One monitor."""

    @extend_schema(
        operation_id="accounts_monitor_stop",
        responses={204: OpenApiResponse(description="Watched for no more.")},
    )
    def delete(self, request: Request, account_id: UUID, monitor_id: UUID) -> Response:
        """Watch for it no more."""
        monitors.stop(account_id=own(request, account_id).pk, monitor_id=monitor_id)
        return Response(status=204)


def _shown(monitor: Monitor, currency: str) -> dict[str, Any]:
    said = {name: getattr(monitor, name) for name in ("id", "kind", "is_crossed", "created_at")}
    return MonitorSerializer({**said, "amount": Money(monitor.amount_minor, currency)}).data
