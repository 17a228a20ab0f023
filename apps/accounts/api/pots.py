"""HTTP of pots: money of an account set apart for something."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api.own import own
from apps.accounts.domain.labels import LONGEST_NICKNAME
from apps.accounts.models import Account, Pot
from apps.accounts.selectors import money
from apps.accounts.selectors import pots as reads
from apps.accounts.services import pots
from apps.transactions.contracts import Funds
from vortex.clock import now
from vortex.http.etag import etag_of, require_match, tagged
from vortex.http.fields import IdField, MoneyField, TextField
from vortex.http.idempotency import IdempotentView
from vortex.http.openapi import page_of
from vortex.identity.authentication import caller
from vortex.money import CurrencyMismatch, Money


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A holiday, with the change of every payment",
            value={
                "name": "Lisbon",
                "goal": {"amount": "900.00", "currency": "EUR"},
                "goal_date": "2027-06-01",
                "round_up": {"amount": "1.00", "currency": "EUR"},
            },
            request_only=True,
        )
    ]
)
class PotPlanSerializer(serializers.Serializer[Any]):
    """What a pot is for."""

    name = TextField(max_length=LONGEST_NICKNAME)
    goal = MoneyField(positive=True, required=False, allow_null=True)
    goal_date = serializers.DateField(required=False, allow_null=True)
    round_up = MoneyField(
        positive=True,
        required=False,
        allow_null=True,
        help_text="Payments are rounded up to it and the change goes in; null for none.",
    )


class PotSerializer(serializers.Serializer[Any]):
    """A pot with what is in it."""

    id = IdField()
    account_id = IdField()
    name = TextField()
    balance = MoneyField()
    goal = MoneyField(allow_null=True)
    goal_date = serializers.DateField(allow_null=True)
    round_up = MoneyField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)


class PotTransferSerializer(serializers.Serializer[Any]):
    """How much goes into a pot, or out of it, back to its account."""

    direction = serializers.ChoiceField(choices=["in", "out"])
    amount = MoneyField(positive=True)


class PotsView(IdempotentView):
    """The pots of one of the caller's accounts."""

    context = "accounts"
    throttle_scope = "money"

    @extend_schema(operation_id="accounts_pots", responses=page_of(PotSerializer))
    def get(self, request: Request, account_id: UUID) -> Response:
        """List open pots with what is in them; all are on one page, there are at most twenty."""
        account = own(request, account_id)
        found = reads.pots_with_funds(account_id=account.pk)
        return Response({"items": [_shown(*one) for one in found], "next_cursor": None})

    @extend_schema(
        operation_id="accounts_pot_open", request=PotPlanSerializer, responses={201: PotSerializer}
    )
    def post(self, request: Request, account_id: UUID) -> HttpResponse:
        """Open a pot beside an account."""
        account = own(request, account_id)
        asked = PotPlanSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        pot = pots.open_pot(
            pot_id=self.slot.derive("pot"),
            account=account,
            plan=pots.Plan(**_plan(asked.validated_data, account)),
            opened_at=now(),
        )
        shown = _shown(pot, money.funds(account_id=pot.pk))
        return self.remember_apart(shown, status=201, headers={"ETag": _etag(pot)})


class PotView(APIView):
    """One of the caller's pots."""

    throttle_scope = "money"
    if_match = ("PATCH",)

    @extend_schema(operation_id="accounts_pot", responses=PotSerializer)
    def get(self, request: Request, pot_id: UUID) -> Response:
        """Read a pot."""
        pot, _ = _own(request, pot_id)
        return tagged(request, Response(_now(pot)), _etag(pot))

    @extend_schema(
        operation_id="accounts_pot_change", request=PotPlanSerializer, responses=PotSerializer
    )
    def patch(self, request: Request, pot_id: UUID) -> Response:
        """Change what a pot is for."""
        pot, account = _own(request, pot_id)
        require_match(request, _etag(pot))
        asked = PotPlanSerializer(data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        changed = pots.change_pot(
            pot_id=pot.pk,
            changes=_plan(asked.validated_data, account),
            expected_version=pot.version,
        )
        return tagged(request, Response(_now(changed)), _etag(changed))

    @extend_schema(operation_id="accounts_pot_close", responses=PotSerializer)
    def delete(self, request: Request, pot_id: UUID) -> Response:
        """Close a pot; what is in it goes back to its account."""
        pot, account = _own(request, pot_id)
        closed = pots.close_pot(pot=pot, account=account, closed_at=now())
        return Response(_now(closed))


class PotTransferView(IdempotentView):
    """Money into a pot and out of it."""

    context = "accounts"
    throttle_scope = "money"

    @extend_schema(
        operation_id="accounts_pot_transfer",
        request=PotTransferSerializer,
        responses={201: PotSerializer},
    )
    def post(self, request: Request, pot_id: UUID) -> HttpResponse:
        """Move money between a pot and its account, at once."""
        pot, account = _own(request, pot_id)
        asked = PotTransferSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        pots.move(
            posting_id=self.slot.derive("transfer"),
            pot=pot,
            account=account,
            amount=asked.validated_data["amount"],
            is_in=asked.validated_data["direction"] == "in",
        )
        return self.remember_apart(_now(pot), status=201)


def _own(request: Request, pot_id: UUID) -> tuple[Pot, Account]:
    return reads.pot_of_owner(pot_id=pot_id, owner_id=caller(request).user_id)


def _etag(pot: Pot) -> str:
    return etag_of(str(pot.pk), pot.version)


def _plan(said: dict[str, Any], account: Account) -> dict[str, Any]:
    plan: dict[str, Any] = {n: said[n] for n in ("name", "goal_date") if n in said}
    for name, nothing in (("goal", None), ("round_up", 0)):
        if name not in said:
            continue
        amount: Money | None = said[name]
        if amount is not None and amount.currency != account.currency:
            raise CurrencyMismatch(currency=account.currency)
        plan[f"{name}_minor"] = nothing if amount is None else amount.minor
    return plan


def _now(pot: Pot) -> dict[str, Any]:
    return _shown(pot, money.funds(account_id=pot.pk))


def _shown(pot: Pot, funds: Funds) -> dict[str, Any]:
    def said(minor: int | None) -> Money | None:
        return Money(minor, funds.currency) if minor else None

    return PotSerializer(
        {
            "id": pot.pk,
            "account_id": pot.account_id,
            "name": pot.name,
            "balance": Money(funds.booked_minor, funds.currency),
            "goal": said(pot.goal_minor),
            "goal_date": pot.goal_date,
            "round_up": said(pot.round_up_minor),
            "closed_at": pot.closed_at,
        }
    ).data
