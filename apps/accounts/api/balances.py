"""HTTP of an account's money, which is asked of the ledger."""

from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import selectors
from apps.accounts.api.own import seen
from apps.accounts.api.reads import held
from apps.accounts.api.serializers import BalanceSerializer
from apps.accounts.models import Account
from apps.accounts.selectors import money
from apps.accounts.selectors.pots import pot_ids_of_owner
from apps.transactions.contracts import DayBalance, Funds, HoldLine, HoldState
from vortex.clock import today
from vortex.http.fields import IdField, MoneyField, TextField
from vortex.http.openapi import page_of as page_schema
from vortex.http.pagination import PARAMETERS, page_of, window
from vortex.identity.authentication import caller
from vortex.money import Money, written

_DAYS: Final = 90
_HOLDS: Final = "account holds by -placed_at,-id"


class BalanceAtSerializer(serializers.Serializer[Any]):
    """The moment that is asked about."""

    at = serializers.DateTimeField(
        required=False, help_text="A past moment, with its offset; without one, it is now."
    )


class FundsSerializer(serializers.Serializer[Any]):
    """All of an account's money.

    available = booked + overdraft - held - minimum. Of the past only what was booked is known.
    """

    account_id = IdField()
    as_of = serializers.DateTimeField()
    booked = MoneyField(help_text="The sum of all entries.")
    held = MoneyField(allow_null=True, help_text="Set aside for payments not booked yet.")
    pending_in = MoneyField(allow_null=True, help_text="Set aside elsewhere, to come here.")
    overdraft = MoneyField(allow_null=True, help_text="How far below zero the account may go.")
    overdraft_left = MoneyField(allow_null=True, help_text="What of the overdraft is not used.")
    minimum = MoneyField(allow_null=True, help_text="What a debit has to leave on the account.")
    available = MoneyField(allow_null=True, help_text="booked + overdraft - held - minimum.")


class BalanceRangeSerializer(serializers.Serializer[Any]):
    """The days that are asked about, both included, UTC."""

    since = serializers.DateField(required=False, help_text="90 days before `until` if left out.")
    until = serializers.DateField(required=False, help_text="Today if left out.")


class BalanceDaySerializer(serializers.Serializer[Any]):
    """A day of an account: what was booked at its end, and what came and went on it."""

    day = serializers.DateField()
    booked = MoneyField()
    credits = MoneyField()
    debits = MoneyField()


class BalanceHistorySerializer(serializers.Serializer[Any]):
    """Balances day by day, oldest first: ready to be drawn."""

    account_id = IdField()
    items = BalanceDaySerializer(many=True)


class AccountHoldSerializer(serializers.Serializer[Any]):
    """Money set aside on an account."""

    id = IdField(source="hold_id")
    amount = serializers.SerializerMethodField()
    state = serializers.ChoiceField(choices=list(HoldState))
    reason = TextField()
    description = TextField()
    placed_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()

    def get_amount(self, hold: HoldLine) -> dict[str, str]:
        """Return the amount as money."""
        return written(hold.amount_minor, hold.currency)


class HoldsWantedSerializer(serializers.Serializer[Any]):
    """Which holds a list is about."""

    state = serializers.ChoiceField(choices=list(HoldState), default=HoldState.PLACED)


class NetWorthSerializer(serializers.Serializer[Any]):
    """What the caller owns and owes in one currency; net = assets - debts."""

    currency = TextField()
    accounts = serializers.IntegerField()
    assets = MoneyField()
    debts = MoneyField()
    net = MoneyField()
    held = MoneyField()
    pending_in = MoneyField()


class AccountsSummarySerializer(serializers.Serializer[Any]):
    """Net worth, per currency. Amounts of two currencies are never added up."""

    items = NetWorthSerializer(many=True)


class BalanceView(APIView):
    """The money of one of the caller's accounts."""

    @extend_schema(operation_id="accounts_balance", responses=BalanceSerializer)
    def get(self, request: Request, account_id: UUID) -> Response:
        """Ask the ledger for the balance: available = booked + overdraft - held - minimum."""
        account = seen(request, account_id)
        return Response(held(account, selectors.balances([account])))


class BalancesView(APIView):
    """All of the money of one of the caller's accounts, now or at a moment."""

    @extend_schema(
        operation_id="accounts_balances",
        parameters=[BalanceAtSerializer],
        responses=FundsSerializer,
    )
    def get(self, request: Request, account_id: UUID) -> Response:
        """Ask the ledger for every kind of balance; of a past moment it knows what was booked."""
        asked = BalanceAtSerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        account = seen(request, account_id)
        at = asked.validated_data.get("at")
        said = (
            _funds(account, money.funds(account_id=account.pk))
            if at is None
            else _then(account, at)
        )
        return Response(FundsSerializer(said).data)


class HistoryView(APIView):
    """The balances of one of the caller's accounts, day by day."""

    @extend_schema(
        operation_id="accounts_balance_history",
        parameters=[BalanceRangeSerializer],
        responses=BalanceHistorySerializer,
    )
    def get(self, request: Request, account_id: UUID) -> Response:
        """List the balance at the end of each day, at most 1,100 days: a chart's points."""
        asked = BalanceRangeSerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        account = seen(request, account_id)
        until: date = asked.validated_data.get("until") or today()
        since = asked.validated_data.get("since") or _days_before(until)
        days = money.history(account_id=account.pk, since=since, until=until)
        items = [_day(day, account.currency) for day in days]
        return Response(BalanceHistorySerializer({"account_id": account.pk, "items": items}).data)


class HoldsView(APIView):
    """What is set aside on one of the caller's accounts."""

    @extend_schema(
        operation_id="accounts_holds",
        parameters=[HoldsWantedSerializer, *PARAMETERS],
        responses=page_schema(AccountHoldSerializer),
    )
    def get(self, request: Request, account_id: UUID) -> Response:
        """List money that is set aside, or was, newest first."""
        wanted = HoldsWantedSerializer(data=request.query_params.dict())
        wanted.is_valid(raise_exception=True)
        asked = window(request, order=_HOLDS, types=(datetime, UUID))
        rows = money.holds(
            account_id=seen(request, account_id).pk,
            state=HoldState(wanted.validated_data["state"]),
            after=asked.after,
            limit=asked.limit + 1,
        )
        page = page_of(rows, asked, key=lambda row: (row.placed_at, row.hold_id))
        items = AccountHoldSerializer(page.items, many=True).data
        return Response({"items": items, "next_cursor": page.next_cursor})


class SummaryView(APIView):
    """Everything that the caller owns here, in one look."""

    @extend_schema(operation_id="accounts_summary", responses=AccountsSummarySerializer)
    def get(self, request: Request) -> Response:
        """Sum up one's own accounts and pots per currency; shared ones are left out."""
        user_id = caller(request).user_id
        owned = selectors.accounts_of_owner(owner_id=user_id)
        items = [_worth(one) for one in money.worth(owned, pot_ids_of_owner(owner_id=user_id))]
        return Response(AccountsSummarySerializer({"items": items}).data)


def _worth(one: money.Worth) -> dict[str, Any]:
    names = ("assets", "debts", "net", "held", "pending_in")
    amounts = {name: Money(getattr(one, f"{name}_minor"), one.currency) for name in names}
    return {"currency": one.currency, "accounts": one.accounts, **amounts}


def _funds(account: Account, funds: Funds) -> dict[str, Any]:
    free = funds.booked_minor - funds.held_minor
    minor = {
        "booked": funds.booked_minor,
        "held": funds.held_minor,
        "pending_in": funds.pending_in_minor,
        "overdraft": funds.overdraft_minor,
        "overdraft_left": funds.overdraft_minor + min(free, 0),
        "minimum": account.minimum_minor,
        "available": free + funds.overdraft_minor - account.minimum_minor,
    }
    amounts = {name: Money(value, funds.currency) for name, value in minor.items()}
    return {"account_id": funds.account_id, "as_of": funds.as_of, **amounts}


_UNKNOWN_THEN: Final = (
    *("held", "pending_in", "overdraft", "overdraft_left", "minimum", "available"),
)


def _then(account: Account, at: datetime) -> dict[str, Any]:
    booked = Money(money.booked_at(account_id=account.pk, at=at), account.currency)
    unknown = dict.fromkeys(_UNKNOWN_THEN)
    return {"account_id": account.pk, "as_of": at, "booked": booked, **unknown}


def _day(day: DayBalance, currency: str) -> dict[str, Any]:
    return {
        "day": day.day,
        "booked": Money(day.booked_minor, currency),
        "credits": Money(day.credits_minor, currency),
        "debits": Money(day.debits_minor, currency),
    }


def _days_before(until: date) -> date:
    return max(until, date.min + timedelta(days=_DAYS)) - timedelta(days=_DAYS - 1)
