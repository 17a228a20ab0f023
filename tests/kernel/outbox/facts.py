"""Events that only these tests know."""

from uuid import UUID

from vortex.contracts import Event, event


@event("parcel.moved", topic="config.events", key="parcel")
class Moved(Event):
    """A parcel is somewhere else now."""

    parcel: str
    place: str


@event("parcel.settled", topic="config.events", key="parcel", single=True)
class Settled(Event):
    """A parcel is where it stays."""

    parcel: UUID
