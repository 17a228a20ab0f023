"""One move of one context, in either direction: the sides, the links, what is known so far."""

import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from config.contexts import Context
from extraction import guards
from extraction.database import Connection, connect
from extraction.journal import Journal
from extraction.laws import Law, laws_of
from extraction.links import Link
from extraction.places import Bank, Place
from extraction.tables import Numbers, Table, moving
from extraction.terminal import Terminal
from vortex.clock import now

Evidence = dict[str, Any]
Owners = tuple[guards.Ownership, guards.Ownership]

# The class of advisory locks that topology_enter() takes, shared, in every unit of work.
FENCE = 1_448_037_464


@dataclass
class Options:
    """What the operator may choose about a move."""

    budget_ms: int = 250  # for writers in flight to end, before the fence gives way to them
    drain_ms: int = 2_000  # for the other side to catch up, before the fence opens again
    patience_seconds: float = 30.0  # for a good moment
    tries: int = 5
    warm_seconds: float = 2.0  # of mirrored traffic, before the fence


@dataclass
class Move:
    """A move from one place to another. Connections are opened when they are first needed."""

    context: Context
    action: str
    id: UUID
    bank: Bank
    journal: Journal
    terminal: Terminal
    source: Place
    target: Place
    options: Options = field(default_factory=Options)
    marker: UUID | None = None
    fenced_at: datetime | None = None
    numbers: Numbers | None = None  # where sequences begin, set before the fence is closed
    used: dict[str, int] = field(default_factory=dict)  # the last numbers that were given
    owned: Owners | None = None  # as this run found it before it closed the fence
    spent_ms: dict[str, float] = field(default_factory=dict)  # of the pause, by what for
    may_be_open: bool = False
    handed_over: bool = False  # nobody waits any more: both databases say who owns the data
    snapshots: tuple[Connection, Connection] | None = None
    _connections: dict[str, Connection] = field(default_factory=dict)
    _tables: list[Table] = field(default_factory=list)
    _laws: list[Law] = field(default_factory=list)
    _lap_at: float = 0.0

    @property
    def name(self) -> str:
        """The name of the context."""
        return self.context.name

    @property
    def link(self) -> Link:
        """From the side that owns the data to the one that is to own them."""
        return Link(self.name, self.source, self.target)

    @property
    def link_back(self) -> Link:
        """From the new owner to the old one."""
        return Link(self.name, self.target, self.source)

    @property
    def from_(self) -> Connection:
        """The database of the side that owns the data."""
        return self.at(self.source)

    @property
    def to(self) -> Connection:
        """The database of the side that is to own them."""
        return self.at(self.target)

    def at(self, place: Place, purpose: str = "") -> Connection:
        """Return a connection to a side, a new one where the last one broke."""
        key = f"{place.name}:{purpose}"
        known = self._connections.get(key)
        if known is None or known.closed or known.broken:
            known = self._connections[key] = connect(place.database)
        return known

    def tables(self) -> list[Table]:
        """Return the tables that move, as the bank's side has them: a service has more."""
        if not self._tables:
            side = self.source if self.source.is_bank else self.target
            self._tables = moving(self.at(side))
        return self._tables

    def names(self) -> list[str]:
        """Return the names of the tables that move."""
        return [table.name for table in self.tables()]

    def laws(self) -> list[Law]:
        """Return what must hold of the rows, wherever they are."""
        if not self._laws:
            self._laws = laws_of(self.name, self.bank.home)
        return self._laws

    def owners(self) -> Owners:
        """Return what both sides say about who owns the data."""
        return (
            guards.ownership(self.from_, self.name),
            guards.ownership(self.to, self.name),
        )

    def begin_pause(self) -> None:
        """Begin to measure what the pause is spent on."""
        self.fenced_at, self._lap_at = now(), time.monotonic()
        self.spent_ms = {}

    def spent(self, what: str) -> None:
        """Note what the time since the last note went for."""
        if self._lap_at:
            before, self._lap_at = self._lap_at, time.monotonic()
            self.spent_ms[what] = round((self._lap_at - before) * 1000, 1)

    def close(self) -> None:
        """Close every connection; whatever a session held goes with it."""
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()
