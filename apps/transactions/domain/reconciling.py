"""Comparing an account's history with a statement of it, line by line.

Three passes, each over what the ones before it left: the same day and amount; the same amount
within a few days, the nearest first; the same day and words with another amount. What is left is
missing on one side. Every line and every entry ends in exactly one item.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

DAYS_APART: Final = 3


class ItemKind(StrEnum):
    """How a line of the statement and an entry of the account stand to each other."""

    MATCHED = "matched"
    MISSING_HERE = "missing_here"
    MISSING_THERE = "missing_there"
    AMOUNT_DIFFERS = "amount_differs"


@dataclass(frozen=True, slots=True)
class Ours:
    """An entry of the account."""

    posting_id: UUID
    day: date
    amount_minor: int
    description: str


@dataclass(frozen=True, slots=True)
class Theirs:
    """A line of the statement."""

    day: date
    amount_minor: int
    description: str


@dataclass(frozen=True, slots=True)
class Item:
    """What was found; one side is None where it is missing there."""

    kind: ItemKind
    ours: Ours | None
    theirs: Theirs | None

    @property
    def day(self) -> date:
        """The day that it is listed under, the statement's where there is one."""
        found = self.theirs or self.ours
        assert found is not None
        return found.day


def compared(ours: Sequence[Ours], theirs: Sequence[Theirs]) -> list[Item]:
    """Return one item per line and per entry, those that are the same as one, in order of days."""
    left_ours, left_theirs = list(ours), list(theirs)
    items: list[Item] = []
    for apart in range(DAYS_APART + 1):
        items += _matched(left_ours, left_theirs, apart)
    items += _differing(left_ours, left_theirs)
    items += [Item(ItemKind.MISSING_THERE, one, None) for one in left_ours]
    items += [Item(ItemKind.MISSING_HERE, None, one) for one in left_theirs]
    return sorted(items, key=lambda item: item.day)


def _matched(ours: list[Ours], theirs: list[Theirs], apart: int) -> list[Item]:
    """Take out the pairs of one amount whose days are so far apart."""
    by_place: dict[tuple[int, int], list[Ours]] = defaultdict(list)
    for one in reversed(ours):
        by_place[one.amount_minor, one.day.toordinal()].append(one)
    items, left, taken = [], [], set()
    for line in theirs:
        day = line.day.toordinal()
        places = ((line.amount_minor, day - apart), (line.amount_minor, day + apart))
        found = next((by_place[place] for place in places if by_place.get(place)), None)
        if found:
            entry = found.pop()
            taken.add(id(entry))
            items.append(Item(ItemKind.MATCHED, entry, line))
        else:
            left.append(line)
    theirs[:] = left
    ours[:] = [one for one in ours if id(one) not in taken]
    return items


def _differing(ours: list[Ours], theirs: list[Theirs]) -> list[Item]:
    """Take out the pairs of one day and one text, both the same way, whose amounts differ."""
    by_words: dict[tuple[date, str, bool], list[Ours]] = defaultdict(list)
    for one in reversed(ours):
        by_words[one.day, _words(one.description), one.amount_minor > 0].append(one)
    items, left, taken = [], [], set()
    for line in theirs:
        key = (line.day, _words(line.description), line.amount_minor > 0)
        if key[1] and by_words.get(key):
            entry = by_words[key].pop()
            taken.add(id(entry))
            items.append(Item(ItemKind.AMOUNT_DIFFERS, entry, line))
        else:
            left.append(line)
    theirs[:] = left
    ours[:] = [one for one in ours if id(one) not in taken]
    return items


def _words(text: str) -> str:
    return " ".join(text.casefold().split())
