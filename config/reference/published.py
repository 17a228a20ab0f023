"""Everything that the code publishes, found by importing the modules that declare it."""

import pkgutil
from functools import cache
from importlib import import_module

import apps
import vortex
from config.contexts import CONTEXTS
from vortex.contracts import Event, Service, event_classes, interfaces
from vortex.errors import Refusal, refusal_classes

_NOT_OURS = {
    "tests",
    "testing",
    "migrations",
    "management",
    "commands",
    "embedded",
    "models",
    "admin",
}


@cache
def load() -> None:
    """Import every module that may declare a refusal, a service or an event."""
    for root in (vortex, apps):
        for module in pkgutil.walk_packages(root.__path__, f"{root.__name__}.", onerror=_reraise):
            if _NOT_OURS.isdisjoint(module.name.split(".")):
                import_module(module.name)


def _reraise(name: str) -> None:
    raise ImportError(name)


def services_of(context: str) -> tuple[type[Service], ...]:
    """Return the interfaces of a context."""
    load()
    return tuple(filter(_is_published, interfaces(context)))


def events_of(context: str) -> tuple[type[Event], ...]:
    """Return the events that a context says, by type."""
    load()
    return tuple(found for found in event_classes().values() if context_of(found) == context)


def refusals() -> tuple[type[Refusal], ...]:
    """Return every refusal with a code, by code."""
    load()
    return tuple(filter(_is_published, refusal_classes().values()))


def context_of(declared: type) -> str:
    """Return the context in whose code something is declared; nothing for the kernel."""
    parts = declared.__module__.split(".")
    known = {context.name for context in CONTEXTS}
    return parts[1] if parts[0] == "apps" and "tests" not in parts and parts[1] in known else ""


def _is_published(declared: type) -> bool:
    """Leave out what tests declare for themselves."""
    parts = declared.__module__.split(".")
    return parts[0] in {"apps", "vortex"} and "tests" not in parts
