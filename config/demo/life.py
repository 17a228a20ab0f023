"""The simulator: day after day, everyone's movements in order, within the limits of their accounts.

It is pure: the same seed, start and people give the same movements for ever, and a later end only
adds to them. Chance is drawn anew for each person and day, so that no day depends on how many
draws another took.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from random import Random

from config.demo.day import Day, Life
from config.demo.episodes import unusual
from config.demo.movement import Movement
from config.demo.people import Customer
from config.demo.recurring import opening, regular
from config.demo.spending import spending


def simulate(
    people: Sequence[Customer], *, seed: int, start: date, until: datetime
) -> Iterator[Movement]:
    """Give every movement from `start` up to the instant `until`, in order of time.

    No account ever passes its limit: what cannot be afforded at its moment does not happen.
    """
    life = Life(
        start,
        {purse.key: 0 for person in people for purse in person.purses},
        {purse.key: purse.overdraft_minor for person in people for purse in person.purses},
    )
    keys = frozenset(person.key for person in people)
    day = start
    while day <= until.date():
        planned = life.promised.pop(day, [])
        for person in people:
            # A seed for each day makes yesterday's draws no business of today's.
            chance = Random(f"{seed}/{person.key}/{day}")  # noqa: S311 - nothing here is a secret
            planned += _planned(Day(person, day, life, chance), keys)
        for movement in sorted(planned, key=lambda known: (known.at, known.name)):
            if movement.at > until:
                return
            if life.affords(movement):
                life.apply(movement)
                yield movement
        day += timedelta(days=1)


def _planned(today: Day, keys: frozenset[str]) -> Iterator[Movement]:
    if today.on == today.life.start:
        yield from opening(today)
    yield from regular(today)
    yield from unusual(today, keys)
    yield from spending(today)
