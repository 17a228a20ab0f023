"""What a statement says: one account, one calendar month, every entry, and two balances that meet.

A statement goes on where the one before it ended, by entry version, so that no entry falls between
two of them and none is on both. Days and months are UTC, as the ledger books.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from vortex.contracts import Value
from vortex.money import Money

# A month has ended for good when nothing that was begun in it can still commit.
GRACE: Final = timedelta(minutes=10)


class BrokenStatementError(ValueError):
    """Entries do not follow each other, or do not add up: the ledger or this code is wrong."""


class StatementLine(Value):
    """One entry: positive is a credit. `version` is its place among all entries of the account."""

    posting_id: UUID
    version: int
    booked_at: datetime
    effective_date: date
    description: str
    amount_minor: int
    balance_minor: int


class StatementDocument(Value):
    """A statement as it was issued; every format is a rendering of this and of nothing else."""

    statement_id: UUID
    number: int
    account_id: UUID
    iban: str
    currency: str
    holder: str
    first_date: date
    last_date: date
    issued_at: datetime
    opening_minor: int
    closing_minor: int
    lines: tuple[StatementLine, ...]

    @property
    def opening(self) -> Money:
        """The balance before the first day."""
        return Money(self.opening_minor, self.currency)

    @property
    def closing(self) -> Money:
        """The balance after the last day."""
        return Money(self.closing_minor, self.currency)

    @property
    def credits(self) -> Money:
        """The sum of what came in."""
        came = sum(line.amount_minor for line in self.lines if line.amount_minor > 0)
        return Money(came, self.currency)

    @property
    def debits(self) -> Money:
        """The sum of what went out, as a positive amount."""
        went = sum(line.amount_minor for line in self.lines if line.amount_minor < 0)
        return Money(-went, self.currency)

    def money(self, minor: int) -> Money:
        """Return an amount of a line in the statement's currency."""
        return Money(minor, self.currency)


def month_of(day: date) -> tuple[date, date]:
    """Return the first and the last day of the month that a day is in."""
    first = day.replace(day=1)
    return first, _next(first) - timedelta(days=1)


def months_due(*, after: date, now: datetime) -> list[date]:
    """Return the first days of the months that are over, beginning with the month of `after`."""
    due = []
    first = after.replace(day=1)
    while start_of(_next(first)) + GRACE <= now:
        due.append(first)
        first = _next(first)
    return due


def month_after(first: date) -> date:
    """Return the first day of the month after the one that begins on `first`."""
    return _next(first)


def start_of(day: date) -> datetime:
    """Return the instant at which a day begins (UTC)."""
    return datetime.combine(day, time.min, tzinfo=UTC)


def refuse_broken(*, opening_minor: int, last_version: int, lines: Sequence[StatementLine]) -> None:
    """Raise BrokenStatementError unless the lines go on from the statement before and add up."""
    balance, version = opening_minor, last_version
    for line in lines:
        version += 1
        balance += line.amount_minor
        if line.version != version:
            raise BrokenStatementError(f"entry {version} is missing; {line.version} follows")
        if line.balance_minor != balance:
            raise BrokenStatementError(
                f"entry {version} leaves {line.balance_minor}, not {balance}"
            )


def _next(first: date) -> date:
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1)
