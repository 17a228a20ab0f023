"""What an issuer that speaks Lithic's API says by itself, decoded and without any card number.

The body of an event is flat: its `event_type`, and beside it the fields of what it is about.
"""

import re
from datetime import datetime
from typing import Any, Final

import msgspec

_SECRET_NAMES: Final = frozenset({"pan", "cvv", "pin", "cvc", "number"})
_LONG_NUMBER: Final = re.compile(r"(?<![0-9A-Za-z-])(?:[0-9][ -]?){11,18}[0-9](?![0-9A-Za-z-])")
_DEEPEST: Final = 20
HIDDEN: Final = "(not kept)"


class _Amount(msgspec.Struct, frozen=True):
    amount: int
    currency: str


class _Amounts(msgspec.Struct, frozen=True):
    hold: _Amount
    settlement: _Amount


class _Merchant(msgspec.Struct, frozen=True):
    descriptor: str = ""


class PaymentSaid(
    msgspec.Struct, frozen=True, tag_field="event_type", tag="card_transaction.updated"
):
    """How a payment by card stands with the issuer. Amounts are minor units."""

    token: str
    card_token: str
    status: str
    result: str
    amounts: _Amounts
    created: datetime
    merchant: _Merchant = _Merchant()


class CardSaid(msgspec.Struct, frozen=True, tag_field="event_type", tag="card.updated"):
    """How a card stands with the issuer."""

    card_token: str
    state: str


class NotReadableError(ValueError):
    """The event is not what its kind promises; nothing of it is quoted."""


def understood(content: Any) -> PaymentSaid | CardSaid | None:
    """Return what an event says; None where its kind means nothing here."""
    kind = kind_of(content)
    wanted = {"card_transaction.updated": PaymentSaid, "card.updated": CardSaid}.get(kind)
    if wanted is None:
        return None
    try:
        said: PaymentSaid | CardSaid = msgspec.convert(content, wanted)
    except msgspec.ValidationError:
        raise NotReadableError from None
    return said


def decoded(body: bytes) -> dict[str, Any]:
    """Return an event as it may be kept; refuses what is no JSON object."""
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise NotReadableError from None
    if not isinstance(content, dict):
        raise NotReadableError
    kept: dict[str, Any] = _without_numbers(content, _DEEPEST)
    return kept


def kind_of(content: Any) -> str:
    """Return the kind of an event, empty where it names none that could be one."""
    kind = content.get("event_type", "")
    return kind if isinstance(kind, str) and len(kind) <= 64 and kind.isprintable() else ""


def _without_numbers(value: Any, depth: int) -> Any:
    """Leave out what may be a card's number or code, and what no database keeps."""
    if depth == 0:
        return HIDDEN
    if isinstance(value, dict):
        return {
            _text(name): HIDDEN
            if name.lower() in _SECRET_NAMES
            else _without_numbers(one, depth - 1)
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [_without_numbers(one, depth - 1) for one in value]
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**11:
        return HIDDEN
    return value


def _text(value: str) -> str:
    return _LONG_NUMBER.sub(HIDDEN, value.replace("\x00", ""))
