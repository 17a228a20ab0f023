"""Calls inside one process, made exactly as strict as calls over the wire.

Arguments and answers are encoded and decoded, so nobody can hold on to a caller's object, pass what
would not travel, or rely on an exception's identity.
"""

import functools
from typing import Any

import msgspec

from vortex.contracts import Operation, Service
from vortex.errors import Refusal, rebuild
from vortex.telemetry import context as request


class UndeclaredRefusalError(RuntimeError):
    """An implementation refused with something that its contract does not declare: a bug."""


def call(implementation: Service, operation: Operation, arguments: msgspec.Struct) -> Any:
    """Call a hosted implementation by value, within the operation's deadline."""
    received = by_value(arguments, operation.arguments)
    given = {name: getattr(received, name) for name in received.__struct_fields__}
    with request.use(deadline=request.deadline_in(operation.deadline_ms)):
        try:
            answer = getattr(implementation, operation.name)(**given)
        except Refusal as refusal:
            raise declared(operation, refusal) from None
    return by_value(answer, operation.answer)


def declared(operation: Operation, refusal: Refusal) -> Refusal:
    """Return the refusal as the caller would get it over the wire; raise where it is undeclared."""
    if refusal.code not in _codes(operation) and not refusal.is_universal:
        raise UndeclaredRefusalError(f"{operation.path} does not declare {refusal.code}") from refusal
    return rebuild(refusal.code, refusal.detail, refusal.facts)


def by_value(value: Any, type_: Any) -> Any:
    """Return a copy of a value as it would arrive at the other end of a wire."""
    return _decoder(type_).decode(_encoder.encode(value))


@functools.cache
def _codes(operation: Operation) -> frozenset[str]:
    return frozenset(refusal.code for refusal in operation.refuses)


_encoder = msgspec.msgpack.Encoder()


@functools.cache
def _decoder(type_: Any) -> "msgspec.msgpack.Decoder[Any]":
    return msgspec.msgpack.Decoder(type_)
