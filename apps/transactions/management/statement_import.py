"""Bringing one person's statement in: each line once, however often its file is imported.

A line's id is derived from the account, the line and how many equal lines stand before it in its
file. So a file imported twice, or one that overlaps another, adds what is new and nothing else.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Final
from uuid import UUID

from apps.accounts.contracts import AccountView
from apps.transactions.adapters.statements import Line, Statement, identity, occurrences
from apps.transactions.contracts import (
    Ledger,
    LedgerAccountKind,
    Leg,
    Outcome,
    Posting,
    PostingKind,
)
from vortex.binding import bind
from vortex.ids import derived_id, new_id

_BATCH: Final = 1_000
_CLEARING_OPENED: Final = datetime(1970, 1, 1, tzinfo=UTC)


class FutureLineError(ValueError):
    """A line is dated after today."""


@dataclass
class Imported:
    """What became of the lines of a statement."""

    posted: int = 0
    already_there: int = 0
    refused: list[tuple[Line | None, Outcome]] = field(default_factory=list)

    @property
    def codes(self) -> Counter[str]:
        """How many lines were refused for which reason."""
        return Counter(outcome.code for _, outcome in self.refused)


def import_statement(
    statement: Statement, account: AccountView, *, opening_minor: int, today: date
) -> Imported:
    """Post the lines of a statement to an account, against the clearing account of its currency.

    `opening_minor`, where it is not zero, is posted first, on the day of the first line. Lines are
    posted or refused one by one. Raises FutureLineError before anything is written.
    """
    late = [line for line in statement.lines if line.booked_date > today]
    if late:
        raise FutureLineError(f"A line is dated {late[0].booked_date}, which is yet to come.")
    clearing = _clearing(account.currency)
    pending = _postings(statement, account, clearing, opening_minor)
    result = Imported()
    while batch := list(islice(pending, _BATCH)):
        postings = tuple(posting for _, posting in batch)
        outcomes = bind(Ledger).post_many(batch_id=new_id(), postings=postings)
        for (line, _), outcome in zip(batch, outcomes, strict=True):
            if not outcome.posted:
                result.refused.append((line, outcome))
            elif outcome.replayed:
                result.already_there += 1
            else:
                result.posted += 1
    return result


def _clearing(currency: str) -> UUID:
    """Return the account that takes the other leg of every imported line, opened once."""
    clearing = derived_id(_CLEARING_OPENED, "statement", "clearing", currency)
    bind(Ledger).open_account(
        account_id=clearing,
        owner_id=None,
        currency=currency,
        kind=LedgerAccountKind.SYSTEM,
        name=f"Imported statements in {currency}",
        overdraft_minor=0,
        opened_at=_CLEARING_OPENED,
    )
    return clearing


def _postings(
    statement: Statement, account: AccountView, clearing: UUID, opening_minor: int
) -> Iterator[tuple[Line | None, Posting]]:
    if opening_minor:
        day = _midnight(statement.lines[0])
        opening = Line(day.date(), opening_minor, "Opening balance", "")
        # Its id knows neither day nor amount: an account has one beginning.
        once = derived_id(_CLEARING_OPENED, "statement", "opening", str(account.account_id))
        yield None, _posting(once, opening, day, account, clearing)
    for line, occurrence in zip(statement.lines, occurrences(statement.lines), strict=True):
        at = _midnight(line) + timedelta(hours=12, seconds=occurrence)
        names = ("statement", "line", str(account.account_id), str(occurrence), *identity(line))
        yield line, _posting(derived_id(at, *names), line, at, account, clearing)


def _midnight(line: Line) -> datetime:
    return datetime.combine(line.booked_date, time(), tzinfo=UTC)


def _posting(
    posting_id: UUID, line: Line, booked_at: datetime, account: AccountView, clearing: UUID
) -> Posting:
    """Return a line's posting, the same from whatever place of whatever file: it happens once."""
    return Posting(
        posting_id=posting_id,
        legs=(
            Leg(
                account_id=account.account_id,
                amount_minor=line.amount_minor,
                currency=account.currency,
            ),
            Leg(account_id=clearing, amount_minor=-line.amount_minor, currency=account.currency),
        ),
        kind=PostingKind.DEPOSIT if line.amount_minor > 0 else PostingKind.WITHDRAWAL,
        description=line.description,
        counterparty=line.counterparty,
        effective_date=line.booked_date,
        booked_at=booked_at,
    )
