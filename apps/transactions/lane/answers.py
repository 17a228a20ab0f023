"""What the lane answers: the bodies and headers that the API gives, without Django."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

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

# What the middleware and DRF put on every answer of this address.
_ALWAYS: Final[RawHeaders] = [
    (b"x-frame-options", b"DENY"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"content-security-policy", CSP_DATA.encode()),
    (b"permissions-policy", PERMISSIONS.encode()),
    (b"cache-control", b"no-store"),
]


def made(transfer: Transfer, result: Made, path: str) -> Answer:
    """Return the answer to a transfer that was made, as TransactionSerializer says it."""
    currency = transfer.amount.currency
    amount = transfer.amount.amount
    entries = [_entry(transfer.source_account_id, "-" + amount, result.source, currency)]
    if result.target is not None:
        entries.append(_entry(transfer.target_account_id, amount, result.target, currency))
    effective = transfer.effective_date or result.booked_at.date()
    body = {
        "id": transfer.posting_id,
        "kind": PostingKind.TRANSFER.value,
        "description": transfer.description,
        "counterparty": transfer.counterparty,
        "reference": transfer.reference,
        "category": transfer.category,
        "booked_at": _instant(result.booked_at),
        "effective_date": effective,
        "reverses_id": None,
        "reversed_by_id": None,
        "entries": entries,
    }
    return Answer(201, {"Location": f"{path}/{transfer.posting_id}"}, _encoded(body))


def outcomes(items: Sequence[Outcome]) -> Answer:
    """Return the answer to a batch, as OutcomesSerializer says it."""
    posted = sum(item.posted for item in items)
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


def headers_of(
    answer: Answer, spent: Spent | None, request_id: str, *, bulk: bool, secure: bool
) -> RawHeaders:
    """Return the headers that go with an answer."""
    kept = {"Content-Type": "application/json", **answer.headers, "X-Request-Id": request_id}
    if spent is not None:
        kept["RateLimit-Policy"] = policy(SCOPE)
        kept["RateLimit"] = f'"{SCOPE}";r={spent.remaining};t={spent.full_after}'
    kept["Allow"] = "POST, OPTIONS" if bulk else "GET, POST, HEAD, OPTIONS"
    if secure and settings.SECURE_HSTS_SECONDS:
        kept["Strict-Transport-Security"] = _stay()
    kept["Content-Length"] = str(len(answer.body))
    own = [(name.lower().encode(), value.encode()) for name, value in kept.items()]
    if "Cache-Control" not in answer.headers:
        return own + _ALWAYS
    return own + _ALWAYS[:-1]


def _stay() -> str:
    within = "; includeSubDomains" if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS else ""
    preload = "; preload" if settings.SECURE_HSTS_PRELOAD else ""
    return f"max-age={settings.SECURE_HSTS_SECONDS}{within}{preload}"


def _entry(account_id: Any, amount: str, place: tuple[int, int], currency: str) -> dict[str, Any]:
    after, version = place
    return {
        "account_id": account_id,
        "amount": {"amount": amount, "currency": currency},
        "balance_after": {"amount": Money(after, currency).amount, "currency": currency},
        "version": version,
    }


def _encoded(body: Any) -> bytes:
    """Return JSON; two characters that end a line in JavaScript are escaped, as DRF does."""
    said = msgspec.json.encode(body)
    if b"\xe2\x80" in said:
        said = said.replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")
    return said


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
