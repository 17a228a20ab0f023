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
from apps.transactions.services.posting import MAX_BATCH
from apps.transactions.services.transferring import Transfer, is_far, posting_of
from vortex.errors import Refusal
from vortex.http.idempotency import KEY, fingerprint_of
from vortex.http.parsers import read as read_strictly
from vortex.identity.tokens import Verified, verify_signature
from vortex.ids import new_id
from vortex.money import Money

SINGLE: Final = frozenset({"/api/transactions", "/api/v1/transactions"})
BULK: Final = frozenset({"/api/transactions/bulk", "/api/v1/transactions/bulk"})
_PATHS: Final = SINGLE | BULK
_MOST_BYTES: Final = 16_384  # of a single transfer

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
    """What somebody may want: who says so, under which key, and which transfers.

    `all_or_none` is None for a request of one transfer.
    """

    token: Verified
    key: str
    request_hash: bytes
    transfers: tuple[Transfer, ...]
    all_or_none: bool | None = None

    @property
    def caller(self) -> str:
        """Return the name under which the idempotency store knows who is calling."""
        return f"user:{self.token.principal.user_id}"


def headers_of(scope: MutableMapping[str, Any]) -> Headers | None:
    """Return the headers of a request that may be the lane's, or None."""
    path: str = scope["path"]
    if scope["method"] != "POST" or scope["query_string"] or path not in _PATHS:
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
        and int(found[b"content-length"]) <= _most_bytes(path)
        and (is_secure(scope, found) or not settings.SECURE_SSL_REDIRECT)
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
        atomic, transfers = _bulk(said) if path in BULK else (None, (_transfer(said, new_id()),))
        token = verify_signature(raw)
        owner = token.principal
        if (
            owner.scopes or owner.client_id or owner.actor_id
        ):  # what such a token may do is for the API to say
            return None
        if atomic is None and problem_of(posting_of(transfers[0], token.principal.user_id)):
            return None
    except (Refusal, ValueError):
        return None
    return Asked(token, key, fingerprint_of("POST", path, "", said), transfers, atomic)


def _most_bytes(path: str) -> int:
    most: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return most if path in BULK else _MOST_BYTES


def is_secure(scope: MutableMapping[str, Any], headers: Headers) -> bool:
    """Say whether a request came by HTTPS, as Django does: from the proxy that settings trust."""
    trusted = settings.SECURE_PROXY_SSL_HEADER
    if trusted is None:
        return bool(scope["scheme"] == "https")
    name = trusted[0].removeprefix("HTTP_").replace("_", "-").lower().encode()
    return headers.get(name, "").split(",")[0].strip() == trusted[1]


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
    """Return how many texts there are in a request, keys included; in anything else, too few."""
    if not isinstance(said, dict):
        return -1
    items = said.get("items")
    if isinstance(items, list):
        return len(said) + sum(map(_texts_of, items))
    texts = len(said)
    for value in said.values():
        if isinstance(value, str):
            texts += 1
        elif isinstance(value, dict):
            texts += len(value) + sum(isinstance(inner, str) for inner in value.values())
    return texts


def _bulk(said: Any) -> tuple[bool, tuple[Transfer, ...]]:
    if not isinstance(said, dict) or not {"items"} <= said.keys() <= {"items", "atomic"}:
        raise ValueError("not a batch")
    items, atomic = said["items"], said.get("atomic", False)
    if (
        not isinstance(items, list)
        or not 0 < len(items) <= MAX_BATCH
        or not isinstance(atomic, bool)
    ):
        raise ValueError("not a batch")
    return atomic, tuple([_item(item) for item in items])


def _item(said: Any) -> Transfer:
    if not isinstance(said, dict) or "id" not in said:
        raise ValueError("not an item")
    rest = said.copy()
    return _transfer(rest, _id(rest.pop("id")))


def _transfer(said: Any, posting_id: UUID) -> Transfer:
    """Return the transfer that was said; ValueError where it is not said in the usual way."""
    if not isinstance(said, dict) or not _NEEDED <= said.keys() <= _KNOWN:
        raise ValueError("not a transfer")
    description, counterparty, reference = (said.get(name, "") for name in _TEXTS)
    for text in (description, counterparty, reference):
        if not isinstance(text, str) or len(text) > MAX_TEXT:
            raise ValueError("not a text")
    category = said.get("category", "transfers")
    if not isinstance(category, str) or category not in _CATEGORIES:
        raise ValueError("not a category")
    transfer = Transfer(
        posting_id=posting_id,
        source_account_id=_id(said["source_account_id"]),
        target_account_id=_id(said["target_account_id"]),
        amount=_money(said["amount"]),
        description=description,
        counterparty=counterparty,
        reference=reference,
        category=category,
        effective_date=_date(said.get("effective_date")),
    )
    if is_far(transfer):
        raise ValueError("in another age")
    return transfer


def _id(value: Any) -> UUID:
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise ValueError("not an id")
    return UUID(value)


def _money(value: Any) -> Money:
    if not isinstance(value, dict) or value.keys() != {"amount", "currency"}:
        raise ValueError("not money")
    amount, currency = value["amount"], value["currency"]
    if not isinstance(amount, str) or not isinstance(currency, str):
        raise ValueError("not money")
    money = Money.parse(amount, currency)
    if money.minor <= 0:
        raise ValueError("not a payment")
    return money


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
