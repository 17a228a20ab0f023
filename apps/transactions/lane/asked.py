"""Reading a transfer from an ASGI request: strictly, or not at all.

Whatever is unusual about a request (another media type, a query, an unknown field, a token that
does not verify, an amount that the gate judges, anything that would be refused) makes `read` return
None: the API behind the lane has the words for it.
"""

from collections.abc import MutableMapping
from typing import Any, Final
from uuid import UUID

import msgspec
from django.conf import settings

from apps.transactions.conf import gate_policy
from apps.transactions.domain.posting import problem_of
from apps.transactions.services.posting import MAX_BATCH
from apps.transactions.services.said import Said, SaidItem, id_of, transfer_of
from apps.transactions.services.transferring import Transfer, posting_of
from vortex.errors import Refusal
from vortex.http.idempotency import KEY, fingerprint_of
from vortex.http.parsers import read as read_strictly
from vortex.http.quick import usual
from vortex.http.rehearsed import ALONE
from vortex.identity.tokens import Verified
from vortex.ids import new_id

SINGLE: Final = frozenset({"/api/transactions", "/api/v1/transactions"})
BULK: Final = frozenset({"/api/transactions/bulk", "/api/v1/transactions/bulk"})
_PATHS: Final = SINGLE | BULK
_MOST_BYTES: Final = 16_384  # of a single transfer

_JSON: Final = frozenset({"application/json", "application/json; charset=utf-8"})

Headers = dict[bytes, str]


class _SaidBatch(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    all_or_none: bool | msgspec.UnsetType = msgspec.field(default=msgspec.UNSET, name="atomic")
    items: list[SaidItem]


_TEXTS_OF_ALL: Final = 9  # the names and values that every transfer has
_single_decoder: Final = msgspec.json.Decoder(Said)
_batch_decoder: Final = msgspec.json.Decoder(_SaidBatch)


class Asked(msgspec.Struct, frozen=True):
    """What somebody may want: who says so, under which key, and which transfers.

    `all_or_none` is None for a request of one transfer.
    """

    token: Verified
    key: str
    request_hash: bytes
    transfers: tuple[Transfer, ...]
    all_or_none: bool | None = None


def headers_of(scope: MutableMapping[str, Any]) -> Headers | None:
    """Return the headers of a request that may be the lane's, or None."""
    path: str = scope["path"]
    if scope["method"] != "POST" or scope["query_string"] or path not in _PATHS or ALONE in scope:
        return None
    found: Headers = {}
    for name, value in scope["headers"]:
        if name in found:
            return None
        found[name] = value.decode("latin-1")
    return found if is_usual(path, found, secure=usual.is_secure(scope["scheme"], found)) else None


def is_usual(path: str, headers: Headers, *, secure: bool) -> bool:
    """Say whether headers are such as nearly every request has."""
    length = headers.get(b"content-length", "")
    return (
        headers.get(b"content-type") in _JSON
        and length.isdecimal()
        and int(length) <= _most_bytes(path)
        and usual.is_usual(headers, secure=secure)
    )


def read(path: str, headers: Headers, body: bytes) -> Asked | None:
    """Return what a request asks for, if it is beyond doubt that it may be asked."""
    key = headers.get(b"idempotency-key", "")
    token = usual.bearer(headers) if KEY.fullmatch(key) else None
    if token is None:
        return None
    atomic: bool | None
    try:
        if path in BULK:
            said, transfers, atomic = _batch(body)
        else:
            said, transfers, atomic = _single(body, token)
    except (Refusal, ValueError, msgspec.MsgspecError):
        return None
    return Asked(token, key, fingerprint_of("POST", path, "", said), transfers, atomic)


def _most_bytes(path: str) -> int:
    most: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return most if path in BULK else _MOST_BYTES


def _single(body: bytes, token: Verified) -> tuple[Any, tuple[Transfer, ...], None]:
    """Return one transfer, which could be made if its accounts were right.

    msgspec is quick and takes the last of two equal keys. In JSON without escapes every text has
    two quotation marks, so a key that was swallowed is missed in their number.
    """
    if b"\\" not in body:
        said = _single_decoder.decode(body)
        if body.count(b'"') == 2 * _texts_of(said):
            transfer = _transfer(said, new_id())
            if transfer.source_account_id == transfer.target_account_id:
                raise ValueError("from an account to itself")
            return said, (transfer,), None
    said = msgspec.convert(read_strictly(body), Said)
    transfer = _transfer(said, new_id())
    if problem_of(posting_of(transfer, token.principal.user_id)):
        raise ValueError("not a posting")
    return said, (transfer,), None


def _texts_of(said: Said | SaidItem) -> int:
    """Return how many texts there are in a transfer, keys included."""
    texts = _TEXTS_OF_ALL
    for value in (said.category, said.counterparty, said.description, said.reference):
        if value is not msgspec.UNSET:
            texts += 2
    if said.effective_date is not msgspec.UNSET:
        texts += 1 if said.effective_date is None else 2
    return texts


def _batch(body: bytes) -> tuple[Any, tuple[Transfer, ...], bool]:
    if b"\\" not in body:
        said = _batch_decoder.decode(body)
        texts = 1 + (said.all_or_none is not msgspec.UNSET)
        texts += sum([_texts_of(item) for item in said.items]) + 2 * len(said.items)
        if body.count(b'"') == 2 * texts:
            return _batch_of(said)
    return _batch_of(msgspec.convert(read_strictly(body), _SaidBatch))


def _batch_of(said: _SaidBatch) -> tuple[Any, tuple[Transfer, ...], bool]:
    if not 0 < len(said.items) <= MAX_BATCH:
        raise ValueError("not a batch")
    transfers = tuple([_transfer(item, id_of(item.id)) for item in said.items])
    return said, transfers, said.all_or_none is True


def _transfer(said: Said | SaidItem, posting_id: UUID) -> Transfer:
    """Return the transfer that was said; ValueError where it has to be judged first."""
    transfer = transfer_of(said, posting_id)
    if gate_policy().notices(transfer.amount, transfer.target_account_id):
        raise ValueError("to be judged first")
    return transfer
