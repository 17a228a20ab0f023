"""HTTP of spending limits: what may leave an account, and what of it is used."""

from typing import Any, NamedTuple
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api.own import own, seen
from apps.accounts.contracts import LimitCurrencyDiffers, LimitExists, LimitNotFound
from apps.accounts.domain.limits import PERIODS, in_force, key_of
from apps.accounts.models import Account
from apps.accounts.selectors import limits as reads
from apps.accounts.services import limits
from apps.accounts.services.proving import require_presence
from apps.transactions.contracts import Channel, LimitUsage, Period
from vortex.clock import now
from vortex.http.etag import etag_of, require_match, tagged
from vortex.http.fields import MoneyField
from vortex.identity.authentication import caller
from vortex.money import Money


class LimitAmountSerializer(serializers.Serializer[Any]):
    """How much may leave the account."""

    amount = MoneyField(help_text="Zero or more, in the account's currency.")

    def validate_amount(self, amount: Money) -> Money:
        """Refuse less than nothing."""
        if amount.minor < 0:
            raise serializers.ValidationError("A limit is zero or more.", "negative")
        return amount


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "At most 500 euros a day by card",
            value={
                "period": "day",
                "channel": "card",
                "amount": {"amount": "500.00", "currency": "EUR"},
            },
            request_only=True,
        )
    ]
)
class SpendingLimitSerializer(LimitAmountSerializer):
    """A limit to be set."""

    period = serializers.ChoiceField(choices=[period.value for period in PERIODS])
    channel = serializers.ChoiceField(
        choices=list(Channel), default=Channel.ANY, help_text="By which way money leaves."
    )


class SpendingLimitShownSerializer(serializers.Serializer[Any]):
    """A limit with what of it is used. A raise that cools off is shown as what holds next."""

    id = serializers.CharField(help_text="`day.any`: period and way.")
    period = serializers.ChoiceField(choices=[period.value for period in PERIODS])
    channel = serializers.ChoiceField(choices=list(Channel))
    amount = MoneyField(allow_null=True, help_text="In force now; null where it is lifted.")
    used = MoneyField(help_text="Spent and set aside in the period so far; days are UTC.")
    left = MoneyField(allow_null=True)
    next_amount = MoneyField(allow_null=True, help_text="Null where the limit will be lifted.")
    next_at = serializers.DateTimeField(allow_null=True, help_text="When that holds.")


class SpendingLimitsSerializer(serializers.Serializer[Any]):
    """Every limit of an account."""

    items = SpendingLimitShownSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class Whose(NamedTuple):
    """Whose limits are meant: those of an account, or of one of its cards."""

    account: Account
    card_id: UUID | None = None

    @property
    def known(self) -> tuple[LimitUsage, ...]:
        """The limits as they are now, with what of them is used."""
        return reads.limits(account_id=self.account.pk, card_id=self.card_id)


class LimitsView(APIView):
    """The limits of one of the caller's accounts."""

    throttle_scope = "money"

    @extend_schema(operation_id="accounts_limits", responses=SpendingLimitsSerializer)
    def get(self, request: Request, account_id: UUID) -> Response:
        """List the limits of an account with what of them is used."""
        return limits_of(request, Whose(seen(request, account_id)))

    @extend_schema(
        operation_id="accounts_limit_set",
        request=SpendingLimitSerializer,
        responses={201: SpendingLimitsSerializer},
    )
    def post(self, request: Request, account_id: UUID) -> Response:
        """Set a limit that the account has not had; it holds at once. Needs a fresh proof."""
        return set_limit(request, Whose(own(request, account_id)))


class LimitView(APIView):
    """One limit of one of the caller's accounts."""

    throttle_scope = "money"
    if_match = ("PATCH", "DELETE")

    @extend_schema(
        operation_id="accounts_limit_change",
        request=LimitAmountSerializer,
        responses=SpendingLimitsSerializer,
    )
    def patch(self, request: Request, account_id: UUID, limit_id: str) -> Response:
        """Change a limit: less at once, more after a time to cool off. Needs a fresh proof."""
        return change_limit(request, Whose(own(request, account_id)), limit_id)

    @extend_schema(operation_id="accounts_limit_lift", responses=SpendingLimitsSerializer)
    def delete(self, request: Request, account_id: UUID, limit_id: str) -> Response:
        """Lift a limit, after a time to cool off. Needs a fresh proof."""
        return lift_limit(request, Whose(own(request, account_id)), limit_id)


def limits_of(request: Request, whose: Whose, *, status: int = 200) -> Response:
    """Answer with the limits of an account or card, and their tag."""
    known, currency = whose.known, whose.account.currency
    items = [shown_limit(usage, currency) for usage in known]
    shown = SpendingLimitShownSerializer(items, many=True).data
    answer = Response({"items": shown, "next_cursor": None}, status=status)
    return tagged(request, answer, _etag(whose, known))


def set_limit(request: Request, whose: Whose) -> Response:
    """Set a limit that an account or card has not had, for who proves to be there."""
    asked = SpendingLimitSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    said = asked.validated_data
    key = key_of(Period(said["period"]), Channel(said["channel"]))
    require_presence(caller(request))
    if _has(whose.known, key):
        raise LimitExists(limit=key)
    return _changed(request, whose, key, said["amount"], status=201)


def change_limit(request: Request, whose: Whose, limit_id: str) -> Response:
    """Change a limit that is as the caller knows it, for who proves to be there."""
    _match(request, whose, limit_id)
    asked = LimitAmountSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    require_presence(caller(request))
    return _changed(request, whose, limit_id, asked.validated_data["amount"])


def lift_limit(request: Request, whose: Whose, limit_id: str) -> Response:
    """Lift a limit that is as the caller knows it, for who proves to be there."""
    _match(request, whose, limit_id)
    require_presence(caller(request))
    return _changed(request, whose, limit_id, None)


def _etag(whose: Whose, known: tuple[LimitUsage, ...]) -> str:
    """Return the tag of what the limits are, whatever of them is used."""
    return etag_of(str(whose.card_id or whose.account.pk), [usage.limit for usage in known])


def _match(request: Request, whose: Whose, limit_id: str) -> None:
    known = whose.known
    if not _has(known, limit_id):
        raise LimitNotFound(limit=limit_id[:40])
    require_match(request, _etag(whose, known))


def _has(known: tuple[LimitUsage, ...], key: str) -> bool:
    return any(key_of(usage.limit.period, usage.limit.channel) == key for usage in known)


def _changed(
    request: Request, whose: Whose, key: str, amount: Money | None, *, status: int = 200
) -> Response:
    account = whose.account
    if amount is not None and amount.currency != account.currency:
        raise LimitCurrencyDiffers(currency=account.currency)
    limits.change_limits(
        account_id=account.pk,
        card_id=whose.card_id,
        wanted={key: None if amount is None else amount.minor},
        asked_by=caller(request).user_id,
        asked_at=now(),
    )
    return limits_of(request, whose, status=status)


def shown_limit(usage: LimitUsage, currency: str) -> dict[str, Any]:
    """Return a limit as the API shows it."""
    limit, at = usage.limit, now()
    amount = in_force(limit, at)
    waits = limit.next_at is not None and limit.next_at > at
    single = limit.period is Period.TRANSACTION
    left = None if amount is None else amount if single else max(amount - usage.used_minor, 0)
    more = limit.next_minor if waits else None
    return {
        "id": key_of(limit.period, limit.channel),
        "period": limit.period,
        "channel": limit.channel,
        "amount": None if amount is None else Money(amount, currency),
        "used": Money(usage.used_minor, currency),
        "left": None if left is None else Money(left, currency),
        "next_amount": None if more is None else Money(more, currency),
        "next_at": limit.next_at if waits else None,
    }
