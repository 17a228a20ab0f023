"""What the lane answers: the bodies and headers that the API gives, without Django."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Final
from uuid import UUID

import msgspec
from django.conf import settings

from apps.transactions.contracts import Outcome, PostingKind
from apps.transactions.services.transferring import Made, Transfer
from vortex.errors import Refusal
from vortex.http.admission import policy
from vortex.http.headers import IDEMPOTENCY_REPLAYED
from vortex.http.middleware import CSP_DATA, PERMISSIONS
from vortex.http.problem import MEDIA_TYPE, said
from vortex.http.throttles import Spent
from vortex.idempotency import Answer
from vortex.money import Money

SCOPE: Final = "caller"  # of the rate limits, as the API's view has it

RawHeaders = list[tuple[bytes, bytes]]


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


_encoder: Final = msgspec.json.Encoder()


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
    return Answer(201, {"Location": f"{path}/{transfer.posting_id}"}, _encoded(body))


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
    return _encoded(head)[:-1] + b',"booked_at":"'


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
    return Answer(200, {}, _encoded(body))


def replayed(answer: Answer) -> Answer:
    """Return a remembered answer as it is given again."""
    return Answer(answer.status, {**answer.headers, IDEMPOTENCY_REPLAYED: "true"}, answer.body)


def refused(refusal: Refusal, path: str) -> Answer:
    """Return the problem that says a refusal; asks the request context for the trace."""
    status, data, headers = said(refusal, path)
    return Answer(status, {**headers, "Content-Type": MEDIA_TYPE}, msgspec.json.encode(data))


def headers_of(answer: Answer, spent: Spent | None, request_id: str, *, secure: bool) -> RawHeaders:
    """Return the headers that go with an answer."""
    lines = lines_of(answer, spent, request_id, secure=secure).split(b"\r\n")
    return [(name, value) for name, _, value in (line.partition(b": ") for line in lines[:-1])]


def lines_of(answer: Answer, spent: Spent | None, request_id: str, *, secure: bool) -> bytes:
    """Return the same headers as they are written."""
    own = "".join([f"{name.lower()}: {value}\r\n" for name, value in answer.headers.items()])
    typed = "" if "Content-Type" in answer.headers else "content-type: application/json\r\n"
    limits = ""
    if spent is not None:
        limits = (
            f"ratelimit-policy: {policy(SCOPE)}\r\n"
            f'ratelimit: "{SCOPE}";r={spent.remaining};t={spent.full_after}\r\n'
        )
    said = (
        f"x-request-id: {request_id}\r\ncontent-length: {len(answer.body)}\r\n{typed}{own}{limits}"
    )
    return said.encode() + _common_lines(secure, "Cache-Control" in answer.headers)


def _common(secure: bool, stored: bool) -> RawHeaders:  # noqa: FBT001 - a cache's key
    """Return what the middleware and DRF put on every answer of these addresses."""
    common = [
        (b"x-frame-options", b"DENY"),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"content-security-policy", CSP_DATA.encode()),
        (b"permissions-policy", PERMISSIONS.encode()),
        (b"allow", b"GET, POST, HEAD, OPTIONS"),
    ]
    if not stored:
        common.append((b"cache-control", b"no-store"))
    if secure and settings.SECURE_HSTS_SECONDS:
        common.append((b"strict-transport-security", _stay().encode()))
    return common


@lru_cache(maxsize=8)
def _common_lines(secure: bool, stored: bool) -> bytes:  # noqa: FBT001 - a cache's key
    return b"".join([b"%b: %b\r\n" % field for field in _common(secure, stored)])


def _stay() -> str:
    within = "; includeSubDomains" if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS else ""
    preload = "; preload" if settings.SECURE_HSTS_PRELOAD else ""
    return f"max-age={settings.SECURE_HSTS_SECONDS}{within}{preload}"


def _entry(account_id: UUID, amount: str, place: tuple[int, int], currency: str) -> _Entry:
    after, version = place
    balance = _Amount(Money(after, currency).amount, currency)
    return _Entry(account_id, _Amount(amount, currency), balance, version)


def _encoded(body: object) -> bytes:
    """Return JSON; two characters that end a line in JavaScript are escaped, as DRF does."""
    said = _encoder.encode(body)
    if b"\xe2\x80" in said:
        said = said.replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")
    return said
