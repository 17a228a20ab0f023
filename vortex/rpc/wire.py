"""What both ends of the wire agree on: addresses, headers, encodings, the shape of a refusal."""

import functools
from typing import Any, Final

import msgspec

from vortex.contracts import Operation
from vortex.errors import Refusal

JSON: Final = "application/json"
MSGPACK: Final = "application/msgpack"
PROBLEM: Final = "application/problem+json"

DEADLINE_HEADER: Final = "X-Deadline-Ms"  # what is left of the caller's time, in milliseconds
REQUEST_HEADER: Final = "X-Request-Id"
CAUSATION_HEADER: Final = "X-Causation-Id"
TRACE_HEADER: Final = "traceparent"
KEY_HEADER: Final = "Idempotency-Key"
ASIDE_HEADER: Final = "X-Vortex-Aside"  # answer it yourself, whoever owns the data

# Ten thousand postings in JSON are five megabytes; nothing honest is three times as large.
MAX_BODY_BYTES: Final = 16 * 1024 * 1024

# An operation's own refusal has one status, because only its code says which no it is. What a proxy
# or a mesh may act on has others: 503 may be tried again; 400, 401, 404 are the caller's faults.
REFUSED_STATUS: Final = 422


class Problem(msgspec.Struct, frozen=True):
    """A refusal on the wire (RFC 9457), with its facts whole in one member."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    facts: dict[str, Any] = {}


def address(operation: Operation) -> str:
    """Return the path of an operation, such as `/rpc/transactions/v1/Ledger.post`."""
    service = f"{operation.service}.{operation.name}"
    return f"/rpc/{operation.context}/v{operation.version}/{service}"


def problem(refusal: Refusal, status: int) -> Problem:
    """Return a refusal as it crosses the wire."""
    return Problem(
        type=f"/problems/{refusal.code}",
        title=refusal.title,
        status=status,
        detail=refusal.detail,
        code=refusal.code,
        facts=refusal.facts,
    )


def key_of(operation: Operation, arguments: msgspec.Struct) -> str:
    """Return the idempotency key of a command as text, empty for a query."""
    return str(getattr(arguments, operation.key)) if operation.key else ""


def encode(value: Any, media_type: str) -> bytes:
    """Return a value in one of the two encodings."""
    return (_msgpack if media_type == MSGPACK else _json).encode(value)


def decode(body: bytes, type_: Any, media_type: str) -> Any:
    """Return what a body says, strictly typed; raise msgspec.MsgspecError where it differs."""
    return _decoder(type_, media_type).decode(body)


_json = msgspec.json.Encoder()
_msgpack = msgspec.msgpack.Encoder()


@functools.cache
def _decoder(type_: Any, media_type: str) -> Any:
    if media_type == MSGPACK:
        return msgspec.msgpack.Decoder(type_)
    return msgspec.json.Decoder(type_)
