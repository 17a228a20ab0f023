"""Who hears what: handlers register here when their module is imported."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from vortex.contracts import Event

E = TypeVar("E", bound=Event)
F = TypeVar("F", bound=Callable[..., None])


# Handlers of single events share a commit, which is what costs; where one fails, each has its own.
TOGETHER: Final = 20


@dataclass(frozen=True, eq=False)
class Handler:
    """One registered handler. `name` is what it remembers under: renamed, it handles anew."""

    context: str
    name: str
    event: type[Event]
    batch: int
    function: Callable[[Any], None]

    @property
    def together(self) -> int:
        """How many events share a transaction when that many wait."""
        return self.batch if self.batch > 1 else TOGETHER


_handlers: dict[tuple[str, str], Handler] = {}


def on(event: type[Event], *, batch: int = 1, context: str = "") -> Callable[[F], F]:
    """Register a function as a handler of an event, for the context in whose package it is written.

    With `batch=1` it takes one event; with more it takes a list of up to that many, in one
    transaction. It is called inside a unit of work of its context which also remembers the event,
    so a second delivery does nothing. Events that wait together may share that unit of work, and
    are handled apart if one of them fails. What a handler raises rolls back and is tried again,
    then the key is parked.
    """
    if batch < 1:
        raise ValueError("a batch holds at least one event")

    def register(function: F) -> F:
        owner = context or _context_of(function.__module__)
        name = f"{owner}.{function.__name__}"
        known = _handlers.get((name, event.event_type))
        if known is not None and known.function.__module__ != function.__module__:
            raise TypeError(f"two handlers of {event.event_type} are called {name}")
        _handlers[(name, event.event_type)] = Handler(owner, name, event, batch, function)
        return function

    return register


def handlers(context: str) -> tuple[Handler, ...]:
    """Return the handlers of a context, in the order of their names."""
    return tuple(h for _, h in sorted(_handlers.items()) if h.context == context)


def handlers_by_type(context: str) -> dict[str, tuple[Handler, ...]]:
    """Return the handlers of a context by the type of the event that they hear."""
    found: dict[str, tuple[Handler, ...]] = {}
    for handler in handlers(context):
        found[handler.event.event_type] = (*found.get(handler.event.event_type, ()), handler)
    return found


def topics(context: str) -> tuple[str, ...]:
    """Return the topics that a context listens to."""
    return tuple(sorted({handler.event.topic for handler in handlers(context)}))


def forget(event: type[Event]) -> None:
    """Remove every handler of an event; for tests."""
    for place in [place for place, handler in _handlers.items() if handler.event is event]:
        del _handlers[place]


def _context_of(module: str) -> str:
    parts = module.split(".")
    if len(parts) < 3 or parts[0] != "apps":
        raise TypeError(f"{module} belongs to no context: say on(..., context=...)")
    return parts[1]
