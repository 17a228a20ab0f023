"""A contract as data: what a caller may rely on, in a form that two versions can be compared in."""

import types
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin

import msgspec

from config.reference.published import context_of, events_of, refusals, services_of
from vortex.contracts import Event, Operation, Service, operations
from vortex.errors import family_of

Snapshot = dict[str, Any]


def snapshot(context: str) -> Snapshot:
    """Return the contract of a context: services, events, refusals and their types."""
    services, events = services_of(context), events_of(context)
    used = list(_used(services, events))
    return {
        "context": context,
        "services": {service.__name__: _service(service) for service in services},
        "events": {event.event_type: _event(event) for event in events},
        "refusals": {
            refusal.code: {"family": family_of(refusal).__name__, "title": refusal.title}
            for refusal in refusals()
            if context_of(refusal) == context and ".contracts" in refusal.__module__
        },
        "types": {name: _definition(type_) for name, type_ in sorted(_definitions(used).items())},
    }


def fields_of(struct: type[msgspec.Struct]) -> Snapshot:
    """Return the fields of a value: the type of each, and whether it must be given."""
    return {
        field.encode_name: {"type": named(field.type), "required": field.required}
        for field in msgspec.structs.fields(struct)
    }


def named(type_: Any) -> str:
    """Return the name of a type as contracts write it: `list of Leg`, `UUID | null`, `Product`."""
    origin, arguments = get_origin(type_), get_args(type_)
    if type_ in (None, type(None), Any):
        return "any" if type_ is Any else "null"
    if origin in (Union, types.UnionType):
        return " | ".join(sorted(map(named, arguments), key=lambda name: (name == "null", name)))
    if origin is Literal:
        return " | ".join(repr(value) for value in arguments)
    if origin in (tuple, list, frozenset, set):
        return f"list of {named(arguments[0])}"
    if origin is dict:
        return " to ".join(("map of " + named(arguments[0]), named(arguments[1])))
    return str(type_.__name__)


def _service(service: type[Service]) -> Snapshot:
    return {
        "version": service.version,
        "operations": {known.name: _operation(known) for known in operations(service)},
    }


def _operation(operation: Operation) -> Snapshot:
    return {
        "kind": operation.kind,
        "key": operation.key,
        "deadline_ms": operation.deadline_ms,
        "arguments": fields_of(operation.arguments),
        "answer": named(operation.answer),
        "refuses": sorted(refusal.code for refusal in operation.refuses),
    }


def _event(event: type[Event]) -> Snapshot:
    return {
        "version": event.event_version,
        "topic": event.topic,
        "key": event.key_field,
        "fields": fields_of(event),
    }


def _used(services: Iterable[type[Service]], events: Iterable[type[Event]]) -> Iterator[Any]:
    for service in services:
        for operation in operations(service):
            yield from (field.type for field in msgspec.structs.fields(operation.arguments))
            yield operation.answer
    for event in events:
        yield from (field.type for field in msgspec.structs.fields(event))


def _definitions(used: Iterable[Any]) -> dict[str, type[msgspec.Struct] | type[Enum]]:
    """Return the values and enumerations that types are made of, by name."""
    found: dict[str, type[msgspec.Struct] | type[Enum]] = {}
    waiting = list(used)
    while waiting:
        type_ = waiting.pop()
        waiting += get_args(type_)
        if not isinstance(type_, type) or not issubclass(type_, msgspec.Struct | Enum):
            continue
        if found.get(type_.__name__, type_) is not type_:
            raise TypeError(f"two types of one contract are called {type_.__name__}")
        if type_.__name__ not in found and issubclass(type_, msgspec.Struct):
            waiting += [field.type for field in msgspec.structs.fields(type_)]
        found[type_.__name__] = type_
    return found


def _definition(type_: type[msgspec.Struct] | type[Enum]) -> Snapshot:
    if issubclass(type_, msgspec.Struct):
        return {"fields": fields_of(type_)}
    return {"values": [member.value for member in type_.__members__.values()]}
