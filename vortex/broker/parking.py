"""Parked keys, wherever they wait: what can be seen of them and done about them.

The outbox parks what the broker refuses, the inbox what a handler fails on. Each keeps a desk that
is registered here, so that one command and one admin serve both.
"""

from datetime import datetime
from typing import Protocol

import msgspec

from vortex.errors import Conflict, Invalid, NotFound


class NothingParked(NotFound, code="nothing_parked", title="Nothing is parked there"):
    """No message of this topic and key is parked at this desk."""


class PayloadRefused(Invalid, code="parked_payload_refused", title="Not a payload of this event"):
    """The edited payload is not JSON, or not the event that the message says it is."""


class StillFailing(Conflict, code="parked_still_failing", title="It fails again"):
    """The handler failed on the first message once more; the key stays parked."""


class ParkedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key whose messages wait, as its first one explains."""

    desk: str
    context: str
    topic: str
    key: str
    type: str
    event_id: str
    reason: str
    since: datetime
    messages: int


class ParkedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One waiting message. `payload` is the JSON text of its event."""

    type: str
    event_id: str
    parked_at: datetime
    reason: str
    payload: str


class Desk(Protocol):
    """Where parked keys of one side are looked after. `by` says who does it and is logged."""

    name: str

    def keys(self, context: str) -> list[ParkedKey]:
        """Return the parked keys of a context, longest parked first."""
        ...

    def messages(self, context: str, *, topic: str, key: str) -> list[ParkedMessage]:
        """Return what waits of a key, in its order; refuses with NothingParked."""
        ...

    def retry(self, context: str, *, topic: str, key: str, by: str) -> int:
        """Let a key flow again from its first message on; return how many messages moved."""
        ...

    def skip(self, context: str, *, topic: str, key: str, by: str) -> str:
        """Give the first message of a key up, release the rest; return the id of the lost event."""
        ...

    def edit(self, context: str, *, topic: str, key: str, payload: bytes, by: str) -> None:
        """Replace the payload of the first message of a key; it stays parked until retried."""
        ...


_desks: dict[str, Desk] = {}


def register(desk: Desk) -> None:
    """Make a desk known under its name."""
    _desks[desk.name] = desk


def desks() -> tuple[Desk, ...]:
    """Return every desk of this process."""
    return tuple(_desks[name] for name in sorted(_desks))


def desk(name: str) -> Desk:
    """Return the desk of that name; LookupError where there is none."""
    return _desks[name]
