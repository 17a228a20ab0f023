"""Events that only these tests know."""

from vortex.contracts import Event, event


@event("lamp.lit", topic="test.lamps", key="lamp")
class Lit(Event):
    """A lamp was lit."""

    lamp: str
    count: int


@event("lamp.broken", topic="test.lamps", key="lamp")
class Broken(Event):
    """A lamp is broken."""

    lamp: str


@event("lamp.sold", topic="test.lamps", key="lamp", single=True)
class Sold(Event):
    """A lamp is somebody else's now."""

    lamp: str
