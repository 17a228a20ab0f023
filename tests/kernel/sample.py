"""A contract and an implementation in memory, for tests of how calls travel."""

from collections.abc import Callable
from uuid import UUID

from vortex.contracts import Service, Value, command, query
from vortex.errors import NotFound, Refused
from vortex.telemetry import context as request


class OutOfStock(Refused, code="sample_out_of_stock", title="Out of stock"):
    """There are fewer than were ordered."""


class NoSuchItem(NotFound, code="sample_no_such_item", title="No such item"):
    """The warehouse never had it. Declared by nobody."""


class Ordered(Value):
    """An order that stands."""

    order_id: UUID
    items: tuple[str, ...]
    replayed: bool = False


class Seen(Value):
    """What an implementation sees of the call that it is part of."""

    actor_id: UUID | None
    request_id: str
    traceparent: str
    causation_id: str
    remaining_ms: int


class Warehouse(Service, context="sample", version=1):
    """Things that can be ordered."""

    @command(key="order_id", deadline_ms=2000, refuses=(OutOfStock,))
    def order(self, *, order_id: UUID, items: tuple[str, ...]) -> Ordered:
        """Order some things, or nothing."""
        ...

    @query(deadline_ms=500)
    def stock(self, *, item: str) -> int:
        """Say how many there are."""
        ...

    @query(deadline_ms=5000)
    def seen(self, *, note: str = "") -> Seen:
        """Say what arrived with the call."""
        ...


class Shelf(Warehouse):
    """The warehouse in memory. `before` runs at the start of every operation."""

    def __init__(self, **counts: int) -> None:
        self.counts = dict(counts)
        self.orders: dict[UUID, Ordered] = {}
        self.calls = 0
        self.before: Callable[[], object] = lambda: None

    def order(self, *, order_id: UUID, items: tuple[str, ...]) -> Ordered:
        self._arrive()
        if order_id in self.orders:
            return Ordered(order_id=order_id, items=self.orders[order_id].items, replayed=True)
        for item in items:
            if self.counts.get(item, 0) == 0:
                raise OutOfStock(f"no {item}", item=item, left=0)
            self.counts[item] -= 1
        self.orders[order_id] = Ordered(order_id=order_id, items=items)
        return self.orders[order_id]

    def stock(self, *, item: str) -> int:
        self._arrive()
        if item not in self.counts:
            raise NoSuchItem(item=item)
        return self.counts[item]

    def seen(self, *, note: str = "") -> Seen:
        self._arrive()
        context = request.current()
        return Seen(
            actor_id=context.actor.user_id if context.actor else None,
            request_id=context.request_id,
            traceparent=context.traceparent,
            causation_id=context.causation_id,
            remaining_ms=context.remaining_ms() or 0,
        )

    def _arrive(self) -> None:
        self.calls += 1
        self.before()
