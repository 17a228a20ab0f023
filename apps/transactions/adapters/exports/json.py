"""JSON: an object with the items of the API's list, written item by item."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from apps.transactions.adapters.exports.line import ExportedAccount, ExportLine

_encoder: Final = msgspec.json.Encoder()


def json(lines: Iterable[ExportLine], accounts: tuple[ExportedAccount, ...]) -> Iterator[bytes]:
    """Write `{"items": [...]}`."""
    del accounts
    yield b'{"items":['
    for place, line in enumerate(lines):
        yield (b"," if place else b"") + _encoder.encode(_said(line))
    yield b"]}"


def _said(line: ExportLine) -> dict[str, Any]:
    return {
        "id": line.posting_id,
        "account_id": line.account_id,
        "account": line.account,
        "booked_at": line.booked_at,
        "effective_date": line.effective_date,
        "amount": {"amount": line.amount, "currency": line.currency},
        "balance_after": {"amount": line.balance_after, "currency": line.currency},
        "kind": line.kind,
        "description": line.description,
        "counterparty": line.counterparty,
        "reference": line.reference,
        "category": line.category,
        "tags": line.tags,
        "note": line.note,
    }
