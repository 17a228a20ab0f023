"""A transfer as somebody writes it: the shape of one, and what is understood by it.

Written in an unusual way it raises ValueError or a refusal: that is left to who has the words.
"""

import re
from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec

from apps.transactions.contracts import CATEGORIES
from apps.transactions.domain.posting import MAX_TEXT
from apps.transactions.services.transferring import Transfer, is_far
from vortex.money import Money

_CATEGORIES: Final = frozenset(CATEGORIES)
_NO_DATE: Final = (None, msgspec.UNSET)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class Amount(msgspec.Struct, forbid_unknown_fields=True):
    """Money as it is written."""

    amount: str
    currency: str


class Said(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A transfer as it is written, its fields in the order of the alphabet.

    So it is encoded again as a dictionary is with its keys in order, as its fingerprint needs it.
    """

    amount: Amount
    category: str | msgspec.UnsetType = msgspec.UNSET
    counterparty: str | msgspec.UnsetType = msgspec.UNSET
    description: str | msgspec.UnsetType = msgspec.UNSET
    effective_date: str | msgspec.UnsetType | None = msgspec.UNSET
    reference: str | msgspec.UnsetType = msgspec.UNSET
    source_account_id: str
    target_account_id: str


class SaidItem(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A transfer in a batch, which has its id from the caller; in the order of the alphabet too."""

    amount: Amount
    category: str | msgspec.UnsetType = msgspec.UNSET
    counterparty: str | msgspec.UnsetType = msgspec.UNSET
    description: str | msgspec.UnsetType = msgspec.UNSET
    effective_date: str | msgspec.UnsetType | None = msgspec.UNSET
    id: str
    reference: str | msgspec.UnsetType = msgspec.UNSET
    source_account_id: str
    target_account_id: str


def transfer_of(said: Said | SaidItem, posting_id: UUID) -> Transfer:
    """Return the transfer that was said; ValueError where it is not said in the usual way."""
    transfer = Transfer(
        posting_id,
        id_of(said.source_account_id),
        id_of(said.target_account_id),
        _money(said.amount),
        _text(said.description),
        _text(said.counterparty),
        _text(said.reference),
        _category(said.category),
        None if said.effective_date in _NO_DATE else _date(said.effective_date),
    )
    if transfer.effective_date is not None and is_far(transfer):
        raise ValueError("in another age")
    return transfer


def id_of(value: str) -> UUID:
    """Return the id; ValueError where it is not written with its hyphens."""
    if len(value) != 36:
        raise ValueError("not an id as it is usually written")
    return msgspec.convert(value, UUID)


def _money(said: Amount) -> Money:
    money = Money.parse(said.amount, said.currency)
    if money.minor <= 0:
        raise ValueError("not a payment")
    return money


def _text(value: str | msgspec.UnsetType) -> str:
    if value is msgspec.UNSET:
        return ""
    if len(value) > MAX_TEXT:
        raise ValueError("not a text")
    return value


def _category(value: str | msgspec.UnsetType) -> str:
    if value is msgspec.UNSET:
        return "transfers"
    if value not in _CATEGORIES:
        raise ValueError("not a category")
    return value


def _date(value: Any) -> date:
    """Return the date; ValueError where it is no plain date."""
    if not _DATE.fullmatch(value):
        raise ValueError("not a plain date")
    return date.fromisoformat(value)
