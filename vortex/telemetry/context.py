"""What travels with a piece of work: request id, trace, actor, deadline and cause."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import msgspec
from msgspec.structs import replace

from vortex.contracts import Principal


class RequestContext(msgspec.Struct, frozen=True):
    """The context of one request, event or task; replaced for an inner scope, never changed."""

    request_id: str = ""
    traceparent: str = ""
    actor: Principal | None = None
    deadline: float | None = None  # on the clock of time.monotonic, in seconds
    causation_id: str = ""
    is_copy: bool = False  # of a request that is answered elsewhere: it changes nothing

    def remaining_ms(self) -> int | None:
        """Return how many milliseconds are left, 0 once they are spent; None without a deadline."""
        if self.deadline is None:
            return None
        return max(0, int((self.deadline - time.monotonic()) * 1000))


_current: ContextVar[RequestContext] = ContextVar("vortex_request", default=RequestContext())


def current() -> RequestContext:
    """Return the context of the work that this code is part of."""
    return _current.get()


@contextmanager
def use(**changes: Any) -> Iterator[RequestContext]:
    """Run a block with some fields changed; a nested deadline can only come sooner."""
    outer = _current.get()
    inner = replace(outer, **changes)
    if outer.deadline is not None and (inner.deadline is None or inner.deadline > outer.deadline):
        inner = replace(inner, deadline=outer.deadline)
    token = _current.set(inner)
    try:
        yield inner
    finally:
        _current.reset(token)


@contextmanager
def within(milliseconds: int) -> Iterator[RequestContext]:
    """Run a block that has so many milliseconds, or fewer where the work around it has fewer left.

    As `use(deadline=...)`, at a third of its cost: every call between contexts does this.
    """
    outer = _current.get()
    deadline = deadline_in(milliseconds)
    if outer.deadline is not None and outer.deadline <= deadline:
        yield outer
        return
    inner = RequestContext(
        outer.request_id, outer.traceparent, outer.actor, deadline, outer.causation_id
    )
    token = _current.set(inner)
    try:
        yield inner
    finally:
        _current.reset(token)


@contextmanager
def anew(milliseconds: int) -> Iterator[RequestContext]:
    """Run a block whose budget is its own, be it more than what is left around it.

    Only for what has to be done though the time is over, and for work whose length its sender
    decides, such as a large body that is still coming in.
    """
    inner = replace(_current.get(), deadline=deadline_in(milliseconds))
    token = _current.set(inner)
    try:
        yield inner
    finally:
        _current.reset(token)


def deadline_in(milliseconds: int) -> float:
    """Return the deadline that many milliseconds from now."""
    return time.monotonic() + milliseconds / 1000
