"""What accounts reads and writes over HTTP.

A caller chooses product, currency and how an account looks. Owner, status and overdraft are shown
and never taken from a caller.
"""

from typing import Any, Final

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from apps.accounts.conf import CURRENCIES
from apps.accounts.contracts import AccountStatus, Product, Role
from apps.accounts.domain.iban import masked
from apps.accounts.domain.labels import LONGEST_NICKNAME
from apps.accounts.models import Account
from apps.transactions.contracts import Balance
from vortex.http.fields import IdField, MoneyField, TextField, moment
from vortex.money import written

_POSITIONS = 1000


class LookSerializer(serializers.Serializer[Any]):
    """How the holder wants an account to look."""

    nickname = TextField(max_length=LONGEST_NICKNAME, allow_blank=True, trim_whitespace=False)
    colour = serializers.RegexField(
        r"^#[0-9a-f]{6}$", allow_blank=True, help_text="`#rrggbb` in lower case; empty for none."
    )
    position = serializers.IntegerField(
        min_value=0, max_value=_POSITIONS, help_text="Accounts are listed by it, then oldest first."
    )
    hidden = serializers.BooleanField(help_text="Left out of overviews; nothing else changes.")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A current account",
            value={"product": "checking", "currency": "EUR", "nickname": "Everyday"},
            request_only=True,
        )
    ]
)
class OpeningSerializer(serializers.Serializer[Any]):
    """What a customer says to open an account."""

    product = serializers.ChoiceField(choices=list(Product))
    currency = serializers.ChoiceField(choices=CURRENCIES)
    nickname = TextField(
        max_length=LONGEST_NICKNAME, allow_blank=True, default="", trim_whitespace=False
    )


class FactsSerializer(serializers.Serializer[Any]):
    """What an account is, whatever it looks like."""

    id = IdField(source="pk")
    product = serializers.ChoiceField(choices=list(Product))
    currency = TextField(help_text="ISO 4217.")
    iban = serializers.SerializerMethodField(
        help_text="Without spaces; masked for a delegate, empty where another bank keeps it."
    )
    role = serializers.SerializerMethodField(help_text="What the caller is to the account.")
    status = serializers.ChoiceField(choices=list(AccountStatus))
    frozen = serializers.CharField(help_text="`debit`, `credit`, `all`, or empty.")
    is_dormant = serializers.BooleanField(
        help_text="Not used for a year: frozen for debits until it is reactivated."
    )
    overdraft = MoneyField(help_text="How far below zero the account may go.")
    minimum = MoneyField(help_text="What a debit has to leave on the account.")
    is_primary = serializers.SerializerMethodField(
        help_text="Where its owner is paid to if nobody says which account."
    )
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)

    def get_iban(self, account: Account) -> str:
        """Return the number, as far as the caller may know it."""
        return masked(account.iban) if self.get_role(account) == Role.DELEGATE else account.iban

    def get_is_primary(self, account: Account) -> bool:
        """Return whether it is the owner's primary account, which is the owner's to know."""
        return account.is_primary and self.get_role(account) == Role.OWNER

    @extend_schema_field(serializers.ChoiceField(choices=list(Role)))
    def get_role(self, account: Account) -> str:
        """Return what the caller is to the account; who reads it as their own is the owner."""
        return str(getattr(account, "role", Role.OWNER.value))


class AccountSerializer(FactsSerializer, LookSerializer):
    """An account, as its holder sees it."""

    def to_representation(self, instance: Account) -> dict[str, Any]:
        """Say what the fields would, all at once: asked one by one they cost ten times as much."""
        return {
            "id": str(instance.pk),
            "product": instance.product,
            "currency": instance.currency,
            "iban": self.get_iban(instance),
            "role": self.get_role(instance),
            "status": instance.status.value,
            "frozen": instance.frozen,
            "is_dormant": instance.is_dormant,
            "overdraft": written(instance.overdraft_minor, instance.currency),
            "minimum": written(instance.minimum_minor, instance.currency),
            "is_primary": self.get_is_primary(instance),
            "opened_at": moment(instance.opened_at),
            "closed_at": None if instance.closed_at is None else moment(instance.closed_at),
            "nickname": instance.nickname,
            "colour": instance.colour,
            "position": instance.position,
            "hidden": instance.hidden,
        }


class BalanceSerializer(serializers.Serializer[Any]):
    """An account's money: available = booked + overdraft - held - minimum."""

    account_id = IdField()
    booked = MoneyField(help_text="The sum of all entries.")
    held = MoneyField(help_text="Set aside for payments that are not booked yet.")
    overdraft = MoneyField(help_text="How far below zero the account may go.")
    minimum = MoneyField(help_text="What a debit has to leave on the account.")
    available = MoneyField(help_text="What a debit may take: booked + overdraft - held - minimum.")
    version = serializers.IntegerField(help_text="Counts the account's entries.")
    as_of = serializers.DateTimeField()

    def to_representation(self, instance: tuple[Account, Balance]) -> dict[str, Any]:
        """Return the ledger's answer beside the account's terms, as the API writes amounts."""
        account, balance = instance
        currency = balance.currency
        return {
            "account_id": str(balance.account_id),
            "booked": written(balance.booked_minor, currency),
            "held": written(balance.held_minor, currency),
            "overdraft": written(balance.overdraft_minor, currency),
            "minimum": written(account.minimum_minor, currency),
            "available": written(balance.available_minor - account.minimum_minor, currency),
            "version": balance.version,
            "as_of": moment(balance.as_of),
        }


class HeldAccountSerializer(AccountSerializer):
    """An account with its money, as an overview shows it."""

    balance = BalanceSerializer()

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return an account with the balance that the ledger gave for it."""
        account, _ = instance
        shown = super().to_representation(account)
        return {**shown, "balance": _BALANCE.to_representation(instance)}


# A serializer copies all of its fields when it is made, which costs more than what it then does.
_BALANCE: Final = BalanceSerializer()


class WantedSerializer(serializers.Serializer[Any]):
    """Which accounts a list is about."""

    status = serializers.ChoiceField(choices=list(AccountStatus), required=False)
    currency = serializers.RegexField(r"^[A-Z]{3}$", required=False)


class WantedPayeeSerializer(serializers.Serializer[Any]):
    """An account to be found by its number or by its alias."""

    iban = TextField(
        max_length=64, required=False, help_text="Spaces and case do not matter. Or `alias`."
    )
    alias = TextField(max_length=64, required=False, help_text="`@ada`, say. Or `iban`.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse both at once, and neither."""
        if len(attrs) != 1:
            raise serializers.ValidationError("Name an iban or an alias.", "one_of")
        return attrs


class PayeeSerializer(serializers.Serializer[Any]):
    """Enough of somebody else's account to pay into it and to see that it is the one meant."""

    account_id = IdField(source="pk")
    iban = serializers.SerializerMethodField(help_text="Masked.")
    holder = serializers.SerializerMethodField(help_text="The holder's name, masked.")
    currency = TextField()

    def get_iban(self, account: Account) -> str:
        """Return the number by which its holder recognises it."""
        return masked(account.iban)

    def get_holder(self, account: Account) -> str:
        """Return the masked name, which the view has found out."""
        del account
        return str(self.context["holder"])
