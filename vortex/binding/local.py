"""Calls inside one process, made exactly as strict as calls over the wire.

Arguments and answers are encoded and decoded, so nobody can hold on to a caller's object, pass what
would not travel, or rely on an exception's identity.
"""

import functools
from typing import Any

import msgspec

from vortex.binding import metrics
from vortex.contracts import Operation, Service
from vortex.errors import Refusal, rebuild


def call(implementation: Service, operation: Operation, arguments: msgspec.Struct) -> Any:
    """Call a hosted implementation by value; the deadline is already in the request context."""
    received = _copied(operation, "sent", arguments, operation.arguments)
    given = {name: getattr(received, name) for name in received.__struct_fields__}
    try:
        answer = getattr(implementation, operation.name)(**given)
    except Refusal as refusal:
        raise declared(operation, refusal) from None
    return _copied(operation, "received", answer, operation.answer)


def declared(operation: Operation, refusal: Refusal) -> Refusal:
    """Return the refusal as the caller would get it over the wire; raise where it is undeclared."""
    operation.check_declared(refusal)
    return rebuild(refusal.code, by_value(refusal.detail, str), by_value(refusal.facts, dict))


def by_value(value: Any, type_: Any) -> Any:
    """Return a copy of a value as it would arrive at the other end of a wire."""
    return _decoder(type_).decode(_encoder.encode(value))


def _copied(operation: Operation, direction: str, value: Any, type_: Any) -> Any:
    encoded = _encoder.encode(value)
    metrics.copied(operation, direction, len(encoded))
    return _decoder(type_).decode(encoded)


_encoder = msgspec.json.Encoder()


@functools.cache
def _decoder(type_: Any) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(type_)
