"""What every statement file comes down to: dated, signed lines of one account."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Final, Protocol

from vortex.money import exponent

MOST_LINES: Final = 50_000
LONGEST_TEXT: Final = 140
EARLIEST: Final = date(1970, 1, 1)

_DIGITS: Final = re.compile(r"[0-9]{1,15}", re.ASCII)


class UnreadableStatementError(ValueError):
    """The file cannot be imported; the text says why and what to do, to a clerk."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a statement. `amount_minor` is positive where the account received money."""

    booked_date: date
    amount_minor: int
    description: str
    counterparty: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that cannot be read, by its place in the file, and why."""

    place: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Statement:
    """The lines of one account, oldest first. `account` and `currency` are empty if not said."""

    format: str
    account: str
    currency: str
    lines: tuple[Line, ...]
    zero_lines: int = 0
    notes: tuple[str, ...] = ()
    rejected: tuple[Rejected, ...] = ()


@dataclass(frozen=True, slots=True)
class Hints:
    """What a person may say about a file that does not say it clearly itself.

    `one_by_one` lets a CSV file keep its sound lines where others cannot be read.
    """

    encoding: str = ""
    date_format: str = ""
    decimal: str = ""
    statement: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    one_by_one: bool = False


class StatementFormat(Protocol):
    """A reader of one format."""

    name: str

    def recognises(self, content: bytes) -> bool:
        """Say whether the content looks like this format."""
        ...

    def read(self, content: bytes, currency: str, hints: Hints) -> Statement:
        """Return the statement, amounts in minor units of `currency`; raise what is wrong."""
        ...


def cleaned(text: str) -> str:
    """Return text for a posting: one line, composed, without control and direction characters."""
    composed = unicodedata.normalize("NFC", text)
    spaced = "".join(
        " " if character.isspace() else character
        for character in composed
        if character.isspace() or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co")
    )
    return " ".join(spaced.split())[:LONGEST_TEXT]


def minor_units(whole: str, decimals: str, currency: str) -> int:
    """Return the minor units of a decimal given as digits; only zeros may be beyond its places."""
    places: int = exponent(currency)
    kept, dropped = decimals[:places], decimals[places:]
    if not _DIGITS.fullmatch(whole or "0") or (decimals and not _DIGITS.fullmatch(decimals)):
        raise ValueError("is not an amount")
    if dropped.strip("0"):
        raise ValueError(f"has more than the {places} decimals of {currency}")
    return int((whole or "0") + kept.ljust(places, "0"))


def oldest_first(lines: list[Line]) -> tuple[Line, ...]:
    """Return lines in date order, keeping the file's order within a day.

    Many banks write the newest first; such a file is turned round, days included.
    """
    falls = sum(after.booked_date < before.booked_date for before, after in _pairs(lines))
    rises = sum(after.booked_date > before.booked_date for before, after in _pairs(lines))
    ordered = lines[::-1] if falls > rises else lines
    return tuple(sorted(ordered, key=lambda line: line.booked_date))


def occurrences(lines: tuple[Line, ...]) -> tuple[int, ...]:
    """Return for each line how often an equal line stands before it in the file.

    Two coffees on one day are two lines; the same file read again has the same two. Banks reuse and
    reissue the ids that they write into files, so those take no part.
    """
    seen: Counter[tuple[object, ...]] = Counter()
    counted = []
    for line in lines:
        counted.append(seen[identity(line)])
        seen[identity(line)] += 1
    return tuple(counted)


def identity(line: Line) -> tuple[str, ...]:
    """Return what makes a line the same line in another file of the same account."""
    return (
        line.booked_date.isoformat(),
        str(line.amount_minor),
        line.description,
        line.counterparty,
    )


def _pairs(lines: list[Line]) -> Iterator[tuple[Line, Line]]:
    return pairwise(lines)
