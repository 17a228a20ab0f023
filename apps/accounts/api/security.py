"""HTTP of all that protects an account, on one page."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import selectors
from apps.accounts.api.limits import (
    SpendingLimitSerializer,
    SpendingLimitShownSerializer,
    shown_limit,
)
from apps.accounts.api.monitors import MonitorWantedSerializer
from apps.accounts.api.own import own
from apps.accounts.contracts import AccountIsClosed, LimitCurrencyDiffers
from apps.accounts.domain.limits import key_of
from apps.accounts.domain.standing import RESTRICTIONS, Direction, Standing
from apps.accounts.domain.watching import Kind
from apps.accounts.models import Account, Monitor
from apps.accounts.selectors import limits as limit_reads
from apps.accounts.selectors.pots import monitors as monitors_of
from apps.accounts.services import monitors as watching
from apps.accounts.services import security
from apps.accounts.services.proving import require_presence
from apps.transactions.contracts import Channel, LimitUsage, Period
from vortex.clock import now
from vortex.http.etag import etag_of, require_match, tagged
from vortex.http.fields import FlagField, IdField
from vortex.identity.authentication import caller
from vortex.money import CurrencyMismatch, Money

_MOST_LIMITS = 12  # three periods by four ways


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Open, within 500 euros a day, and a word when little is left",
            value={
                "debits_frozen": False,
                "credits_frozen": False,
                "limits": [
                    {
                        "period": "day",
                        "channel": "any",
                        "amount": {"amount": "500.00", "currency": "EUR"},
                    }
                ],
                "monitors": [{"kind": "low", "amount": {"amount": "100.00", "currency": "EUR"}}],
            },
            request_only=True,
        )
    ]
)
class SecurityWantedSerializer(serializers.Serializer[Any]):
    """All that is to protect an account. What is left out of the lists is to be no more."""

    debits_frozen = FlagField(help_text="No money goes out.")
    credits_frozen = FlagField(help_text="No money comes in.")
    limits = serializers.ListField(child=SpendingLimitSerializer(), max_length=_MOST_LIMITS)
    monitors = serializers.ListField(child=MonitorWantedSerializer(), max_length=watching.MOST)


class SecuritySerializer(serializers.Serializer[Any]):
    """All that protects an account."""

    account_id = IdField()
    debits_frozen = serializers.BooleanField()
    credits_frozen = serializers.BooleanField()
    is_dormant = serializers.BooleanField(help_text="No money goes out until it is reactivated.")
    may_unfreeze = serializers.BooleanField(help_text="False where the bank has frozen it.")
    limits = SpendingLimitShownSerializer(many=True)
    monitors = MonitorWantedSerializer(many=True)


class SecurityView(APIView):
    """The page of one account."""

    throttle_scope = "money"
    if_match = ("PUT",)

    @extend_schema(operation_id="accounts_security", responses=SecuritySerializer)
    def get(self, request: Request, account_id: UUID) -> Response:
        """Read all that protects an account: frozen sides, limits, and what is told of it."""
        return _answer(request, own(request, account_id))

    @extend_schema(
        operation_id="accounts_security_replace",
        request=SecurityWantedSerializer,
        responses=SecuritySerializer,
    )
    def put(self, request: Request, account_id: UUID) -> Response:
        """Replace all that protects an account.

        To let more through, to change a limit or to stop being told needs a fresh proof. What
        tightens is done first; a limit that gives more room holds after a time to cool off.
        """
        account = own(request, account_id)
        known = limit_reads.limits(account_id=account.pk)
        require_match(request, _etag(account, known, list(monitors_of(account_id=account.pk))))
        asked = SecurityWantedSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        if account.standing == Standing.CLOSED:
            raise AccountIsClosed(account_id=str(account_id))
        page, at = _page(asked.validated_data, account), now()
        steps = security.steps_to(page, account=account, known=known, at=at)
        if steps.is_loosening:
            require_presence(caller(request))
        security.protect(
            account=account, page=page, steps=steps, asked_by=caller(request).user_id, at=at
        )
        return _answer(request, selectors.account(account_id=account.pk))


def _page(said: dict[str, Any], account: Account) -> security.Page:
    sides = (said["debits_frozen"], said["credits_frozen"])
    directions = {restricted: direction for direction, restricted in RESTRICTIONS.items()}
    limits: dict[str, int] = {}
    for one in said["limits"]:
        key = key_of(Period(one["period"]), Channel(one["channel"]))
        if key in limits:
            raise serializers.ValidationError({"limits": "Two are about the same period and way."})
        if one["amount"].currency != account.currency:
            raise LimitCurrencyDiffers(currency=account.currency)
        limits[key] = one["amount"].minor
    watched = {(Kind(one["kind"]), _minor(one["amount"], account)) for one in said["monitors"]}
    return security.Page(directions[sides], limits, frozenset(watched))


def _minor(amount: Money, account: Account) -> int:
    if amount.currency != account.currency:
        raise CurrencyMismatch(currency=account.currency)
    return amount.minor


def _answer(request: Request, account: Account) -> Response:
    known = limit_reads.limits(account_id=account.pk)
    watched = list(monitors_of(account_id=account.pk))
    direction = Direction(account.frozen) if account.frozen else None
    debits_frozen, credits_frozen = RESTRICTIONS[direction]
    shown = {
        "account_id": account.pk,
        "debits_frozen": debits_frozen,
        "credits_frozen": credits_frozen,
        "is_dormant": account.is_dormant,
        "may_unfreeze": account.standing != Standing.FROZEN_BY_BANK,
        "limits": [shown_limit(usage, account.currency) for usage in known],
        "monitors": [
            {"kind": one.kind, "amount": Money(one.amount_minor, account.currency)}
            for one in watched
        ],
    }
    answer = Response(SecuritySerializer(shown).data)
    return tagged(request, answer, _etag(account, known, watched))


def _etag(account: Account, known: tuple[LimitUsage, ...], watched: list[Monitor]) -> str:
    said = [(one.kind, one.amount_minor) for one in watched]
    return etag_of(str(account.pk), [account.version, [usage.limit for usage in known], said])
