"""Reading a transfer from an ASGI request: strictly, or not at all.

Whatever is unusual about a request (another media type, a query, an unknown field, a token that
does not verify, anything that would be refused) makes `read` return None: the API behind the lane
has the words for it.
"""

import re
from collections.abc import MutableMapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import msgspec
from django.conf import settings
from django.http.request import split_domain_port, validate_host

from apps.transactions.contracts import CATEGORIES
from apps.transactions.domain.posting import MAX_TEXT, problem_of
from apps.transactions.services.transferring import Transfer, is_far, posting_of
from vortex.errors import Refusal
from vortex.http.idempotency import KEY, fingerprint_of
from vortex.http.parsers import read as read_strictly
from vortex.identity.tokens import Verified, verify_signature
from vortex.ids import new_id
from vortex.money import Money

PATHS: Final = frozenset({"/api/transactions", "/api/v1/transactions"})
MOST_BYTES: Final = 16_384

_JSON: Final = frozenset({"application/json", "application/json; charset=utf-8"})
_ACCEPTED: Final = frozenset({"", "*/*", "application/json"})
# What changes how a request is answered, and is rare enough to be left to the API.
_ELSEWHERE: Final = frozenset(
    {
        b"x-deadline-ms",
        b"transfer-encoding",
        b"content-encoding",
        b"expect",
        b"x-http-method-override",
    }
)
_NEEDED: Final = frozenset({"source_account_id", "target_account_id", "amount"})
_TEXTS: Final = ("description", "counterparty", "reference")
_KNOWN: Final = _NEEDED | {*_TEXTS, "category", "effective_date"}
_CATEGORIES: Final = frozenset(CATEGORIES)
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)

Headers = dict[bytes, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """A transfer that somebody may want: who says so, under which key, and what it says."""

    token: Verified
    key: str
    request_hash: bytes
    transfer: Transfer


def headers_of(scope: MutableMapping[str, Any]) -> Headers | None:
    """Return the headers of a request that may be the lane's, or None."""
    if scope["method"] != "POST" or scope["path"] not in PATHS or scope["query_string"]:
        return None
    found: Headers = {}
    for name, value in scope["headers"]:
        if name in found or name in _ELSEWHERE:
            return None
        found[name] = value.decode("latin-1")
    usual = (
        found.get(b"content-type") in _JSON
        and found.get(b"accept", "") in _ACCEPTED
        and found.get(b"content-length", "").isdecimal()
        and int(found[b"content-length"]) <= MOST_BYTES
        and _is_our_host(found.get(b"host", ""))
    )
    return found if usual else None


def read(path: str, headers: Headers, body: bytes) -> Asked | None:
    """Return what a request asks for, if it is beyond doubt that it may be asked."""
    scheme, _, raw = headers.get(b"authorization", "").partition(" ")
    key = headers.get(b"idempotency-key", "")
    if scheme.lower() != "bearer" or not raw or " " in raw or not KEY.fullmatch(key):
        return None
    try:
        said = _value(body)
        transfer = _transfer(said)
        if transfer is None:
            return None
        token = verify_signature(raw)
        if problem_of(posting_of(transfer, token.principal.user_id)) is not None:
            return None
    except (Refusal, ValueError):
        return None
    return Asked(token, key, fingerprint_of("POST", path, "", said), transfer)


def _value(body: bytes) -> Any:
    """Return what JSON says, as strictly as the API reads it.

    msgspec is quick and takes the last of two equal keys. In JSON without escapes every text has
    two quotation marks, so a key that was swallowed is missed in their number.
    """
    if b"\\" not in body:
        said = msgspec.json.decode(body)
        if body.count(b'"') == 2 * _texts_of(said):
            return said
    return read_strictly(body)


def _texts_of(said: Any) -> int:
    """Return how many texts there are, keys included, in a transfer; of anything else, too few."""
    if not isinstance(said, dict):
        return -1
    texts = len(said)
    for value in said.values():
        if isinstance(value, str):
            texts += 1
        elif isinstance(value, dict):
            texts += len(value) + sum(isinstance(inner, str) for inner in value.values())
    return texts


def _transfer(said: Any) -> Transfer | None:
    if not isinstance(said, dict) or not _NEEDED <= said.keys() <= _KNOWN:
        return None
    texts = [said.get(name, "") for name in _TEXTS]
    if not all(isinstance(text, str) and len(text) <= MAX_TEXT for text in texts):
        return None
    source, target = _id(said["source_account_id"]), _id(said["target_account_id"])
    amount, category = _money(said["amount"]), said.get("category", "transfers")
    if source is None or target is None or amount is None:
        return None
    if not isinstance(category, str) or category not in _CATEGORIES:
        return None
    transfer = Transfer(
        posting_id=new_id(),
        source_account_id=source,
        target_account_id=target,
        amount=amount,
        description=texts[0],
        counterparty=texts[1],
        reference=texts[2],
        category=category,
        effective_date=_date(said.get("effective_date")),
    )
    return None if is_far(transfer) else transfer


def _id(value: Any) -> UUID | None:
    return UUID(value) if isinstance(value, str) and _UUID.fullmatch(value) else None


def _money(value: Any) -> Money | None:
    if not isinstance(value, dict) or value.keys() != {"amount", "currency"}:
        return None
    amount, currency = value["amount"], value["currency"]
    if not isinstance(amount, str) or not isinstance(currency, str):
        return None
    money = Money.parse(amount, currency)
    return money if money.minor > 0 else None


def _date(value: Any) -> date | None:
    """Return the date, if there is one; ValueError where it is no plain date."""
    if value is None:
        return None
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError("not a plain date")
    return date.fromisoformat(value)


@lru_cache(maxsize=64)
def _is_our_host(host: str) -> bool:
    domain, _port = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)
