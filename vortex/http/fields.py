"""Serializer fields that every context shares."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from rest_framework import serializers

from vortex.errors import Invalid
from vortex.money import Money, written

_NAMES: Final = frozenset({"amount", "currency"})


class MoneyField(serializers.Field[Money, Any, dict[str, str], Any]):
    """`{"amount": "12.34", "currency": "EUR"}` and vortex.money.Money; an amount is never a number.

    `positive=True` refuses nothing and less than nothing. What is not valid is complained about at
    the amount or at the currency, with the code of the refusal that says why.
    """

    default_error_messages = {
        # DRF formats these, hence the doubled braces.
        "not_an_object": 'Money is an object such as {{"amount": "12.34", "currency": "EUR"}}.',
        "unknown_field": "Money has an amount and a currency and nothing else.",
        "not_text": "This is a text, such as {example}.",
        "amount_not_positive": "The amount is more than zero.",
    }

    def __init__(self, *, positive: bool = False, **kwargs: Any) -> None:
        self.positive = positive
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Money:
        """Return the money that the input says."""
        if not isinstance(data, dict):
            self.fail("not_an_object")
        if not data.keys() <= _NAMES:
            self.fail("unknown_field")
        amount, currency = (
            _text(self, data, "amount", "12.34"),
            _text(self, data, "currency", "EUR"),
        )
        try:
            money = Money.parse(amount, currency)
        except Invalid as refusal:
            part = "currency" if refusal.code == "unknown_currency" else "amount"
            raise _complaint(part, refusal.detail, refusal.code) from None
        if self.positive and money.minor <= 0:
            raise _complaint(
                "amount", self.error_messages["amount_not_positive"], "amount_not_positive"
            )
        return money

    def to_representation(self, value: Money) -> dict[str, str]:
        """Return money as the API writes it."""
        return written(value.minor, value.currency)


class TextField(serializers.CharField):
    """A text; DRF's own field takes numbers for one. NUL and lone surrogates never reach it."""

    def to_internal_value(self, data: Any) -> str:
        """Return the text, refusing what is none."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class IdField(serializers.UUIDField):
    """A UUID as text; DRF's own field takes numbers for one, and so true and false."""

    def to_internal_value(self, data: Any) -> UUID:
        """Return the id, refusing what is no text."""
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class FlagField(serializers.BooleanField):
    """True or false in JSON; DRF's own field takes numbers and words for them."""

    def to_internal_value(self, data: Any) -> bool:
        """Return the flag, refusing what is none."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


def moment(at: datetime) -> str:
    """Return an instant as DRF's DateTimeField writes it, in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _text(field: MoneyField, data: dict[str, Any], name: str, example: str) -> str:
    if name not in data:
        raise _complaint(name, field.error_messages["required"], "required")
    value = data[name]
    if not isinstance(value, str):
        raise _complaint(name, field.error_messages["not_text"].format(example=example), "not_text")
    return value


def _complaint(part: str, detail: Any, code: str) -> serializers.ValidationError:
    return serializers.ValidationError({part: [serializers.ErrorDetail(str(detail), code)]})
