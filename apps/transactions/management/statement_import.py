"""Bringing one person's statement in: each line once, however often its file is imported.

For the bank itself: any account, at once. Customers bring statements in through
services/importing.py, which shows them first and takes accounts at other banks only.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Final

from apps.accounts.contracts import AccountView
from apps.transactions.adapters.statements import Line, Statement, occurrences
from apps.transactions.contracts import Ledger, Outcome, Posting
from apps.transactions.services.statement_lines import open_clearing, opening_of, posting_of
from vortex.binding import bind
from vortex.ids import new_id

_BATCH: Final = 1_000


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
    open_clearing(account.currency)
    pending = _postings(statement, account, opening_minor)
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


def _postings(
    statement: Statement, account: AccountView, opening_minor: int
) -> Iterator[tuple[Line | None, Posting]]:
    account_id, currency = account.account_id, account.currency
    if opening_minor:
        day = statement.lines[0].booked_date
        yield None, opening_of(day, opening_minor, account_id=account_id, currency=currency)
    for line, occurrence in zip(statement.lines, occurrences(statement.lines), strict=True):
        yield line, posting_of(line, occurrence, account_id=account_id, currency=currency)
