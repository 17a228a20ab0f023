"""The lines of an import: which are new, and posting those, a thousand in one transaction."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from apps.transactions import selectors
from apps.transactions.adapters.statements import Line, Statement, identity
from apps.transactions.contracts import Outcome, Posting, TransactionImportCompleted
from apps.transactions.domain.importing import ImportState, RowStatus, placed
from apps.transactions.models import ImportRow, StatementImport
from apps.transactions.services.external import post_to
from apps.transactions.services.statement_lines import opening_of, posting_of
from vortex.db import needs_transaction, unit_of_work
from vortex.outbox import publish
from vortex.telemetry import get_logger

_BATCH: Final = 1_000

log = get_logger("transactions.importing")


def of_statement(known: StatementImport, statement: Statement, *, today: date) -> list[ImportRow]:
    """Return the lines of a statement as rows, each new, a duplicate or invalid."""
    sound = [line for line in statement.lines if line.booked_date <= today]
    standing = selectors.standing_lines(
        account_id=known.account_id, days=[line.booked_date for line in sound]
    )
    places = iter(placed([identity(line) for line in sound], standing))
    rows = []
    for number, line in enumerate(statement.lines, 1):
        row = _row(known.id, number, line)
        if line.booked_date > today:
            row.status, row.reason = RowStatus.INVALID.value, "It is dated after today."
        else:
            row.occurrence, is_there = next(places)
            if is_there:
                row.status, row.reason = RowStatus.DUPLICATE.value, "It is in the account already."
        rows.append(row)
    for number, one in enumerate(statement.rejected, len(rows) + 1):
        rows.append(
            ImportRow(
                import_id=known.id,
                line=number,
                description=one.text,
                status=RowStatus.INVALID.value,
                reason=one.reason,
            )
        )
    return rows


@needs_transaction("transactions")
def exclude(known: StatementImport, *, line: int, excluded: bool) -> ImportRow:
    """Leave a line out or take it in again, and place its equals anew.

    Equal lines are interchangeable: where one of two is left out, the other is the first.
    """
    asked = selectors.import_row(import_id=known.id, line=line)
    if asked.status not in {RowStatus.NEW, RowStatus.DUPLICATE, RowStatus.EXCLUDED}:
        return asked
    assert asked.booked_date is not None
    equals = list(
        ImportRow.objects.filter(
            import_id=known.id,
            booked_date=asked.booked_date,
            amount_minor=asked.amount_minor,
            description=asked.description,
            counterparty=asked.counterparty,
            status__in=(RowStatus.NEW, RowStatus.DUPLICATE, RowStatus.EXCLUDED),
        ).order_by("line")
    )
    standing = selectors.standing_lines(account_id=known.account_id, days=[asked.booked_date])
    for row in equals:
        if row.line == line:
            row.status = RowStatus.EXCLUDED if excluded else RowStatus.NEW
    kept = [row for row in equals if row.status != RowStatus.EXCLUDED]
    for row, (occurrence, is_there) in zip(
        kept, placed([identity(_line(row)) for row in kept], standing), strict=True
    ):
        row.occurrence = occurrence
        row.status = RowStatus.DUPLICATE if is_there else RowStatus.NEW
        row.reason = "It is in the account already." if is_there else ""
    for row in equals:
        row.save(update_fields=["status", "reason", "occurrence"])
    return selectors.import_row(import_id=known.id, line=line)


def publish_next(*, import_id: UUID, at: datetime) -> bool:
    """Post the next thousand lines of an import that is being published; say whether more wait.

    Lines, postings and the count of what is done are one transaction, so a process that dies
    between two thousands loses nothing and doubles nothing.
    """
    with unit_of_work("transactions"):
        known = StatementImport.objects.select_for_update().filter(pk=import_id).first()
        if known is None or known.state != ImportState.PUBLISHING:
            return False
        rows = selectors.next_import_rows(import_id=import_id, limit=_BATCH)
        outcomes = post_to(
            account_id=known.account_id,
            currency=known.currency,
            postings=[*_opening(known, rows), *(_posting(known, row) for row in rows)],
        )
        _write_down(rows, outcomes[len(outcomes) - len(rows) :])
        known.opening_minor = 0
        known.changed_at = at
        count(known)
        if len(rows) < _BATCH:
            _complete(known, at)
        known.save()
        return len(rows) == _BATCH


@needs_transaction("transactions")
def count(known: StatementImport) -> None:
    """Count the lines of an import by what becomes of them."""
    rows = ImportRow.objects.filter(import_id=known.id)
    found = Counter(rows.values_list("status", flat=True))
    known.fresh_rows = found[RowStatus.NEW]
    known.duplicate_rows = found[RowStatus.DUPLICATE]
    known.invalid_rows = found[RowStatus.INVALID]
    known.excluded_rows = found[RowStatus.EXCLUDED]
    known.posted_rows = found[RowStatus.POSTED]
    known.refused_rows = found[RowStatus.REFUSED]


@needs_transaction("transactions")
def forget(known: StatementImport) -> None:
    """Throw away the lines that were read before."""
    ImportRow.objects.filter(import_id=known.id).delete()
    count(known)


def _opening(known: StatementImport, rows: Sequence[ImportRow]) -> list[Posting]:
    if not known.opening_minor or not rows or rows[0].booked_date is None:
        return []
    return [
        opening_of(
            rows[0].booked_date,
            known.opening_minor,
            account_id=known.account_id,
            currency=known.currency,
        )
    ]


def _posting(known: StatementImport, row: ImportRow) -> Posting:
    return posting_of(
        _line(row), row.occurrence, account_id=known.account_id, currency=known.currency
    )


def _write_down(rows: Sequence[ImportRow], outcomes: Sequence[Outcome]) -> None:
    for row, outcome in zip(rows, outcomes, strict=True):
        row.posting_id = outcome.posting_id
        if not outcome.posted:
            row.status, row.reason = RowStatus.REFUSED.value, outcome.detail or outcome.code
        elif outcome.replayed:
            row.status = RowStatus.DUPLICATE.value
            row.reason = "It came in with another import meanwhile."
        else:
            row.status = RowStatus.POSTED.value
    for row in rows:
        row.save(update_fields=["status", "reason", "posting_id"])


def _complete(known: StatementImport, at: datetime) -> None:
    known.state = ImportState.PUBLISHED.value
    publish(
        TransactionImportCompleted(
            import_id=known.id,
            owner_id=known.owner_id,
            account_id=known.account_id,
            format=known.format,
            posted=known.posted_rows,
            duplicates=known.duplicate_rows,
            refused=known.refused_rows,
            completed_at=at,
        )
    )
    log.info("transactions.import.published", import_id=str(known.id), posted=known.posted_rows)


def _row(import_id: UUID, number: int, line: Line) -> ImportRow:
    return ImportRow(
        import_id=import_id,
        line=number,
        booked_date=line.booked_date,
        amount_minor=line.amount_minor,
        description=line.description,
        counterparty=line.counterparty,
        status=RowStatus.NEW.value,
    )


def _line(row: ImportRow) -> Line:
    assert row.booked_date is not None
    return Line(row.booked_date, row.amount_minor, row.description, row.counterparty)
