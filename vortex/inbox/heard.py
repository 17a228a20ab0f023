"""A delivery as the inbox understands it: its envelope, its event, and who hears it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from vortex.broker import Delivery, envelope
from vortex.broker.envelope import Envelope
from vortex.contracts import Event, Principal
from vortex.inbox.registry import Handler

Place = tuple[str, str]  # topic and key: what is kept in order


class Heard(msgspec.Struct, frozen=True):
    """A delivery with what it says. `handlers` is empty where nobody here listens to the type.

    `problem` says why it cannot be understood; then the rest is empty. `seen_id` is what a handler
    remembers it by: the event's id, or another one where a replay is to be handled once more.
    """

    delivery: Delivery
    envelope: Envelope
    event_id: UUID
    event: Event | None = None
    handlers: tuple[Handler, ...] = ()
    problem: str = ""

    @property
    def place(self) -> Place:
        """The topic and key in whose order it stands."""
        return self.delivery.topic, self.delivery.key

    def seen_id(self, handler: Handler) -> UUID:
        """Return the id under which a handler remembers this delivery."""
        if self.envelope.replayfor == handler.name:
            # One per replay and event, so that the replay itself is absorbed when it comes twice.
            mixed = self.event_id.int ^ (UUID(self.envelope.replayid).int >> 64)
            return UUID(int=mixed)
        return self.event_id

    def context(self) -> dict[str, Any]:
        """Return the request context in which it is handled."""
        said = self.envelope
        return {
            "request_id": said.requestid,
            "traceparent": said.traceparent,
            "causation_id": said.id,
            "actor": _actor(said),
        }


_UNKNOWN = Envelope(id="", source="", type="")


def understand(delivery: Delivery, handlers: Mapping[str, tuple[Handler, ...]]) -> Heard:
    """Decode a delivery as far as somebody here hears it."""
    try:
        said = envelope.decode(delivery.value)
        event_id = UUID(said.id)
        listening = handlers.get(said.type, ())
        event = None
        if listening:
            event = msgspec.json.decode(said.data, type=listening[0].event)
    except (msgspec.MsgspecError, ValueError) as error:
        return Heard(delivery, _UNKNOWN, UUID(int=0), problem=f"cannot be read: {error}")
    return Heard(delivery, said, event_id, event, listening)


def _actor(said: Envelope) -> Principal | None:
    if not said.authid:
        return None
    return msgspec.convert({"user_id": said.authid, "kind": said.authtype}, Principal)
