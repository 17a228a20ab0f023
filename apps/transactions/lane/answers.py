"""What the lane answers: the bodies that the API gives, without Django."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

import msgspec

from apps.transactions.contracts import Outcome, PostingKind
from apps.transactions.services.transferring import Made, Transfer
from vortex.http.headers import IDEMPOTENCY_REPLAYED
from vortex.http.quick.lines import encoded
from vortex.idempotency import Answer
from vortex.money import Money

ALLOW: Final = "GET, POST, HEAD, OPTIONS"  # as the API says of these addresses


class _Amount(msgspec.Struct):
    amount: str
    currency: str


class _Entry(msgspec.Struct):
    account_id: UUID
    amount: _Amount
    balance_after: _Amount
    version: int


class _Head(msgspec.Struct):
    """How what TransactionSerializer says of a transfer begins, in its order."""

    id: UUID
    kind: str
    description: str
    counterparty: str
    reference: str
    category: str


class _Transaction(_Head):
    """What TransactionSerializer says of a transfer that was just made."""

    booked_at: datetime
    effective_date: date
    reverses_id: None
    reversed_by_id: None
    is_split: bool
    entries: list[_Entry]


def made(transfer: Transfer, result: Made, path: str) -> Answer:
    """Return the answer to a transfer that was made, as TransactionSerializer says it."""
    currency = transfer.amount.currency
    amount = transfer.amount.amount
    entries = [_entry(transfer.source_account_id, "-" + amount, result.source, currency)]
    if result.target is not None:
        entries.append(_entry(transfer.target_account_id, amount, result.target, currency))
    body = _Transaction(
        transfer.posting_id,
        PostingKind.TRANSFER.value,
        transfer.description,
        transfer.counterparty,
        transfer.reference,
        transfer.category,
        result.booked_at,
        transfer.effective_date or result.booked_at.date(),
        None,
        None,
        False,
        entries,
    )
    return Answer(201, {"Location": f"{path}/{transfer.posting_id}"}, encoded(body))


def head_of(transfer: Transfer) -> bytes:
    """Return the beginning of the answer to a transfer, up to the moment when it is booked."""
    head = _Head(
        transfer.posting_id,
        PostingKind.TRANSFER.value,
        transfer.description,
        transfer.counterparty,
        transfer.reference,
        transfer.category,
    )
    return encoded(head)[:-1] + b',"booked_at":"'


def served(body: bytes, location: str) -> Answer:
    """Return the answer to a transfer that was made, of the body that was remembered with it."""
    return Answer(201, {"Location": location}, body)


def outcomes(items: Sequence[Outcome]) -> Answer:
    """Return the answer to a batch, as OutcomesSerializer says it."""
    posted = sum([item.posted for item in items])
    said = [
        {
            "id": item.posting_id,
            "posted": item.posted,
            "replayed": item.replayed,
            "code": item.code,
            "detail": item.detail,
        }
        for item in items
    ]
    body = {"posted": posted, "refused": len(items) - posted, "items": said}
    return Answer(200, {}, encoded(body))


def replayed(answer: Answer) -> Answer:
    """Return a remembered answer as it is given again."""
    return Answer(answer.status, {**answer.headers, IDEMPOTENCY_REPLAYED: "true"}, answer.body)


def _entry(account_id: UUID, amount: str, place: tuple[int, int], currency: str) -> _Entry:
    after, version = place
    balance = _Amount(Money(after, currency).amount, currency)
    return _Entry(account_id, _Amount(amount, currency), balance, version)
