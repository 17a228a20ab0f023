"""Everything that the contexts publish, found by importing their contracts."""

from importlib import import_module
from typing import Any, Final

from config.contexts import CONTEXTS
from vortex.contracts import Event, Operation, Service, event_classes, interfaces, operations
from vortex.errors import Refusal, refusal_classes

for _context in CONTEXTS:
    import_module(f"{_context.package}.contracts")


def _is_ours(thing: type) -> bool:
    """Leave out what tests declare for themselves."""
    return thing.__module__.partition(".")[0] in {"apps", "vortex"}


INTERFACES: Final[tuple[type[Service], ...]] = tuple(filter(_is_ours, interfaces()))
OPERATIONS: Final[tuple[tuple[type[Service], Operation], ...]] = tuple(
    (interface, operation) for interface in INTERFACES for operation in operations(interface)
)
EVENTS: Final[tuple[type[Event], ...]] = tuple(filter(_is_ours, event_classes().values()))
REFUSALS: Final[tuple[type[Refusal], ...]] = tuple(filter(_is_ours, refusal_classes().values()))


def name_of(thing: Any) -> str:
    """Return what a parametrised test is called after a published thing."""
    if isinstance(thing, Operation):
        return thing.path
    return str(getattr(thing, "__name__", thing))
