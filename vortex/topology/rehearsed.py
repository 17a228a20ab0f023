"""Requests that are put aside while a context is shadowed: the words of the door and the binding.

The door knows what somebody asked and was answered, the binding what was asked of other contexts
meanwhile and what becomes of it. Neither imports the other.
"""

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

import msgspec

from vortex.contracts import Principal


class Asked(msgspec.Struct, frozen=True):
    """A request as it came, without what proves who sent it."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes
    address: str


class Answered(msgspec.Struct, frozen=True):
    """An answer: its status, what its JSON says, and where it says that something is."""

    status: int
    body: Any = None
    location: str = ""


class Seen(msgspec.Struct, frozen=True):
    """A request that was answered: `operation` is its method and address without ids."""

    operation: str
    key: str
    asked: Asked
    answered: Answered
    began_at: datetime
    request_id: str
    traceparent: str
    actor: Principal


class Desk(Protocol):
    """Where requests are put aside."""

    def watched(self, context: str) -> AbstractContextManager[Any]:
        """Keep what is asked of other contexts in a block, in what the block is given."""
        ...

    def put(self, context: str, seen: Seen, watched: Any) -> None:
        """Put a request aside."""
        ...

    def leave_out(self, context: str, why: str) -> None:
        """Count a request of which nothing can be said."""
        ...
