"""A day in a simulated life: what the rules may look at, and the movements that they can make."""

from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random

from config.demo.calendar import at
from config.demo.movement import WORLD, Flow, Movement, Told, own
from config.demo.people import Customer, Purse


@dataclass(slots=True)
class Life:
    """What everybody has at the moment, and what has been promised for a later day."""

    start: date
    balances: dict[str, int]
    limits: dict[str, int]
    promised: dict[date, list[Movement]] = field(default_factory=dict)

    def affords(self, movement: Movement) -> bool:
        """Say whether every account involved stays within its limit."""
        return all(
            flow.account not in self.balances
            or self.balances[flow.account] + flow.amount_minor >= -self.limits[flow.account]
            for flow in movement.flows
        )

    def apply(self, movement: Movement) -> None:
        """Move the money."""
        for flow in movement.flows:
            if flow.account in self.balances:
                self.balances[flow.account] += flow.amount_minor

    def promise(self, movement: Movement) -> None:
        """Keep a movement for its day."""
        self.promised.setdefault(movement.at.date(), []).append(movement)


@dataclass(frozen=True, slots=True)
class Day:
    """A day in the life of one customer, as the rules see it."""

    customer: Customer
    on: date
    life: Life
    chance: Random

    @property
    def balance_minor(self) -> int:
        """What was on the account that life is paid from when the day began."""
        return self.life.balances[self.customer.checking.key]

    def name(self, what: str) -> str:
        """Return the name of a movement of this customer and day."""
        return f"{self.customer.key}/{self.on}/{what}"

    def paid(
        self,
        what: str,
        purse: Purse,
        amount_minor: int,
        told: Told,
        *,
        hour: int,
        against: str = WORLD,
        effective_date: date | None = None,
    ) -> Movement:
        """Return money from (positive) or to (negative) an account of the bank's own."""
        return Movement(
            at=self.moment(hour),
            name=self.name(what),
            flows=(
                Flow(purse.key, amount_minor, purse.currency),
                Flow(own(against, purse.currency), -amount_minor, purse.currency),
            ),
            told=told,
            effective_date=effective_date,
        )

    def moved(
        self, what: str, source: Purse, target: Purse, amount_minor: int, told: Told, *, hour: int
    ) -> Movement:
        """Return a transfer from one customer's account to another account in the bank."""
        return Movement(
            at=self.moment(hour),
            name=self.name(what),
            flows=(
                Flow(source.key, -amount_minor, source.currency),
                Flow(target.key, amount_minor, target.currency),
            ),
            told=told,
        )

    def moment(self, hour: int) -> datetime:
        """Return an instant within an hour of the day."""
        return at(self.on, hour, self.chance.randrange(60), self.chance.randrange(60))
