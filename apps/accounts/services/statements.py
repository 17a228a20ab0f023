"""Issuing statements: one a month for each account, each going on where the last one ended.

Whoever comes twice, or two at once, issues a month once: number and month are unique for an
account. A process that dies has issued what it has issued, and the next one goes on from there.
"""

import zlib
from collections.abc import Iterator
from datetime import date, datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

import msgspec

from apps.accounts import selectors
from apps.accounts.contracts import StatementReady
from apps.accounts.domain.statement import (
    BrokenStatementError,
    StatementDocument,
    StatementLine,
    month_after,
    month_of,
    months_due,
    refuse_broken,
    start_of,
)
from apps.accounts.models import Account, Statement
from apps.accounts.selectors import statements as statement_selectors
from apps.transactions.contracts import EntryLine, Ledger
from vortex.binding import bind
from vortex.db import refusing, unit_of_work
from vortex.errors import Conflict, Unavailable
from vortex.ids import derived_id
from vortex.outbox import publish
from vortex.telemetry import get_logger

_AT_ONCE: Final = 200
_PAGE: Final = 1_000

log = get_logger(__name__)


class StatementAlreadyIssued(
    Conflict, code="statement_already_issued", title="Statement already issued"
):
    """Somebody else has issued the statement of this month in this moment."""


def issue_due_statements(*, now: datetime) -> int:
    """Issue every statement that is due, for every account; return how many there were.

    What cannot be read or does not add up is logged and left for the next run; other accounts do
    not wait for it.
    """
    issued, after = 0, None
    while accounts := statement_selectors.accounts_without_statement(
        now=now, after=after, limit=_AT_ONCE
    ):
        for account in accounts:
            issued += _issued_for(account, now)
        after = accounts[-1].pk
    return issued


def issue_statements(*, account: Account, now: datetime) -> Iterator[StatementDocument]:
    """Issue the statements that are due for one account, oldest first, as they are asked for.

    Raises BrokenStatementError, having issued nothing more, when the ledger's entries have a gap.
    """
    latest = statement_selectors.latest_statement(account_id=account.pk)
    version = latest.last_version if latest else 0
    entries = _Entries(account.pk, version)
    begins = month_after(latest.first_date) if latest else _first_month(account, entries)
    holder = selectors.holder_name(owner_id=account.owner_id)
    number, balance = latest.number if latest else 0, _closing(latest)
    for first in months_due(after=begins, now=now):
        if account.closed_at is not None and start_of(first) > account.closed_at:
            break
        lines = entries.before(start_of(month_after(first)))
        refuse_broken(opening_minor=balance, last_version=version, lines=lines)
        number += 1
        document = _document(
            account,
            first,
            holder=holder,
            number=number,
            opening_minor=balance,
            lines=lines,
            issued_at=now,
        )
        _store(account, document, version + len(lines))
        balance, version = document.closing_minor, version + len(lines)
        yield document


class _Entries:
    """The entries of an account from a version on, asked for page by page as they are needed."""

    def __init__(self, account_id: UUID, after_version: int) -> None:
        self._pages = self._all(account_id, after_version)
        self._next: EntryLine | None = next(self._pages, None)

    @property
    def first_booked_at(self) -> datetime | None:
        """When the first one was booked."""
        return self._next.booked_at if self._next else None

    def before(self, moment: datetime) -> tuple[StatementLine, ...]:
        """Return those up to the first that was booked at a moment or later."""
        taken = []
        while self._next is not None and self._next.booked_at < moment:
            taken.append(_line(self._next))
            self._next = next(self._pages, None)
        return tuple(taken)

    @staticmethod
    def _all(account_id: UUID, after_version: int) -> Iterator[EntryLine]:
        while page := bind(Ledger).entries(
            account_id=account_id, after_version=after_version, limit=_PAGE
        ):
            yield from page
            after_version = page[-1].version


def _issued_for(account: Account, now: datetime) -> int:
    issued = 0
    try:
        for _ in issue_statements(account=account, now=now):
            issued += 1
    except BrokenStatementError as error:
        log.error("accounts.statement.broken", account_id=str(account.pk), reason=str(error))
    except StatementAlreadyIssued:
        log.info("accounts.statement.issued_elsewhere", account_id=str(account.pk))
    except Unavailable:
        log.warning("accounts.statement.not_issued", account_id=str(account.pk))
    return issued


def _first_month(account: Account, entries: _Entries) -> date:
    """Return the month of opening, or an earlier one where history was brought along."""
    booked = entries.first_booked_at
    return min(account.opened_at, booked or account.opened_at).date().replace(day=1)


def _closing(latest: Statement | None) -> int:
    return latest.closing_minor if latest else 0


def _line(entry: EntryLine) -> StatementLine:
    return StatementLine(
        posting_id=entry.posting_id,
        version=entry.version,
        booked_at=entry.booked_at,
        effective_date=entry.effective_date,
        description=entry.description,
        amount_minor=entry.amount_minor,
        balance_minor=entry.balance_after_minor,
    )


def _document(
    account: Account,
    first: date,
    *,
    holder: str,
    number: int,
    opening_minor: int,
    lines: tuple[StatementLine, ...],
    issued_at: datetime,
) -> StatementDocument:
    first_date, last_date = month_of(first)
    return StatementDocument(
        statement_id=derived_id(start_of(first), "statement", str(account.pk)),
        number=number,
        account_id=account.pk,
        iban=account.iban,
        currency=account.currency,
        holder=holder,
        first_date=first_date,
        last_date=last_date,
        issued_at=issued_at,
        opening_minor=opening_minor,
        closing_minor=opening_minor + sum(line.amount_minor for line in lines),
        lines=lines,
    )


def _store(account: Account, document: StatementDocument, last_version: int) -> None:
    written = msgspec.json.encode(document)
    row = Statement(
        pk=document.statement_id,
        account_id=account.pk,
        number=document.number,
        first_date=document.first_date,
        last_date=document.last_date,
        currency=document.currency,
        opening_minor=document.opening_minor,
        closing_minor=document.closing_minor,
        credits_minor=document.credits.minor,
        debits_minor=document.debits.minor,
        entries=len(document.lines),
        last_version=last_version,
        document=zlib.compress(written),
        document_sha256=sha256(written).digest(),
        issued_at=document.issued_at,
    )
    taken = {
        "accounts_statement_pkey": StatementAlreadyIssued,
        "accounts_statement_number_unique": StatementAlreadyIssued,
        "accounts_statement_month_unique": StatementAlreadyIssued,
    }
    with refusing(taken), unit_of_work("accounts"):
        row.save(force_insert=True)
        publish(
            StatementReady(
                account_id=account.pk,
                owner_id=account.owner_id,
                statement_id=row.pk,
                first_date=row.first_date,
                last_date=row.last_date,
                issued_at=row.issued_at,
            )
        )
